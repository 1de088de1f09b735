"""The seed of a class: kept, told to nobody, and what every example follows from."""

import pytest

from spec.grading.command import Options, grade
from spec.grading.running import judging, store
from spec.harness.engine.cases import Case
from spec.harness.ground import seeds
from spec.harness.ground.errors import CannotDo

from . import forks
from .test_right_ones import path_of

CLAIMS = ("3.1/neuron", "4.3/one-hot")


def opened(folder, seed=None):
    """The seed of a folder of results, as the store of its judgements opens it."""
    kept = store.Store(folder, "suite", "", seed=seed)
    kept.close()
    return kept.seed


def test_a_seed_is_drawn_once_and_kept(tmp_path):
    """Nobody but its owner reads it; that of another folder is another one; one that is given stays."""
    first = opened(tmp_path / "a")
    assert (tmp_path / "a" / ".judged" / "seed").stat().st_mode & 0o777 == 0o600
    assert opened(tmp_path / "a") == first
    assert opened(tmp_path / "b") != first
    assert first.bit_length() > 64
    assert opened(tmp_path / "a", 7) == 7
    assert opened(tmp_path / "a") == 7


def test_a_seed_that_cannot_be_read_is_said(tmp_path):
    """In one sentence: it is not drawn anew in silence, for then all would be judged by another one."""
    opened(tmp_path)
    (tmp_path / ".judged" / "seed").write_text("x")
    with pytest.raises(CannotDo, match="cannot be read: it is no number; remove it"):
        opened(tmp_path)


def test_no_file_of_a_gradebook_names_the_seed(tmp_path):
    """Neither what learners get, nor what is kept of their judgements."""
    given = tmp_path / "anna.py"
    given.write_text("def neuron(x, w, b, activation): return activation(x @ w - b)\n")
    grade(Options(given=[given], out=tmp_path / "out", version="1"))
    seed = (tmp_path / "out" / ".judged" / "seed").read_text().strip()
    files = [f for f in (tmp_path / "out").rglob("*") if f.is_file() and f.name != "seed"]
    assert len(files) > 5
    assert not [f for f in files if seed.encode() in f.read_bytes()]


def test_the_examples_follow_the_seed():
    """All of them: those that are drawn, those that are always tried, and what NumPy's generator gives."""

    def asked(suite, seed):
        suite.draw(suite.obligations)
        return [repr(suite.examples), seeds.generator(1).random(), seed]

    def of_two(suite, both):
        from dataclasses import replace

        found = []
        for seed in both:
            suite.setting = replace(suite.setting, seed=seed)
            found.append(asked(suite, seed))
        return found

    suite = judging.collected(forks.QUICK, *(f"--claim={claim}" for claim in CLAIMS))
    (first, again, other) = of_two(suite, (1 << 100, 1 << 100, (1 << 100) + 1))
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_a_number_that_follows_from_a_seed_does_not_betray_it():
    """It is as long as asked, and differs for each purpose."""
    found = [seeds.derived(1 << 120, what, 32) for what in ("a", "b")]
    assert found[0] != found[1]
    assert all(number < 1 << 32 for number in found)


def test_what_is_always_tried_comes_after_what_is_drawn():
    """In each run, so a failure of the usual examples is told on the smallest of them."""
    suite = judging.collected(forks.QUICK, "--claim=5.2/affine-bias-gradient")
    (case,) = suite.cases
    assert isinstance(case, Case)
    suite.draw([case])
    shapes = [example["layer"][0].shape for example in suite.examples[case.id]]
    assert shapes[-11:] == [
        *((3, 67), (65, 5), (3, 3), (3, 3), (3, 5)),
        *((5, 2), (5, 3), (2, 3), (5, 1), (5, 3), (1, 3)),
    ]
    assert path_of("plain").exists()
