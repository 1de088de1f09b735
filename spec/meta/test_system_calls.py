"""The filter of system calls: what each allowed call is for, and that all others are refused."""

import errno
import os
import re
import sys
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("submissions are graded on Linux", allow_module_level=True)

from spec.sandbox import seccomp, system_calls
from spec.sandbox.system_calls import ALLOWED, CONDITIONAL, MACHINES

from .sandboxes import answering, ask

ME = 4321
MARGIN = 600  # numbers above the highest that has a name
OTHERS = {"i386": 0x40000003, "ARM": 0x40000028, "aarch64's, big-endian": 0x800000B7}

# Never to be allowed, whatever their arguments: x86_64, aarch64.
ATTACKS = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "sendto": (44, 206),
    "sendmsg": (46, 211), "sendmmsg": (307, 269), "recvmsg": (47, 212), "bind": (49, 200),
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "tkill": (200, 130), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "userfaultfd": (323, 282),
    "bpf": (321, 280), "perf_event_open": (298, 241), "keyctl": (250, 219), "add_key": (248, 217),
    "mount": (165, 40), "fsopen": (430, 430), "move_mount": (429, 429), "open_tree": (428, 428),
    "open_tree_attr": (467, 467), "file_getattr": (468, 468), "file_setattr": (469, 469),
    "setxattrat": (463, 463), "fchmodat2": (452, 452), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "shmget": (29, 194), "mq_open": (240, 180), "setns": (308, 268),
    "unshare": (272, 97), "chroot": (161, 51), "personality": (135, 92), "seccomp": (317, 277),
    "setpriority": (141, 140), "sched_setaffinity": (203, 122), "inotify_init1": (294, 26),
    "fanotify_init": (300, 262), "flock": (73, 32), "truncate": (76, 45), "link": (86, None),
    "symlinkat": (266, 36), "mknodat": (259, 33), "setuid": (105, 146), "reboot": (169, 142),
    "kcmp": (312, 272), "timer_create": (222, 107), "mseal": (462, 462),
}  # fmt: skip


def outcome(machine, number, arguments=(), architecture=None):
    """What the program answers, step by step as the kernel's machine takes it."""
    known = MACHINES[machine][1] if architecture is None else architecture
    given = {seccomp.NUMBER: number, seccomp.ARCHITECTURE: known}
    for i in range(6):
        value = arguments[i] if i < len(arguments) else 0
        given[seccomp.ARGUMENTS + 8 * i] = value & 0xFFFFFFFF
        given[seccomp.ARGUMENTS + 8 * i + 4] = value >> 32 & 0xFFFFFFFF
    code, place, held = PROGRAMS[machine], 0, 0
    while True:
        operation, if_true, if_false, operand = code[place]
        place += 1
        if operation == seccomp.RETURN:
            return operand
        if operation == seccomp.LOAD:
            held = given[operand]
        elif operation == seccomp.AND:
            held &= operand
        else:
            tests = {seccomp.EQUAL: held == operand, seccomp.AT_LEAST: held >= operand}
            place += if_true if tests[operation] else if_false


PROGRAMS = {machine: seccomp.program(machine, ME) for machine in MACHINES}
REFUSED = {seccomp.FAIL | errno.EPERM, seccomp.FAIL | errno.ENOSYS}


def allowed(machine):
    """The numbers that are allowed, with or without a condition."""
    column = MACHINES[machine][0]
    return {*system_calls.allowed(column).values(), *system_calls.conditional(column)}


@pytest.mark.parametrize("machine", MACHINES)
def test_all_others_are_refused(machine):
    """Every number that has a name, those to come, the second set of x86_64, and what is no number."""
    others = set(range(system_calls.NEWEST + MARGIN)) - allowed(machine)
    x32 = {seccomp.X32 | number for number in range(system_calls.NEWEST + MARGIN)}
    for number in others | x32 | {0x7FFFFFFF, 0x80000000, 0xFFFFFFFF}:
        assert outcome(machine, number) in REFUSED, number


@pytest.mark.parametrize("machine", MACHINES)
def test_each_allowed_call_has_a_name_and_a_reason(machine):
    """Each stands once in the table; nothing that acts beyond the process is in it."""
    column = MACHINES[machine][0]
    names = [name for calls in ALLOWED.values() for name in calls.split()[::3]]
    names += [call.split()[0] for call in CONDITIONAL]
    assert len(names) == len(set(names))
    numbers = [*system_calls.allowed(column).values(), *system_calls.conditional(column)]
    assert len(numbers) == len(set(numbers))
    assert max(numbers) <= system_calls.NEWEST
    assert all(len(reason) > 5 for reason in [*ALLOWED, *(why for _, why in CONDITIONAL.values())])
    for number in system_calls.allowed(column).values():
        assert outcome(machine, number) == seccomp.ALLOW
    bad = {name: numbers[column] for name, numbers in ATTACKS.items()}
    assert not set(bad) & set(names)
    assert not {n for n in bad.values() if n is not None} & set(numbers)


