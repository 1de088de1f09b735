"""Each wall around a submission's process, tried from inside by code that wants to get through."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from spec.forked import Fork
from spec.grading.running import cores
from spec.sandbox import control, walls
from spec.sandbox.walls import Limits

from .conftest import ROOT, Figure
from .sandboxes import answering, ask, left_running, running

TOUCHED = Path("/tmp/touched-by-a-submission")  # noqa: S108
SMALL = Limits(cpu_seconds=30, memory=2**30, file_bytes=2**22, processes=16)
ALL = {
    walls.PROCESS, walls.LIMITS, walls.OWN_USER, walls.OWN_PROCESSES, walls.OWN_NETWORK,
    walls.OWN_FILES, walls.LANDLOCK, walls.LANDLOCK_NETWORK, walls.LANDLOCK_SIGNALS, walls.SECCOMP,
}  # fmt: skip


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    """One for all tests of this module; it starts while there is a secret in the environment."""
    os.environ["PLANTED_BY_THE_GRADER"] = "told to nobody"
    try:
        with answering(tmp_path_factory.mktemp("inside") / "inside.py", limits=SMALL) as launcher:
            yield launcher
    finally:
        del os.environ["PLANTED_BY_THE_GRADER"]


@pytest.fixture
def sandbox(launcher):
    """A new sandbox."""
    with launcher.launch() as sandbox:
        yield sandbox


def test_a_sandbox_works(sandbox):
    """What an honest submission does is let through: packages, threads, files of its own."""
    assert ask(sandbox, "import numpy as np; answer = (np.eye(3) @ np.ones(3)).sum()") == "3.0"
    assert (
        ask(sandbox, "from sklearn.datasets import make_moons; answer = len(make_moons(4))") == "2"
    )
    assert ask(sandbox, "import numpy as np; np.random.default_rng().normal()") == "got through"
    threads = "import threading as t; a = t.Thread(target=print); a.start(); a.join()"
    assert ask(sandbox, threads) == "got through"
    files = "import tempfile, shutil; open('a', 'w').write('b'); answer = open('a').read()"
    assert ask(sandbox, files) == "b"
    assert ask(sandbox, "import tempfile; tempfile.TemporaryFile().write(b'a')") == "got through"
    assert sandbox.why_ended() == ""


@pytest.fixture
def all_cores(monkeypatch):
    """The cores there are; nobody else has taken one, and they are given back."""
    monkeypatch.setattr(cores, "_NAME", f"\0core {{}} of the test {os.getpid()}")
    there = os.sched_getaffinity(0)
    yield there
    os.sched_setaffinity(0, there)


def test_a_sandbox_stays_on_the_core_of_its_judge(launcher, all_cores):
    """They take turns: on two cores, a fifth of the CPU time would go into waking each other up."""
    with cores.take(), launcher.launch() as sandbox:
        (own,) = os.sched_getaffinity(0)
        assert ask(sandbox, "import os; answer = os.sched_getaffinity(0)") == str({own})
    assert own in all_cores


def test_no_two_judges_take_one_core(all_cores):
    """Each takes one that is left; where none is, it may use all of them. What was taken is given back."""
    taken = []
    for _ in all_cores:
        taken.append((cores.take(), os.sched_getaffinity(0)))
        os.sched_setaffinity(0, all_cores)
    assert sorted(core for _, own in taken for core in own) == sorted(all_cores)
    assert cores.take() is None
    assert os.sched_getaffinity(0) == all_cores
    for sign, _ in taken:
        sign.close()
    with cores.take():
        assert len(os.sched_getaffinity(0)) == 1


def test_all_walls_stand_on_this_machine(sandbox, figure):
    """Where one is missing, this says which; the others are then tried all the same."""
    missing = sorted(ALL - set(sandbox.walls))
    if {"landlock"} <= set(missing):
        pytest.fail("Landlock does not work here")
    figure(Figure("walls that stand here", f"{len(ALL)}", f"{len(ALL) - len(missing)}"))


READING = {
    "the reference": f"open({str(ROOT / 'impl' / '__init__.py')!r})",
    "the suite": f"open({str(ROOT / 'spec' / 'test_12_symbols.py')!r})",
    "the suite's folder": f"import os; os.listdir({str(ROOT / 'spec')!r})",
    "the claims": f"open({str(ROOT / 'spec' / 'claims.toml')!r})",
    "the users": "open('/etc/passwd')",
    "the root folder": "import os; os.listdir('/')",
    "temporary files": "import os; os.listdir('/tmp')",
    "shared memory": "import os; os.listdir('/dev/shm')",
    "processes": "import os; os.listdir('/proc')",
    "its own process": "open('/proc/self/maps')",
    "the grader's memory": "open('/proc/{grader}/mem', 'rb')",
    "the grader's environment": "open('/proc/{grader}/environ')",
    "the grader's command line": "open('/proc/{grader}/cmdline')",
    "the grader's files": "import os; os.listdir('/proc/{grader}/fd')",
    "the launcher's memory": "open('/proc/{launcher}/mem', 'rb')",
    "a file given as input": "open('{planted}')",
    "through a link": "import os; os.symlink('/etc/passwd', 'link'); open('link')",
    "through a hard link": "import os; os.link('/etc/passwd', 'link'); open('link')",
    "devices": "import os; os.listdir('/dev')",
}
WRITING = {
    "a file beside": "open('{planted}', 'w')",
    "a new file in /tmp": "open('/tmp/touched-by-a-submission', 'w')",
    "in shared memory": "open('/dev/shm/touched-by-a-submission', 'w')",
    "NumPy": "import numpy; open(numpy.__file__, 'a')",
    "a package": "import numpy, os; os.mkdir(os.path.dirname(numpy.__file__) + '/touched')",
    "removes": "import os; os.remove('{planted}')",
    "renames": "import os; os.rename('{planted}', 'stolen')",
    "cuts off": "import os; os.truncate('{planted}', 0)",
    "changes rights": "import os; os.chmod('{planted}', 0)",
    "changes times": "import os; os.utime('{planted}', (0, 0))",
}
NETWORK = {
    "TCP": "import socket; socket.create_connection(('127.0.0.1', 22), 1)",
    "UDP": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'a', ('127.0.0.1', 53))",
    "unix": "import socket; socket.socket(socket.AF_UNIX).connect('\\0abstract')",
    "raw": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
}
PROCESSES = {
    "fork": "import os; os.fork()",
    "double fork": "import os; os.setsid(); os.fork() or os.fork()",
    "a program": "import subprocess; subprocess.run(['/bin/true'])",
    "becoming a program": "import os; os.execv('/bin/true', ['true'])",
    "multiprocessing": "import multiprocessing as m; m.Process(target=print).start()",
    "spawn": "import os; os.posix_spawn('/bin/true', ['true'], {{}})",
    "killing the grader": "import os; os.kill({grader}, 9)",
    "killing the launcher": "import os; os.kill({launcher}, 9)",
    "killing everybody": "import os; os.kill(-1, 9)",
    "stopping the grader": "import signal, os; os.kill({grader}, signal.SIGSTOP)",
    "a descriptor of the grader": "import os; os.pidfd_open({grader})",
    "becoming root": "import os; os.setuid(0)",
    "more rights": "import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1))",
    "slowing the grader": "import os; os.sched_setaffinity({grader}, {{0}})",
}
CALLS = {  # number on x86_64 and on aarch64, arguments
    "ptrace": (101, 117, "16, {grader}, 0, 0"),
    "reading memory": (310, 270, "{grader}, 0, 0, 0, 0, 0"),
    "writing memory": (311, 271, "{grader}, 0, 0, 0, 0, 0"),
    "clone": (56, 220, "17, 0, 0, 0, 0"),
    "clone3": (435, 435, "0, 0"),
    "namespaces": (272, 97, "0x10000000"),
    "mount": (165, 40, "0, 0, 0, 0, 0"),
    "io_uring": (425, 425, "1, 0"),
    "bpf": (321, 280, "0, 0, 0"),
    "keys": (250, 219, "0, -3, 0"),
    "shared memory": (29, 194, "0, 4096, 0o1600"),
    "message queues": (68, 186, "0, 0o1600"),
    "file handles": (304, 265, "0, 0, 0"),
    "watching folders": (294, 26, "0"),
    "memory that is not counted": (319, 279, "b'x', 0"),
    "being readable": (157, 167, "4, 1, 0, 0, 0"),
    "outliving": (157, 167, "1, 0, 0, 0, 0"),
}
BY_NUMBER = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
number = {x86_64} if os.uname().machine == "x86_64" else {aarch64}
if libc.syscall(number, {arguments}) < 0:
    raise OSError(ctypes.get_errno(), "refused")
"""
REFUSED = (
    "PermissionError",
    "ProcessLookupError",
    "OSError: [Errno 22] Invalid argument",  # no such user in a user namespace
    "OSError: [Errno 38]",  # there is no such call
    "OSError: [Errno 18]",  # another file system: no hard links to it
    "ValueError: not allowed to raise",
)


