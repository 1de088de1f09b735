"""The first hour, as a newcomer has it: each command is run, and shows what is shown in the README."""

import ast
import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from .conftest import ROOT
from .starting import run_module

BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANYTHING = "..."
PROGRAMS = {
    "python": [],  # what follows is -m
    "pytest": ["-m", "pytest", "-p", "no:cacheprovider", "--color=no"],
}


def blocks() -> Iterator[tuple[str, str]]:
    """The kind and the content of each block of the section, from the top."""
    readme = (ROOT / "spec" / "learning" / "README.md").read_text(encoding="utf-8")
    section = readme.partition("\n## Your first hour\n")[2].partition("\n## ")[0]
    for found in BLOCK.finditer(section):
        yield found[1], found[2]


def run(command: str, folder: Path) -> str:
    """What a command shows in the folder, into which the specification is taken along by its path."""
    program, *arguments = shlex.split(command)
    here = [
        str(ROOT / "spec") if each == "spec" and program == "pytest" else each for each in arguments
    ]
    _, module, *options = [*PROGRAMS[program], *here]
    done = run_module(module, *options, cwd=folder)
    assert not done.stderr
    return done.stdout


def shows(text: str, expected: str) -> bool:
    """Whether a text is what is expected; `...` stands for anything, ŷ is one character or two."""
    seen, wanted = (unicodedata.normalize("NFC", each.strip()) for each in (text, expected))
    pattern = ".*".join(map(re.escape, wanted.split(ANYTHING)))
    return re.fullmatch(pattern, seen, re.DOTALL) is not None


def put(function: str, file: Path) -> None:
    """Put the body of a function into the file, in place of the one that stands there."""
    source = file.read_text(encoding="utf-8")
    new = ast.parse(function).body[0]
    assert isinstance(new, ast.FunctionDef)
    old = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == new.name
    )
    body = [each for each in old.body if not isinstance(each, ast.Expr)]  # all but the docstring
    lines, first = source.splitlines(), body[0].lineno - 1
    lines[first : old.end_lineno] = function.splitlines()[1:]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_first_hour_goes_as_it_is_told(tmp_path):
    """From an empty folder to the first section proved."""
    told = list(blocks())
    assert [kind for kind, _ in told].count("console") > 3
    for kind, content in told:
        if kind == "python":
            put(content, tmp_path / "my_net.py")
            continue
        command, _, expected = content.removeprefix("$ ").partition("\n")
        text = run(command, tmp_path)
        assert shows(text, expected), f"$ {command}\n{text}"
    assert "7       ·     ·     ·        ·      ·" in text  # all seven claims of the section hold