@pytest.mark.parametrize("name", OTHERS)
def test_another_architecture_ends_the_process(name):
    """By it the calls have other numbers: 102 is getuid here and socketcall there."""
    for machine in MACHINES:
        found = {outcome(machine, number, architecture=OTHERS[name]) for number in range(500)}
        assert found == {seccomp.END_PROCESS}


ARGUMENTS = {
    "clone": (0x3D0F00, 0x7D0F00), "kill": (ME,), "tgkill": (ME,), "prlimit64": (0, ME),
    "sched_getaffinity": (0, ME), "prctl": (15, 16),
}  # fmt: skip
NOT_THESE = {
    "clone": (17, 0, 0x3D0F00 | 0x20000, 0x3D0F00 | 0x10000000, 0x3D0F00 & ~0x10000, 0x4000 | 17),
    "kill": (0, 1, -1 & 0xFFFFFFFF, -ME & 0xFFFFFFFF, ME + 1),
    "tgkill": (0, 1, ME + 1),
    "prlimit64": (1, ME + 1),
    "sched_getaffinity": (1, ME + 1),
    "prctl": (1, 4, 8, 22, 23, 24, 36, 38, 47, 0x59616D61),
}
FCNTL = {"F_SETOWN": 8, "F_SETSIG": 10, "F_SETOWN_EX": 15, "F_SETLEASE": 1024, "F_NOTIFY": 1026,
         "F_SETLK": 6, "F_SETPIPE_SZ": 1031, "F_ADD_SEALS": 1033}  # fmt: skip
IOCTL = {"TIOCSTI": 0x5412, "FIOASYNC": 0x5452, "FIOSETOWN": 0x8901, "FS_IOC_SETFLAGS": 0x40086602,
         "TIOCSCTTY": 0x540E}  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_that_is_needed_in_part_is_allowed_in_part(machine):
    """By its first argument, its command, and the flags that F_SETFL sets."""
    column = MACHINES[machine][0]
    numbers = {
        name: number
        for call in CONDITIONAL
        for name, number in system_calls.named(call, column).items()
    }
    for name, values in ARGUMENTS.items():
        assert {outcome(machine, numbers[name], [v]) for v in values} == {seccomp.ALLOW}, name
        assert {outcome(machine, numbers[name], [v]) for v in NOT_THESE[name]} <= REFUSED, name
    fcntl, ioctl = numbers["fcntl"], numbers["ioctl"]
    assert {outcome(machine, fcntl, [0, c]) for c in FCNTL.values()} <= REFUSED
    assert {outcome(machine, ioctl, [0, c]) for c in IOCTL.values()} <= REFUSED
    assert {outcome(machine, fcntl, [0, c]) for c in (0, 1, 2, 3, 1030)} == {seccomp.ALLOW}
    assert outcome(machine, fcntl, [0, 4, os.O_NONBLOCK]) == seccomp.ALLOW
    assert outcome(machine, fcntl, [0, 4, os.O_NONBLOCK | 0x2000]) in REFUSED
    assert outcome(machine, fcntl, [0, 2, 0x2000]) == seccomp.ALLOW  # no flags of the file
    assert {*ARGUMENTS, "fcntl", "ioctl"} == set(numbers)


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    """One for all tests of this module."""
    with answering(tmp_path_factory.mktemp("inside") / "inside.py") as launcher:
        yield launcher


