"""From LaTeX, Markdown and Python to HTML, each by the library made for it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from pygments import highlight
from pygments.filter import Filter
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

from .spacing import spaced

NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'
UNKNOWN = {"arg": "operatorname{arg}"}  # commands that latex2mathml passes through as text
STYLES = {  # browsers no longer read mathvariant: the letter itself must be bold, script or hollow
    "bold": ("MATHEMATICAL BOLD",),
    "double-struck": ("DOUBLE-STRUCK", "MATHEMATICAL DOUBLE-STRUCK"),
    "script": ("SCRIPT", "MATHEMATICAL SCRIPT"),
}
DIGITS = ["ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"]


@cache
def mathml(latex: str) -> Markup:
    """An equation as MathML, a block of its own; its LaTeX is the alternative text."""
    known = latex
    for command, substitute in UNKNOWN.items():
        known = re.sub(rf"\\{command}(?![a-zA-Z])", rf"\\{substitute}", known)
    converted = convert(known, display="block").replace(NAMESPACE, "")
    tree = ElementTree.fromstring(converted)  # noqa: S314  (of the chapters)
    tree.set("alttext", latex)
    spaced(tree)
    for element in tree.iter():
        style = element.attrib.get("mathvariant", "")
        if style in STYLES and element.text:
            del element.attrib["mathvariant"]
            element.text = "".join(_styled(letter, style) for letter in element.text)
    return Markup(ElementTree.tostring(tree, encoding="unicode"))  # noqa: S704  (of the chapters)


def _styled(letter: str, style: str) -> str:
    kind = "CAPITAL" if letter.isupper() else "SMALL"
    name = f"DIGIT {DIGITS[int(letter)]}" if letter.isdecimal() else f"{kind} {letter.upper()}"
    for prefix in STYLES[style]:
        try:
            return unicodedata.lookup(f"{prefix} {name}")
        except KeyError:
            continue
    return letter


# ---- Prose


def _displayed(self: Any, tokens: list[Token], at: int, options: Any, env: Any) -> str:
    """An indented block of a chapter has equations, a line each or side by side with a gap between."""
    lines = tokens[at].content.strip().splitlines()
    shown = (
        " ".join(
            f"<span>{escape(equation)}</span>" for equation in re.split(r" {3,}", line.strip())
        )
        for line in lines
    )
    return f'<p class="display">{"<br>".join(shown)}</p>\n'


def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("code_block", _displayed)
    return parser


PARSER = _markdown()


def prose(text: str) -> Markup:
    """Markdown as HTML; what looks like a tag in it is text."""
    return Markup(PARSER.render(text))  # noqa: S704  (the parser escapes)


def headed(text: str) -> list[tuple[int, str, Markup]]:
    """Markdown cut at its headings: (level, title, what follows); level 0 for what precedes them."""
    tokens = PARSER.parse(text)
    cuts = [at for at, token in enumerate(tokens) if token.type == "heading_open"]
    parts = []
    if cuts[:1] != [0]:
        parts.append((0, "", _rendered(tokens[: cuts[0] if cuts else len(tokens)])))
    for at, end in pairwise([*cuts, len(tokens)]):
        title = tokens[at + 1].content
        parts.append((int(tokens[at].tag[1]), title, _rendered(tokens[at + 3 : end])))
    return parts


def _rendered(tokens: list[Token]) -> Markup:
    return Markup(PARSER.renderer.render(tokens, PARSER.options, {}))  # noqa: S704


# ---- Code

SHOWN = (Comment, Keyword, Number, String, Name.Function, Name.Class, Name.Decorator, Operator.Word)


class _Plain(Filter):  # type: ignore[misc]
    """Leaves unmarked what the page does not colour: a third of the bytes."""

    def filter(self, lexer: Any, stream: Iterable[Any]) -> Iterator[Any]:
        """Let tokens pass as text, but for those that are SHOWN."""
        for kind, value in stream:
            known = next((shown for shown in SHOWN if kind in shown), Text)
            yield known, value


@cache
def _tools() -> tuple[PythonLexer, Any]:
    lexer = PythonLexer(stripnl=False)
    lexer.add_filter(_Plain())
    return lexer, HtmlFormatter(nowrap=True)


@cache
def highlighted(source: str) -> tuple[Markup, ...]:
    """A Python source as HTML, line by line; each line's tags are closed in it."""
    lexer, formatter = _tools()
    lines = highlight(source, lexer, formatter).split("\n")
    return tuple(Markup(line) for line in lines)  # noqa: S704  (Pygments escapes)


def excerpt(source: str, first: int, last: int) -> Markup:
    """Some lines of a source, counted from 1, highlighted."""
    return Markup("\n").join(highlighted(source)[first - 1 : last])
