"""The contents of the book: chapters of headings, prose and cards, a card for each claim."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from spec.harness.engine.citations import Citation
from spec.harness.engine.claims import Entry
from spec.harness.engine.records import Outcome, Record
from spec.harness.ground.status import Status
from spec.harness.mathematics.sampling import in_words as detected
from spec.harness.telling.explain import Explanation

from .chapters import ChapterFile, Prose
from .evidence import Slips
from .figures import Figure
from .listing import Excerpt, Implementation
from .numbers import as_sentence, claim_anchor, file_anchor, in_words, rounded, test_anchor
from .run import Findings
from .typeset import excerpt, headed, mathml, prose

VERDICTS = {"holds": "holds", "conditional": "holds under a condition", "refuted": "refuted"}


@dataclass(frozen=True)
class Heading:
    """A heading within a chapter."""

    level: int
    title: str
    anchor: str


@dataclass(frozen=True)
class Proof:
    """One test as the book shows it; of a parametrised one, all its cases together."""

    anchor: str
    name: str
    equation: Markup
    verdict: str  # other than "holds" for a counter-example
    instead: str
    corrected: bool
    obligation: bool
    why: Markup
    status: Status
    waits_for: str
    explanation: Explanation | None
    facts: list[str]
    figures: list[tuple[str, str]]
    mistakes: list[Slips]
    code: Markup

    @property
    def n_mistakes(self) -> int:
        """How many mistakes the test knows."""
        return sum(len(slips.slips) for slips in self.mistakes)


@dataclass
class Card:
    """A claim, or what is said of it in one place."""

    entry: Entry
    number: str
    anchor: str
    level: int  # of its heading
    verdict: str
    status: Status
    is_theorem: bool
    continues: bool  # whether the claim was told of before
    proofs: list[Proof] = field(default_factory=list)
    beside: list[Excerpt] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    see: list[Figure] = field(default_factory=list)  # those of other claims


@dataclass(frozen=True)
class Section:
    """A file of the book."""

    title: str
    anchor: str
    opens_chapter: bool  # its title is the chapter's
    parts: list[Heading | Markup | Card]
    helpers: Markup
    file: str

    @property
    def cards(self) -> list[Card]:
        """The claims told of here."""
        return [part for part in self.parts if isinstance(part, Card)]


@dataclass(frozen=True)
class Chapter:
    """A chapter of the theory."""

    number: str
    title: str
    anchor: str
    sections: list[Section]


class Contents:
    """Puts the chapters together from the files and from what came of running them."""

    def __init__(
        self,
        findings: Findings,
        implementation: Implementation,
        numbers: dict[str, str],
        figures: list[Figure],
    ) -> None:
        self._findings, self._implementation = findings, implementation
        self._numbers, self._figures = numbers, figures
        self._outcomes = findings.outcomes()
        self._told: set[str] = set()

    def chapters(self, files: list[ChapterFile]) -> list[Chapter]:
        """The chapters, as far as their claims were chosen."""
        chapters: dict[str, Chapter] = {}
        for file in files:
            section = self._section(file)
            if section.cards:
                title = self._findings.ledger.titles[file.chapter]
                empty = Chapter(file.chapter, title, f"chapter-{file.chapter}", [])
                chapters.setdefault(file.chapter, empty).sections.append(section)
        return list(chapters.values())

    def _section(self, file: ChapterFile) -> Section:
        [(_, title, opening)] = headed(file.prose)
        known = self._findings.ledger.titles[file.chapter]
        title = as_sentence(title.removeprefix(f"{file.chapter} ").removeprefix(f"{known}: "))
        anchor = file_anchor(file)
        parts = [opening, *self._parts(file, anchor)]
        helpers = [excerpt(file.source, first, last) for first, last in file.helpers]
        code = Markup("\n").join(helpers)
        return Section(title, anchor, title == known, parts, code, file.path.name)

    def _parts(self, file: ChapterFile, anchor: str) -> Iterator[Heading | Markup | Card]:
        level, n, card = 3, 0, None
        for part in file.parts:
            if isinstance(part, Prose):
                card = None
                for heading, title, text in headed(part.text):
                    if heading:
                        level, n = heading + 2, n + 1
                        yield Heading(level, title, f"{anchor}-{n}")
                    yield text
            elif part.claim.id in self._outcomes:
                if card is None or card.entry.id != part.claim.id:
                    card = self._card(part.claim.id, level + 1)
                    yield card
                card.proofs.append(self._proof(file, part))

    def _card(self, id: str, level: int) -> Card:
        outcome, again = self._outcomes[id], id in self._told
        self._told.add(id)
        return Card(
            self._findings.ledger.entries[id],
            self._numbers[id],
            claim_anchor(id),
            level,
            VERDICTS[outcome.verdict],
            outcome.status,
            outcome.is_theorem,
            again,
            beside=[] if again else self._implementation.beside(id),
            figures=[] if again else [f for f in self._figures if f.claim == id],
            see=[] if again else [f for f in self._figures if id in f.also],
        )

    def _proof(self, file: ChapterFile, citation: Citation) -> Proof:
        records = self._records(
            self._outcomes[citation.claim.id], f"{file.path.name}::{citation.test}"
        )
        worst, claim = Outcome(citation.claim.id, records).worst, citation.claim
        evidence = [e for r in records if (e := self._findings.evidence.get(r.test))]
        mistakes = next((e.mistakes for e in evidence if e.mistakes), [])
        return Proof(
            test_anchor(file, citation.test),
            citation.test,
            mathml(claim.latex) if claim.latex else Markup(),
            claim.verdict,
            claim.instead,
            claim.corrected,
            worst.obligation,
            prose(worst.why),
            worst.status,
            worst.waits_for,
            worst.explanation,
            list(self._facts(records)) if worst.status == Status.HOLDS else [],
            list({what: in_words(value) for r in records for what, value in r.figures}.items()),
            mistakes,
            excerpt(file.source, citation.line, citation.last),
        )

    def _records(self, outcome: Outcome, test: str) -> list[Record]:
        return [r for r in outcome.records if r.test.partition("[")[0].endswith(f"/{test}")]

    def _facts(self, records: list[Record]) -> Iterator[str]:
        """What was measured of the test itself, in a few words each."""
        examples = sum(record.examples for record in records)
        comparisons = sum(record.comparisons for record in records)
        if examples:
            yield f"{examples} examples tried"
        elif len(records) > 1:
            yield f"{len(records)} cases tried"
        if comparisons:
            yield "1 comparison" if comparisons == 1 else f"{comparisons} comparisons"
            evidence = [self._findings.evidence[record.test] for record in records]
            worst = max(evidence, key=lambda e: e.worst)
            if worst.worst:
                yield f"worst relative error {rounded(worst.worst)}, allowed {rounded(worst.allowed)}"
            elif any(e.allowed for e in evidence):
                yield "no error at all"
        risk = sum(record.false_alarms for record in records)
        if risk:
            yield f"false alarms at most {rounded(risk)} a run"
        if departures := self._findings.detects[records[0].test]:
            yield f"detects {detected(departures)}"
