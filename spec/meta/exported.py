"""Exports of learning platforms, built from `spec/meta/exports/*.toml` as archives and as folders."""

import io
import json
import os
import tarfile
import time
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spec.harness.ground.contract import NAMES

EXPORTS = Path(__file__).parent / "exports"
NETWORK = "".join(f"{'class' if n[0].isupper() else 'def'} {n}(): ...\n" for n in NAMES)
BEFORE = (2026, 3, 1, 10, 0, 0)  # when a file was changed of which nothing is said
INNER = "!/"

Items = list[tuple[str, bytes]]


def trees() -> list[dict[str, Any]]:
    """All of them."""
    files = sorted(EXPORTS.glob("*.toml"))
    return [tree for file in files for tree in tomllib.loads(file.read_text("utf-8"))["tree"]]


def as_archive(tree: dict[str, Any], folder: Path, above: str = "") -> Path:
    """The export as the archive that it is named as."""
    given = folder / tree["given"]
    given.write_bytes(packed(given.name, _nested(_items(tree, above)), _times(tree, above)))
    return given


def as_folder(tree: dict[str, Any], folder: Path, above: str = "") -> Path:
    """The export as somebody unpacks it."""
    given = folder / tree["given"].partition(".")[0]
    times = _times(tree, above)
    for path, content in _nested(_items(tree, above)):
        place = given / path
        if path.endswith("/"):
            place.mkdir(parents=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        when = time.mktime((*times.get(path, BEFORE), 0, 0, -1))
        os.utime(place, (when, when))
    return given


def packed(name: str, items: Items, times: dict[str, tuple[int, ...]]) -> bytes:
    """An archive of the kind that its name says."""
    whole = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as opened:
            for path, content in items:
                when: Any = times.get(path, BEFORE)
                opened.writestr(zipfile.ZipInfo(path, when), content)
        return whole.getvalue()
    kind = name.rpartition(".")[2].replace("tgz", "gz").replace("tar", "")
    with tarfile.open(fileobj=whole, mode=f"w:{kind}") as tar:  # type: ignore[call-overload]
        for path, content in items:
            info = tarfile.TarInfo(path)
            info.size = len(content)
            info.mtime = time.mktime((*times.get(path, BEFORE), 0, 0, -1))
            tar.addfile(info, io.BytesIO(content))
    return whole.getvalue()


def _items(tree: dict[str, Any], above: str) -> Items:
    whole = {*tree.get("networks", ()), *(learner["file"] for learner in tree["learners"])}
    contents = tree.get("contents", {})
    return [
        (above + path, contents.get(path, _code(path, path in whole)).encode())
        for path in tree["paths"]
    ]


def _code(path: str, whole: bool) -> str:
    source = NETWORK if whole else "x = 1\n"
    if path.endswith("/"):
        return ""
    if not path.endswith(".ipynb"):
        return source
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    cell |= {"execution_count": None, "id": "a"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})


def _nested(items: Items) -> Items:
    """The same, with what lies in an inner archive packed into one."""
    found = [item for item in items if INNER not in item[0]]
    for name in dict.fromkeys(path.partition(INNER)[0] for path, _ in items if INNER in path):
        inside = [
            (path.partition(INNER)[2], text)
            for path, text in items
            if path.startswith(name + INNER)
        ]
        found.append((name, packed(name, _nested(inside), {})))
    return found


def _times(tree: dict[str, Any], above: str) -> dict[str, tuple[int, ...]]:
    given: Iterable[tuple[str, str]] = tree.get("times", {}).items()
    return {
        above + path: tuple(time.strptime(text, "%Y-%m-%dT%H:%M:%S")[:6]) for path, text in given
    }
