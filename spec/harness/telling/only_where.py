"""What the examples that fail have in common, and none of those that hold: "only where m = 1".

No cause is guessed. The failing test is tried on all its examples, each of which belongs to classes of the
domain. A class that all the failing ones share, and no other, is told.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..ground import trial
from ..ground.limits import time_limit
from ..ground.outcomes import TimeLimitExceeded
from ..ground.trial import Call
from .domain import EDGES, MANY, Domain, classes_of, uses

Example = dict[str, Any]
Class = tuple[str, str]  # of a name, such as ("softmax", "K: 2")

SECONDS = 2.0  # to compute, for all examples together
FEWEST_HOLDING = 5  # examples: of fewer, a class that none of them has says little
MOST_FAILING = 4  # before any has held: it fails everywhere
MOST_TOLD = 3  # classes: more are no class of their own
LEAST_OF_MANY = {"layers": MANY["depth"], "epochs": MANY["length"], "steps": MANY["length"]}
EDGES_IN_WORDS = {
    "tiny": f"below {EDGES['tiny']:.0e}",
    "below 1": f"from {EDGES['tiny']:.0e} to 1",
    "beyond 700": "beyond 700",
}


def only_where(
    test: Callable[..., Any], given: dict[str, Any], examples: Iterable[Example], failing: Example
) -> str:
    """In words, what sets the failing examples apart; "" where nothing does, or too few hold.

    `test` takes one example beside what is `given`; `failing` is one that is known to fail.
    """
    under_way = trial.current()
    try:
        with time_limit(SECONDS, "looking for what the failing examples share"):
            found, n_holding, n_failing = _apart(test, given, examples, failing)
    except TimeLimitExceeded:
        return ""
    finally:
        trial.resume(under_way)
    if not found or n_holding < FEWEST_HOLDING:
        return ""
    ones = "the only example" if n_failing == 1 else f"all {n_failing} examples"
    return f"it fails in {ones} with {in_words(found)}, and holds in the {n_holding} others"


def _apart(
    test: Callable[..., Any], given: dict[str, Any], examples: Iterable[Example], failing: Example
) -> tuple[set[str], int, int]:
    """Classes of one argument, some of which each failing example has and no holding one; and the numbers."""
    n_holding, of_holding = 0, set[Class]()
    of_failing = [_tried(test, given, failing)[1]]
    n_failing = 0
    for example in examples:
        holds, classes = _tried(test, given, example)
        if holds:
            n_holding += 1
            of_holding |= classes
        else:
            n_failing += 1
            of_failing.append(classes)
        if n_failing > MOST_FAILING and not n_holding:
            break
    apart = [classes - of_holding for classes in of_failing]
    groups = [_cover(apart, group) for group in {(name, _argument(one)) for name, one in apart[0]}]
    groups = [group for group in groups if 0 < len(set(map(_which, group))) <= MOST_TOLD]
    best = min(
        groups, key=lambda found: (len(found), "equal" in str(found), sorted(found)), default=set()
    )
    return best, n_holding, n_failing or 1


def _cover(apart: list[set[Class]], argument: Class) -> set[str]:
    """The fewest classes of one argument, of which each failing example has one; none where one has none."""
    of_each = [
        {one for name, one in classes if (name, _argument(one)) == argument} for classes in apart
    ]
    found: set[str] = set()
    while open_ones := [classes for classes in of_each if not classes & found]:
        if not all(open_ones):
            return set()
        most = Counter(one for classes in open_ones for one in sorted(classes))
        found.add(max(sorted(most), key=most.__getitem__))
    return found | {one for one in map(_mirrored, found) if any(one in each for each in of_each)}


def _mirrored(one: str) -> str:
    """The same class of the other sign."""
    return one.removeprefix("-") if one.startswith("-") else f"-{one}"


def _argument(one: str) -> str:
    """What a class is of: "z" of "-z: 8 to 40"."""
    return one.partition(": ")[0].removeprefix("-")


def _tried(
    test: Callable[..., Any], given: dict[str, Any], example: Example
) -> tuple[bool, set[Class]]:
    """Whether the test holds on an example, and the classes that it belongs to."""
    calls: list[Call] = []
    others = trial.listen(calls.extend)
    try:
        test(**given, **example)
        holds = True
    except (KeyboardInterrupt, TimeLimitExceeded):
        raise
    except BaseException:  # of whatever kind the code under test raises
        holds = False
    finally:
        trial.listen(others)
    return holds, set(_classes(calls))


def _classes(calls: Iterable[Call]) -> Iterator[Class]:
    domain = Domain()
    for use in uses(calls, domain):
        for one in classes_of(use, domain.of[use.name]):
            yield use.name, one


def _which(one: str) -> str:
    """The class itself: "8 to 40" of "-z: 8 to 40"."""
    return one.partition(": ")[2]


def in_words(classes: set[str]) -> str:
    """Classes of one argument as a person says them: "m = 1", "|z| from 8 to 40 or beyond 700"."""
    what = _argument(min(classes))
    bands = set(map(_which, classes))
    signs = {one.startswith("-") for one in classes if _which(one) in {*EDGES, *EDGES_IN_WORDS}}
    told = " or ".join(_band(what, one) for one in sorted(bands, key=_place))
    if what == "equal":
        return told
    subject = {frozenset({True}): f"-{what}", frozenset({True, False}): f"|{what}|"}
    return f"{subject.get(frozenset(signs), what)} {told}"


def _place(band: str) -> int:
    return list(EDGES).index(band) if band in EDGES else len(EDGES)


def _band(what: str, one: str) -> str:
    if what == "equal":
        return one
    if one == "many":
        return f"of {LEAST_OF_MANY.get(what, MANY['size'])} or more"
    if one == "some":
        return f"from 3 to {LEAST_OF_MANY.get(what, MANY['size']) - 1}"
    if " to " in one:
        return f"from {one}"
    return EDGES_IN_WORDS.get(one) or (f"= {one}" if re.fullmatch(r"[\d.]+", one) else f"({one})")
