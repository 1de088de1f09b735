"""What every chapter leans on: claims, comparing, sampling, strategies, loading, the pytest plugin."""

from .engine.claims import by_its_word, claim
from .ground import threads  # noqa: F401  (before anything that imports NumPy)
from .ground.compare import agree
from .ground.outcomes import Refuted
from .ground.trial import measured
from .mathematics.sampling import chance
from .subject.proxy import arguments_after, refuses, untouched, warnings_of

__all__ = [
    "Refuted",
    "agree",
    "arguments_after",
    "by_its_word",
    "chance",
    "claim",
    "measured",
    "refuses",
    "untouched",
    "warnings_of",
]
