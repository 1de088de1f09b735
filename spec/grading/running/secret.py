"""The seed by which a class is judged: a secret, so nobody can know beforehand what will be asked.

It is drawn once for each folder of results and kept there, so the same submissions give the same bytes.
"""

import os
import secrets
from pathlib import Path

from spec.harness.ground.errors import CannotDo
from spec.harness.ground.files import write_whole

NAME = "seed"
BITS = 128


def seed_of(folder: Path, asked: int | None) -> int:
    """The seed kept in a folder; the one that is asked for, or a new one, where there is none.

    The seed that is asked for is kept from now on. Raises CannotDo if it cannot be read or written.
    """
    path = folder / NAME
    if asked is None and path.exists():
        return _read(path)
    seed = new_seed() if asked is None else asked
    if not path.exists() or _read(path) != seed:
        write_whole(path, f"{seed}\n".encode(), mode=0o600)
    return seed


def new_seed() -> int:
    """A secret."""
    return secrets.randbits(BITS)


def _read(path: Path) -> int:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno or 0) if isinstance(error, OSError) else "it is no number"
    else:
        if text.isdigit():
            return int(text)
        why = "it is no number"
    raise CannotDo(
        f"the secret seed in {path} cannot be read: {why}; remove it, and all are judged anew"
    )
