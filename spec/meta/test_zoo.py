"""Wrong implementations, each rejected by the claim that it breaks, and told why.

Each entry meets the claim that must catch it; one in five meets all obligations that reach it, and a
twentieth all there are. `tox -e sweeps` lets every entry meet all; the figures stand in its table.
"""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from spec.harness.engine.claims import Ledger
from spec.harness.ground.status import Status

from . import sweeps
from .conftest import ROOT
from .zoo import ZOO, Wrong
from .zoo.cheats import IN_ANY, STUB, Cheat
from .zoo.figures import figures, reports, told_otherwise


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory):
    """What the specification says of each entry, and of each cheat."""
    if not hasattr(os, "fork"):
        pytest.skip("the zoo is run in forks, which this system does not have")
    out = tmp_path_factory.mktemp("zoo") / "outcomes.json"
    command = [sys.executable, "-m", "spec.meta.zoo.runner", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)  # noqa: S603
    assert out.exists(), done.stdout + done.stderr
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.parametrize("wrong", ZOO, ids=str)
def test_it_is_rejected_by_the_claim_it_breaks(outcomes, wrong: Wrong):
    """And, where the numbers betray it, the cause is named."""
    told = outcomes["zoo"][str(wrong)]
    assert told is not None, "it could not be judged"
    assert wrong.claim in told, f"{wrong.claim} holds for it"
    assert wrong.says in " ".join(told[wrong.claim]["says"])


@pytest.mark.parametrize("cheat", IN_ANY, ids=str)
def test_a_cheat_is_not_accepted(outcomes, cheat: Cheat):
    """Whatever costs no thought earns nothing; a stub is *not written yet*."""
    told = outcomes["cheats"].get(str(cheat))
    assert told is not None, "it could not be judged"
    assert told, f"{' and '.join(cheat.claims)} hold for it"
    if cheat.way == STUB:
        assert {claim["status"] for claim in told.values()} == {Status.TODO}


def test_obligations_that_do_not_reach_it_have_nothing_to_say(outcomes):
    """Judged by all obligations, an entry is told word for word the same."""
    assert len(outcomes["by all"]) >= len(ZOO) // sweeps.SHARE
    assert not told_otherwise(outcomes)


def test_no_false_cause_is_named(outcomes):
    """Strictly: neither by the claim that is to be mended, nor by any that waits for it."""
    false = {str(r.wrong): causes for r in reports(outcomes) if (causes := r.false_causes())}
    assert not false


def test_what_is_told_is_the_same_in_each_process(outcomes):
    """No object is shown by its address in memory."""
    assert " at 0x" not in json.dumps(outcomes)


def test_the_figures_of_the_zoo(outcomes, figure):
    """One mistake is one red line, at the right place, with its cause."""
    for row in figures(outcomes):
        figure(row)


def test_the_entries_are_told_apart():
    """Two entries of one name would be one."""
    twice = [name for name, n in Counter(map(str, ZOO)).items() if n > 1]
    assert not twice


def test_every_entry_names_claims():
    """Ones that the ledger knows."""
    ledger = Ledger()
    named = {wrong.claim for wrong in ZOO} | {wrong.breaks for wrong in ZOO if wrong.breaks}
    assert named | {claim for cheat in IN_ANY for claim in cheat.claims} <= set(ledger.entries)


def test_every_obligation_has_an_entry(outcomes):
    """A claim that no wrong implementation has met might accept any."""
    assert set(outcomes["obligations"]) <= {wrong.claim for wrong in ZOO}
