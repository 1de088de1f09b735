"""The implementation as a listing: each function, and the claims that exercise it."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from spec.harness.engine.claim_coverage import Function

from .run import Judged, Source
from .typeset import excerpt, highlighted

MOST_BESIDE = 40  # lines of the implementation beside a test
IN_MARGIN = 5  # claims; the others are folded away


@dataclass(frozen=True)
class Segment:
    """Some lines of a source: a function with the claims that exercise it, or what stands between."""

    code: Markup
    name: str = ""
    anchor: str = ""
    claims: tuple[str, ...] = ()  # those that exercise the fewest functions first
    missed: int = 0  # statements that no claim reaches

    @property
    def in_margin(self) -> tuple[str, ...]:
        """The claims to show at once."""
        return self.claims[:IN_MARGIN]

    @property
    def folded(self) -> tuple[str, ...]:
        """The other claims."""
        return self.claims[IN_MARGIN:]


@dataclass(frozen=True)
class Listing:
    """One file of the implementation."""

    name: str
    segments: list[Segment]


@dataclass(frozen=True)
class Excerpt:
    """A function that a claim exercises, to stand beside its test; without code where there is no room."""

    name: str
    anchor: str
    code: Markup


class Implementation:
    """The sources that were judged, and which of their functions each claim exercises."""

    def __init__(self, judged: Judged) -> None:
        self.judged = judged
        self._sources = {source.path: source for source in judged.sources}
        self._functions = _merged(f for f in judged.functions if str(f.file) in self._sources)
        self._breadth: dict[str, int] = {}
        for function in self._functions:
            for claim in function.claims:
                self._breadth[claim] = self._breadth.get(claim, 0) + 1

    def listings(self) -> list[Listing]:
        """All of it, file by file."""
        return [
            Listing(source.name, list(self._segments(source))) for source in self.judged.sources
        ]

    def _segments(self, source: Source) -> Iterable[Segment]:
        at, end = 1, len(highlighted(source.text))
        for function in (f for f in self._functions if str(f.file) == source.path):
            if function.first > at:
                yield Segment(excerpt(source.text, at, function.first - 1))
            yield Segment(
                excerpt(source.text, function.first, function.last),
                function.name,
                self._anchor(function),
                tuple(sorted(function.claims, key=lambda claim: (self._breadth[claim], claim))),
                len(function.missed),
            )
            at = function.last + 1
        if end >= at:
            yield Segment(excerpt(source.text, at, end))

    def beside(self, claim: str) -> list[Excerpt]:
        """What a claim exercises: the functions that the fewest claims do first, constructors last."""
        exercised = [f for f in self._functions if claim in f.claims]
        exercised.sort(key=lambda f: (f.name.endswith("__init__"), len(f.claims)))
        excerpts, room = [], MOST_BESIDE
        for function in exercised:
            room -= function.last - function.first + 1
            text = self._sources[str(function.file)].text
            code = excerpt(text, function.first, function.last) if room >= 0 else Markup()
            excerpts.append(Excerpt(function.name, self._anchor(function), code))
        return sorted(excerpts, key=lambda e: not e.code)

    def _anchor(self, function: Function) -> str:
        place = list(self._sources).index(str(function.file)) + 1
        return f"code-{place}-{function.first}"


def _merged(functions: Iterable[Function]) -> list[Function]:
    """The functions in the order of the source, each once, whatever run exercised it."""
    by_place: dict[tuple[str, int], Function] = {}
    for function in functions:
        place = str(function.file), function.first
        known = by_place.get(place, function)
        by_place[place] = Function(
            function.file,
            function.name,
            function.first,
            function.last,
            sorted({*known.claims, *function.claims}),
            function.n_lines,
            sorted({*known.missed} & {*function.missed}),
        )
    return [by_place[place] for place in sorted(by_place)]
