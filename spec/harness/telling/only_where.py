"""What the examples that fail have in common, and none of those that hold: "only where m = 1".

No cause is guessed. A failing test is tried on all its examples, each of which belongs to classes of the
domain. A class that all the failing ones share, and no other, is told.
"""

import re
from collections import Counter
from collections.abc import Iterable

from ..ground.trial import Call, Tried
from .domain import EDGES, MANY, Domain, classes_of, uses

Class = tuple[str, str]  # of a name, such as ("softmax", "K: 2")

FEWEST_HOLDING = 5  # examples: of fewer, a class that none of them has says little
MOST_TOLD = 3  # classes: more are no class of their own
LEAST_OF_MANY = {"layers": MANY["depth"], "epochs": MANY["length"], "steps": MANY["length"]}
EDGES_IN_WORDS = {
    "tiny": f"below {EDGES['tiny']:.0e}",
    "below 1": f"from {EDGES['tiny']:.0e} to 1",
    "beyond 700": "beyond 700",
}


def only_where(tried: list[Tried]) -> str:
    """In words, what sets the failing examples apart; "" where nothing does, or too few hold."""
    failing = [example for example in tried if not example.held]
    n_holding = len(tried) - len(failing)
    if not failing or n_holding < FEWEST_HOLDING:
        return ""
    found = _apart(tried)
    if not found:
        return ""
    ones = "the only example" if len(failing) == 1 else f"all {len(failing)} examples"
    return f"it fails in {ones} with {in_words(found)}, and holds in the {n_holding} others"


def _apart(tried: list[Tried]) -> set[str]:
    """Classes of one argument, some of which each failing example has and no holding one."""
    domain = Domain()
    of_holding = {one for each in tried if each.held for one in _classes(each.calls, domain)}
    apart = [_classes(each.calls, domain) - of_holding for each in tried if not each.held]
    groups = [_cover(apart, group) for group in {(name, _argument(one)) for name, one in apart[0]}]
    groups = [group for group in groups if 0 < len(set(map(_which, group))) <= MOST_TOLD]
    return min(
        groups, key=lambda found: (len(found), "equal" in str(found), sorted(found)), default=set()
    )


def _classes(calls: Iterable[Call], domain: Domain) -> set[Class]:
    return {
        (use.name, one)
        for use in uses(calls, domain)
        for one in classes_of(use, domain.of[use.name])
    }


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
