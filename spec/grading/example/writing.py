"""Writes the example: a zip as Moodle exports it, a worksheet, a rubric and overrides.

The right hand-in is made of `impl`, so that no answers lie elsewhere; where that was removed it is left out.
"""

import csv
import io
import zipfile
from pathlib import Path

from spec.harness.ground.errors import CannotDo
from spec.harness.ground.files import make_folder, write_whole
from spec.harness.subject.loading import REFERENCE

from .reference import one_file

FIRST_ID = 410101
MISTAKE = ("    return X @ W + b\n", "    return X @ W\n")  # of the one who is nearly right
HAND_INS = Path(__file__).with_name("hand_ins")
RUBRIC = """\
# What each part is worth: the first sections alone, and regularisation as an extra.
extra = ["9"]
max_extra = 5

[sections]
"2.1" = 10
"3.1" = 10
"3.2" = 20
"9" = 10
"""
OVERRIDES = """\
# What is decided by hand. Nothing is judged again.
[late]
percent_a_day = 10
at_most = 50

# a learner goes by the name in grades.csv, or by the id: this is Ben Beta
[learners."410102"]
late = 2
comment = "two days late, as agreed"

# Eli Epsilon
[learners."410105"]
exempt = true
"""
HEADINGS = (
    *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"),
    *("Grade can be changed", "Last modified (submission)", "Last modified (grade)"),
    "Feedback comments",
)
TRY = """\
Created {folder}, with {n} made-up hand-ins{without}. Try:

    python -m spec grade {folder}/class.zip --out {folder}/grades --rubric {folder}/rubric.toml \\
        --overrides {folder}/overrides.toml --worksheet {folder}/worksheet.csv"""


def write(folder: Path) -> str:
    """Write the example into a new folder, and say what to do next. Raises CannotDo."""
    if folder.exists():
        raise CannotDo(f"{folder} already exists and is not written over: choose another name")
    make_folder(folder)
    given = hand_ins()
    write_whole(folder / "class.zip", _zip(given))
    write_whole(folder / "rubric.toml", RUBRIC.encode())
    write_whole(folder / "overrides.toml", OVERRIDES.encode())
    write_whole(folder / "worksheet.csv", _worksheet(list(given)))
    without = "" if _reference() else "; the right ones are left out, since impl is not here"
    return TRY.format(folder=folder, n=sum(map(bool, given.values())), without=without)


def hand_ins() -> dict[str, dict[str, bytes]]:
    """The files of each learner, by the learner's name; none where they are made of what is not here."""
    given: dict[str, dict[str, bytes]] = {"Anna Alpha": {}, "Ben Beta": {}}
    if _reference():
        given["Anna Alpha"] = {"net.py": one_file().encode()}
        nearly = one_file(
            lambda file, text: text.replace(*MISTAKE) if file == "linear.py" else text
        )
        given["Ben Beta"] = {"net.py": nearly.encode()}
    for name, source in (
        ("Cyn Gamma", "some.py"),
        ("Dov Delta", "broken.py"),
        ("Eli Epsilon", "odd.py"),
        ("Fay Zeta", "hostile.py"),
        ("Gus Eta", "some_renamed.py"),
    ):
        given[name] = {"net.py": (HAND_INS / f"{source}.txt").read_bytes()}
    given["Hal Theta"] = {"my report.pdf": b"%PDF-1.4\n"}
    return given


def _reference() -> bool:
    return (REFERENCE / "linear.py").is_file()


def _zip(given: dict[str, dict[str, bytes]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for number, (name, files) in enumerate(given.items(), FIRST_ID):
            for file, data in files.items():
                place = f"{name}_{number}_assignsubmission_file/{file}"
                opened.writestr(zipfile.ZipInfo(place), data)
    return content.getvalue()


def _worksheet(names: list[str]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADINGS)
    for number, name in enumerate(names, FIRST_ID):
        mail = f"{name.split()[0].lower()}@example.edu"
        status = "Submitted for grading"
        rows.writerow(
            [f"Participant {number}", name, mail, status, "", "10.00", "Yes", "-", "-", ""]
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()
