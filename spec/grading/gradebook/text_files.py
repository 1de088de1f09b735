"""How the files of a gradebook are written: UTF-8, and no byte that depends on the machine."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return as_text(text.getvalue())


def as_json(data: Any) -> bytes:
    """Plain values as JSON, in one line: with an indent Python writes it many times slower."""
    return as_text(json.dumps(data, ensure_ascii=False) + "\n")


def as_text(text: str) -> bytes:
    """Text as UTF-8, whatever is in it."""
    return text.encode("utf-8", "backslashreplace")
