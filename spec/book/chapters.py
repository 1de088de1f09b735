"""Reading a chapter as a text: prose, the tests in between, and what these lean on."""

import ast
import io
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from spec.harness.engine.cases import CHAPTER
from spec.harness.engine.citations import Citation, chapter_paths, citations, first_line


@dataclass(frozen=True)
class Prose:
    """A block of Markdown, and the line that it begins in."""

    line: int
    text: str


class ChapterFile:
    """One file of the book, part of a chapter of the theory."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`."""
        self.path = path
        self.source = path.read_text(encoding="utf-8")
        self._tree = ast.parse(self.source)
        match = CHAPTER.fullmatch(path.name)
        assert match
        self.chapter = str(int(match[1]))

    @cached_property
    def prose(self) -> str:
        """The docstring: Markdown, with the title on top."""
        return ast.get_docstring(self._tree) or ""

    @cached_property
    def citations(self) -> list[Citation]:
        """The tests, each with its claim."""
        return list(citations(self._tree))

    @cached_property
    def parts(self) -> list[Prose | Citation]:
        """What follows the docstring, in its order."""
        parts: list[Prose | Citation] = [*self._comments(), *self.citations]
        return sorted(parts, key=lambda part: part.line)

    @cached_property
    def helpers(self) -> list[tuple[int, int]]:
        """First and last lines of all statements that are neither tests nor the docstring."""
        tests = {citation.last for citation in self.citations}
        return [
            (first_line(node), node.end_lineno or node.lineno)
            for node in self._tree.body[1:]
            if node.end_lineno not in tests
        ]

    def _comments(self) -> list[Prose]:
        """Blocks of whole-line comments at the margin; those within a statement are none."""
        inside = {
            line
            for node in self._tree.body
            for line in range(first_line(node), (node.end_lineno or node.lineno) + 1)
        }
        blocks: list[list[tuple[int, str]]] = []
        for token in tokenize.generate_tokens(io.StringIO(self.source).readline):
            line, column = token.start
            if token.type != tokenize.COMMENT or column or line in inside:
                continue
            text = token.string.removeprefix("#").removeprefix(" ")
            if blocks and blocks[-1][-1][0] == line - 1:
                blocks[-1].append((line, text))
            else:
                blocks.append([(line, text)])
        return [Prose(block[0][0], "\n".join(text for _, text in block)) for block in blocks]


def chapter_files() -> list[ChapterFile]:
    """All files of the book in their order."""
    return [ChapterFile(path) for path in chapter_paths()]
