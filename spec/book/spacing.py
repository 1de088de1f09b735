"""The spaces of an equation: what each sign is, where LaTeX knows it and its translation has lost it.

A browser sets the space around a sign by what it is: a letter, a bracket, a sign in front of a term or
one between two. `spaced` says so of those that a browser would take for something else.
"""

from itertools import pairwise
from xml.etree.ElementTree import Element

ROWS = ("math", "mrow", "mtd", "msqrt", "mstyle")
SCRIPTED = ("msub", "msup", "msubsup", "munder")
LETTERS = "⊤∞∇∂∀∃…"  # signs without space around them
SIGNS = {"~": "∼", "±": "±", ":": ":"}  # which the translation takes for letters
PRIMES = ("′", "″")
BARS = ("|", "‖")
OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")
BEFORE_A_TERM = ("−", "±")
LIMITS = ("max", "min", "argmin")  # what stands below them is an index elsewhere
NONE, THIN, MEDIUM = "0", "0.1667em", "0.25em"


def spaced(equation: Element) -> None:
    """Say of each sign of an equation what it is."""
    for element in list(equation.iter()):
        _sign(element)
        _word(element)
        if element.tag in SCRIPTED:
            _script(element)
    for row in [element for element in equation.iter() if element.tag in ROWS]:
        _bars(row)
        _before_terms(row)
        _names(row)


def _sign(element: Element) -> None:
    text = element.text or ""
    if element.tag == "mi" and text in SIGNS:
        element.tag, element.text = "mo", SIGNS[text]
    elif element.tag == "mo" and text in tuple(LETTERS):
        element.tag = "mi"
        element.set("mathvariant", "normal")
    if element.tag == "mo" and text == ":":
        element.attrib.update(lspace=NONE, rspace=MEDIUM)
    elif element.tag == "mo" and (text == "/" or _is_name(element)):
        element.attrib.update(lspace=NONE, rspace=NONE)


def _word(element: Element) -> None:
    """Upright letters in a row are a name, and read aloud as one."""
    if len(element) > 1 and all(letter.get("mathvariant") == "normal" for letter in element):
        element.text = "".join(letter.text or "" for letter in element)
        element.tag = "mi"
        element[:] = []


def _script(element: Element) -> None:
    """A prime is high by itself, as fonts have it; an index of `max` stands below it."""
    base, *_, last = element
    if base.text in LIMITS and element.tag == "msub":
        element.tag = "munder"
        base.set("movablelimits", "true")
    elif last.text in PRIMES and element.tag != "munder":
        last.tag = "mo"
        last.attrib.update(form="postfix", lspace=NONE, rspace=NONE)
        if element.tag == "msup":
            element.tag = "mrow"
        else:
            element.tag = "msub"
            element.remove(last)
            element.remove(base)
            primed = Element("mrow")
            primed.extend((base, last))
            element.insert(0, primed)


def _core(element: Element) -> Element:
    """What an index or an exponent belongs to."""
    is_primed = element.tag == "mrow" and len(element) == 2 and element[1].text in PRIMES
    return _core(element[0]) if element.tag in SCRIPTED or is_primed else element


def _bars(row: Element) -> None:
    """Of the bars of a row, each second one closes what the one before it has opened."""
    bars = [_core(child) for child in row if _core(child).text in BARS]
    for at, bar in enumerate(bars):
        if "form" not in bar.attrib:
            bar.attrib.update(form="postfix" if at % 2 else "prefix", stretchy="false")


def _before_terms(row: Element) -> None:
    """A sign stands in front of a term, unless there is another one before it."""
    before: Element | None = None
    for child in row:
        if child.text in BEFORE_A_TERM and not _is_term(before):
            child.set("form", "prefix")
        if child.tag != "mspace":
            before = child


def _names(row: Element) -> None:
    """Some space between the name of a function and the terms beside it."""
    children = list(row)
    for before, child in pairwise(children):
        opens = child.text in OPENING or (child.tag == "mo" and not _opens(child))
        if (_is_name(_core(before)) and not opens and child.tag != "mspace") or (
            _is_name(_core(child)) and before.tag != "mtext" and _is_term(before)
        ):
            row.insert(list(row).index(child), Element("mspace", width=THIN))


def _is_name(element: Element) -> bool:
    text = element.text or ""
    return element.tag in ("mi", "mo") and len(text) > 1 and text.isalpha()


def _opens(bar: Element) -> bool:
    return bar.get("form") == "prefix"


def _is_term(element: Element | None) -> bool:
    """A letter, a number, a word, a fraction, or the end of what stands in brackets."""
    if element is None or element.tag == "mspace":
        return False
    core = _core(element)
    closes = core.text in CLOSING or core.get("form") == "postfix"
    return core.tag != "mo" or closes
