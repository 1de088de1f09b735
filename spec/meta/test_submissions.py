"""What is handed in: every learner has a row, whatever lies in the folder or the zip."""

import os
import zipfile

import pytest

from spec.grading.intake import archives, choosing, trees
from spec.grading.intake.handed_in import alone, handed_in
from spec.grading.intake.text import cell, file_names
from spec.harness.ground.errors import CannotDo

SOURCE = "def softmax(Z):\n    return Z\n"
MORE = SOURCE + "class TwoLayerNet:\n    pass\n"


@pytest.fixture
def found(tmp_path):
    """The submissions in files, by name: of {path: content}, or None for a folder."""

    def lay(files, kind="folder"):
        if kind == "zip":
            with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as opened:
                for path, content in files.items():
                    opened.writestr(f"{path}/" if content is None else path, content or "")
            given = tmp_path / "class.zip"
        else:
            given = tmp_path / "class"
            for path, content in files.items():
                place = given / path
                (place if content is None else place.parent).mkdir(parents=True, exist_ok=True)
                if content is not None:
                    place.write_bytes(content.encode() if isinstance(content, str) else content)
        return {each.name: each for each in handed_in([given], tmp_path / "out").learners}

    return lay


KINDS = pytest.mark.parametrize("kind", ["folder", "zip"])


@KINDS
def test_moodle(found, kind):
    """A folder a learner, with a number in its name; what was typed in stands in another."""
    learners = found(
        {
            "Ada Byron_17_assignsubmission_file_/my_net.py": SOURCE,
            "Ada Byron_17_assignsubmission_onlinetext_/onlinetext.html": "<p>",
            "Émile 李_18_assignsubmission_file_/work/net.ipynb": "{}",
            "Nobody_19_assignsubmission_file_": None,
        },
        kind,
    )
    assert list(learners) == ["Ada Byron", "Nobody", "Émile 李"]
    assert learners["Ada Byron"].shown == "my_net.py"
    assert learners["Émile 李"].shown == "net.ipynb"
    assert learners["Nobody"].trouble == "the folder is empty"


@KINDS
def test_canvas(found, kind):
    """One folder for all, and the learner in the file's name, which the learner is not told of."""
    learners = found(
        {
            "byronada_17_400_my_net.py": SOURCE,
            "byronada_17_401_notes.txt": "x",
            "hopper_LATE_18_402_net-1.py": SOURCE,
        },
        kind,
    )
    assert list(learners) == ["byronada", "hopper"]
    assert [each.shown for each in learners.values()] == ["my_net.py", "net-1.py"]


@KINDS
def test_one_folder_a_learner(found, kind):
    """Also where all lie in one folder; what a system leaves behind counts for nothing."""
    learners = found(
        {
            "class/ada/net.py": SOURCE,
            "class/ada/__pycache__/net.pyc": "x",
            "class/bob/.DS_Store": "x",
            "class/bob/src/net.py": SOURCE,
            "class/cyn/._net.py": "x",
        },
        kind,
    )
    assert list(learners) == ["ada", "bob", "cyn"]
    assert learners["ada"].source.endswith("class/ada")
    assert learners["cyn"].trouble == "the folder is empty"


@KINDS
def test_the_file_with_most_names_is_taken(found, kind):
    """And said."""
    learners = found({"ada/a.py": "", "ada/b.py": SOURCE, "ada/deep/c.py": MORE}, kind)
    assert learners["ada"].shown == "c.py"
    said = "c.py was chosen, with 2 of the names; also there: a.py, b.py"
    assert learners["ada"].notes == (said,)


