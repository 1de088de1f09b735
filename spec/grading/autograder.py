"""The autograder for Gradescope: a zip of this package, without the answers and the tests of the suite."""

import io
import zipfile
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from spec.harness.ground.errors import CannotDo
from spec.harness.ground.files import write_whole
from spec.harness.subject.loading import ROOT

from .running.secret import new_seed

PACKAGE = "neural-networks-from-scratch-spec"
LEFT_OUT = {"meta", "__pycache__"}  # below spec/; and impl/ holds the answers
LINUX, EXECUTABLE = 3, 0o755 << 16
SETUP = """\
#!/usr/bin/env bash
set -e
apt-get update && apt-get install -y python3 python3-venv
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {{
  echo "this autograder needs Python 3.11 or newer: choose a newer base image in Gradescope"
  exit 1
}}
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install {requirements}
"""
RUN = """\
#!/usr/bin/env bash
cd /autograder/source
/autograder/venv/bin/python -m spec grade /autograder/submission --gradescope \\
  --out /autograder/results --seed "$(cat seed)"{more}
"""


def write(file: Path, rubric: Path | None, seed: int | None) -> str:
    """Write the zip, with this seed or a new secret, and say what to do next. Raises CannotDo."""
    if file.exists():
        raise CannotDo(f"{file} already exists and is not written over: choose another name")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted((ROOT / "spec").rglob("*")):
            place = path.relative_to(ROOT)
            if path.is_file() and not LEFT_OUT & set(place.parts) and path.suffix != ".pyc":
                _add(opened, place.as_posix(), path.read_bytes())
        if rubric:
            _add(opened, "rubric.toml", rubric.read_bytes())
        _add(opened, "seed", f"{new_seed() if seed is None else seed}\n".encode(), 0o600 << 16)
        more = " --rubric rubric.toml" if rubric else ""
        _add(opened, "setup.sh", SETUP.format(requirements=_requirements()).encode(), EXECUTABLE)
        _add(opened, "run_autograder", RUN.format(more=more).encode(), EXECUTABLE)
    write_whole(file, content.getvalue(), mode=0o600)
    return f"Created {file}. Upload it in Gradescope, under Configure Autograder"


def _add(opened: zipfile.ZipFile, place: str, content: bytes, mode: int = 0o644 << 16) -> None:
    info = zipfile.ZipInfo(place)  # of 1980: the same bytes each time
    info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, LINUX, mode
    opened.writestr(info, content)


def _requirements() -> str:
    """What grading needs besides this package, quoted for a shell."""
    try:
        needed = requires(PACKAGE) or []
    except PackageNotFoundError:
        raise CannotDo(
            "the package is not installed: run `pip install -e '.[grade]'` first"
        ) from None
    plain = [need.partition(";")[0].strip() for need in needed if _for_grading(need)]
    return " ".join(f"'{need}'" for need in plain)


def _for_grading(need: str) -> bool:
    _, _, marker = need.partition(";")
    return "extra" not in marker or "grade" in marker
