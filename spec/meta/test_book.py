"""The book: what is on the page, that its links lead somewhere, and what is said of wrong inputs."""

import html
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from spec.harness.claims import Ledger

from .conftest import ROOT

SECTION = "5.3"


class Page(HTMLParser):
    """The ids, links and MathML of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: Counter[str] = Counter()
        self.equations: set[str] = set()
        self.attributes: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        self.tags[tag] += 1
        for name, value in attrs:
            self.attributes[name] += 1
            if name == "id":
                self.ids.append(value or "")
            elif name in ("href", "xlink:href", "src"):
                self.links.append(value or "")
            elif name == "alttext":
                self.equations.add(value or "")


@dataclass(frozen=True)
class Woven:
    """What a run of the command left: the page, what it printed, and its exit status."""

    page: str
    told: str
    status: int


@pytest.fixture(scope="module")
def weave(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Woven]:
    """A function that runs `python -m spec book` in a folder; `source` becomes my_net.py there."""
    folder = tmp_path_factory.mktemp("book")

    def run(*options: str, source: str = "", out: str = "book.html", **variables: str) -> Woven:
        if source:
            (folder / "my_net.py").write_text(source, encoding="utf-8")
            options = ("--impl", "my_net.py", *options)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        done = subprocess.run(
            [sys.executable, "-m", "spec", "book", "--out", out, *options],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)} | variables,
            capture_output=True,
            text=True,
            timeout=200,
        )
        path = folder / out
        page = path.read_text(encoding="utf-8") if done.returncode == 0 else ""
        return Woven(page, done.stdout + done.stderr, done.returncode)

    return run


@pytest.fixture(scope="module")
def section(weave: Callable[..., Woven]) -> Page:
    """The page of section 5.3."""
    woven = weave("--section", SECTION, PYTHONHASHSEED="1")
    assert woven.status == 0, woven.told
    return Page(woven.page)


def test_every_claim_of_the_section_is_there_with_its_equations(section):
    """With its sentence, and each of its equations as MathML."""
    sources = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "spec").glob("test_05_3*.py"))
    for id in Ledger().matching(SECTION):
        assert f"claim-{id.replace('/', '-')}" in section.ids
        assert f"ledger-{id.replace('/', '-')}" in section.ids
    decorated = re.findall(r"@claim\(\s*\"[^\"]+\",((?:\s*r\"[^\"]*\")+)", sources)
    equations = {"".join(re.findall(r"r\"([^\"]*)\"", parts)) for parts in decorated}
    assert len(equations) > 10
    assert equations <= section.equations


def test_every_link_leads_somewhere(section):
    """Within the page; nothing is fetched from elsewhere, and no id stands twice."""
    assert [id for id, n in Counter(section.ids).items() if n > 1] == []
    assert [link for link in section.links if link[1:] not in section.ids and link != "data:,"] == [
        link for link in section.links if link.startswith("data:image/png")
    ]
    assert not section.tags["script"]
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org)", section.text)


def test_the_same_inputs_give_the_same_bytes(section, weave):
    """Whatever the order in which Python keeps its sets."""
    again = weave("--section", SECTION, PYTHONHASHSEED="2")
    assert again.page == section.text


def test_what_was_measured_and_what_goes_wrong_is_told(section):
    """Examples, errors, mistakes; the code of the test, and what it exercises."""
    for told in (
        "examples tried",
        "worst relative error",
        "the mean over the m samples is missing",
        "What it exercises",
        "impl/networks.py",
        "1/m twice",  # in the zoo
    ):
        assert told in html.unescape(section.text), told


BROKEN = '''
import os
import numpy as np

def relu(z):
    """<script>alert("x")</script> & <b>bold</b>"""
    raise ValueError("<script>alert(1)</script>")

def sigmoid(z):
    os._exit(3)

def tanh(z):
    return np.tanh(z)

def softmax(Z):
    E = np.exp(Z)
    return E / E.sum()

def leaky_relu(z, alpha=0.01):
    raise SystemExit
'''


def test_a_broken_and_hostile_implementation_still_gives_a_whole_book(weave):
    """It ends its process, raises markup, and lacks most names; what holds of it still holds."""
    woven = weave("--section", "3.2", source=BROKEN)
    assert woven.status == 0, woven.told
    page = Page(woven.page)
    ledger = Ledger()
    for id in ledger.matching("3.2"):
        assert f"claim-{id.replace('/', '-')}" in page.ids
    assert not page.tags["script"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    for told in ("Not written yet", "ended the process", "SystemExit", "my_net.py"):
        assert told in page.text, told
    assert str(ROOT) not in page.text
    assert re.search(r"the sum runs over the whole matrix", page.text)
    assert 'class="badge holds"' in page.text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--section", "13"], "known are 2 3 4 5 6 7 8 9 10 11 12"),
        (["--section", "5.9"], "known are 5 5.1 5.2 5.3 5.4 5.5"),
        (["--section", "softmax"], "there is none of that number"),
        (["--impl", "no_such_net.py"], "there is no file"),
    ],
)
def test_wrong_inputs_are_answered_in_one_sentence(weave, options, sentence):
    """With the remedy, and nothing run."""
    woven = weave(*options, source="")
    assert woven.status == 2
    assert sentence in woven.told
    assert woven.told.count("\n") == 1


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("book.py", "a name that ends in .html"),
        ("nowhere/book.html", "there is no folder nowhere; make it first"),
        ("folder.html", "this is a folder; name a file in it"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_named_at_once(tmp_path, capsys, out, sentence):
    """Before anything is run; a learner's file is never written over."""
    from spec.__main__ import main

    (tmp_path / "folder.html").mkdir()
    assert main(["book", "--out", str(tmp_path / out)]) == 2
    assert sentence.replace("nowhere;", f"{tmp_path / 'nowhere'};") in capsys.readouterr().err


def test_a_missing_extra_is_named(monkeypatch, capsys):
    """With the command that installs it."""
    from spec.__main__ import main

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jinja2" else name)
    assert main(["book", "--out", "book.html"]) == 2
    assert "the book needs Jinja2: pip install -e '.[book]'" in capsys.readouterr().err


def test_pytest_spec_imports_nothing_of_the_book():
    """Neither the package nor its libraries; Pygments is pytest's own."""
    code = (
        "import sys, pytest; pytest.main(['spec', '-qq', '--collect-only', '-p', 'no:cacheprovider']);"
        "book = ('spec.book', 'jinja2', 'latex2mathml', 'markdown_it', 'matplotlib', 'rich');"
        "print([n for n in sys.modules if n.startswith(book)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout[-300:] + done.stderr
