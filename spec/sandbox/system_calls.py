"""The system calls that a submission may make, and why: Python, NumPy and the C library need them.

All others are refused, those of kernels to come included. What a call could do beyond the process is cut
off by a condition on one of its arguments. Landlock decides which files the calls on files reach.
"""

from dataclasses import dataclass

# A reason, then calls with their numbers on x86_64 and on aarch64; - where there is none.
ALLOWED = {
    "answer the trusted side, read and write files": """
        read 0 63  write 1 64  readv 19 65  writev 20 66  pread64 17 67  pwrite64 18 68
        lseek 8 62  close 3 57  close_range 436 436""",
    "memory: arrays, the heap, libraries that an import loads": """
        mmap 9 222  munmap 11 215  mprotect 10 226  mremap 25 216  brk 12 214  madvise 28 233""",
    "threads wait for each other, begin and end": """
        futex 202 98  sched_yield 24 124  set_robust_list 273 99  rseq 334 293
        exit 60 93  exit_group 231 94  gettid 186 178""",
    "the time, and to sleep": """
        clock_gettime 228 113  clock_getres 229 114  gettimeofday 96 169  time 201 -
        clock_nanosleep 230 115  nanosleep 35 101  restart_syscall 219 128
        getrusage 98 165  times 100 153""",
    "an import finds and opens files; a submission opens its own": """
        openat 257 56  open 2 -  newfstatat 262 79  fstat 5 80  stat 4 -  lstat 6 -  statx 332 291
        access 21 -  faccessat 269 48  faccessat2 439 439  readlink 89 -  readlinkat 267 78
        getdents64 217 61  getcwd 79 17  chdir 80 49  fchdir 81 50""",
    "files in its own directory: Landlock grants these there alone": """
        mkdir 83 -  mkdirat 258 34  rmdir 84 -  unlink 87 -  unlinkat 263 35
        rename 82 -  renameat 264 38  renameat2 316 276
        ftruncate 77 46  fsync 74 82  fdatasync 75 83  umask 95 166""",
    "descriptors and pipes of its own": """
        dup 32 23  dup2 33 -  dup3 292 24  pipe 22 -  pipe2 293 59
        poll 7 -  ppoll 271 73  select 23 -  pselect6 270 72""",
    "chance": "getrandom 318 278",
    "handlers of signals, and alarms that it sets for itself": """
        rt_sigaction 13 134  rt_sigprocmask 14 135  rt_sigreturn 15 139  rt_sigpending 127 136
        rt_sigsuspend 130 133  rt_sigtimedwait 128 137  sigaltstack 131 132
        pause 34 -  alarm 37 -  setitimer 38 103  getitimer 36 102""",
    "who and where it is: Python, its libraries and OpenBLAS ask for it": """
        getpid 39 172  getppid 110 173  getuid 102 174  geteuid 107 175  getgid 104 176  getegid 108 177
        uname 63 160  sysinfo 99 179  getcpu 309 168  getrlimit 97 163""",
}


@dataclass(frozen=True)
class Condition:
    """A call is allowed where an argument, after `mask` is applied to it, is one of `values`.

    With `own` among the values stands the process itself. A rule holds where the argument `given[0]`
    is `given[1]` alone; elsewhere it says nothing.
    """

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    own: bool = False
    given: tuple[int, int] | None = None


_ASYNC = 0x2000  # O_ASYNC: a signal to whoever was named by F_SETOWN
_THREAD = 0x00010000
_OF_THREADS = 0x003D0F00  # the flags of the C library, CLONE_THREAD among them
_DETACHED = 0x00400000  # which another C library sets, and the kernel ignores
_SET_FLAGS = 4
_COMMANDS = 0, 1, 2, 3, _SET_FLAGS, 1030  # duplicate; get and set flags; duplicate, closed by exec
_IS_TERMINAL, _SIZE_OF_TERMINAL, _CLOSE, _KEEP_OPEN = 0x5401, 0x5413, 0x5451, 0x5450
_SET_NAME, _GET_NAME = 15, 16

# A call, its numbers, its conditions, and the reason.
CONDITIONAL = {
    "clone 56 220": (
        [
            Condition(0, (_THREAD,), _THREAD),
            Condition(0, (0,), 0xFFFFFFFF & ~(_OF_THREADS | _DETACHED)),
        ],
        "threads, OpenBLAS's among them; never a process or a namespace",
    ),
    "kill 62 129": ([Condition(0, (), own=True)], "os.kill and abort, to itself"),
    "tgkill 234 131": ([Condition(0, (), own=True)], "signal.raise_signal and abort, to itself"),
    "prlimit64 302 261": ([Condition(0, (0,), own=True)], "the C library asks for its own limits"),
    "sched_getaffinity 204 123": (
        [Condition(0, (0,), own=True)],
        "os.cpu_count and OpenBLAS: the cores that it may use",
    ),
    "prctl 157 167": ([Condition(0, (_SET_NAME, _GET_NAME))], "names of its own threads"),
    "fcntl 72 25": (
        [Condition(1, _COMMANDS), Condition(2, (0,), _ASYNC, given=(1, _SET_FLAGS))],
        "flags of its own descriptors; no owner, signal, lock or lease",
    ),
    "ioctl 16 29": (
        [Condition(1, (_IS_TERMINAL, _SIZE_OF_TERMINAL, _CLOSE, _KEEP_OPEN))],
        "open asks whether a file is a terminal, and closes it in other programs",
    ),
}

# These are refused as if the kernel did not know them: the C library then takes an older one.
UNKNOWN = "clone3 435 435  openat2 437 437"
NEWEST = 470  # the highest number with a name; above it, all is as if the kernel did not know it

# Linux lets these pass every filter (since 6.13): they serve probes that a debugger has set, and do nothing
# but fail, or end the caller, where there are none.
PASSED = "uretprobe 335 -  uprobe 336 -"

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, and the kernel's name


def named(calls: str, column: int) -> dict[str, int]:
    """Names and numbers of a line of the table, on one kind of machine."""
    words = calls.split()
    triples = zip(words[::3], words[1::3], words[2::3], strict=True)
    return {name: int(numbers[column]) for name, *numbers in triples if numbers[column] != "-"}


def allowed(column: int) -> dict[str, int]:
    """The calls that are allowed whatever their arguments are; the most frequent come first."""
    return {
        name: number for calls in ALLOWED.values() for name, number in named(calls, column).items()
    }


def conditional(column: int) -> dict[int, list[Condition]]:
    """The conditions of those that are allowed by their arguments."""
    return {
        number: conditions
        for call, (conditions, _) in CONDITIONAL.items()
        for number in named(call, column).values()
    }
