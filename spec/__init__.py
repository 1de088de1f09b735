"""Neural networks from scratch, as an executable specification: one chapter a section of the theory."""

__version__ = "0.2.0"

TYPE_CHECKING = False  # as in `typing`, which this must not import: see __main__.py
if TYPE_CHECKING:
    from spec.learning.notebook_check import Check


def check(*parts: str) -> "Check":
    """Judge what the notebook has defined so far, or these parts of the theory alone.

    A part is what `--claim` takes: a chapter ("5"), a section ("5.3"), an id or its end ("softmax").
    The session stays as it is.
    """
    from spec.learning.notebook_check import check as judge_notebook

    return judge_notebook(parts)