@KINDS
def test_modules_beside_the_file_come_with_it(found, kind):
    """And data: from folders below as well, not notebooks, nor what lies elsewhere."""
    files = {"net.py": MORE, "helpers.py": "x = 1\n", "data.csv": "1", "net.ipynb": "{}"}
    laid = {f"ada/{name}": text for name, text in files.items()} | {"ada/old-ones.d/x.py": ""}
    laid |= {"byron_1_2_net.py": MORE, "byron_1_3_helpers.py": "x = 1\n", "cyn_2_4_net.py": ""}
    learners = found(laid, kind)
    for name in ("ada", "byron"):
        contents = learners[name].read()
        assert contents.name == "net.py"
        below = {"old-ones.d/x.py": b"", "data.csv": b"1"} if name == "ada" else {}
        assert contents.companions == {"helpers.py": b"x = 1\n"} | below
    assert learners["cyn"].read().companions == {}


@KINDS
def test_names_that_are_imported_count(found, kind):
    """A file that gathers what stands in others is the one to judge; one that tries it out is not."""
    parts = {"f.py": SOURCE, "nets.py": "class TwoLayerNet: ...\nclass MLP: ...\n"}
    gathers = "from f import (softmax,\n    x)\nfrom nets import *\n"
    packaged = {"__init__.py": "from .sub.f import softmax\nfrom .nets import *\n"}
    packaged |= {"sub/f.py": SOURCE, "sub/__init__.py": "", "nets.py": parts["nets.py"]}
    laid = {f"ada/{name}": text for name, text in (parts | {"all.py": gathers}).items()}
    laid |= {f"bob/net/{name}": text for name, text in packaged.items()}
    laid |= {"cyn/net.py": MORE, "cyn/a_try.py": "from net import *\nfrom a_try import *\n"}
    learners = found(laid, kind)
    assert [each.shown for each in learners.values()] == ["all.py", "__init__.py", "net.py"]
    assert set(learners["ada"].read().companions) == {"f.py", "nets.py"}
    beside = {"sub/f.py", "sub/__init__.py", "nets.py"}
    assert set(learners["bob"].read().companions) == beside


def test_modules_that_import_each_other_without_end_are_followed(found):
    """However many they are, and in a circle: each is looked at once."""
    n = 1500
    laid = {f"ada/m{i}.py": f"from m{(i + 1) % n} import *\n" for i in range(n)}
    learners = found(laid | {"ada/m700.py": f"from m701 import *\n{MORE}"}, "zip")
    assert learners["ada"].notes[0].startswith("m700.py was chosen, with 2 of the names")


def test_a_name_that_must_be_changed_takes_no_module_s_place(found):
    """The file is told of as submission.py, unless a module is called so."""
    learners = found({"ada/my net.py": MORE, "ada/submission.py": "x = 1\n"})
    contents = learners["ada"].read()
    assert contents.content == MORE.encode()
    assert (contents.name, set(contents.companions)) == ("submission1.py", {"submission.py"})


def test_a_notebook_is_read_for_its_names_as_text(found):
    """Whatever is in it: nothing is parsed, so nothing can be too deep."""
    notebook = (
        '{"cells": [{"source": ["import x\\n", "def softmax(Z):\\n", "  class TwoLayerNet"]}]}'
    )
    learners = found({"ada/a.py": "(" * 100000, "ada/b.ipynb": notebook})
    assert learners["ada"].shown == "b.ipynb"
    assert "with 1 of the names" in learners["ada"].notes[0]


@KINDS
def test_what_is_no_python_has_a_row(found, kind):
    """With what lies there."""
    learners = found({"ada/net.docx": "x", "bob.txt": "x"}, kind)
    assert learners["ada"].trouble.startswith("net.docx is a document and no code: hand in")
    assert learners["bob"].trouble == "there is no .py file and no notebook: bob.txt"


def test_a_zip_in_what_was_handed_in(found, tmp_path):
    """Is opened, once."""
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as opened:
        opened.writestr("work/net.py", SOURCE)
    inner = (tmp_path / "inner.zip").read_bytes()
    learners = found(
        {"ada_1_2_work.zip": inner, "bob/work.zip": inner, "cyn/work.zip": inner[:90]}, "zip"
    )
    assert [each.shown for each in learners.values()] == ["net.py", "net.py", ""]
    assert learners["bob"].file.read() == SOURCE.encode()
    assert learners["cyn"].trouble.startswith("work.zip cannot be opened as a zip: ")


