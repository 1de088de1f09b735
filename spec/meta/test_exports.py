"""Each learner in an export of a learning platform has a row, and is known."""

import io
import json
import struct
import unicodedata
import zipfile

import pytest

from spec.grading.intake import archives, telling
from spec.grading.intake.forms import by_names
from spec.grading.intake.handed_in import Layout, handed_in
from spec.harness.ground.errors import CannotDo

from . import exported

TREES = exported.trees()
ANYHOW = pytest.mark.parametrize("tree", TREES, ids=[tree["name"] for tree in TREES])


def rows(intake, above=""):
    """What was read: name, id, file, lateness and attempt of each learner, in order."""
    return sorted(
        (
            each.called,
            each.id,
            each.file.path.removeprefix(above) if each.file else "",
            each.late,
            each.attempt,
        )
        for each in intake.learners
    )


def expected(tree):
    """What is there."""
    return sorted(
        (of["name"], of["id"], of["file"].replace("!/", "/"), of["late"], of["attempt"])
        for of in tree["learners"]
    )


@pytest.mark.parametrize("above", ["", "export/"])
@pytest.mark.parametrize("built", [exported.as_archive, exported.as_folder])
@ANYHOW
def test_an_export(tree, built, above, tmp_path):
    """Is read with the right learners, ids, files, lateness and attempts; nothing else is a learner's."""
    given = built(tree, tmp_path, above)
    intake = handed_in([given], None)
    assert rows(intake, above) == expected(tree)
    earlier = [path.removeprefix(above) for each in intake.learners for path in each.earlier]
    assert sorted(earlier) == sorted(tree.get("earlier", []))
    strays = [path.removeprefix(f"{given.name}/{above}") for path in intake.strays]
    assert sorted(strays) == sorted(tree.get("strays", []))
    assert len({each.name for each in intake.learners}) == len(intake.learners)


def test_there_are_that_many():
    """No file of them is passed over."""
    assert len(TREES) == 69


PLATFORMS = [tree for tree in TREES if tree["name"] not in ("plain-files", "archives-in-folders")]


@pytest.mark.parametrize("tree", PLATFORMS, ids=[tree["name"] for tree in PLATFORMS])
def test_a_stray_file_costs_nobody(tree, tmp_path):
    """One note of the instructor's at the top, and the learners are the same."""
    given = exported.as_archive(tree | {"paths": [*tree["paths"], "notes to myself.txt"]}, tmp_path)
    intake = handed_in([given], None)
    assert rows(intake) == expected(tree)
    assert f"{given.name}/notes to myself.txt" in intake.strays


def laid(tmp_path, paths, name="class.zip"):
    """What is read in these paths, each of which holds a whole network."""
    learners = [{"file": path} for path in paths]
    tree = {"given": name, "paths": paths, "learners": learners}
    return exported.as_archive(tree, tmp_path)