def attempts():
    """All of the above, with a name."""
    kinds = {"reads": READING, "writes": WRITING, "network": NETWORK, "processes": PROCESSES}
    for kind, sources in kinds.items():
        for name, source in sources.items():
            yield pytest.param(source, id=f"{kind}: {name}")
    for name, (x86_64, aarch64, arguments) in CALLS.items():
        source = BY_NUMBER.format(x86_64=x86_64, aarch64=aarch64, arguments=arguments)
        yield pytest.param(source, id=f"calls: {name}")


@pytest.mark.parametrize("source", list(attempts()))
def test_nothing_outside_is_reached(launcher, sandbox, tmp_path, source):
    """Whatever is tried fails, and what was tried on is as it was."""
    TOUCHED.unlink(missing_ok=True)
    planted = tmp_path / "planted"
    planted.write_text("secret")
    before = planted.stat()
    places = {"grader": os.getpid(), "launcher": launcher._process.pid, "planted": planted}
    answer = ask(sandbox, source.format(**places))
    assert answer.startswith(REFUSED), answer
    assert planted.stat()[:9] == before[:9]  # before it is read: that moves the time of access
    assert planted.read_text() == "secret"
    assert not TOUCHED.exists()
    assert sandbox.why_ended() == ""


def test_nothing_of_the_grader_is_in_its_process(sandbox):
    """Neither its environment, nor its modules, nor its open files."""
    assert ask(sandbox, "import os; answer = 'PLANTED_BY_THE_GRADER' in os.environ") == "False"
    assert (
        ask(sandbox, "import sys; answer = {'spec', 'impl', 'pytest'} & set(sys.modules)")
        == "set()"
    )
    files = """
import os
def is_open(n):
    try:
        return os.fstat(n) and True
    except OSError:
        return False
answer = [n for n in range(1000) if is_open(n)]
"""
    assert ask(sandbox, files) == "[0, 1, 2, 3]"