@pytest.mark.parametrize(
    "name", ["../../evil.py", "/etc/evil.py", "C:/evil.py", "ada/../../evil.py"]
)
def test_a_path_that_leads_out_of_a_zip(found, tmp_path, name):
    """Has a row, and no file."""
    learners = found({name: SOURCE, "bob/net.py": SOURCE}, "zip")
    assert len(learners) == 2
    (evil,) = (each for each in learners.values() if each.name != "bob")
    with pytest.raises(trees.CannotRead, match="leads out of the archive"):
        evil.file.read()
    assert not (tmp_path.parent / "evil.py").exists()


def test_a_link_is_not_followed(found, tmp_path):
    """Neither in a folder nor in a zip."""
    (tmp_path / "secret.py").write_text("secret = 1\n")
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "net.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "class" / "bob").symlink_to(tmp_path)
    learners = found({"cyn/net.py": SOURCE})
    assert list(learners) == ["ada", "bob", "cyn"]
    with pytest.raises(trees.CannotRead, match="links are not followed"):
        learners["ada"].file.read()
    assert "links are not followed" in learners["bob"].trouble
    info = zipfile.ZipInfo("net.py")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as opened:
        opened.writestr(info, "/etc/passwd")
    (linked,) = handed_in([tmp_path / "l.zip"], tmp_path / "out").learners
    with pytest.raises(trees.CannotRead, match="links are not followed"):
        linked.file.read()


def test_what_is_too_large_is_not_read(found):
    """A bomb is unpacked up to the limit, whatever the zip says of its size."""
    bomb = "#" * (trees.LARGEST + 1)
    learners = found(
        {"ada/net.py": bomb, "bob/net.py": SOURCE, "cyn/a.py": bomb, "cyn/b.py": MORE}, "zip"
    )
    with pytest.raises(trees.CannotRead, match="is larger than 10 MB"):
        learners["ada"].file.read()
    assert learners["cyn"].shown == "b.py"
    assert learners["cyn"].notes == ("a.py is larger than 10 MB",)


def test_not_more_is_read_than_is_needed(found, monkeypatch):
    """To choose a file, to bring modules along; and what is left out is said, in short."""
    monkeypatch.setattr(choosing, "MOST_READ", 100)
    monkeypatch.setattr(choosing, "MOST_BESIDE", 2)
    laid = {f"ada/{number}.py": "#" * 40 for number in range(5)} | {"ada/net.py": MORE}
    laid |= {f"bob/{number}.py": "" for number in range(9)} | {"bob/net.py": MORE}
    learners = found(laid)
    assert learners["ada"].notes[0] == "3.py was not read: of one learner, 0 MB are read at most"
    said = "too many, too large or in the way of others, so not there when judged: 2.py, 3.py, 4.py"
    assert learners["bob"].notes[1].startswith(said)
    assert set(learners["bob"].read().companions) == {"0.py", "1.py"}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_zip_in_a_zip_costs_its_learner_alone(found, tmp_path, method):
    """However it is compressed."""
    with zipfile.ZipFile(tmp_path / "inner.zip", "w", method) as opened:
        opened.writestr("net.py", MORE * 50)
        opened.writestr("other.py", MORE * 50)
    content = bytearray((tmp_path / "inner.zip").read_bytes())
    at = content.index(b"net.py") + len("net.py")
    content[at : at + 30] = b"\xff" * 30
    learners = found({"ada/work.zip": bytes(content), "bob/net.py": MORE}, "zip")
    assert learners["ada"].shown == "other.py"
    assert learners["bob"].file.read() == MORE.encode()


def test_a_zip_in_a_zip_has_not_too_many_members(found, tmp_path, monkeypatch):
    """Nor has a member a name that no disk would take."""
    monkeypatch.setattr(archives, "MOST_INNER", 3)
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as opened:
        for number in range(4):
            opened.writestr(f"{number}.py", "")
    inner = (tmp_path / "inner.zip").read_bytes()
    learners = found({"ada/work.zip": inner, f"bob/{'x' * 300}.py": MORE}, "zip")
    assert learners["ada"].trouble == "work.zip has 4 members, and at most 3 are read"
    assert learners["bob"].trouble.endswith("has a name of more than 255 characters")


