"""Hostile and broken submissions, judged through the real boundary: nothing earned, nothing lost.

Each stands on a part that is right, whose score it keeps as far as it does not spoil it itself, or on
nothing, and then nothing holds. What a submission does where nobody sees it is not judged, and cannot
be: one that copies its arguments before it changes them has changed no one's.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("msgpack")
if not sys.platform.startswith("linux"):
    pytest.skip("submissions are graded on Linux", allow_module_level=True)

from spec.grading.running.judging import BROKE_OFF

from .conftest import ROOT, Figure
from .hostile.entries import entries
from .starting import LONGEST

PARTS = 2  # processes that judge them at the same time
LONGEST_JUDGEMENT = 900.0  # seconds, where a judge gives up by itself
LARGEST = 1 << 20  # bytes of a judgement
CONTROL = "reads: tells a secret that it was given"
KINDS = sorted({hostile.kind for hostile in entries()})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """What came of the parts."""
    folder = tmp_path_factory.mktemp("hostile")

    def run(part: int) -> dict:
        out = folder / f"{part}.json"
        options = "--out", str(out), "--part", f"{part}/{PARTS}"
        done = subprocess.run(
            [sys.executable, "-m", "spec.meta.hostile.runner", *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        assert out.exists(), done.stdout + done.stderr
        return json.loads(out.read_text())

    with ThreadPoolExecutor(PARTS) as pool:
        return list(pool.map(run, range(1, PARTS + 1)))


@pytest.fixture(scope="module")
def judged(runs):
    """What came of each of them, by its kind and name."""
    return {
        name: told
        for run in runs
        for some in run["judged"]
        for name, told in some["hostile"].items()
    }


def count(wrong: dict) -> str:
    """How much there is in all."""
    return str(sum(map(len, wrong.values())))


def test_all_are_judged(judged, figure):
    """Whatever they do, each has a judgement; one that broke off is none."""
    assert judged.keys() == {str(hostile) for hostile in entries()}
    figure(Figure("hostile and broken submissions", "60", str(len(judged)), len(judged) >= 60))
    broke = {name: told["trouble"] for name, told in judged.items() if BROKE_OFF in told["trouble"]}
    figure(Figure("of them without a judgement", "0", str(len(broke)), not broke), str(broke))


def test_nothing_is_earned(judged, figure):
    """No claim holds but those that hold of the part that is right."""
    more = {n: set(t["holds"]) - set(t["kept"]) for n, t in judged.items()}
    wrong = {name: ids for name, ids in more.items() if ids}
    figure(Figure("points unearned", "0", count(wrong), not wrong), str(wrong))


def test_the_honest_score_is_kept(judged, figure):
    """What is right counts, whatever stands beside it."""
    less = {n: set(t["kept"]) - set(t["holds"]) for n, t in judged.items()}
    wrong = {name: ids for name, ids in less.items() if ids}
    assert sum(len(told["kept"]) for told in judged.values()) > 300
    figure(Figure("points lost of what is right", "0", count(wrong), not wrong), str(wrong))


def test_nothing_hangs(judged, figure):
    """A judgement ends, and tells no more than can be read."""
    wrong = {n: t["seconds"] for n, t in judged.items() if t["seconds"] > LONGEST_JUDGEMENT}
    figure(Figure("of them that hang", "0", str(len(wrong)), not wrong), str(wrong))
    assert not {name: told["size"] for name, told in judged.items() if told["size"] > LARGEST}


def test_nothing_is_left_behind(judged, runs, figure):
    """No process, neither after a judgement nor when all have ended."""
    wrong = {name: told["left"] for name, told in judged.items() if told["left"]}
    wrong |= {f"part {n}": run["left"] for n, run in enumerate(runs) if run["left"]}
    figure(Figure("processes left", "0", count(wrong), not wrong), str(wrong))


def test_nothing_outside_is_touched(runs, figure):
    """Neither the suite nor the reference, results or submissions; and no socket was reached."""
    wrong = {f"part {n}": run["touched"] for n, run in enumerate(runs) if run["touched"]}
    figure(Figure("files touched outside", "0", count(wrong), not wrong), str(wrong))
    assert not any(run["reached"] for run in runs)


def test_nothing_secret_is_told(judged, figure):
    """No judgement holds a word of the environment, of a file that anyone may read, of the reference."""
    wrong = {name: told["leaked"] for name, told in judged.items() if told["leaked"]}
    control = wrong.pop(CONTROL, None)
    assert control, "what a submission does tell is not found either"
    figure(Figure("secrets read", "0", count(wrong), not wrong), str(wrong))


def test_no_place_of_the_machine_is_told(judged):
    """Neither where the project and Python lie, nor where a sandbox was: that differs from run to run."""
    assert not {name: told["places"] for name, told in judged.items() if told["places"]}


def test_nothing_of_others_is_lost(runs, figure):
    """Honest submissions, judged between them, have full marks."""
    honest = [told for run in runs for some in run["judged"] for told in some["honest"]]
    wrong = [
        told["trouble"] or told["statuses"]
        for told in honest
        if told["trouble"] or told["statuses"]
    ]
    figure(
        Figure("results of others lost", f"0 of {len(honest)}", str(len(wrong)), not wrong),
        str(wrong),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_entries_are_told_apart(kind):
    """Two of one name would be one."""
    names = [hostile.name for hostile in entries() if hostile.kind == kind]
    assert len(names) == len(set(names)) >= 10
