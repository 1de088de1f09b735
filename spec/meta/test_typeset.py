"""The equations of the book: what the translation to MathML must not lose."""

import re

import pytest

from spec.book.typeset import mathml, prose


def inside(latex: str) -> str:
    """The MathML of an equation, without its outer tags and its default attributes."""
    text = re.search(r"<mrow>(.*)</mrow></math>", mathml(latex))
    assert text
    return text[1].replace(' stretchy="false"', "").replace(' fence="false"', "")


THIN = '<mspace width="0.1667em" />'
PRIME = '<mo form="postfix" lspace="0" rspace="0">′</mo>'


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("a - -b", '<mi>a</mi><mo>−</mo><mo form="prefix">−</mo><mi>b</mi>'),
        ("(-b)", '<mo>(</mo><mo form="prefix">−</mo><mi>b</mi><mo>)</mo>'),
        (
            "|z| - 1",
            '<mo form="prefix">|</mo><mi>z</mi><mo form="postfix">|</mo><mo>−</mo><mn>1</mn>',
        ),
        (r"W \sim U", "<mi>W</mi><mo>∼</mo><mi>U</mi>"),
        (r"2 \log x", f"<mn>2</mn>{THIN}<mi>log</mi>{THIN}<mi>x</mi>"),
        (r"\log(x)", "<mi>log</mi><mo>(</mo><mi>x</mi><mo>)</mo>"),
        ("f'", f"<mrow><mi>f</mi>{PRIME}</mrow>"),
        ("f'_l", f"<msub><mrow><mi>f</mi>{PRIME}</mrow><mi>l</mi></msub>"),
        (r"\mathrm{Var}", "<mi>Var</mi>"),
        (r"\mathbf x^\top", '<msup><mi>𝐱</mi><mi mathvariant="normal">⊤</mi></msup>'),
    ],
)
def test_a_sign_is_what_it_was(latex, expected):
    """A bar that opens or closes, a minus of one term or of two, the name of a function, a prime."""
    assert inside(latex) == expected


def test_an_index_of_max_stands_below_it():
    """As in print, where the equation stands by itself."""
    assert inside(r"\max_k y").startswith("<munder><mo movablelimits")


def test_equations_of_the_prose_can_stand_below_one_another():
    """Each is a piece that a phone may put on a line of its own."""
    shown = prose("Two:\n\n    z = w < x    a = f(z)\n")
    assert '<p class="display"><span>z = w &lt; x</span> <span>a = f(z)</span></p>' in shown
