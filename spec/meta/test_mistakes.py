"""Each mistake listed beside an equation is told from the truth: one that is not is an error.

Otherwise the test could not fail on it, and its diagnosis would never be given, or wrongly.
"""

import numpy as np
import pytest
from scipy.stats import norm, uniform

from spec.harness import agree
from spec.harness.engine.self_checks import keep_mistakes_apart
from spec.harness.ground import trial
from spec.harness.mathematics.sampling import distribution_is, drawn_from, drawn_like, variance_is

from .conftest import ROOT

RNG = np.random.default_rng(0)
SAMPLE, OTHER = RNG.normal(size=(2, 30_000))
FLAT = RNG.uniform(-1, 1, 30_000)
RATE = {"false_alarm": 1e-9}

# what judges -> a judgement of a right value, with a mistake that is told apart and one that is not
JUDGEMENTS = {
    "agree": lambda: agree(
        np.ones(3), np.ones(3), mistakes={"far": np.zeros(3), "near": [1, 1, 1]}
    ),
    "variance_is": lambda: variance_is(SAMPLE, 1, mistakes={"far": 1.2, "near": 1.05}, **RATE),
    "distribution_is": lambda: distribution_is(
        SAMPLE, norm(), mistakes={"far": uniform(-1.7, 3.4), "near": norm(0, 1.05)}, **RATE
    ),
    "drawn_from": lambda: drawn_from(SAMPLE, norm(), mistakes={"far": 0.9, "near": 0.95}, **RATE),
    "drawn_from uniform": lambda: drawn_from(
        FLAT, uniform(-1, 2), mistakes={"far": 1.0, "near": 0.35}, **RATE
    ),
    "drawn_like": lambda: drawn_like(SAMPLE, OTHER, mistakes={"far": 1.2, "near": 1.08}, **RATE),
}


@pytest.mark.parametrize("name", JUDGEMENTS)
def test_a_mistake_too_close_to_the_truth_is_an_error(name):
    """Whatever the mistake is given as: a value, a variance, a law, a ratio."""
    notes = trial.begin()
    JUDGEMENTS[name]()
    with pytest.raises(AssertionError) as error:
        keep_mistakes_apart("test_of_it", notes)
    sentence = str(error.value)
    assert sentence.startswith("test_of_it lists the mistake 'near', but")
    assert "it from the truth" in sentence
    assert "far" not in sentence


def test_the_same_mistake_at_another_place_is_another_entry():
    """An entry that is told apart by one `agree` does not excuse its namesake at the next."""
    notes = trial.begin()
    agree(np.ones(3), np.ones(3), mistakes={"near": np.zeros(3)})
    agree(np.ones(3), np.ones(3), mistakes={"near": np.ones(3)})
    with pytest.raises(AssertionError, match="'near'"):
        keep_mistakes_apart("test_of_it", notes)


def test_an_example_that_tells_a_mistake_apart_is_enough():
    """Where m is 1 the mean is the sum: the next example has another m."""
    notes = trial.begin()
    for m in (1, 3):
        agree(np.ones(3), np.ones(3), mistakes={"the mean is missing": m * np.ones(3)})
    keep_mistakes_apart("test_of_it", notes)


def test_the_run_on_the_reference_names_test_and_entry(judge, tmp_path):
    """Here a law cut off at two deviations is said to have nearly the variance of the whole one."""
    (tmp_path / "blur.py").write_text(
        "from spec.harness.mathematics import sampling\n\n\nsampling.TRUNCATED = 0.999\n"
    )
    run = judge(None, str(ROOT / "spec"), "-p", "blur", "--claim", "7.4/he-normal")
    assert (
        "test_07_4_he.py::test_he_normal[280-110] lists the mistake 'the law is truncated at two "
        "deviations', but 30800 numbers do not tell it from the truth"
    ) in " ".join(run.text.split())
    assert run.status == 1
