"""The entries of a gradebook that were written before: what did not change is not even read again.

An entry is kept under the judgement's key and a hash of all that an entry depends on besides.
"""

import hashlib
import json
import sqlite3
from contextlib import suppress
from pathlib import Path

AT_ONCE = 1000  # entries; what a kill takes from here is only computed again


class Kept:
    """The entries below a folder, by the names of their learners."""

    def __init__(self, folder: Path) -> None:
        """Open them; a file that is broken is begun anew."""
        path = folder / ".judged" / "entries.sqlite"
        try:
            self._open(path)
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._open(path)
        self._n_new = 0

    def _open(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.execute("pragma synchronous = off")
        self._rows.execute(
            "create table if not exists entries (name text primary key, state, entry)"
        )
        self._rows.execute("begin")

    def get(self, name: str, state: str) -> str | None:
        """The entry of a learner, if it was made in this state."""
        query = "select entry from entries where name = ? and state = ?"
        found = self._rows.execute(query, (_safe(name), state)).fetchone()
        return found[0] if found else None

    def put(self, name: str, state: str, entry: str) -> None:
        """Keep an entry."""
        self._rows.execute("replace into entries values (?, ?, ?)", (_safe(name), state, entry))
        self._n_new += 1
        if self._n_new % AT_ONCE == 0:
            self._rows.execute("commit")
            self._rows.execute("begin")

    def close(self) -> None:
        """Write what is new."""
        with suppress(sqlite3.DatabaseError):
            self._rows.execute("commit")
        self._rows.close()


def state_of(*parts: object) -> str:
    """A hash of plain values."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def _safe(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
