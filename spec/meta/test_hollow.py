"""A green that means nothing: no claim holds of code that computes nothing."""

import json
import subprocess
import sys

from .conftest import ROOT, Figure
from .hollow import ANSWERS
from .starting import LONGEST


def test_no_claim_holds_of_code_that_computes_nothing(figure):
    """Neither that it changes no argument, nor that it refuses what it should: it must do something first."""
    command = [sys.executable, "-m", "spec.meta.hollow"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST)
    assert not done.returncode, done.stderr
    found = json.loads(done.stdout.partition("\n{")[1] + done.stdout.partition("\n{")[2])
    assert found
    assert found.keys() <= ANSWERS.keys()
    holding = {name: ids for name, ids in found.items() if ids}
    row = Figure(
        f"claims that hold of code that computes nothing, {len(found)} of {len(ANSWERS)} kinds",
        "0",
        str(sum(map(len, holding.values()))),
        not holding,
    )
    figure(row, str(holding))
