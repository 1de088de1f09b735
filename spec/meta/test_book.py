"""The book: what is on the page, that its links lead somewhere, and what is said of wrong inputs."""

import ast
import html
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from spec.__main__ import main
from spec.harness.engine.citations import chapter_paths, citations
from spec.harness.engine.claims import Claim, Ledger

from .conftest import ROOT
from .starting import LONGEST

LIBRARIES = ("jinja2", "latex2mathml", "markdown_it", "matplotlib", "pygments", "rich")
for library in LIBRARIES:
    pytest.importorskip(library)

SECTION = "5.3"
MOST_BYTES = 4_000_000
FIGURES = {  # that people were promised, by the claim that each belongs to: the beginning of its title
    "activations and derivatives": "The activations and their derivatives",
    "XOR": "XOR, by a line and by one hidden layer",
    "universal approximation": "A hidden layer closing in on a wave",
    "tent maps": "Each fold doubles the pieces",
    "finite differences": "The error of a difference, by the size of its step",
    "fifty layers": "A signal through fifty ReLU layers",
    "initialisations": "Three starts on the moons",
    "the reference run": "The accuracy of the reference run",
    "boundaries": "The boundary at epochs 10, 100 and 1000",
    "two layers and three": "Two layers against three",
    "activations compared": "Four activations",
    "lambda": "The price of a penalty",
    "learning rates": "Four learning rates",
    "gradient noise": "Gradient noise against the size of the batch",
    "the kernel": "The kernel of an infinitely wide network",
    "digits": "Digits read, and misread",
}


