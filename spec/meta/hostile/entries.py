"""The submissions of the TOML files beside, and how each becomes a file."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from .. import sweeps

FILES = sorted(Path(__file__).parent.glob("*.toml"))
NAME = "my_net.py"
BASE = """
def affine(X, W, b):
    attack(X, W, b)
    return X @ W + b
def relu(z): return np.maximum(z, 0)
def relu_grad(z): return (np.asarray(z) > 0).astype(float)
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
"""
ABOVE = "import numpy as np\ndef attack(*arguments): pass\n"
TO_THE_WIRE = """
import gc, os, struct, sys, msgpack
def server(): return next(each for each in gc.get_objects() if type(each).__name__ == "Server")
def sent(value):
    data = msgpack.packb(value)
    write(struct.pack(">I", len(data)) + data)
def write(data):
    while data: data = data[os.write(3, data):]
def number():
    frame = sys._getframe()
    while "action" not in frame.f_locals or "number" not in frame.f_locals: frame = frame.f_back
    return frame.f_locals["number"]
def np_bytes(array):
    kind, data = 0, np.asarray(array, float)
    shape = struct.pack(f">{data.ndim}Q", *data.shape)
    return msgpack.ExtType(kind, bytes([data.ndim, 3]) + b"C<f8" + shape + data.tobytes())
"""
FEW = (
    *("2.1/linear-boundary", "3.2/relu", "3.2/relu-derivative", "3.2/sigmoid"),
    *("5.3/output-gradient", "6/centred-difference", "8.1/batches-of-B", "8.1/epoch"),
)
OF_AFFINE = (
    "2.1/linear-model",
    "2.1/layers-must-chain",
    "2.1/one-bias-an-output",
    "2.1/linear-boundary",
)


@dataclass(frozen=True)
class Hostile:
    """One submission: what it tries, in words, and how its file is made.

    `code` stands above its base and `below` below it. The base "partly" has a few functions, all
    right, of which affine calls `attack` first; "nothing" has none. `breaks` are the claims that hold of
    the base and not of it, since the attack spoils its own answers: "affine" stands for those of affine.
    What costs the time of each test is always judged by a `few` claims alone. A broken file has `data`
    instead, an expression of its bytes.
    """

    kind: str
    name: str
    code: str = ""
    below: str = ""
    base: str = "partly"
    breaks: list[str] = field(default_factory=list)
    few: bool = False
    file: str = NAME
    data: str = ""
    companions: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    def content(self, places: Mapping[str, str]) -> bytes:
        """The file's content; `$folder` and the like in it become these places."""
        if self.data:
            found: bytes = eval(self.data, {"json": json, "notebook": notebook})  # noqa: S307
            return found
        own = TO_THE_WIRE if self.kind == "wire" else ""
        parts = ABOVE, own, self.code, BASE if self.honest else "", self.below
        return Template("\n".join(parts)).substitute(places).encode()

    @property
    def honest(self) -> bool:
        """Whether a part of it is right."""
        return self.base == "partly" and not self.data

    def kept(self, of_base: set[str]) -> set[str]:
        """The claims that are to hold, of those that hold of the base."""
        spoilt = {*self.breaks, *(OF_AFFINE if "affine" in self.breaks else ())}
        return of_base - spoilt if self.honest else set()

    def written(self, folder: Path, places: Mapping[str, str]) -> tuple[Path, list[Path]]:
        """The file and its companions, in a folder of their own."""
        folder.mkdir()
        path = folder / self.file
        path.write_bytes(self.content(places))
        companions = [folder / f"{name}.py" for name in self.companions]
        for each in companions:
            each.write_text(self.companions[each.stem])
        return path, companions


def notebook(cells: list[str]) -> bytes:
    """A notebook with these cells."""
    entries = [
        {"cell_type": "code", "source": s, "metadata": {}, "outputs": [], "execution_count": None}
        for s in cells
    ]
    whole = {"cells": entries, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(whole).encode()


def entries() -> list[Hostile]:
    """All of them, by kind."""
    return [each for path in FILES for each in _read(path, path.read_text(encoding="utf-8"))]


def by_all() -> list[Hostile]:
    """Those that are judged by all claims: where that costs no patience, and a share of them at a time."""
    before = [each for path in FILES for each in _read(path, sweeps.committed(path))]
    some = [each for each in entries() if not each.few]
    return sweeps.drawn(some, lambda each: bool(before) and each not in before)


def _read(path: Path, text: str) -> list[Hostile]:
    return [Hostile(path.stem, **entry) for entry in tomllib.loads(text).get("submission", [])]
