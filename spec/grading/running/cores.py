"""A core for each judge: it and its cell take turns, and waking the other one up elsewhere costs more.

Two judges on one core, while another one idles, would cost more still. So a judge that takes a core
lets the others of this machine know, by a name that the kernel forgets when the judge ends.
"""

import os
import socket
from contextlib import suppress

from spec.sandbox import kernel

_NAME = "\0neural networks from scratch, grading: core {}"  # an abstract address: no file is left


def take() -> socket.socket | None:
    """Stay on a core that no other judge is on, rather the present one, until the socket is closed.

    None, and all cores as before, where each of them is taken.
    """
    with suppress(OSError):
        here = kernel.core()
        for core in sorted(os.sched_getaffinity(0), key=lambda core: core != here):
            with suppress(OSError):
                return _taken(core)
    return None


def _taken(core: int) -> socket.socket:
    """Raises OSError if it is somebody else's."""
    sign = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        sign.bind(_NAME.format(core))
        os.sched_setaffinity(0, {core})
    except OSError:
        sign.close()
        raise
    return sign
