"""The domain: each claim tries each class of inputs that applies, whatever the seed, in few examples too."""

import hypothesis
import pytest

from spec.harness.engine.domain import Domain, DomainCoverage, Row
from spec.harness.engine.run import run
from spec.harness.engine.suite import Suite, collected
from spec.harness.fronts.plugin import EXAMPLES
from spec.harness.ground.contract import NAMES
from spec.harness.ground.limits import SECONDS
from spec.harness.subject.loading import load

from . import sweeps

SEEDS = range(1, 21) if sweeps.WHOLE else (1,)  # besides the usual one
NOT_OF_INPUTS = {
    "Node",
    "verdict",
}  # 5.5/graph tries each operation; a verdict has four ranges, four claims
DRAWN_ALONE = {"TwoLayerNet.__init__", "ThreeLayerNet.__init__"}  # judged by statistics, chapter 7


@pytest.fixture(scope="module")
def suite() -> Suite:
    """The specification, collected once."""
    return collected()


def tried(suite: Suite, seed: int) -> DomainCoverage:
    """What a run in the quick profile tries."""
    subject, coverage = load(None, SECONDS), DomainCoverage(suite.cases)
    with_few = hypothesis.settings.get_profile("quick")
    before = hypothesis.settings()
    hypothesis.settings.load_profile("quick")
    assert with_few.max_examples == EXAMPLES["quick"]
    try:
        for case in suite.obligations:
            coverage.judging(case.claim.id)
            assert run(case, subject, seed, SECONDS).error is None
    finally:
        coverage.stop()
        hypothesis.settings.load_profile("spec")
    assert hypothesis.settings().max_examples == before.max_examples
    return coverage


@pytest.mark.parametrize("seed", SEEDS)
def test_every_class_that_applies_is_tried(suite, seed: int):
    """A hundred per cent, and what one claim leaves to another is tried by that one."""
    coverage = tried(suite, seed)
    rows = coverage.rows()
    assert rows
    assert not [f"{row.claim}, {row.name}: {row.missing}" for row in rows if row.missing]
    for row in rows:
        for one, why in row.elsewhere.items():
            if why in suite.ledger.entries:
                assert coverage.tries(why, row.name, one), f"{why} does not try {one} of {row.name}"


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
