"""System calls that Python has no function for, through ctypes; OSError if one fails. For all sides."""

import ctypes
import os
from typing import Any

_LIBC: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None

NEW_MOUNTS, NEW_IPC, NEW_USER = 0x00020000, 0x08000000, 0x10000000
NEW_PROCESSES, NEW_NETWORK = 0x20000000, 0x40000000

_PARENT_DEATH_SIGNAL, _DUMPABLE, _GET_DUMPABLE, _KEEP_CAPABILITIES = 1, 4, 3, 8
_SECCOMP, _SUBREAPER, _NO_NEW_PRIVILEGES = 22, 36, 38
_FILTER = 2  # the mode of seccomp that takes a program
_CAPABILITY_VERSION = 0x20080522
_RECURSIVE, _PRIVATE, _NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 0x4000, 0x40000, 2, 4, 8
_DETACH = 2
_READ_AND_WRITE, _SHARED, _NO_MEMORY = 3, 1, ctypes.c_void_p(-1).value


def syscall(number: int, *arguments: Any) -> int:
    """A system call by its number; whole numbers are passed in full width."""
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    _LIBC.syscall.restype = ctypes.c_long
    return _checked(_LIBC.syscall(ctypes.c_long(number), *wide))


def no_new_privileges() -> None:
    """No program that this process starts gains rights: needed for Landlock and seccomp, too."""
    _prctl(_NO_NEW_PRIVILEGES, 1)


def unreadable(yes: bool = True) -> None:
    """Memory, environment and descriptors of this process are closed to others of its user.

    Without it, `/proc/<pid>/mem` of the grader can be read and written by a child of the same user.
    """
    _prctl(_DUMPABLE, 0 if yes else 1)


def is_unreadable() -> bool:
    """Whether `unreadable` is in force."""
    return _prctl(_GET_DUMPABLE) != 1


def die_with_parent(signal: int) -> None:
    """This process is sent `signal` when its parent ends. A change of user revokes it."""
    _prctl(_PARENT_DEATH_SIGNAL, signal)


def core() -> int:
    """The number of the core that this process is on."""
    return _checked(_LIBC.sched_getcpu())


def adopt_orphans() -> None:
    """Descendants whose parent ends become children of this process, however often they fork."""
    _prctl(_SUBREAPER, 1)


def keep_capabilities() -> None:
    """A change of user leaves this process the capabilities of root, until `limit_capabilities`."""
    _prctl(_KEEP_CAPABILITIES, 1)


def limit_capabilities(*numbers: int) -> None:
    """Give up all capabilities but these."""
    kept = sum(1 << number for number in numbers)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    data = (ctypes.c_uint32 * 6)(
        kept, kept, 0, 0, 0, 0
    )  # effective, permitted, inheritable; low half
    _checked(_LIBC.capset(header, data))


def install_filter(program: bytes) -> None:
    """Let a seccomp program of 8 bytes an instruction decide on every further system call."""
    code = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    whole = Program(len(program) // 8, ctypes.addressof(code))
    _prctl(_SECCOMP, _FILTER, ctypes.byref(whole))


def shared_memory(descriptor: int, size: int) -> Any:
    """`size` bytes of a file, as memory that is shared with whoever has the file, too."""
    _LIBC.mmap.restype = ctypes.c_void_p
    _LIBC.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    address = _LIBC.mmap(None, size, _READ_AND_WRITE, _SHARED, descriptor, 0)
    if address in (None, _NO_MEMORY):
        _checked(-1)
    return (ctypes.c_char * size).from_address(address)


def unshare(namespaces: int) -> None:
    """Leave these namespaces for new ones."""
    _checked(_LIBC.unshare(namespaces))


def mount_own_memory(directory: str, size: int, files: int) -> None:
    """Put a file system in memory over a directory: `size` bytes, at most `files` files.

    Only this process and its descendants see it; needs a mount namespace of its own.
    """
    _mount(b"none", "/", None, _RECURSIVE | _PRIVATE, None)
    flags = _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS
    data = f"size={size},nr_inodes={files},mode=700"
    _mount(b"none", directory, b"tmpfs", flags, data.encode())


def unmount(directory: str) -> None:
    """Take away what was mounted over a directory, whoever still uses it."""
    _checked(_LIBC.umount2(os.fsencode(directory), _DETACH))


def _mount(source: bytes, target: str, kind: bytes | None, flags: int, data: bytes | None) -> None:
    _checked(_LIBC.mount(source, os.fsencode(target), kind, ctypes.c_ulong(flags), data))


def _prctl(option: int, *arguments: Any) -> int:
    wide = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments]
    rest = [ctypes.c_ulong(0)] * (4 - len(wide))  # the kernel insists that they are 0
    return _checked(_LIBC.prctl(option, *wide, *rest))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
