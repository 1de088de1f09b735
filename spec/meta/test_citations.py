"""What is read of a chapter's source is what its decorators say: one truth for tests, book and skeleton."""

import ast
import importlib

import pytest

from spec.harness.engine.citations import chapter_paths, citations
from spec.harness.ground.contract import NAMES
from spec.learning.equations import stated
from spec.learning.reference import Reference


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.name)
def test_the_reader_tells_what_the_marks_say(path):
    """Each test, its lines and every field of its claim, by another way than the reader's."""
    chapter = importlib.import_module(f"spec.{path.stem}")
    marked = {
        name: [mark.args[0] for mark in getattr(test, "pytestmark", []) if mark.name == "claim"]
        for name, test in vars(chapter).items()
        if name.startswith("test_")
    }
    source = path.read_text(encoding="utf-8")
    read = list(citations(ast.parse(source)))
    assert {citation.test: [citation.claim] for citation in read} == marked
    assert len(read) == len(marked)
    lines = source.splitlines()
    for citation in read:
        assert lines[citation.line - 1].startswith("@")
        assert not lines[citation.line - 2].startswith(("@", " "))
        assert any(
            line.startswith(f"def {citation.test}(")
            for line in lines[citation.line - 1 : citation.last]
        )


def test_every_name_of_the_contract_is_stated_by_a_claim():
    """Of a class, its methods or itself; and no chapter states a name that there is not."""
    names, reference = {name.partition(".")[0] for name in stated()}, Reference()
    assert names == set(NAMES)
    for name in stated():
        owner, _, method = name.partition(".")
        assert not method or method in reference.methods(owner), name