FORMS = {
    "nbgrader's exchange": (
        [
            "inbound/a+b+ps1+2026-03-02 10:00:00.000000 UTC+x7/net.ipynb",
            "inbound/a+b+ps1+2026-03-03 09:00:00.000000 UTC+y8/net.ipynb",
            "inbound/cyn+ps1+2026-03-02 10:00:00.000000 UTC/net.ipynb",
        ],
        [("a+b", "a+b", 2), ("cyn", "cyn", 1)],
    ),
    "open response assessment": (
        [
            "[1]Net, [1]Part, [1]Unit/[1] - aalpha - net.py",
            "[1]Net, [1]Part, [2]Other/[2] - bbeta - net.py",
        ],
        [("aalpha", "aalpha", 0), ("bbeta", "bbeta", 0)],
    ),
    "repositories": (
        ["nn1-net-101-aalpha/net.py", "nn1-net-102-ben-beta/net.py"],
        [("aalpha", "aalpha", 0), ("ben-beta", "ben-beta", 0)],
    ),
    "classroom": (
        ["net-submissions/net-aalpha/net.py", "net-submissions/net-ben-beta/net.py"],
        [("aalpha", "aalpha", 0), ("ben-beta", "ben-beta", 0)],
    ),
    "late in a file's name": (
        ["Alpha_Anna_aalpha_501/Late Submission - net.py", "Beta_Ben_bbeta_502/net.py"],
        [("Anna Alpha", "501", 0), ("Ben Beta", "502", 0)],
    ),
    "two submitters": (
        ["Net/Alpha, Anna(aa); Beta, Ben(bb)/net.py", "Net/Gamma, Cyn(cc)/net.py"],
        [("Anna Alpha", "aa", 0), ("Ben Beta", "bb", 0), ("Cyn Gamma", "cc", 0)],
    ),
    "archives with a date": (
        [
            "Alpha_Anna_aalphaexample.edu_2026-03-02_10-00-00.zip!/net.py",
            "Beta_Ben_bbetaexample.edu_2026-03-02_10-00-00.zip!/net.py",
        ],
        [("Anna Alpha", "aalphaexample.edu", 1), ("Ben Beta", "bbetaexample.edu", 1)],
    ),
    "one repository": (["README.md", "tests/test_net.py", "anna/net.py", "ben/net.py"], "anna ben"),
    "files and a marker": (["anna.py", "ben_1_assignsubmission_file_x.py", "cyn.py"], "3"),
}


@pytest.mark.parametrize("what", FORMS)
def test_another_form(what, tmp_path):
    """That of a platform, or of a class repository, of which no whole example is kept."""
    paths, asked = FORMS[what]
    intake = handed_in([laid(tmp_path, paths)], None)
    if isinstance(asked, list):
        assert sorted((e.called, e.id, e.attempt) for e in intake.learners) == sorted(asked)
    elif asked.isdigit():
        assert len(intake.learners) == int(asked)
    else:
        assert [each.name for each in intake.learners] == asked.split()


def test_names_of_macos_are_compared_composed(tmp_path):
    """Decomposed letters in one file's name and composed ones in the other's are one learner's."""
    name = "zoëéta_7001"
    paths = [f"{unicodedata.normalize('NFD', name)}_9001_net.py", f"{name}_9002_layers.csv"]
    (learner,) = handed_in([laid(tmp_path, [*paths, "bo_2_3_x.py"])], None).learners[1:]
    assert learner.id == "7001"


def test_a_layout_can_be_chosen(tmp_path):
    """Where it is read otherwise than meant, the console says how to choose."""
    given = laid(tmp_path, ["anna/hand/net.py"])
    assert [each.name for each in handed_in([given], None).learners] == ["anna"]
    for layout, name in (("folders", "anna"), ("folders:2", "hand"), ("one", "class")):
        (learner,) = handed_in([given], None, Layout(layout)).learners
        assert learner.name == name


def test_names_by_an_expression(tmp_path):
    """As nbgrader's zip_collect takes it; what does not match is a stray."""
    given = laid(tmp_path, ["x/hw-anna-07.py", "x/hw-ben-08.py", "x/other.py"])
    form = by_names(r".*hw-(?P<student_id>\w+)-(?P<timestamp>\d+)(?P<file_id>\.py)")
    intake = handed_in([given], None, Layout(form=form))
    assert [each.id for each in intake.learners if each.id] == ["anna", "ben"]
    for wrong in ("(", "(?P<who>x)", "(?P<timestamp>x)"):
        with pytest.raises(ValueError, match=r"is no regular|has a group|has no group"):
            by_names(wrong)


def test_a_roster_names_who_handed_in_nothing(tmp_path):
    """By id or by name, in whatever order its words stand."""
    given = laid(tmp_path, ["alphaanna_7001_9001_net.py", "betaben_7002_9002_net.py"])
    intake = handed_in([given], None)
    roster = tmp_path / "roster.csv"
    roster.write_text('name,id\n"Alpha, Anna",\nBen Beta,7002\nCyn Gamma,7003\n')
    assert telling.absent(intake, roster) == [
        "1 of 3 in roster.csv handed in nothing: Cyn Gamma 7003"
    ]
    roster.write_text("name\n")
    with pytest.raises(CannotDo, match="expected a csv with a line of headings"):
        telling.absent(intake, roster)


