"""The appendices about the claims: the errata, and the ledger with the wrong ones that each claim catches."""

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field

from spec.harness.engine.cases import SPEC
from spec.harness.engine.claims import Entry
from spec.harness.ground.status import Status

from .contents import Card, Chapter, Proof
from .figures import Figure

ZOO = SPEC / "meta" / "zoo"


@dataclass
class Row:
    """A claim in the ledger: all that the book says of it, wherever."""

    entry: Entry
    verdict: str
    status: Status
    is_theorem: bool
    zoo: list[str]
    proofs: list[Proof] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    @property
    def n_mistakes(self) -> int:
        """How many mistakes its tests know."""
        return sum(proof.n_mistakes for proof in self.proofs)


def rows(chapters: list[Chapter], order: dict[str, int]) -> list[Row]:
    """The claims of these chapters in the theory's order."""
    zoo, found = wrong_ones(), dict[str, Row]()
    for card in (card for chapter in chapters for s in chapter.sections for card in s.cards):
        row = found.setdefault(card.entry.id, _row(card, zoo[card.entry.id]))
        row.proofs += card.proofs
        row.figures += card.figures + card.see
    return [found[id] for id in sorted(found, key=order.__getitem__)]


def _row(card: Card, zoo: list[str]) -> Row:
    return Row(card.entry, card.verdict, card.status, card.is_theorem, zoo)


def errata(ledger: list[Row]) -> list[Row]:
    """Those claims that the theory is wrong about, with the tests that say so."""
    return [
        Row(
            row.entry,
            row.verdict,
            row.status,
            row.is_theorem,
            row.zoo,
            [proof for proof in row.proofs if proof.verdict != "holds"]
            + [proof for proof in row.proofs if proof.corrected],
            row.figures,
        )
        for row in ledger
        if row.verdict != "holds"
    ]


def wrong_ones() -> dict[str, list[str]]:
    """The wrong implementations of the meta suite, by the claim that must catch them.

    Of the cheats, which are tried in every name, the names are told.
    """
    caught: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ZOO.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for wrong in content.get("wrong", ()):
            caught[wrong["claim"]].append(wrong["name"])
        for name, claims in content.get("claims", {}).items():
            for claim in [claims] if isinstance(claims, str) else claims:
                caught[claim].append(f"any cheat in {name}")
    return caught
