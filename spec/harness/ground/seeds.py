"""The seed of a run, and the generators of what a test makes up.

Everything that is drawn follows from the run's seed and from what it is drawn for. The seed may be a
secret, as it is where a class is graded: nothing that is derived from it here lets it be computed.
"""

import hashlib

import numpy as np

_of_the_run = 0


def begin(seed: int) -> None:
    """From now on, `generator` follows this seed."""
    global _of_the_run
    _of_the_run = seed


def of_the_run() -> int:
    """The seed that is followed."""
    return _of_the_run


def derived(seed: int, what: str, bits: int = 128) -> int:
    """A number of so many bits (a multiple of 8) that follows from a seed and a purpose, one way."""
    digest = hashlib.blake2b(f"{seed} {what}".encode(), digest_size=bits // 8).digest()
    return int.from_bytes(digest, "big")


def generator(*numbers: int) -> np.random.Generator:
    """A generator that follows from the run's seed and these numbers, with which an example was drawn."""
    return np.random.default_rng([_of_the_run, *numbers])