class Page(HTMLParser):
    """The ids, links, equations and captions of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.tags: Counter[str] = Counter()
        self.equations: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        self.tags[tag] += 1
        for name, value in attrs:
            if name == "id":
                self.ids[value or ""] += 1
            elif name in ("href", "xlink:href", "src"):
                self.links.append(value or "")
            elif name == "alttext":
                self.equations.add(value or "")

    def part(self, begin: str, end: str) -> str:
        """The text from one string on to the next other one, without entities."""
        return html.unescape(self.text.partition(begin)[2].partition(end)[0])


def anchor(kind: str, id: str) -> str:
    """Where something of a claim stands."""
    return f"{kind}-{id.replace('/', '-')}"


def cited(chapter: str = "test_") -> list[Claim]:
    """What the tests say of their claims, in the files whose names begin so."""
    paths = [path for path in chapter_paths() if path.name.startswith(chapter)]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return [citation.claim for tree in trees for citation in citations(tree)]


@dataclass(frozen=True)
class Woven:
    """What a run of the command left: the page, what it printed, and its exit status."""

    page: str
    told: str
    status: int


@pytest.fixture(scope="module")
def weave(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Woven]:
    """A function that runs `python -m spec book` in a new folder; `source` becomes my_net.py there."""

    def run(*options: str, source: str = "", **variables: str) -> Woven:
        folder = tmp_path_factory.mktemp("book")
        if source:
            (folder / "my_net.py").write_text(source, encoding="utf-8")
            options = ("--impl", "my_net.py", *options)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        done = subprocess.run(
            [sys.executable, "-m", "spec", "book", "--out", "book.html", *options],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)} | variables,
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        path = folder / "book.html"
        page = path.read_text(encoding="utf-8") if done.returncode == 0 else ""
        return Woven(page, done.stdout + done.stderr, done.returncode)

    return run


@pytest.fixture(scope="module")
def book(weave: Callable[..., Woven]) -> Page:
    """The whole book, about the reference."""
    woven = weave()
    assert woven.status == 0, woven.told
    return Page(woven.page)


@pytest.fixture(scope="module")
def section(weave: Callable[..., Woven]) -> Page:
    """The page of section 5.3."""
    woven = weave("--section", SECTION, PYTHONHASHSEED="1")
    assert woven.status == 0, woven.told
    return Page(woven.page)


def test_every_claim_is_there_once_with_its_equations(book):
    """In its chapter and in the ledger; each equation as MathML."""
    for id in Ledger().entries:
        assert book.ids[anchor("claim", id)] == 1, id
        assert book.ids[anchor("ledger", id)] == 1, id
    equations = {claim.latex for claim in cited() if claim.latex}
    assert len(equations) > 200
    assert equations - book.equations == set()
    assert "\\" not in "".join(re.findall(r"<m[ion][^>]*>([^<]*)<", book.text))


def test_every_link_leads_somewhere(book, section):
    """Within the page; nothing is fetched from elsewhere, and no id stands twice."""
    for page in (book, section):
        assert {id: n for id, n in page.ids.items() if n > 1} == {}
        away = [link for link in page.links if link[:1] != "#" or link[1:] not in page.ids]
        assert [link for link in away if not link.startswith("data:")] == []
        assert not page.tags["script"]
        assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org)", page.text)


def test_it_is_small_enough_to_put_online(book):
    """In one file."""
    assert len(book.text.encode()) < MOST_BYTES


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_there_with_a_caption(book, figure):
    """Drawn, and said what to see in it; no value is left out of the caption."""
    caption = book.part(f". {FIGURES[figure]}.</strong>", "</figcaption>")
    assert len(caption) > 80
    assert not re.search(r"[{}]|nan|inf\b", caption)
    assert f'aria-label="{FIGURES[figure]}"' in book.text


def test_every_erratum_has_its_counter_example_and_its_figure(book):
    """And what holds instead."""
    wrong = {claim.id for claim in cited() if claim.verdict != "holds"}
    errata = book.part('id="errata"', 'id="ledger"').split('<article class="card erratum">')[1:]
    assert len(errata) == len(wrong) > 10
    for erratum in errata:
        for told in ("As the theory has it", "Instead:", "Counter-example", "What holds", "<use "):
            assert told in erratum, erratum[:300]


def test_the_ledger_tells_what_each_claim_catches(book):
    """The wrong implementations that the meta suite keeps for it."""
    for path in (ROOT / "spec/meta/zoo").glob("*.toml"):
        for wrong in tomllib.loads(path.read_text(encoding="utf-8")).get("wrong", ()):
            row = book.part(f'id="{anchor("ledger", wrong["claim"])}"', "</tr>")
            assert wrong["name"] in row, (wrong["claim"], wrong["name"])


def test_claims_and_listing_are_linked_both_ways(book):
    """A function names the claims that exercise it, and their tests show it or name it."""
    listing = book.text.partition('id="implementation"')[2]
    functions = re.findall(r'class="segment" id="(code-[^"]+)"(.*?)<pre', listing, re.DOTALL)
    assert len(functions) > 60
    for function, margin in functions:
        for claim in re.findall(r'href="#(claim-[^"]+)"', margin):
            card = book.text.partition(f'id="{claim}"')[2].partition("</article>")[0]
            assert f'href="#{function}"' in card or "What it exercises" not in card, claim


def test_the_same_inputs_give_the_same_bytes(section, weave):
    """Whatever the folder, and the order in which Python keeps its sets."""
    again = weave("--section", SECTION, PYTHONHASHSEED="2")
    assert again.page == section.text
    assert str(Path.home()) not in section.text
    assert str(ROOT) not in section.text


def test_a_section_tells_of_its_claims_alone(section):
    """With all of what was measured: examples, errors, mistakes, and the code that is exercised."""
    told = {id for id in section.ids if id.startswith("claim-")}
    assert told == {anchor("claim", id) for id in Ledger().matching(SECTION)}
    assert {claim.latex for claim in cited("test_05_3")} - {""} <= section.equations
    for words in (
        "examples tried",
        "worst relative error",
        "the mean over the m samples is missing",
        "What it exercises",
        "impl/networks.py",
        "1/m twice",  # in the zoo
    ):
        assert words in html.unescape(section.text), words


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
        assert anchor("claim", id) in page.ids
    assert not page.tags["script"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    for told in ("Not written yet", "ended the process", "SystemExit", "my_net.py"):
        assert told in page.text, told
    assert str(ROOT) not in page.text
    assert re.search(r"the sum runs over the whole matrix", page.text)
    assert 'class="badge holds"' in page.text


def test_code_that_cannot_be_run_still_gives_a_whole_book(weave):
    """Its theorems, its prose, the source, and why nothing else is judged."""
    woven = weave(
        "--section", "2", source="raise RuntimeError('<b>')\n\ndef mine(z):\n    return z\n"
    )
    assert woven.status == 0, woven.told
    page = Page(woven.page)
    assert {anchor("claim", id) for id in Ledger().matching("2")} <= set(page.ids)
    assert "importing my_net.py raised RuntimeError: &lt;b&gt; at my_net.py, line 1" in page.text
    for told in (
        'class="badge holds">theorem',
        'class="badge todo">not run',
        "A hidden layer closing in",
    ):
        assert told in page.text, told


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--section", "13"], "known are 2 3 4 5 6 7 8 9 10 11 12"),
        (["--section", "5.9"], "known are 5 5.1 5.2 5.3 5.4 5.5"),
        (["--section", "softmax"], "there is none of that number"),
        (["--out", "book.py"], "a name that ends in .html"),
        (["--out", "nowhere/book.html"], "there is no folder nowhere; make it first"),
        (["--out", "folder.html"], "this is a folder; name a file in it"),
        (["--impl", "no_such_net.py"], "there is no file"),
    ],
)
def test_wrong_inputs_are_answered_in_one_sentence(tmp_path, monkeypatch, capfd, options, sentence):
    """With the remedy; a book that was there before remains."""
    monkeypatch.chdir(tmp_path)
    Path("folder.html").mkdir()
    Path("book.html").write_text("before", encoding="utf-8")
    out = [] if "--out" in options else ["--out", "book.html"]
    assert main(["book", *out, *options]) == 2
    told = capfd.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
    assert Path("book.html").read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.html", "folder.html"]


@pytest.mark.parametrize("broken", ["spec.book.command.TemporaryFile", "pathlib.Path.replace"])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path, monkeypatch, capsys, broken):
    """Before anything is run, or where the disk is full in the end; what was there remains."""

    def full(*_: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "book.html"
    out.write_text("before", encoding="utf-8")
    monkeypatch.setattr(broken, full)
    monkeypatch.setattr("spec.book.weave.weave", lambda *_: ("page", "1 claim"))
    assert main(["book", "--out", str(out)]) == 2
    assert "cannot be written: no space left on device; choose" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [out]


def test_a_missing_extra_is_named(monkeypatch, capsys):
    """With the command that installs it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jinja2" else name)
    assert main(["book", "--out", "book.html"]) == 2
    assert "the book needs Jinja2: pip install Jinja2" in capsys.readouterr().err


def test_pytest_spec_imports_nothing_of_the_book():
    """Neither the package nor its libraries; Pygments is pytest's own."""
    code = (
        "import sys, pytest; pytest.main(['spec', '-qq', '--collect-only', '-p', 'no:cacheprovider']);"
        "book = ('spec.book', 'jinja2', 'latex2mathml', 'markdown_it', 'matplotlib', 'rich');"
        "print([n for n in sys.modules if n.startswith(book)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout[-300:] + done.stderr