def test_two_sandboxes_do_not_see_each_other(launcher, sandbox):
    """Not even by the name of the other's directory."""
    with launcher.launch() as other:
        there = ask(other, "import os; open('answers', 'w').write('42'); answer = os.getcwd()")
        assert ask(sandbox, "import os; answer = os.getcwd()") != there
        not_there = "PermissionError", "FileNotFoundError"
        assert ask(sandbox, f"open({there + '/answers'!r})").startswith(not_there)
        assert ask(sandbox, f"import os; os.listdir({there!r})").startswith(not_there)
    with launcher.launch() as third:
        assert ask(third, "import os; answer = os.listdir()") == "[]"


FLOODS = {
    "memory": ("import numpy as np; kept = [np.ones(2**24) for i in range(99)]", "MemoryError"),
    "one enormous array": ("import numpy as np; np.ones(10**12)", "MemoryError"),
    "recursion": ("def f(): f()\nf()", "RecursionError"),
    "a large file": ("open('a', 'wb').write(bytes(2**24))", "OSError: [Errno 27]"),
    "many files": ("for i in range(10**5): open(str(i), 'w').close()", "OSError: [Errno 28]"),
    "a full disk": (
        "for i in range(99): open(str(i), 'wb').write(bytes(2**20))",
        "OSError: [Errno 28]",
    ),
    "open files": ("kept = [open('/dev/null') for i in range(10**4)]", "OSError: [Errno 24]"),
    "threads": (
        "import threading, time\n"
        "for i in range(10**4): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "RuntimeError: can't start new thread",
    ),
    "output": ("for i in range(10**3): print('a' * 10**5)", "got through"),  # to nowhere
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_meets_a_limit(sandbox, name):
    """The code meets it as an error, and its process can go on."""
    source, expected = FLOODS[name]
    assert ask(sandbox, source).startswith(expected)
    assert ask(sandbox, "answer = 1") == "1"


ENDS = {
    "exit": ("import os; os._exit(3)", "your code ended its process, with exit status 3"),
    "sys.exit": ("raise SystemExit(4)", "your code ended its process, with exit status 4"),
    "crash": ("import ctypes; ctypes.string_at(0)", "it was ended by SIGSEGV"),
    "hanging up": ("import os; os.close(3)\nwhile True: pass", "your code closed the connection"),
}


@pytest.mark.parametrize("name", ENDS)
def test_why_a_sandbox_ended_is_told(sandbox, name):
    """In a sentence, from what its parent saw."""
    source, expected = ENDS[name]
    assert ask(sandbox, source) == ""
    assert sandbox.why_ended().startswith(expected)
    assert sandbox.why_ended().startswith(expected)
    assert sandbox.cpu_seconds() > 0


def test_cpu_time_is_limited_whatever_the_code_does_about_it(tmp_path):
    """Also where signals are ignored; and the time is told while it runs, and afterwards."""
    with (
        answering(tmp_path / "inside.py", limits=Limits(cpu_seconds=1)) as launcher,
        launcher.launch() as sandbox,
    ):
        begun = sandbox.cpu_seconds()
        assert 0 < begun < 0.5
        endless = """
import signal
for n in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(n, signal.SIG_IGN)
while True: pass
"""
        assert ask(sandbox, endless) == ""
        assert sandbox.why_ended() == "it used more than 1 s of CPU time"
        assert 0.9 < sandbox.cpu_seconds() < 2


def test_a_sandbox_that_hangs_is_gone_when_it_is_ended(launcher):
    """It takes no patience: the process is killed, its directory removed."""
    sandbox = launcher.launch()
    where = Path(ask(sandbox, "import os; answer = os.getcwd()"))
    assert where.exists()
    hangs = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"
    with pytest.raises(TimeoutError):
        ask(sandbox, hangs, seconds=0.2)
    begun = time.monotonic()
    sandbox.end()
    assert time.monotonic() - begun < 5
    assert not where.exists()
    assert left_running(launcher) == []


def _killed_grader(path, send):
    """A grader with a sandbox that computes; then the grader is killed."""
    with answering(path) as launcher:
        sandbox = launcher.launch()
        where = ask(sandbox, "import os; answer = os.getcwd()")
        with suppress(TimeoutError):
            ask(sandbox, "while True: pass", seconds=0.1)
        send([where, launcher._process.pid, *running(launcher)])
        os.kill(os.getpid(), signal.SIGKILL)


def test_when_the_grader_is_killed_all_goes_with_it(tmp_path):
    """The launcher sees it end, and supervisors see the launcher end: no process and no directory stays."""
    with Fork(lambda send: _killed_grader(tmp_path / "inside.py", send)) as fork:
        where, *pids = fork.receive(30)[0]
        assert len(pids) == 3
        end = time.monotonic() + 10
        while time.monotonic() < end and any(Path(f"/proc/{pid}").exists() for pid in pids):
            time.sleep(0.02)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert not Path(where).parent.exists()


def test_the_walls_here_can_be_asked_for(tmp_path, monkeypatch):
    """As the documentation of a grader's machine does."""
    monkeypatch.setattr(control, "INSIDE", tmp_path / "inside.py")
    (tmp_path / "inside.py").write_text(
        "import os\ndef serve(connection, shared): os.read(connection, 1)"
    )
    assert set(control.probe()) <= ALL


def test_a_sandbox_costs_little(launcher, figure):
    """CPU milliseconds from asking for a sandbox until its last trace is gone, with the grader's share."""
    n_sandboxes, costs = 5, []
    of_launcher = f"/proc/{launcher._process.pid}/stat"

    def used():
        fields = Path(of_launcher).read_text().rpartition(")")[2].split()
        return time.process_time() + sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    for _ in range(6):
        begun = used()
        for _ in range(n_sandboxes):
            with launcher.launch() as sandbox:
                ask(sandbox, "")
        with launcher.launch():  # the launcher waits for the last one that ended
            costs.append((used() - begun) / n_sandboxes * 1000)
    cost = min(costs)  # what else the machine does can only add to it
    figure(Figure("CPU of a sandbox, milliseconds", "at most 30", f"{cost:.0f}", cost <= 30))
