"""What every chapter leans on, tried on values that mean to deceive it."""

from contextlib import suppress

import numpy as np
import pytest

from spec.harness.engine.claims import Claim, Ledger, claim
from spec.harness.ground import trial
from spec.harness.ground.compare import Disagreement, NotPlain, agree, as_plain
from spec.harness.ground.diagnosis import diagnose, indistinct
from spec.harness.ground.latex import to_unicode

E = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])


@pytest.fixture(autouse=True)
def fresh_trial():
    """What came in single precision in another test widens no tolerance here."""
    trial.begin()


class EqualsEverything:
    """An object that claims to be any value."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class AgreesAlways(np.ndarray):
    """An array whose comparisons are true and whose differences are zero."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if ufunc in (np.equal, np.less_equal, np.isfinite):
            return np.ones(self.shape, dtype=bool)
        return np.zeros(self.shape)


@pytest.mark.parametrize(
    "value",
    [
        None,
        EqualsEverything(),
        np.zeros((2, 3)).view(AgreesAlways),
        E + 1e-12,
        E.astype(np.float32) * np.float32(1.001),
        np.full((2, 3), np.nan),
        E.ravel(),
        E[None],
        E.tolist(),
        "1 2 3 4 5 7",
        E + 0j,
        E.astype(object),
        E.astype(np.float16),
        np.where(E == 7, np.inf, E),
    ],
    ids=lambda v: type(v).__name__,
)
def test_agree_is_not_deceived(value):
    """Neither by objects and subclasses, nor by NaN, shapes, dtypes or small errors."""
    with pytest.raises(Disagreement):
        agree(value, E)


@pytest.mark.parametrize(
    "value", [E, E.astype(np.float32), np.asfortranarray(E), E.astype(int), E[::1]]
)
def test_agree_accepts_the_value_in_any_honest_form(value):
    """Memory order and number type are the implementation's business."""
    agree(value, E)


def test_nan_agrees_with_nothing():
    """Not even where NaN is expected: no claim of the theory has that value."""
    with pytest.raises(Disagreement):
        agree(np.nan, np.nan)


def test_a_plain_copy_does_not_follow_the_original():
    """What was judged cannot change afterwards."""
    value = E.copy()
    plain = as_plain(value)
    value[0, 0] = 9
    assert plain[0, 0] == 1
    with pytest.raises(NotPlain, match="missing"):
        as_plain(None)


def told(diagnosis):
    """Relation and cause in words."""
    return diagnosis.relation, diagnosis.cause


def witnesses(*pairs, sizes=({"m": 3}, {"m": 5}), mistakes=None):
    """The comparisons that `agree` makes of (actual, expected) pairs, one for each."""
    notes = trial.begin()
    for (actual, expected), size in zip(pairs, sizes, strict=False):
        listed = {cause: make(expected) for cause, make in (mistakes or {}).items()}
        with suppress(Disagreement):
            agree(actual, expected, sizes=size, mistakes=lambda: listed)  # noqa: B023
    return [comparison for found in notes.comparisons.values() for comparison in found]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda E, m: m * E, "yours is exactly 5 times too large, and m = 5"),
        (lambda E, m: E / m, "yours is exactly 5 times too small, and m = 5"),
        (lambda E, m: -E, "yours is of the opposite sign"),
        (lambda E, m: 2 * E, "yours is exactly twice the right value"),
        (lambda E, m: E.T, "yours is the transpose of the right value"),
        (lambda E, m: E[::-1], "yours is the right value with its rows in reverse"),
        (lambda E, m: E.sum(axis=0), "yours is the right value summed over its rows"),
        (lambda E, m: E.ravel(), "yours is the right numbers in the wrong shape"),
        (lambda E, m: 0 * E, "yours is zero everywhere"),
        (lambda E, m: E + 1, "yours is too large by 1 in every entry"),
        (lambda E, m: 1.5 * E, "yours is 1.5 times the right value"),
        (lambda E, m: np.maximum(E, 3), "yours is never below 3, and else right"),
        (lambda E, m: np.minimum(E, 6), "yours is never above 6, and else right"),
        (
            lambda E, m: np.roll(E, 1, axis=1),
            "yours is the right value with its columns one further on",
        ),
        (lambda E, m: E + E[:1] ** 2, ""),
    ],
)
def test_a_simple_slip_is_recognised(wrong, sentence):
    """By what it does to the right value, at both sizes tried."""
    found = witnesses((wrong(E, 3), E), (wrong(E + 1, 5), E + 1))
    assert told(diagnose(found)) == (sentence, "")


def test_a_slip_that_changes_nothing_explains_nothing():
    """The transpose of a vector is that vector; and a number has neither rows nor columns."""
    v = np.array([1.0, 2.0, 3.0])
    assert told(diagnose(witnesses((v + 1e-13, v), (v + 1e-13, v)))) == ("", "")
    assert told(diagnose(witnesses((2.5, 2.0), (3.5, 3.0)))) == ("", "")
    assert told(diagnose(witnesses((-2.0, 2.0), (-3.0, 3.0)))) == (
        "yours is of the opposite sign",
        "",
    )


def test_a_cause_must_explain_every_example():
    """A factor that is m in one example and 2 in the other is neither."""
    assert told(diagnose(witnesses((3 * E, E), (2 * E, E)))) == ("", "")


def test_an_example_that_passed_is_a_witness_too():
    """Twice the right value would have failed where the value was right."""
    assert told(diagnose(witnesses((E, E), (2 * E, E)))) == ("", "")


def test_a_listed_mistake_is_named():
    """And the relation to the right value beside it."""
    found = witnesses((E / 3, E), (E / 5, E), mistakes={"the mean is taken twice": lambda E: E / 5})
    relation = "yours is exactly 5 times too small, and m = 5"
    assert told(diagnose(found[1:])) == (relation, "the mean is taken twice")
    assert told(diagnose(found)) == (relation, "")


def test_a_mistake_that_cannot_be_seen_is_reported():
    """It would mean a test that cannot fail on it."""
    found = witnesses((E, E), mistakes={"nothing at all": lambda E: E, "a sign": lambda E: -E})
    assert indistinct(found) == ["nothing at all"]


def test_a_claim_is_stated_whole_or_not_at_all():
    """A verdict other than holds needs the corrected statement, and the reverse."""
    with pytest.raises(ValueError, match="verdict is 'maybe'"):
        claim("1/x", verdict="maybe", instead="y")
    with pytest.raises(ValueError, match="says what holds"):
        claim("1/x", verdict="refuted")
    assert Claim("5.3/update").section == "5.3"


def test_a_person_may_name_claims_loosely():
    """A chapter, a section, an id, or the end of one."""
    ledger = Ledger()
    assert ledger.matching("5.3/output-weight-gradient") == {"5.3/output-weight-gradient"}
    assert ledger.matching("softmax") == {"3.2/softmax"}
    assert ledger.matching("5.3") < ledger.matching("5")
    assert not ledger.matching("5.33")


def test_equations_read_well_in_a_terminal():
    """One line of Unicode, without leftovers."""
    latex = r"\frac{\partial\mathcal L}{\partial W^{[2]}}=\tfrac1m(A^{[1]})^\top(A^{[2]}-Y)"
    assert to_unicode(latex) == "∂ℒ/∂W[2] = 1/m (A[1])ᵀ(A[2]−Y)"
    assert to_unicode(r"\theta \leftarrow \theta - \eta\,d\theta") == "θ ← θ − ηdθ"
