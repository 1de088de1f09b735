"""The book in a real browser: the reference's and that of a broken implementation, whole.

`tox -e browser` runs these by the file's name; `pytest spec/meta` does not find them, for nothing else
needs Chromium.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from .chromium import NoChromium, chromium
from .conftest import ROOT
from .starting import LONGEST

WIDTHS = (360, 800, 1280, 1920)
SMALLEST = 8.5  # pixels: the letters of a figure, on a phone
LONGEST_LOOK = 600_000  # milliseconds, at the page

# Each looks at the page, and returns what is wrong with it.
LINKS = """() => [...document.querySelectorAll('[href]')]
  .map(link => link.getAttribute('href'))
  .filter(to => !to.startsWith('data:') && !(to.startsWith('#') && document.getElementById(to.slice(1))))"""
EQUATIONS = """() => [...document.querySelectorAll('math')].filter(math => {
  const box = math.getBoundingClientRect();
  const around = math.closest('.equation');
  const can_scroll = getComputedStyle(around).overflowX === 'auto';
  const sticks_out = around.scrollHeight > around.clientHeight + 1
    || (around.scrollWidth > around.clientWidth && !can_scroll);
  return !box.width || !box.height || sticks_out;
}).map(math => math.getAttribute('alttext'))"""
WIDER_THAN_THE_PAGE = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = element => element && element !== document.documentElement
    && (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
  const wrong = [...document.querySelectorAll('body *')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.width && box.right > width + 1 && !scrolls(element.parentElement);
  }).map(element => `${element.tagName} ${element.textContent.trim().slice(0, 60)}`);
  return document.documentElement.scrollWidth > width ? ['the page', ...wrong] : wrong;
}"""
CUT_OFF = """() => [...document.querySelectorAll('body *')].filter(element => {
  const hides = getComputedStyle(element).overflowX;
  return ['hidden', 'clip'].includes(hides) && element.scrollWidth > element.clientWidth + 1
    && !(element instanceof SVGElement);
}).map(element => `${element.tagName} ${element.textContent.trim().slice(0, 60)}`)"""
FIGURES = """smallest => [...document.querySelectorAll('figure svg')].flatMap(svg => {
  const box = svg.getBoundingClientRect();
  const size = part => parseFloat(getComputedStyle(part).fontSize);
  const has_letters = part => [...part.childNodes]
    .some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const largest = text => {
    const {a, b} = text.getScreenCTM();
    const parts = [text, ...text.querySelectorAll('tspan')].filter(has_letters);
    return Math.max(...parts.map(size)) * Math.hypot(a, b);
  };
  const least = Math.min(...[...svg.querySelectorAll('text')].map(largest));
  const wrong = !box.width || !box.height || least < smallest;
  return wrong ? [`${svg.getAttribute('aria-label')}: ${least} px`] : [];
})"""
NOT_IN_TURN = """() => [...document.querySelectorAll('a[href], summary, pre, [tabindex]')]
  .filter(element => element.tabIndex !== 0).map(element => element.outerHTML.slice(0, 99))"""


@dataclass
class Opened:
    """A page in a browser, and what it complained of and asked for since."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(LONGEST_LOOK)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked_for.append(request.url))
        self.page.goto(self.address)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def fold(self, unfolded: bool) -> None:
        """Close or open whatever can be."""
        script = "open => document.querySelectorAll('details').forEach(d => { d.open = open; })"
        self.page.evaluate(script, unfolded)

    def widths(self) -> Iterator[str]:
        """Go through the widths, folded and unfolded; says which it is."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            for unfolded in (False, True):
                self.fold(unfolded)
                yield f"{width} px, {'unfolded' if unfolded else 'folded'}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none, this fails and says what to install."""
    try:
        path, why = chromium(), ""
    except NoChromium as none:
        path, why = "", str(none)
    if why:
        pytest.fail(why, pytrace=False)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if is_root else []
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> dict[str, str]:
    """The addresses of two whole books: of the reference, and where the mean over m is missing."""
    folder = tmp_path_factory.mktemp("books")
    plain = (ROOT / "spec" / "meta" / "right" / "plain.py").read_text(encoding="utf-8")
    wrong = plain.replace("@ dZ / m", "@ dZ")
    assert wrong != plain
    (folder / "my_net.py").write_text(wrong, encoding="utf-8")
    for out, options in (("reference", []), ("broken", ["--impl", "my_net.py"])):
        command = [sys.executable, "-m", "spec", "book", "--out", f"{out}.html", *options]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        subprocess.run(
            command,
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)},
            check=True,
            timeout=LONGEST,
        )
    return {out: (folder / f"{out}.html").as_uri() for out in ("reference", "broken")}