def test_a_broken_member_costs_its_learner_alone(found, tmp_path):
    """The others are read."""
    found({"ada/net.py": SOURCE * 50, "bob/net.py": MORE}, "zip")
    path = tmp_path / "class.zip"
    content = bytearray(path.read_bytes())
    at = content.index(b"ada/net.py") + len("ada/net.py") + 2
    content[at : at + 8] = b"\xff" * 8
    path.write_bytes(content)
    archives._whole.cache_clear()
    ada, bob = handed_in([path], tmp_path / "out").learners
    with pytest.raises(trees.CannotRead, match="is broken in the zip"):
        ada.file.read()
    assert bob.file.read() == MORE.encode()


def test_names_that_are_no_text(tmp_path):
    """Are escaped, and so are line ends and what turns the direction of reading."""
    folder = tmp_path / "class"
    folder.mkdir()
    for name in (b"\xff\xfe.py", b"two\nlines.py", "\u202egnp.py".encode()):
        with open(os.path.join(os.fsencode(folder), name), "w"):  # noqa: PTH118, PTH123
            pass
    names = [each.name for each in handed_in([folder], tmp_path / "out").learners]
    assert names == ["\\u202egnp", "\\udcff\\udcfe", "two\\nlines"]
    assert all(
        each.shown == "submission.py" for each in handed_in([folder], tmp_path / "out").learners
    )


def test_names_are_unique_and_in_order(tmp_path):
    """Where two are called alike, their places tell them apart; the same twice is numbered."""
    for place in ("a/net.py", "b/net.py", "b/other.py"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(SOURCE)
    given = [tmp_path / "b", tmp_path / "a", tmp_path / "a" / "net.py", tmp_path / "a" / "net.py"]
    names = [each.name for each in handed_in(given, tmp_path / "out").learners]
    assert names == ["b/net.py", "other", "a", "net.py", "net.py (2)"]


def test_file_names():
    """Each name has a file of its own, on every system, and none lies elsewhere."""
    names = [
        "ada",
        "Ada",
        "../../etc/passwd",
        "a b",
        "a-b",
        ".",
        "",
        "李",
        "x" * 300,
        "a\\b",
        "\udcff",
    ]
    files = list(file_names(names).values())
    assert len({file.casefold() for file in files}) == len(names)
    assert files[4] == "a-b"
    assert files[7] == "李"
    assert all(file and "/" not in file and "\\" not in file and file[0] != "." for file in files)
    assert max(map(len, files)) < 80


def test_alone_all_is_one_submission(tmp_path):
    """As on Gradescope."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "a.py").write_text("")
    (tmp_path / "s" / "b.py").write_text(SOURCE)
    (one,) = alone([tmp_path / "s"], tmp_path / "out").learners
    assert (one.name, one.shown) == ("submission", "b.py")


def test_what_cannot_be_graded_is_said(tmp_path):
    """In one sentence, with the remedy."""
    (tmp_path / "x.zip").write_bytes(b"no zip")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "net.py").write_text(SOURCE)
    for given, out, sentence in (
        ("nte.py", "out", r"there is no file or folder .*nte.py \(did you mean net.py\?\)"),
        ("x.zip", "out", "x.zip cannot be opened as a zip: .*; export it again"),
        ("pipe.py", "out", "is neither a file nor a folder"),
        (".", "out", "lies inside .*, among the submissions; choose a folder outside of it"),
    ):
        with pytest.raises(CannotDo, match=sentence):
            handed_in([tmp_path / given], tmp_path / out)


@pytest.mark.parametrize("name", ["=1+1", " =1+1", "@x", "\uff1d1+1"])
def test_a_name_is_no_formula(name):
    """Nor does a spreadsheet take one for it that is wide, or behind spaces."""
    assert cell(name).startswith("'")
    assert cell("ada =1") == "ada =1"
