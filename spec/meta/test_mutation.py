"""The list of changes that may survive; `tox -e mutation` makes all changes and holds them to it."""

import pytest

from spec.harness.subject.loading import REFERENCE

from .mutation.report import report
from .mutation.survivors import Change, listed, statements

LISTED = listed()
KILLED, SURVIVED = (Change("linear.py", "affine", "return X @ W + b", new) for new in "pq")


@pytest.mark.parametrize("change", LISTED, ids=lambda change: f"{change.file}: {change.new}")
def test_a_survivor_is_a_change_of_a_line_that_stands_there(change):
    """And the list says why no test can tell it."""
    lines = statements((REFERENCE / change.file).read_text(encoding="utf-8"))
    assert change.old in map(str.strip, lines)
    assert change.new != change.old
    assert len(LISTED[change]) > 20


def test_an_unlisted_survivor_fails_the_run():
    """However few there are."""
    many = {Change("losses.py", "", "x", str(n)): "a test" for n in range(98)}
    killers = {KILLED: "a test", SURVIVED: ""} | many
    lines, well = report(killers, {}, least=0.98)
    assert not well
    assert f"survived, and not listed in survivors.toml:\n  {SURVIVED}" in "\n".join(lines)
    lines, well = report(killers, {SURVIVED: "a reason"}, least=0.98)
    assert well


def test_too_few_killed_fail_the_run():
    """Reasons or not."""
    lines, well = report({KILLED: "a test", SURVIVED: ""}, {SURVIVED: "a reason"}, least=0.98)
    assert not well
    assert lines[-1] == "50.00% were killed, expected at least 98%"


def test_what_is_listed_in_vain_is_told():
    """A change that a test kills by now, and one that is no mutant any more."""
    gone = Change("linear.py", "affine", "old", "new")
    lines, well = report({KILLED: "a test"}, {KILLED: "a reason", gone: "a reason"}, least=0.98)
    assert well
    told = "\n".join(lines)
    assert f"but killed (take them out):\n  {KILLED}" in told
    assert f"but no mutants any more (take them out):\n  {gone}" in told
