"""Landlock: a process gives up all files but those that it names. It needs no privileges for that.

It runs in the sandbox's own process. Neither this process nor what it starts can get the files back. The
kernel's interface has versions ("ABI"), and each right is asked for where the kernel knows it.
"""

import errno
import os
import struct
from collections.abc import Iterable

from . import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all machines
_VERSION = 1
_BENEATH_PATH = 1

READ_FILE, READ_DIRECTORY = 1 << 2, 1 << 3
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_MAKE_DIRECTORY, _MAKE_REGULAR, _REMOVE_DIRECTORY, _REMOVE_FILE = 1 << 7, 1 << 8, 1 << 4, 1 << 5
_MOVE = 1 << 13
_READ = READ_FILE | READ_DIRECTORY
_WRITE = (
    _READ | _WRITE_FILE | _TRUNCATE | _MOVE
    | _MAKE_DIRECTORY | _MAKE_REGULAR | _REMOVE_DIRECTORY | _REMOVE_FILE
)  # fmt: skip
_OF_FILES = READ_FILE | _WRITE_FILE | _TRUNCATE  # the rights that apply to a single file

_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
NETWORK_SINCE, SIGNALS_SINCE = 4, 6


def version() -> int:
    """The version of Landlock that this kernel offers; 0 if it offers none."""
    try:
        return kernel.syscall(_CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def restrict(readable: Iterable[str], listable: Iterable[str], writable: str) -> None:
    """Give up all files but what lies beneath these, all TCP, and signals to those outside.

    Of `listable` directories only the entries' names may be read. No right to start a program is kept.
    Needs `no_new_privileges`. Raises OSError where the kernel has no Landlock.
    """
    abi = version()
    if not abi:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock, or it is switched off")
    ruleset = kernel.syscall(_CREATE_RULESET, *_attributes(abi))
    try:
        for path in readable:
            _grant(ruleset, path, _READ)
        for path in listable:
            _grant(ruleset, path, READ_DIRECTORY)
        _grant(ruleset, "/dev/null", (READ_FILE | _WRITE_FILE))
        _grant(ruleset, writable, _WRITE & _known(abi))
        kernel.syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _known(abi: int) -> int:
    """All rights over files that a version knows: 13 at first; moves, truncation, devices later."""
    return (1 << (13 + (abi >= 2) + (abi >= 3) + (abi >= 5))) - 1


def _attributes(abi: int) -> tuple[bytes, int, int]:
    """What is given up: rights over files, over the network, over who is outside."""
    network = _BIND_AND_CONNECT if abi >= NETWORK_SINCE else 0
    scoped = _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= SIGNALS_SINCE else 0
    attributes = struct.pack("=QQQ", _known(abi), network, scoped)
    return attributes, len(attributes), 0


def _grant(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:  # then there is nothing to be read either
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        kernel.syscall(_ADD_RULE, ruleset, _BENEATH_PATH, rule, 0)
    finally:
        os.close(descriptor)
