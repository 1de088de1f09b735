"""The READMEs: short, whole, and true. Every link, path and command that they name is there."""

import argparse
import configparser
import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from spec import __version__
from spec.__main__ import main
from spec.harness.ground.calling import GIVER
from spec.harness.ground.status import Status

from . import names, picture
from .conftest import ROOT

README = ROOT / "README.md"
READMES = sorted([README, *(ROOT / "impl").glob("*.md"), *(ROOT / "spec").rglob("*.md")])
MOST_LINES = 150  # of the first README
MOST_COLUMNS = 120
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"(?:spec|impl)/[\w/.*-]*")  # within code
MODULE = re.compile(r"python -m (spec(?:\.\w+)+)")
ENVIRONMENT = re.compile(r"tox -e ([\w,]+)")
EXTRA = re.compile(r"-e '?[\w/]*\.?\[([\w,]+)\]")
each_readme = pytest.mark.parametrize("path", READMES, ids=lambda p: str(p.relative_to(ROOT)))


def text(path: Path) -> str:
    """The content of a README."""
    return path.read_text(encoding="utf-8")


def code(path: Path) -> Iterator[str]:
    """What stands as code: between backticks, the lines of a fenced block, and what is indented."""
    content = text(path)
    fenced = re.findall(r"^```\w*\n(.*?)^```$", content, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```$", "", content, flags=re.MULTILINE | re.DOTALL)
    for block in [*fenced, *re.findall(r"^    (.*)$", rest, re.MULTILINE)]:
        yield from (line.removeprefix("$ ") for line in block.splitlines())
    for found in re.findall(r"(?<!`)`([^`]+)`", re.sub(r"^    .*$", "", rest, flags=re.M)):
        yield " ".join(found.split())


def anchors(path: Path) -> set[str]:
    """What a link can name in a README: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", text(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_all_readmes_are_looked_at():
    """One a room that a user or contributor goes to; none is empty."""
    rooms = {str(path.parent.relative_to(ROOT)) for path in READMES if path.name == "README.md"}
    assert rooms == {
        *(".", "impl", "spec", "spec/learning", "spec/grading", "spec/book", "spec/meta"),
        "spec/meta/exports",
    }
    assert all(len(text(path)) > 500 for path in READMES)


def test_the_first_readme_is_short():
    """A page; the rest lies beside what it is about."""
    assert len(text(README).splitlines()) <= MOST_LINES


@each_readme
def test_no_line_is_too_long(path):
    """Prose, tables and code alike; but the second command is one line, to be copied as one."""
    long = [line.strip() for line in text(path).splitlines() if len(line) > MOST_COLUMNS]
    assert set(long) <= {second_command()}


@each_readme
def test_every_link_leads_somewhere(path):
    """A file, and a heading in it where one is named."""
    for link in LINK.findall(text(path)):
        place, _, heading = link.partition("#")
        target = (path.parent / place).resolve() if place else path
        assert target.exists(), link
        assert not heading or heading in anchors(target), link


@each_readme
def test_every_path_is_there(path):
    """Of what is named in code, whatever begins with spec/ or impl/; a pattern matches something."""
    for found in (name for line in code(path) for name in PATH.findall(line)):
        name = found.rstrip("./")
        assert list(ROOT.glob(name)), found


@each_readme
def test_every_command_is_one(path, monkeypatch):
    """Each `python -m spec` is understood with its arguments; modules, environments and extras exist."""
    parsed: list[argparse.Namespace] = []
    real = argparse.ArgumentParser.parse_args

    def parse_only(parser, arguments=None, namespace=None):
        parsed.append(real(parser, arguments, namespace))
        raise SystemExit(0)  # understood; not carried out

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "tox.ini", encoding="utf-8")
    listed = settings["tox"]["env_list"].replace(" ", "").split(",")
    environments = {*listed, *(name.removeprefix("testenv:") for name in settings.sections())}
    extras = project()["optional-dependencies"]
    for line in code(path):
        _, _, rest = line.partition("python -m spec ")
        if rest.strip() and not rest.startswith(("-h", "COMMAND")):
            arguments = shlex.split(re.split(r"\s{3,}", rest)[0])
            with pytest.raises(SystemExit) as end:
                main(arguments if len(arguments) > 1 else [*arguments, "--help"])
            assert end.value.code == 0, line
        assert all(importlib.util.find_spec(module) for module in MODULE.findall(line)), line
        assert {e for found in ENVIRONMENT.findall(line) for e in found.split(",")} <= environments
        assert {e for found in EXTRA.findall(line) for e in found.split(",")} <= set(extras), line


def test_every_extra_and_environment_is_told():
    """Each in its table."""
    told = " ".join(code(ROOT / "spec" / "README.md")).split()
    assert set(project()["optional-dependencies"]) <= set(told)
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "tox.ini", encoding="utf-8")
    told = " ".join(code(ROOT / "spec" / "meta" / "README.md")).split()
    named = {name.removeprefix("testenv:") for name in settings.sections() if ":" in name}
    assert named
    assert named <= set(told)


def test_continuous_integration_runs_the_readme_s_test_command():
    """What the README promises is what is checked on every change."""
    assert f"    {second_command()}\n" in text(README)


def second_command() -> str:
    """What continuous integration runs."""
    return text(ROOT / ".ci" / "run").splitlines()[-1]


def test_the_list_of_names_is_the_contract_s():
    """`python -m spec.meta.names` makes it."""
    path = names.README
    assert names.renewed(text(path)) == text(path)


def test_the_report_and_its_picture_are_real():
    """What the README shows is what is said of that file; `python -m spec.meta.picture` draws it."""
    lines = picture.report()
    drawn = picture.drawn(lines)
    assert words(drawn) == words(text(picture.PICTURE))
    report = "\n".join(picture.ESCAPES.sub("", line).rstrip() for line in lines)
    shown = re.findall(r"^```text\n(.*?)^```$", text(README), re.MULTILINE | re.DOTALL)[0]
    parts = [part.strip("\n") for part in shown.split("...\n") if part.strip()]
    assert len(parts) == 2
    assert all(part in report for part in parts)


def words(svg: str) -> list[str]:
    """What can be read in a picture, whatever version of rich has drawn it."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_it_says_where_faults_are_reported():
    """The place, or whoever gave the package, as messages say it; and it is told where sandboxes are."""
    for path in (README, ROOT / "spec" / "grading" / "README.md"):
        assert GIVER in " ".join(text(path).split())


def test_one_version():
    """The code's, the citation's and the changelog's first one; the package takes the code's."""
    assert project()["dynamic"] == ["version"]
    assert f"version = {{{__version__}}}" in text(README)
    newest = re.findall(r"^## (.*)$", text(ROOT / "spec" / "CHANGELOG.md"), re.MULTILINE)[0]
    assert newest == __version__


def test_the_licence_is_there():
    """Where the package says, and where the README links."""
    (file,) = project()["license-files"]
    assert project()["license"] == "MIT"
    assert text(ROOT / file).startswith("MIT License")
    assert f"({file})" in text(README)


def test_the_marks_are_explained():
    """Those that `watch` shows."""
    learning = text(ROOT / "spec" / "learning" / "README.md")
    shown = {status.mark for status in Status}
    assert all(f"{mark} " in learning.partition("The marks:")[2] for mark in shown)


def project() -> dict:
    """The table of the package in pyproject.toml."""
    return tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