@pytest.fixture(scope="module", params=["reference light", "reference dark", "broken light"])
def opened(request: Any, browser: Browser, books: dict[str, str]) -> Iterator[Opened]:
    """A book in a theme."""
    book, theme = request.param.split()
    page = browser.new_page(color_scheme=theme)
    yield Opened(page, books[book])
    page.close()


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"PATH": ""}, "there is no Chromium on this machine, and Playwright could not download"),
        ({"CHROMIUM": "no-such-browser"}, "CHROMIUM is no-such-browser, which is no program"),
    ],
)
def test_where_there_is_no_chromium_the_remedy_is_told(tmp_path, variables, told):
    """In one sentence; nothing answers where Playwright would download it from."""
    nowhere = {
        "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path),
        "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9",
    }
    environment = {k: v for k, v in os.environ.items() if k != "CHROMIUM"} | nowhere | variables
    command = [sys.executable, "-m", "spec.meta.chromium"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith(told)
    assert "apt install chromium" in done.stdout
    assert done.stdout.count("\n") == 1


def test_it_asks_for_nothing_and_complains_of_nothing(opened):
    """From loading to unfolding all of it, at each width."""
    for _ in opened.widths():
        pass
    assert opened.complaints == []
    assert [address for address in opened.asked_for if address != opened.address] == []


def test_every_link_has_its_target(opened):
    """Those inside of drawings, too."""
    assert opened.page.evaluate(LINKS) == []


def test_every_equation_is_laid_out(opened):
    """With a width and a height, inside its own box, or in one that scrolls."""
    assert opened.page.locator("math").count() > 250
    for where in opened.widths():
        assert opened.page.evaluate(EQUATIONS) == [], where


def test_nothing_is_wider_than_the_page_or_cut_off(opened):
    """No page scrolls sideways; what is wider, as code is, does so in a box of its own."""
    for where in opened.widths():
        assert opened.page.evaluate(WIDER_THAN_THE_PAGE) == [], where
        assert opened.page.evaluate(CUT_OFF) == [], where


def test_figures_can_be_read_on_a_phone(opened):
    """They have a size, and so have their letters, but for exponents."""
    opened.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert opened.page.locator("figure svg").count() > 10
    assert opened.page.evaluate(FIGURES, SMALLEST) == []


def test_the_keyboard_reaches_everything(opened):
    """In the order of the text, and first of all a link that leads past the contents."""
    page = opened.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(opened.address)
    opened.fold(True)
    assert page.evaluate(NOT_IN_TURN) == []
    opened.fold(False)
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("class") == "skip"
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#book"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    folded = page.locator("main summary").first
    folded.focus()
    page.keyboard.press("Enter")
    assert folded.evaluate("summary => summary.parentElement.open")
    assert folded.evaluate("summary => getComputedStyle(summary).outlineStyle") == "solid"


def test_it_prints(opened):
    """All of it, what is folded on the screen as well; code that nobody reads on paper is left out."""
    opened.fold(False)
    printed = opened.page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") > 50
    opened.page.emulate_media(media="print")
    assert opened.page.locator(".mistakes dl").first.is_visible()
    assert not opened.page.locator("details.code pre").first.is_visible()
    opened.page.emulate_media(media="screen")


@pytest.fixture(scope="module")
def findings(browser: Browser, books: dict[str, str]) -> Callable[..., list[str]]:
    """A function that returns what axe-core finds serious or critical, all unfolded."""

    def find(book: str, theme: Any, width: int, within: str | None = None) -> list[str]:
        page = browser.new_page(color_scheme=theme, viewport={"width": width, "height": 900})
        opened = Opened(page, books[book])
        opened.fold(True)
        found = Axe().run(page, context=within).response["violations"]
        page.close()
        return [
            f"{finding['id']}: {node['html'][:200]} {node['failureSummary']}"
            for finding in found
            if finding["impact"] in ("serious", "critical")
            for node in finding["nodes"]
        ]

    return find


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing_serious(findings, theme, width):
    """Names, roles, order, and the contrast of every text, that of highlighted code included."""
    assert findings("reference", theme, width) == []


@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1280)])
def test_axe_finds_nothing_serious_in_what_is_told_of_failures(findings, theme, width):
    """These are on no page of the reference."""
    assert findings("broken", theme, width, ".cover") == []
    assert findings("broken", theme, width, ".card.fails") == []
