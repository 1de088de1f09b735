"""A core for each judge. It and its sandbox take turns, and to wake the other on another core costs more.

Two judges on one core, while another core idles, would cost more still. So a judge that takes a core
tells the others on this machine, by a name that the kernel forgets when the judge ends.
"""

import os
import socket
from contextlib import suppress

from spec.sandbox import kernel

_NAME = "\0neural networks from scratch, grading: core {}"  # an abstract address: no file is left


def take() -> socket.socket | None:
    """Stay on a core that no other judge has taken, the present one if possible, until the socket is closed.

    Where each core is taken, the result is None, and all cores stay allowed.
    """
    with suppress(OSError):
        here = kernel.core()
        for core in sorted(os.sched_getaffinity(0), key=lambda core: core != here):
            with suppress(OSError):
                return _taken(core)
    return None


def _taken(core: int) -> socket.socket:
    """Take one core. Raises OSError if another judge has taken it."""
    sign = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        sign.bind(_NAME.format(core))
        os.sched_setaffinity(0, {core})
    except OSError:
        sign.close()
        raise
    return sign
