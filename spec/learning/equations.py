"""Which claims state what a name of the contract computes, and their equations as the chapters have them.

The chapters are read as text: nothing of theirs is imported, and an equation stands in one place only.
"""

import ast
from dataclasses import dataclass
from functools import cache

from spec.harness.engine.citations import chapter_paths, citations
from spec.harness.engine.claims import Claim, Ledger
from spec.harness.ground.contract import SECTIONS


@dataclass(frozen=True)
class Equation:
    """What a claim states: its id, its sentence, and its equation ("" where words carry it)."""

    id: str
    says: str
    latex: str


def equations_of(name: str) -> list[Equation]:
    """The equations of a name of the contract or of a method, such as "TwoLayerNet.forward"."""
    return stated().get(name, [])


@cache
def stated() -> dict[str, list[Equation]]:
    """The equations by the names that they state, by `@claim(..., states=...)`.

    In the theory's order, but those of the chapter in which a name is asked for come first: a network of
    chapter 11 begins with what is new there.
    """
    ledger = Ledger()
    claims: dict[str, list[Claim]] = {}
    for path in chapter_paths():
        for citation in citations(ast.parse(path.read_text(encoding="utf-8"))):
            for name in citation.claim.states:
                claims.setdefault(name, []).append(citation.claim)

    def place(name: str, claim: Claim) -> tuple[bool, int]:
        sections = [s for s, names in SECTIONS.items() if name.partition(".")[0] in names]
        return ledger.chapter(claim.id) not in map(ledger.chapter, sections), ledger.order[claim.id]

    return {
        name: [
            Equation(claim.id, ledger.entries[claim.id].says, claim.latex)
            for claim in sorted(stating, key=lambda claim: place(name, claim))
        ]
        for name, stating in claims.items()
    }
