"""Notebooks whose outputs are larger than all that is judged: these are dropped without being parsed."""

import re

from .trees import LARGEST, CannotRead, File

LARGEST_WITH_OUTPUTS = 200 * 2**20  # bytes
MOST_TOKENS = 2_000_000  # of JSON, in a notebook that is larger than what is judged
TOKEN = re.compile(rb'"((?:[^"\\]++|\\.)*+)"\s*+(:?)|[\[\]{}]', re.S)
DROPPED = {b"outputs": b"[]", b"attachments": b"{}"}  # and what stands in their place


def without_outputs(file: File, most: int = LARGEST) -> bytes:
    """A notebook; if it is larger than `most`, without outputs and pasted pictures. Raises CannotRead."""
    content = file.read(max(most, LARGEST_WITH_OUTPUTS))
    if len(content) > most:
        content = _dropped(content)
    if len(content) > most:
        raise CannotRead(f"is larger than {most // 2**20} MB, also without its outputs")
    return content


def _dropped(content: bytes) -> bytes:
    """The text of a notebook without what DROPPED names: brackets are counted, strings passed over."""
    kept: list[bytes] = []
    begin, depth, inside, key = 0, 0, 0, b""
    for n, token in enumerate(TOKEN.finditer(content)):
        if n > MOST_TOKENS:
            raise CannotRead("is larger than what is judged, and too long to be looked through")
        text = token[0]
        if text[:1] == b'"':
            key = token[1] if token[2] and not inside else b""
            continue
        if text in (b"[", b"{"):
            depth += 1
            if key in DROPPED and not inside:
                inside = depth
                kept += [content[begin : token.start()], DROPPED[key]]
        else:
            if depth == inside and inside:
                inside, begin = 0, token.end()
            depth -= 1
        key = b""
    return b"".join([*kept, b"" if inside else content[begin:]])
