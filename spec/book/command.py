"""`python -m spec book`: what can be known to be wrong is said before anything is run."""

import importlib.util
import os
from pathlib import Path
from tempfile import TemporaryFile

from spec.harness.engine.claims import Ledger
from spec.harness.ground import calling
from spec.harness.ground.errors import CannotDo

LIBRARIES = {  # by the name that they are imported by
    "jinja2": "Jinja2",
    "latex2mathml": "latex2mathml",
    "markdown_it": "markdown-it-py",
    "matplotlib": "matplotlib",
    "pygments": "Pygments",
    "rich": "rich",
}
SUFFIXES = (".html", ".htm")


def book(out: Path, implementation: str | None, section: str | None) -> str:
    """Weave the book, or one chapter or section of it, into the file `out`; say what is in it.

    Raises CannotDo where a library is missing, for an unknown section, for a file that cannot be
    written, and for an implementation that cannot be loaded.
    """
    missing = [name for module, name in LIBRARIES.items() if not importlib.util.find_spec(module)]
    if missing:
        raise CannotDo(calling.missing("the book", *missing))
    if section is not None:
        _check_section(section)
    _check_out(out)
    from .weave import weave

    page, summary = weave(implementation, section)
    _write(out.resolve(), page)
    return f"{out}: {summary}, {len(page.encode()) / 1e6:.1f} MB"


def _check_section(section: str) -> None:
    titles = Ledger().titles
    if section not in titles:
        chapters = [number for number in titles if "." not in number]
        inside = [n for n in titles if n.partition(".")[0] == section.partition(".")[0]]
        known = " ".join(inside if len(inside) > 1 else chapters)
        raise CannotDo(f"--section {section}: there is none of that number; known are {known}")


def _check_out(out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise CannotDo(f"--out {out}: expected a name that ends in .html")
    if out.is_dir():
        raise CannotDo(f"--out {out}: this is a folder; name a file in it")
    if not out.absolute().parent.is_dir():
        raise CannotDo(f"--out {out}: there is no folder {out.parent}; make it first")
    if out.exists() and not os.access(out, os.W_OK):
        raise _unwritable(out, "permission denied")
    try:
        with TemporaryFile(dir=out.resolve().parent):
            pass
    except OSError as error:
        raise _unwritable(out, error.strerror or "") from None


def _write(out: Path, page: str) -> None:
    """Write all of it or nothing: what was there remains if the disk is full."""
    new = out.with_name(f".{out.name}.new")
    try:
        new.write_text(page, encoding="utf-8", newline="\n")
        new.replace(out)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise _unwritable(out, error.strerror or "") from None


def _unwritable(out: Path, why: str) -> CannotDo:
    return CannotDo(
        f"--out {out} cannot be written: {why[:1].lower()}{why[1:]}; choose another place"
    )