ALL_OTHERS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
found = set()
for number in {numbers}:
    ctypes.set_errno(0)
    if libc.syscall(ctypes.c_long(number), 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() not in (1, 38):
        found.add(number)
answer = sorted(found)
"""


def test_the_kernel_refuses_all_others_in_a_sandbox(launcher):
    """The same, asked of the kernel from inside: each number that is not in the table."""
    machine = os.uname().machine
    passed = system_calls.named(system_calls.PASSED, MACHINES[machine][0]).values()
    others = set(range(system_calls.NEWEST + MARGIN)) - allowed(machine)
    numbers = sorted(others - set(passed))
    numbers += [seccomp.X32 | n for n in range(600)] if machine == "x86_64" else []
    with launcher.launch() as sandbox:
        assert ask(sandbox, ALL_OTHERS.format(numbers=numbers)) == "[]"
        assert sandbox.why_ended() == ""


def test_the_entry_of_32_bits_ends_the_process(launcher):
    """`int 0x80` with the number of socketcall: it ends the process that tries it, and that is told.

    Another machine has no such entry, and knows not even the instruction.
    """
    source = """
import ctypes, mmap
code = b"\\xb8\\x66\\x00\\x00\\x00\\xbb\\x01\\x00\\x00\\x00\\x31\\xc9\\xcd\\x80\\xc3"
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
answer = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    with launcher.launch() as sandbox:
        assert ask(sandbox, source) == ""
        assert sandbox.why_ended() in ("it was ended by SIGSYS", "it was ended by SIGILL")


TRIED = {
    "datagrams by path": (
        "import socket; a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM);"
        "a.sendto(b'x', '{listening}')"
    ),
    "descriptors": "import array, socket; a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [0])",
    "an owner": "import fcntl; fcntl.fcntl(3, fcntl.F_SETOWN, {grader})",
    "a signal": "import fcntl; fcntl.fcntl(3, fcntl.F_SETSIG, 9)",
    "signals when there is something to read": "import fcntl, os; fcntl.fcntl(3, fcntl.F_SETFL, os.O_ASYNC)",
    "the same by ioctl": "import fcntl; fcntl.ioctl(3, 0x5452, b'\\1\\0\\0\\0')",
    "an owner by ioctl": "import fcntl, struct; fcntl.ioctl(3, 0x8901, struct.pack('i', {grader}))",
    "a lease": "import fcntl; fcntl.fcntl(3, 1024, 0)",
    "a lock on a library": (
        "import fcntl, numpy; fcntl.flock(open(numpy.__file__), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    ),
    "an alarm clock for others": "import ctypes; 1 / (ctypes.CDLL(None).timer_create(1, 0, 0) + 1)",
    "a message through the connection": "import socket; socket.socket(fileno=3).sendmsg([b'x'])",
}


@pytest.mark.parametrize("name", TRIED)
def test_what_was_open_is_refused(launcher, tmp_path, name):
    """Nothing outside hears of it."""
    import socket

    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening,
        launcher.launch() as sandbox,
    ):
        listening.bind(str(tmp_path / "s"))
        listening.setblocking(False)
        (tmp_path / "s").chmod(0o777)
        places = {"grader": os.getpid(), "listening": tmp_path / "s"}
        answer = ask(sandbox, TRIED[name].format(**places))
        assert answer.startswith(("PermissionError", "OSError: [Errno 38]", "ZeroDivision")), answer
        with pytest.raises(BlockingIOError):
            listening.recv(1)


NEEDED = {
    "threads": """
import threading
found = []
threads = [threading.Thread(target=found.append, args=(i,), name=f"t{i}") for i in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
answer = len(found) == 8""",
    "a pool of threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool: answer = sum(pool.map(abs, range(-5, 5))) == 25""",
    "linear algebra": """
import numpy as np
A = np.random.default_rng(0).normal(size=(300, 300))
answer = np.allclose(np.linalg.solve(A, A), np.eye(300)) and len(np.linalg.svd(A)[1]) == 300""",
    "threads of OpenBLAS": """
import ctypes, glob, os, numpy as np
folder = os.path.join(os.path.dirname(np.__file__), "..", "numpy.libs")
answer = True
for file in os.listdir(folder):
    if "openblas" in file:
        library = ctypes.CDLL(os.path.join(folder, file))
        for begin in ("scipy_openblas", "openblas"):
            for end in ("64_", ""):
                getattr(library, f"{begin}_set_num_threads{end}", lambda n: None)(4)
A = np.ones((700, 700))
answer = bool(((A @ A) == 700).all())""",
    "files of its own": """
import os, shutil, tempfile, pathlib, numpy as np
np.save("a.npy", np.arange(3)); os.makedirs("d/e"); shutil.copyfile("a.npy", "d/e/b.npy")
os.rename("d/e/b.npy", "c.npy"); shutil.rmtree("d")
with tempfile.TemporaryDirectory() as t: pathlib.Path(t, "x").write_text("y")
with open("log", "a") as f: f.write("1"); f.truncate(0); os.fsync(f.fileno())
answer = sorted(os.listdir()) == ["a.npy", "c.npy", "log"] and np.load("c.npy").tolist() == [0, 1, 2]""",
    "imports": """
import asyncio, csv, dataclasses, decimal, json, logging, multiprocessing, pickle
import sqlite3, subprocess, unittest
import scipy.optimize, sklearn.linear_model
answer = True""",
    "time, signals and a clock of its own": """
import signal, time
heard = []
signal.signal(signal.SIGALRM, lambda *a: heard.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.01)
while not heard: time.sleep(0.001)
signal.raise_signal(signal.SIGALRM)
answer = len(heard) == 2 and time.time() > 0 and time.process_time() > 0""",
    "what it runs on": """
import os, platform, sys, resource
answer = os.cpu_count() > 0 and bool(platform.python_version())
answer = answer and resource.getrlimit(resource.RLIMIT_AS)[0] > 0""",
}


@pytest.mark.parametrize("name", NEEDED)
def test_what_an_honest_submission_does_is_let_through(launcher, name):
    """Each call of it is in the table."""
    with launcher.launch() as sandbox:
        assert ask(sandbox, NEEDED[name], seconds=120) == "True"


def test_the_names_are_the_kernels():
    """Where the kernel's own list of numbers is at hand, the table says the same."""
    places = "/usr/include/x86_64-linux-gnu/asm", "/usr/include/asm"
    lists = [Path(place, "unistd_64.h") for place in places]
    found = dict(
        match
        for file in lists
        if file.exists()
        for match in re.findall(r"#define __NR_(\w+) (\d+)", file.read_text())
    )
    known = {**system_calls.allowed(0)}
    for call in [*CONDITIONAL, system_calls.UNKNOWN]:
        known |= system_calls.named(call, 0)
    assert not {n: found[n] for n in known.keys() & found.keys() if int(found[n]) != known[n]}
