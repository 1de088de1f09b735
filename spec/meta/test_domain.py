"""The domain: each claim tries each class of inputs that applies, whatever the seed, in few examples too."""

import os

import pytest

from spec.harness.engine.domain_coverage import DomainCoverage, Row
from spec.harness.engine.run import run
from spec.harness.engine.suite import Suite, collected
from spec.harness.ground.contract import NAMES
from spec.harness.ground.limits import SECONDS
from spec.harness.subject.loading import ROOT, load
from spec.harness.telling.domain import Domain
from spec.harness.telling.only_where import in_words

from . import forks, sweeps

SPEC = str(ROOT / "spec")
SEEDS = range(20) if sweeps.WHOLE else range(2)
NOT_OF_INPUTS = {
    "Node",
    "verdict",
}  # 5.5/graph tries each operation; a verdict has four ranges, four claims
DRAWN_ALONE = {"TwoLayerNet.__init__", "ThreeLayerNet.__init__"}  # judged by statistics, chapter 7


@pytest.fixture(scope="module")
def suite() -> Suite:
    """The specification, collected once."""
    return collected()


def not_tried(suite: Suite, seed: int) -> list[str]:
    """What a run of the reference does not try of what applies; it is made in a fork."""
    coverage = DomainCoverage(suite.cases)
    for case in suite.obligations:
        coverage.judging(case.claim.id)
        assert run(case, forks.reference(), seed, SECONDS).error is None
    coverage.stop()
    rows = coverage.rows()
    assert rows
    missing = [f"{row.claim}, {row.name}: {row.missing}" for row in rows if row.missing]
    left = [(row.name, one, why) for row in rows for one, why in row.elsewhere.items()]
    return missing + [
        f"{why} does not try {one} of {name}"
        for name, one, why in left
        if why in suite.ledger.entries and not coverage.tries(why, name, one)
    ]


@pytest.mark.parametrize("profile", ["quick", "spec"])
def test_every_class_that_applies_is_tried(profile: str):
    """A hundred per cent, and what one claim leaves to another is tried by that one."""
    if not hasattr(os, "fork"):
        pytest.skip("the runs are made in forks, which this system does not have")
    seeds = SEEDS if profile == "quick" else [0]
    found = forks.in_forks(seeds, not_tried, f"--hypothesis-profile={profile}")
    assert found == [[]] * len(seeds)


def test_every_name_that_a_claim_states_has_a_domain(suite):
    """So that no new name is judged on what happens to be drawn."""
    stated = {name for case in suite.obligations for name in case.claim.states}
    assert stated - set(Domain().of) == NOT_OF_INPUTS | DRAWN_ALONE
    assert {name.partition(".")[0] for name in Domain().of} <= set(NAMES)


def test_what_does_not_apply_says_why(suite):
    """Each exception meets something, and has one reason: words, or a claim of the ledger."""
    domain = Domain()
    rows = {(case.claim.id, name) for case in suite.obligations for name in case.claim.states}
    for entry in domain.without:
        assert ("reason" in entry) != ("at" in entry), entry
        assert entry.get("at", next(iter(suite.ledger.entries))) in suite.ledger.entries
        alone = Domain()
        alone.without = [entry]
        assert any(alone.reasons(*row) for row in rows if row[1] in domain.of), entry


def test_a_class_that_is_not_tried_is_missed(suite):
    """The table can fail: without its other examples, a claim misses what those alone try."""
    (case,) = (c for c in suite.obligations if c.name.endswith("::test_hidden_pre_activation"))
    always, case.test.always = case.test.always, ()
    coverage = DomainCoverage([case])
    try:
        coverage.judging(case.claim.id)
        run(case, load(None, SECONDS), 0, SECONDS)
    finally:
        coverage.stop()
        case.test.always = always
    (row,) = coverage.rows()
    assert isinstance(row, Row)
    assert {"m: 1", "K: 2", "n_1: many"} <= set(row.missing)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ({"m: 1"}, "m = 1"),
        ({"K: many"}, "K of 65 or more"),
        ({"layers: many"}, "layers of 12 or more"),
        ({"n_1: some"}, "n_1 from 3 to 64"),
        ({"z: 8 to 40", "-z: 8 to 40"}, "|z| from 8 to 40"),
        ({"-z: beyond 700"}, "-z beyond 700"),
        ({"z: tiny", "-z: tiny"}, "|z| below 4e-06"),
        ({"z: 0"}, "z = 0"),
        ({"equal: m = K"}, "m = K"),
        ({"Y: one class alone"}, "Y (one class alone)"),
        ({"activation: tanh"}, "activation (tanh)"),
    ],
)
def test_a_class_is_told_in_words(classes: set[str], words: str):
    """As a person says it."""
    assert in_words(classes) == words


def halved_for_one_sample(m: int) -> str:
    """Code whose mean squared error is wrong for one sample alone, or for all."""
    return f"""
import numpy as np
def mean_squared_error(Y_hat, Y):
    return np.sum((Y - Y_hat) ** 2) / len(Y) / (2 if len(Y) <= {m} else 1)
"""


@pytest.mark.parametrize(("m", "is_told"), [(1, True), (1000, False)])
def test_it_is_told_which_examples_fail(judge, m: int, is_told: bool):
    """Where a class of examples alone fails, that is said; where all fail, nothing is."""
    run = judge(halved_for_one_sample(m), SPEC, "--claim=4.3/mean-squared-error")
    assert ("it fails in the only example with m = 1, and holds in the" in run.text) == is_told


PARTLY_WRITTEN = """
import numpy as np
def mean_squared_error(Y_hat, Y):
    if len(Y) == 1:
        raise NotImplementedError
    return np.sum((Y - Y_hat) ** 2) + 1
"""


def test_what_is_partly_written_is_told_all_the_same(judge):
    """Code that is wrong in one example and not written for another ends no run."""
    run = judge(PARTLY_WRITTEN, SPEC, "--claim=4.3/mean-squared-error")
    assert "mean_squared_error" in run.text
    assert "INTERNALERROR" not in run.text
