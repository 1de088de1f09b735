"""Each mistake listed beside an equation is told from the truth: one that is not is an error.

Otherwise the test could not fail on it, and its diagnosis would never be given, or wrongly.
"""

import re
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, uniform

import impl
from spec.harness import agree
from spec.harness.engine.self_checks import keep_mistakes_apart
from spec.harness.ground import trial
from spec.harness.ground.compare import Comparison, Disagreement
from spec.harness.ground.diagnosis import causes, diagnose
from spec.harness.mathematics.losses import judge_loss
from spec.harness.mathematics.sampling import distribution_is, drawn_from, drawn_like, variance_is
from spec.harness.subject.proxy import Implementation

from . import late
from .conftest import ROOT

RNG = np.random.default_rng(0)
SAMPLE, OTHER = RNG.normal(size=(2, 30_000))
FLAT = RNG.uniform(-1, 1, 30_000)
RATE = {"false_alarm": 1e-9}

# what judges -> a judgement of a right value, with a mistake that is told apart and one that is not
JUDGEMENTS = {
    "agree": lambda: agree(
        np.ones(3), np.ones(3), mistakes=lambda: {"far": np.zeros(3), "near": [1, 1, 1]}
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
    agree(np.ones(3), np.ones(3), mistakes=lambda: {"near": np.zeros(3)})
    agree(np.ones(3), np.ones(3), mistakes=lambda: {"near": np.ones(3)})
    with pytest.raises(AssertionError, match="'near'"):
        keep_mistakes_apart("test_of_it", notes)


def test_an_example_that_tells_a_mistake_apart_is_enough():
    """Where m is 1 the mean is the sum: the next example has another m."""
    notes = trial.begin()
    for m in (1, 3):
        agree(np.ones(3), np.ones(3), mistakes=lambda: {"the sum is taken": [m, m, m]})  # noqa: B023
    keep_mistakes_apart("test_of_it", notes)


def test_a_right_value_asks_for_no_mistake():
    """And a wrong one once, however often its cause is asked for."""
    asked = []

    def mistakes():
        asked.append("once more")
        return {"the sign is turned": [-1.0]}

    notes = trial.begin()
    agree([1.0] * np.ones(1), [1.0], mistakes=mistakes)
    assert not asked
    with pytest.raises(Disagreement):
        agree(-np.ones(1), [1.0], mistakes=mistakes)
    assert not asked
    (*_, (wrong,)) = notes.comparisons.values()
    assert causes([wrong]) == causes([wrong]) == ["the sign is turned"]
    assert len(asked) == 1


def test_a_mistake_that_raises_fails_no_law():
    """A wrong value is told without a cause then; what overflows or divides by 0 is a value like others."""
    for wrong, mistakes, cause in (
        (2.0, lambda: {"the inverse is taken": np.linalg.inv(np.zeros((2, 2)))}, ""),
        (np.inf, lambda: {"it is divided by 0": np.ones(1) / np.zeros(1)}, "it is divided by 0"),
    ):
        notes = trial.begin()
        agree(np.ones(1), [1.0], mistakes=mistakes)
        with pytest.raises(Disagreement):
            agree(wrong * np.ones(1), [1.0], mistakes=mistakes)
        _, comparisons = notes.comparisons.values()
        assert diagnose(comparisons).cause == cause


def test_a_mistake_that_raises_is_an_error_on_the_reference():
    """It names the test, and what was raised."""
    notes = trial.begin()
    agree(np.ones(1), [1.0], mistakes=lambda: {"of no such thing": {}["W3"]}, what="dW3")
    with pytest.raises(AssertionError) as error:
        keep_mistakes_apart("test_of_it", notes)
    assert str(error.value) == (
        "test_of_it lists mistakes of dW3 that cannot be computed: KeyError('W3')"
    )


def test_a_mistake_speaks_of_the_values_at_its_comparison():
    """A loop goes on before the cause is looked for; here m would be 5 in all three rounds."""
    notes = trial.begin()
    for m in (2, 3, 5):
        with suppress(Disagreement):
            agree(np.ones(1) / m, [1.0], mistakes=lambda: {"1/m is there": [1 / m]})  # noqa: B023
    ((_, made),) = notes.comparisons.items()
    assert len(made) == 3
    assert causes(made) == ["1/m is there"]


def test_so_do_those_of_a_loss():
    """Which is judged up to a small number within its logarithm, in a mistake, too."""
    notes = trial.begin()
    for m in (2, 3, 5):
        with suppress(Disagreement):
            judge_loss(m * (1 - 1e-7), 1.0, lambda: {"the sum is taken": m}, "the loss")  # noqa: B023
    ((_, made),) = notes.comparisons.items()
    assert len(made) == 3
    assert causes(made) == ["the sum is taken"]


@pytest.mark.parametrize("mistakes", [{"the sign is turned": [-1.0]}, {}])
def test_mistakes_that_are_no_function_are_refused(mistakes):
    """At once, so that the chapters have one form."""
    with pytest.raises(TypeError) as error:
        agree(np.ones(1), [1.0], mistakes=mistakes)
    assert str(error.value) == (
        "mistakes is a dict, expected a function that gives the dict: put `lambda:` before it"
    )


def test_the_chapters_compute_their_mistakes_late(judge):
    """After its test each is what it was at its comparison, and it asks nothing of the implementation."""
    run = judge(None, str(ROOT / "spec"), "-p", "spec.meta.late", "--hypothesis-profile=quick")
    assert run.status == 0, run.text
    (number,) = re.findall(r"(\d+) mistakes were computed twice", run.text)
    assert int(number) > 5_000


def test_a_mistake_that_would_change_is_found():
    """One about an array that is changed in place, one that calls the implementation."""
    gradient, nn = np.ones(3), Implementation(impl, "impl")
    changes = Comparison(gradient, gradient, lambda: {"it": gradient}, {}, None, 64, "dW", 1e-16)
    calls = replace(changes, listed=lambda: {"it": nn.relu(gradient)})
    before = late.computed(changes)
    assert not late.changed(changes, before)
    gradient += 1
    assert late.changed(changes, before) == ["it"]
    with pytest.raises(late.Asked, match="relu"):
        late.computed(calls)


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


BEGINS_ALIKE = """
def momentum(theta, gradient, velocity, lr, beta=0.9):
    velocity = beta * gradient if velocity is None else beta * velocity + gradient
    return theta - lr * velocity, velocity
"""


def test_a_cause_must_explain_the_steps_after_the_first_wrong_one(judge):
    """In the first step alone, beta times the gradient looks like one of the mistakes listed."""
    run = judge(BEGINS_ALIKE, str(ROOT / "spec"), "--claim", "10/momentum")
    assert "theta after step 1 is wrong" in run.text
    assert "why:" not in run.text