def test_only_names_learners(tmp_path):
    """By name or id; who is not there is said."""
    intake = handed_in([laid(tmp_path, ["anna/net.py", "ben/net.py"])], None)
    assert telling.named(intake, ["Anna"]) == {"anna"}
    with pytest.raises(CannotDo, match=r"--only ana: no learner is called so \(did you mean anna"):
        telling.named(intake, ["ana"])


def test_many_members_are_refused_before_they_are_parsed(tmp_path):
    """A table of contents of 100 000 in a zip of some kilobytes; and a path of 32 000 folders."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as opened:
        opened.writestr("net.py", "x = 1\n")
    content = whole.getvalue()
    begin, end = content.index(archives.ENTRY), content.index(b"PK\5\6")
    many = content[begin:end] * 100_000
    tail = bytearray(content[end:])
    tail[8:12] = struct.pack("<HH", 0xFFFF, 0xFFFF)
    tail[12:16] = struct.pack("<I", len(many))
    for name in ("anna", "ben", "cyn"):
        (tmp_path / "class" / name).mkdir(parents=True)
    with zipfile.ZipFile(
        tmp_path / "class" / "anna" / "net.zip", "w", zipfile.ZIP_DEFLATED
    ) as opened:
        opened.writestr("inner.zip", content[:begin] + many + bytes(tail))
    with zipfile.ZipFile(tmp_path / "class" / "ben" / "net.zip", "w") as opened:
        opened.writestr("a/" * 32_000 + "net.py", "x = 1\n")
    (tmp_path / "class" / "cyn" / "net.py").write_text("x = 1\n")
    anna, ben, cyn = handed_in([tmp_path / "class"], None).learners
    assert anna.trouble == "inner.zip has 100000 members, and at most 10000 are read"
    assert "lies in more than 60 folders" in (ben.file.trouble if ben.file else ben.trouble)
    assert cyn.file


def test_a_file_and_a_folder_of_one_name(tmp_path):
    """Only one of them can be there when it is judged: the right file keeps all its points."""
    paths = ["anna/net.py", "anna/helpers.py", "anna/helpers.py/part.py", "ben/net.py"]
    anna, _ = handed_in([laid(tmp_path, paths)], None).learners
    names = {anna.shown, *anna.read().companions}
    assert not {"helpers.py", "helpers.py/part.py"} <= names


def test_outputs_weigh_nothing(tmp_path):
    """A notebook with large outputs is judged without them."""
    big = {"output_type": "stream", "name": "stdout", "text": 'a"] }' * 2_000_000}
    cells = [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": [big]}
        for text in ("import numpy as np", 'x = "outputs"')
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (tmp_path / "anna.ipynb").write_text(json.dumps(notebook))
    (anna,) = handed_in([tmp_path / "anna.ipynb"], None).learners
    read = json.loads(anna.read().content)
    assert [cell["source"] for cell in read["cells"]] == ["import numpy as np", 'x = "outputs"']
    assert [cell["outputs"] for cell in read["cells"]] == [[], []]


@pytest.mark.parametrize("name", ["a.tar", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def test_a_tar_has_bounds_as_a_zip_has(name, tmp_path, monkeypatch):
    """Not more is unpacked of it than is allowed; what it holds is read."""
    items = [(f"{n}.py", b"x = 1\n" * 1000) for n in range(4)]
    (tmp_path / "class" / "anna").mkdir(parents=True)
    (tmp_path / "class" / "ben").mkdir()
    (tmp_path / "class" / "ben" / "net.py").write_text("x = 1\n")
    (tmp_path / "class" / "anna" / name).write_bytes(exported.packed(name, items, {}))
    anna, _ = handed_in([tmp_path / "class"], None).learners
    assert anna.file
    monkeypatch.setattr(archives, "LARGEST_INNER", 100)
    archives._inner.cache_clear()
    anna, _ = handed_in([tmp_path / "class"], None).learners
    assert "than" in anna.trouble
