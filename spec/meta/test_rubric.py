"""Rubrics: what is wrong with one is said before anything runs; what is right gives the points it says."""

import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest

from spec.grading.scores import rubric, rubric_template, scoring
from spec.grading.scores.exercises import EXERCISES
from spec.grading.scores.judgement import Verdict
from spec.harness.ground.errors import CannotDo
from spec.harness.ground.status import Status

from .conftest import ROOT
from .grading import FAILING, UNWRITTEN, catalogue, judgement

IN_PARTS = "5.4/weight-gradient"
COLLECTED = (
    "import json\nfrom spec.grading.scores.catalogue import catalogue\nfound = catalogue()\n"
    "print(json.dumps([found.claims, found.exercises]))"
)


@pytest.fixture
def read(tmp_path):
    """The rubric of a text."""

    def of(text):
        path = tmp_path / "rubric.toml"
        path.write_text(text, encoding="utf-8")
        return rubric.read(path, catalogue())

    return of


WRONG = {
    '[sections]\n"5.33" = 2': "[sections] 5.33: there is no such section; did you mean 5.3?",
    '[claims]\n"3.2/sofmax" = 1': "there is no such section or claim; did you mean 3.2/softmax",
    '[claims]\n"softmax" = 1': "[claims] softmax: write the whole id of one claim, such as 3.2/softmax",
    '[claims]\n"7.1/goal" = 1': "7.1/goal asks nothing of an implementation, so it cannot be graded",
    '[exercises]\nl3 = 2': "[exercises] l3: there is no such exercise; they are deeper-network, ",
    '[exercises]\ninitialization = 2': "there is no such exercise; did you mean initialisation?",
    '[exercise]\nl2 = 2': "there is no table `exercise`; did you mean exercises?",
    "sections = 3": "`sections` must be a table: write [sections] above its lines",
    '[sections]\n5.3 = 2': 'put names with a dot or a slash in quotes, such as "5.3" = 2',
    '[sections]\n"5.3" = -1': "[sections] 5.3 = -1: points cannot be negative; for none, leave the line out",
    '[sections]\n"5.3" = "two"': "[sections] 5.3 = two: expected a number of points, such as 2 or 0.5",
    '[sections]\n"5.3" = true': "expected a number of points",
    '[sections]\n"5.3" = inf': "[sections] 5.3 = inf: expected a number of points",
    '[sections]\n"5.3" = 1e999999999': "expected a number of points",
    '[sections]\n"5.3" = 1000001': "[sections] 5.3: at most 1000000 points",
    '[sections]\n"5" = 1\n"5.3" = 2': "5.3/per-sample-loss gets points twice, from [sections] 5 and "
    "[sections] 5.3: leave one of them out, or give 5.3/per-sample-loss points of its own",
    '[sections]\n"9" = 1\n[exercises]\nl2 = 2': "9/l2-loss gets points twice, from [sections] 9 and "
    "[exercises] l2",
    '[sections]\n"9" = 1\n"9" = 2': "is not valid TOML",
    '[sections]\n"7.4" = 2\n[claims]\n"7.4/he-normal" = 1\n"7.4/relu-halves" = 1\n'
    '"7.4/he-preserves-second-moment" = 1': "all its claims have points of their own",
    "": "nothing is worth points",
    'extra = ["9"]\n[sections]\n"9" = 2': "nothing is worth points, except for what is extra",
    'extra = ["10"]\n[sections]\n"9" = 2': "extra: 10 has no points; give points to it",
    'extra = "9"\n[sections]\n"9" = 2': "extra: expected a list in brackets",
    '[sections]\n"9" = 2\n[required]\n"5.3" = "all"': "[required] 5.3: write the whole id of one claim",
    '[sections]\n"9" = 2\n[required]\n"9/l2-loss" = "9"': "[required] 9/l2-loss: expected a list",
    '[sections]\n"9" = 2\n[required]\n"9/l2-loss" = ["99"]': "[required] 9/l2-loss: 99: there is no such",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_with_the_remedy(read, text):
    """In one sentence that names the file."""
    with pytest.raises(CannotDo) as error:
        read(text)
    assert WRONG[text] in str(error.value)
    assert "rubric.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    """Is told, and how to come by one."""
    with pytest.raises(CannotDo, match=r"cannot be read: .*grade --rubric-template none.toml"):
        rubric.read(tmp_path / "none.toml", catalogue())
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(CannotDo, match="is not UTF-8 text"):
        rubric.read(tmp_path / "latin.toml", catalogue())


def test_the_template_unchanged_is_the_default(tmp_path):
    """To the last fraction of a point; and nothing is written over."""
    path = tmp_path / "rubric.toml"
    rubric_template.write(path, catalogue())
    assert rubric.read(path, catalogue()) == rubric.default(catalogue())
    with pytest.raises(CannotDo, match="is not overwritten"):
        rubric_template.write(path, catalogue())


def test_every_line_of_the_template_may_be_uncommented(read):
    """Exercises instead of the sections that they are in, examples of claims and of what is required."""
    text = rubric_template.template("r.toml", catalogue())
    head, sections = text.split("[sections]\n")
    listed, rest = sections.split("\n\n", 1)
    kept = [line for line in rest.splitlines() if not line.startswith("# ") or " = " in line]
    read(head.replace("extra = []", "") + "\n".join(line.removeprefix("# ") for line in kept))
    assert listed.count("\n") == len(catalogue().sections) - 1


def test_points_are_shared_exactly(read):
    """A section's by its claims; a claim of its own is taken out; a total is no sum of roundings."""
    found = read('[sections]\n"5.3" = 10\n[exercises]\nl2 = 0.7\n[claims]\n"5.3/update" = 2.5')
    n = len(catalogue().sections["5.3"])
    assert found.points["5.3/update"] == Fraction(5, 2)
    assert found.points["5.3/output-gradient"] == Fraction(10, n - 1)
    assert found.points["9/l2-loss"] == Fraction(7, 50)
    assert found.maximum == Fraction("13.2")
    assert list(found.points) == [id for id in catalogue().claims if id in found.points]


def test_scores_by_default():
    """One point for each claim that holds."""
    found = scoring.score(judgement(), rubric.default(catalogue()), catalogue())
    n = len(catalogue().claims)
    assert (found.total.points, found.total.maximum) == (n - 3, n)
    assert found.sections["3.2"].maximum - found.sections["3.2"].points == 2
    assert found.exercises["l2"].points == found.exercises["l2"].maximum == 5
    assert found.statuses == {"holds": n - 3, "fails": 1, "waits": 1, "not written yet": 1}
    assert sum(part.points for part in found.sections.values()) == n - 3


def test_what_is_required_is_missed(read):
    """What depends on it holds, and brings nothing; the rest counts."""
    text = f'[sections]\n"3.2" = 35\n"5.3" = 15\n[required]\n"{FAILING}" = ["5.3"]'
    found = scoring.score(judgement(), read(text), catalogue())
    n = len(catalogue().sections["3.2"])
    assert found.total.points == Fraction(35 * (n - 2), n)
    assert found.sections["5.3"] == scoring.Part(Fraction(), Fraction(15))
    assert {c.withheld for c in found.claims if c.claim.startswith("5.3")} == {FAILING}
    everything = scoring.score(judgement(), read(text.replace('["5.3"]', '"all"')), catalogue())
    assert everything.total.points == 0


def test_extra_adds_above_the_maximum(read):
    """And is not missed where it is missing."""
    text = f'[sections]\n"4.1" = 5\n[claims]\n"8.1/shuffle" = 2\n"{UNWRITTEN}" = 3\n'
    found = scoring.score(judgement(), read('extra = ["8.1"]\n' + text), catalogue())
    assert found.total == scoring.Part(Fraction(7), Fraction(8))
    missing = scoring.score(judgement(), read(f'extra = ["{UNWRITTEN}"]\n' + text), catalogue())
    assert missing.total == scoring.Part(Fraction(7), Fraction(7))
    assert missing.sections["9"] == scoring.Part(Fraction(0), Fraction(0))


def test_exercises_are_made_of_obligations_and_do_not_overlap():
    """So each may be given points of its own."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECTED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    claims, exercises = json.loads(done.stdout)
    together = [id for ids in exercises.values() for id in ids]
    assert list(exercises) == list(EXERCISES)
    assert all(exercises.values())
    assert len(set(together)) == len(together)
    assert set(together) <= set(claims)


@pytest.mark.parametrize(
    ("status", "share", "part"),
    [
        (Status.HOLDS, (8, 8), 1),
        (Status.FAILS, (2, 8), Fraction(1, 4)),
        (Status.TODO, (6, 8), Fraction(3, 4)),
        (Status.WAITS, (7, 8), 0),
        (Status.FAILS, (0, 1), 0),
    ],
)
def test_the_parts_of_a_claim_share_its_points(status: Status, share: tuple[int, int], part):
    """A claim judged for several kinds of network brings as much as those are worth for which it holds."""
    verdicts = [Verdict(id, Status.HOLDS) for id in catalogue().claims]
    at = catalogue().claims.index(IN_PARTS)
    verdicts[at] = Verdict(IN_PARTS, status, share=share)
    judged = replace(judgement(), verdicts=tuple(verdicts))
    found = scoring.score(judged, rubric.default(catalogue()), catalogue())
    (claim,) = (claim for claim in found.claims if claim.claim == IN_PARTS)
    assert claim.points == part * claim.maximum
