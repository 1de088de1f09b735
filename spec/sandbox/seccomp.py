"""Seccomp: a process gives up all system calls but those of a table. A refused one fails, and nothing ends.

It runs in the sandbox's own process. The filter is a program for the kernel's small machine: it is given
the number and the arguments of a call and returns what becomes of it. A call of another architecture
(32 bits, by which socketcall and others could be reached) ends the process.
"""

import errno
import os
import struct

from . import kernel, system_calls
from .system_calls import MACHINES, Condition

X32 = 0x40000000  # x86_64 has each call twice; the second set is refused whole

LOAD, AND, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # where they stand in what the program is given
ALLOW, END_PROCESS, FAIL = 0x7FFF0000, 0x80000000, 0x00050000

Instruction = tuple[int, int, int, int]  # operation, steps to skip if true, if false, operand
Code = list[Instruction]


def restrict() -> None:
    """Give up all calls but those of `system_calls`.

    Needs `no_new_privileges`. Raises OSError where the kernel has no seccomp or the machine is another.
    """
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError(errno.ENOSYS, f"no numbers of system calls are known for {machine}")
    install(program(machine, os.getpid()))


def install(code: Code) -> None:
    """Let a program decide on every further call."""
    kernel.install_filter(b"".join(struct.pack("=HBBI", *each) for each in code))


def program(machine: str, me: int) -> Code:
    """The program for a kind of machine and the process number `me`."""
    column, architecture = MACHINES[machine]
    code = [*own_architecture(architecture), (AT_LEAST, 0, 1, X32), failing(errno.EPERM)]
    for number in system_calls.allowed(column).values():
        code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    for number, conditions in system_calls.conditional(column).items():
        tests: Code = [each for one in conditions for each in _tested(one, me)]
        code += [(EQUAL, 0, len(tests) + 1, number), *tests, (RETURN, 0, 0, ALLOW)]
    for number in system_calls.named(system_calls.UNKNOWN, column).values():
        code += [(EQUAL, 0, 1, number), failing(errno.ENOSYS)]
    code += [(AT_LEAST, 0, 1, system_calls.NEWEST + 1), failing(errno.ENOSYS)]
    return [*code, failing(errno.EPERM)]


def own_architecture(architecture: int) -> Code:
    """End the process at a call of another architecture; then load the call's number."""
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, END_PROCESS),
        (LOAD, 0, 0, NUMBER),
    ]


def failing(number: int) -> Instruction:
    """The call fails with this error."""
    return RETURN, 0, 0, FAIL | number


def _tested(condition: Condition, me: int) -> Code:
    """Go on where the condition holds; else the call fails. The number is not needed any more."""
    values = (*condition.values, *([me] if condition.own else ()))
    code: Code = [(LOAD, 0, 0, ARGUMENTS + 8 * condition.argument)]
    if condition.mask != 0xFFFFFFFF:
        code += [(AND, 0, 0, condition.mask)]
    code += [(EQUAL, len(values) - n, 0, value) for n, value in enumerate(values)]
    code += [failing(errno.EPERM)]
    if condition.given is None:
        return code
    argument, value = condition.given
    return [(LOAD, 0, 0, ARGUMENTS + 8 * argument), (EQUAL, 0, len(code), value), *code]
