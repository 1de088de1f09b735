"""The gradebook: a row for each, whatever happened; the same submissions, the same bytes."""

import csv
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spec.grading.gradebook.folder import Gradebook, Scheme
from spec.grading.intake.handed_in import HandedIn
from spec.grading.intake.trees import File
from spec.grading.scores import rubric
from spec.grading.scores.judgement import Judgement, Verdict
from spec.harness.ground.status import BEST_FIRST, Status

from .grading import FAILING, HOSTILE, catalogue, judgement

NAMES = ["ada", "=1+1", HOSTILE, "bob", "../bob", "cyn"]


def nothing() -> Judgement:
    """A judgement where there was nothing to judge."""
    verdicts = tuple(Verdict(id, Status.NOT_RUN) for id in catalogue().claims)
    return Judgement("", "suite", (), f"cannot be read: {HOSTILE}", (), verdicts)


def stopped() -> Judgement:
    """One in which a limit was met."""
    found = judgement()
    verdicts = (
        replace(v, status=Status.STOPPED) if v.claim == FAILING else v for v in found.verdicts
    )
    return replace(found, verdicts=tuple(verdicts))


def written(folder: Path, order: list[int]) -> dict[str, bytes]:
    """All files of a gradebook, when the submissions were judged in this order."""
    judgements = [judgement(HOSTILE), judgement(), nothing(), stopped(), nothing(), judgement()]
    file = File(("net.py",), lambda most: b"")
    given = [HandedIn(name, f"class/{name}", file) for name in NAMES]
    book = Gradebook(folder, given, Scheme(rubric.default(catalogue()), catalogue()))
    for i in order:
        book.add(given[i], judgements[i])
        if given[i].name == "ada":
            book.write_gradescope(book.graded(given[i], judgements[i]))
    book.write_tables()
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A gradebook's files, by their names."""
    return written(tmp_path_factory.mktemp("book"), [0, 1, 2, 3, 4, 5])


def table(content: bytes) -> list[dict[str, str]]:
    """The rows of a table."""
    return list(csv.DictReader(content.decode().splitlines()))


def test_each_submission_has_a_row_in_the_order_given(files):
    """With what came of it; and no cell is a formula."""
    rows = table(files["grades.csv"])
    n = len(catalogue().claims)
    assert [row["name"] for row in rows][:2] == ["ada", "'=1+1"]
    assert len(rows) == len(NAMES)
    assert [row["total"] for row in rows] == [str(v) for v in (n - 3, n - 3, 0, n - 3, 0, n - 3)]
    assert {row["maximum"] for row in rows} == {str(n)}
    assert (rows[0]["holds"], rows[0]["fails"], rows[0]["waits"]) == (str(n - 3), "1", "1")
    assert rows[3]["stopped by a limit"] == "1"
    assert rows[2]["not run"] == str(n)
    assert rows[2]["trouble"].startswith("cannot be read")
    assert rows[0]["walls"] == "process"
    assert all(sum(int(row[status]) for status in BEST_FIRST) == n for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@" and cell]


def test_each_has_files_of_its_own(files):
    """None lies elsewhere, and the table says which they are."""
    for row in table(files["grades.csv"]):
        for place in ("submissions/{}.json", "feedback/{}.md", "feedback/{}.html", "junit/{}.xml"):
            assert place.format(row["results"]) in files
    assert len(files) == 4 * len(NAMES) + 9


@pytest.mark.parametrize("seed", range(3))
def test_the_same_submissions_give_the_same_bytes(files, tmp_path, seed):
    """In whatever order they were judged."""
    order = np.random.default_rng(seed).permutation(len(NAMES)).tolist()
    assert written(tmp_path / "again", order) == files


def test_no_file_tells_a_place_of_this_machine(files, tmp_path):
    """Nor a time: the bytes are the same elsewhere."""
    for content in files.values():
        assert str(tmp_path.parent).encode() not in content
        assert str(Path(__file__).parents[2]).encode() not in content


def test_the_class_is_told(files):
    """How many hold, and what was diagnosed."""
    claims = {row["claim"]: row for row in table(files["claims.csv"])}
    assert claims[FAILING]["fails"] == "3"
    assert claims[FAILING]["stopped by a limit"] == "1"
    assert claims["3.1/neuron"]["holds"] == "4"
    assert list(claims) == list(catalogue().claims)
    (diagnosis,) = table(files["diagnoses.csv"])
    assert diagnosis == {
        "submissions": "4",
        "diagnosis": "the sum runs over the whole matrix (softmax)",
        "claim": FAILING,
    }
    told = files["class.md"].decode()
    assert "4 of 4: the sum runs over the whole matrix (softmax), 3.2/softmax" in told
    assert f"| median | {len(catalogue().claims) - 3} |" in told
    assert "4 of 6 could be judged" in told
    assert "## 2 could not be judged" in told
    assert files["class.svg"].startswith(b"<?xml")


def test_a_submission_as_data(files):
    """The cause is told to machines, and only what is wrong is told at length."""
    data = json.loads(files["submissions/ada.json"])
    failing = next(claim for claim in data["claims"] if claim["claim"] == FAILING)
    assert failing["explanation"]["cause"] == "the sum runs over the whole matrix"
    assert (failing["points"], failing["maximum"]) == ("0", "1")
    assert data["suite"] == "suite"
    assert len(data["claims"]) == len(catalogue().claims)
    assert len(files["submissions/ada.json"]) < 40_000


def test_gradescope(files):
    """The keys that it knows, and the sum of the tests is the score."""
    results = json.loads(files["results.json"])
    assert set(results) <= {
        *("score", "output", "output_format", "visibility", "stdout_visibility", "tests")
    }
    assert results["score"] == sum(test["score"] for test in results["tests"])
    for test in results["tests"]:
        assert set(test) == {
            *("name", "score", "max_score", "status", "output", "output_format", "visibility")
        }
        assert test["status"] in ("passed", "failed")
        assert test["output_format"] == "text"
    (failing,) = (t for t in results["tests"] if t["name"].startswith(f"{FAILING}: "))
    assert (failing["score"], failing["max_score"], failing["status"]) == (0, 1, "failed")
    assert "why: the sum runs over the whole matrix" in failing["output"]


def test_junit(files):
    """Is XML, with a case for each claim, whatever a submission said."""
    suite = ElementTree.fromstring(files["junit/ada.xml"])[0]  # noqa: S314
    assert int(suite.get("tests")) == len(suite) == len(catalogue().claims)
    assert len(suite.findall("*/failure")) == int(suite.get("failures")) == 1
    assert len(suite.findall("*/skipped")) == int(suite.get("skipped")) == 2
    assert "<script>" in suite.find("*/failure").text
