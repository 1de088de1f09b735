"""A tape of a right run earns nothing under another seed: what is asked then was never asked before."""

import json
import subprocess
import sys

from .conftest import ROOT, Figure
from .starting import LONGEST

# there are three verdicts, and a tape has heard them all
FEW_QUESTIONS = {"6/good", "6/suspicious", "6/bug", "6/excellent"}


def test_a_tape_earns_nothing_under_another_seed(figure):
    """Under its own it holds nearly all, so it is the seed that unmasks it."""
    command = [sys.executable, "-m", "spec.meta.tape"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST)  # noqa: S603
    assert not done.returncode, done.stderr
    own, other = json.loads(done.stdout)
    assert len(own) > 150
    earned = set(other) - FEW_QUESTIONS
    row = Figure("claims that a tape earns under another seed", "0", str(len(earned)), not earned)
    figure(row, str(earned))
