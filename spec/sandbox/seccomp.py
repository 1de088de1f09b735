"""Seccomp: a process gives up system calls. If it makes one of them, the call fails with "not permitted".

It runs in the sandbox's own process. The list says what is denied, not what is allowed: Python, NumPy and
the C library make some hundred other calls, and which ones changes with their versions. What is denied acts
beyond the process: on other processes, new ones, the network, properties of files that Landlock leaves open.
"""

import errno
import os
import struct

from . import kernel

# Numbers: x86_64, aarch64; - where there is none.
DENIED = {
    "the network": """
        socket 41 198  connect 42 203  bind 49 200  listen 50 201  accept 43 202  accept4 288 242""",
    "new processes and programs": """
        fork 57 -  vfork 58 -  execve 59 221  execveat 322 281""",
    "other processes": """
        ptrace 101 117  process_vm_readv 310 270  process_vm_writev 311 271  process_madvise 440 440
        pidfd_open 434 434  pidfd_getfd 438 438  pidfd_send_signal 424 424  kcmp 312 272
        tkill 200 130  rt_sigqueueinfo 129 138  rt_tgsigqueueinfo 297 240
        sched_setaffinity 203 122  sched_setscheduler 144 119  sched_setparam 142 118
        sched_setattr 314 274  setpriority 141 140  ioprio_set 251 30
        migrate_pages 256 238  move_pages 279 239""",
    "memory and queues that outlive a process": """
        shmget 29 194  shmat 30 196  msgget 68 186  semget 64 190  mq_open 240 180""",
    "the properties of files": """
        chmod 90 -  fchmod 91 52  fchmodat 268 53  fchmodat2 452 452
        chown 92 -  lchown 94 -  fchown 93 55  fchownat 260 54
        utime 132 -  utimes 235 -  futimesat 261 -  utimensat 280 88  truncate 76 45
        setxattr 188 5  lsetxattr 189 6  fsetxattr 190 7  setxattrat 463 463
        removexattr 197 14  lremovexattr 198 15  fremovexattr 199 16  removexattrat 466 466
        name_to_handle_at 303 264  open_by_handle_at 304 265""",
    "the system": """
        mount 165 40  umount2 166 39  pivot_root 155 41  chroot 161 51  unshare 272 97  setns 308 268
        move_mount 429 429  open_tree 428 428  fsopen 430 430  fsmount 432 432  mount_setattr 442 442
        bpf 321 280  perf_event_open 298 241  userfaultfd 323 282  keyctl 250 219  add_key 248 217
        request_key 249 218  io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427
        personality 135 92""",
    "memory that no limit counts": "memfd_create 319 279  memfd_secret 447 447",
    "what others do with files": """
        inotify_init 253 -  inotify_init1 294 26  inotify_add_watch 254 27
        fanotify_init 300 262  fanotify_mark 301 263""",
}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, and the kernel's name
_X32 = 0x40000000  # x86_64 has each call twice; the second set is denied whole
_CLONE, _CLONE3 = (56, 220), 435
_SAME_PROCESS = 0x00010000  # CLONE_THREAD
_KILL, _TGKILL, _PRLIMIT, _PRCTL = (62, 129), (234, 131), (302, 261), (157, 167)
_PRCTL_DENIED = 1, 4, 36  # parent death signal, dumpable, subreaper

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # where they stand in what the program is given
_ALLOW, _END_PROCESS, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000

Code = list[tuple[int, int, int, int]]  # operation, steps to skip if true, if false, operand


def restrict() -> None:
    """Give up the calls of `DENIED`, forks, and signals to any process but this one.

    Needs `no_new_privileges`. Raises OSError where the kernel has no seccomp or the machine is another.
    """
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError(errno.ENOSYS, f"no numbers of system calls are known for {machine}")
    column, architecture = MACHINES[machine]
    denied = [number for group in DENIED.values() for number in _numbers(group, column)]
    install(architecture, denied, _conditions(column, os.getpid()))


def install(architecture: int, denied: list[int], conditions: Code) -> None:
    """Deny calls by their numbers; `conditions` decide on some others."""
    code: Code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _END_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _failing(errno.EPERM),
    ]
    for number in denied:
        code += [(_EQUAL, 0, 1, number), _failing(errno.EPERM)]
    code += [*conditions, (_RETURN, 0, 0, _ALLOW)]
    kernel.install_filter(b"".join(struct.pack("=HBBI", *each) for each in code))


def _conditions(column: int, me: int) -> Code:
    code: Code = [(_EQUAL, 0, 1, _CLONE3), _failing(errno.ENOSYS)]  # threads then come by clone
    code += _unless(_CLONE[column], (_ANY_BIT, 1, 0, _SAME_PROCESS))
    code += _unless(_KILL[column], (_EQUAL, 1, 0, me))
    code += _unless(_TGKILL[column], (_EQUAL, 1, 0, me))
    code += _unless(_PRLIMIT[column], (_EQUAL, 1, 0, 0))
    for option in _PRCTL_DENIED:
        code += _unless(_PRCTL[column], (_EQUAL, 0, 1, option))
    return code


def _unless(number: int, test: tuple[int, int, int, int]) -> Code:
    """Let a call fail unless its first argument passes the test; then go on with the number."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        test,
        _failing(errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _failing(number: int) -> tuple[int, int, int, int]:
    return _RETURN, 0, 0, _FAIL | number


def _numbers(group: str, column: int) -> list[int]:
    words = group.split()
    return [int(word) for word in words[1 + column :: 3] if word != "-"]
