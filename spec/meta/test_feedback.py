"""Feedback: what is told at which level, and that nothing from a submission becomes markup."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from spec.grading.gradebook import feedback
from spec.grading.intake.handed_in import HandedIn
from spec.grading.intake.text import markdown
from spec.grading.intake.trees import File
from spec.grading.scores import rubric
from spec.grading.scores.graded import Graded

from .grading import FAILING, HOSTILE, catalogue, judgement

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "pre"),
    *("details", "summary", "table", "tr", "th", "td", "span", "strong", "bdi"),
}


def graded(name: str = "ada", text: str = "softmax is wrong", **judged: object) -> Graded:
    """A submission, of which one claim fails with this text."""
    submission = HandedIn(name, f"class/{name}", File(("net.py",), lambda most: b""))
    found = replace(judgement(text), **judged)
    return Graded(submission, found, rubric.default(catalogue()), catalogue())


HOSTILE_ONES = (
    graded(HOSTILE, HOSTILE, notes=(HOSTILE,)),
    graded(HOSTILE, HOSTILE, trouble=HOSTILE),
)


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Note it."""
        self.text += data


@pytest.mark.parametrize("hints", ["off", "nudge", "full"])
def test_the_level_of_hints(hints):
    """Is the grader's choice, in both forms."""
    page = feedback.page(graded(), hints)
    for told in (feedback.as_markdown(page), Tags(feedback.as_html(page)).text):
        assert "First to mend: 3.2/softmax" in told
        assert "softmax(z)" in told
        assert "softmax is wrong" in told
        assert "smallest case: Z = [[1.0]]" in told
        assert ("why: the sum runs over the whole matrix" in told) == (hints == "full")
        assert ("hint: " in told) == (hints == "nudge")
        says = catalogue().ledger.entries["3.2/softmax-rows"].says
        assert f"3.2/softmax-rows ({says}) waits for 3.2/softmax" in told.replace("\\", "")
        assert "early_stopping" in told.replace("\\", "")


def test_points_are_told():
    """By section and exercise, and together."""
    n = len(catalogue().claims)
    told = feedback.as_markdown(feedback.page(graded(), "full"))
    assert told.startswith(f"# ada: {n - 3} of {n} points\n")
    section = len(catalogue().sections["9"])
    assert f"| 9 Regularisation | {section - 1} | {section} |" in told
    assert "| L2 regularisation | 5 | 5 |" in told
    assert "\n\n\n" not in told


def test_only_what_counts_is_told():
    """What the rubric gives no points is not held against anybody."""
    some = rubric.Rubric({"3.1/neuron": rubric.Fraction(2)})
    page = feedback.page(replace(graded(), rubric=some), "full")
    assert (page.to_mend, page.waiting, page.unwritten) == ([], [], [])
    assert (page.points, page.maximum, page.n_claims) == ("2", "2", 1)
    required = replace(some, required={FAILING: frozenset(["3.1/neuron"])})
    page = feedback.page(replace(graded(), rubric=required), "full")
    assert page.points == "0"
    assert [part.claim for part in page.to_mend] == [FAILING]
    assert page.withheld == [("3.1/neuron", FAILING)]


@pytest.mark.parametrize("one", HOSTILE_ONES)
def test_nothing_of_a_submission_is_html(one):
    """Neither a name, nor a message, a note or a trouble; and no page loads or runs anything."""
    page = feedback.as_html(feedback.page(one, "full"))
    found = Tags(page)
    assert found.tags <= TAGS
    assert not {a for a in found.attributes if a.startswith("on")} | (
        found.attributes & {"src", "href", "style"}
    )
    assert "<script>alert(1)</script>" in found.text
    assert "{{ 7 * 7 }}" in found.text
    assert "default-src 'none'" in page


@pytest.mark.parametrize("one", HOSTILE_ONES)
def test_nothing_of_a_submission_is_markdown(one):
    """Held against a parser: no link, no picture, no HTML, no emphasis but the template's own."""
    parser = pytest.importorskip("markdown_it").MarkdownIt("gfm-like", {"linkify": False})
    rendered = Tags(parser.render(feedback.as_markdown(feedback.page(one, "full"))))
    assert rendered.tags <= {
        *("h1", "h2", "p", "pre", "code", "ul", "li", "strong"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    assert "<script>alert(1)</script>" in rendered.text


@pytest.mark.parametrize("one", HOSTILE_ONES)
def test_nothing_of_a_submission_steers_a_terminal(one):
    """Nor turns the direction in which it is read."""
    page = feedback.page(one, "full")
    for told in (feedback.as_html(page), feedback.as_markdown(page)):
        assert not {c for c in told if not c.isprintable()} - {"\n"}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain, with a dot. And (brackets)", "plain, with a dot. And (brackets)"),
        ("a*b_c`d", r"a\*b\_c\`d"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("www.x.org", r"www\.x.org"),
        ("https://x.org", r"https\://x.org"),
        ("two\nlines", r"two\\nlines"),
    ],
)
def test_markdown_is_escaped_where_it_must_be(text, escaped):
    """And stays legible elsewhere."""
    assert markdown(text) == escaped
