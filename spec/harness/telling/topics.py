"""What a listed mistake is about, without saying which mistake it is: "the 1/m", "the signs".

The causes stand in `topics.toml`, by topic; what a relation is about follows from its slip.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from ..ground.diagnosis import Slip

TOPICS = Path(__file__).with_name("topics.toml")
OF_SLIPS = {
    Slip.VANISHED: "whether it is ever computed, and whether what is computed is kept",
    Slip.WHOLE_MEAN: "the 1/m: where the mean over the samples is taken, and how often",
    Slip.SIZE: "what a sum or a mean runs over: the factor is a size of the network",
    Slip.CONSTANT: "the constants and factors: which are there, and what each applies to",
    Slip.SIGN: "the signs: what is added, and what is subtracted from what",
    Slip.TRANSPOSED: "the transposes, and the order of the factors",
    Slip.REVERSED: "the order of its rows and columns",
    Slip.RESHAPED: "its shape: which axes it has",
    Slip.OFFSET: "what is added that belongs to no term, such as a small constant",
    Slip.CLIPPED: "the bounds: what is clipped, and where",
    Slip.UNSIGNED: "the signs: what an absolute value or a square takes away",
    Slip.SHIFTED: "where counting begins, and where an index points",
    Slip.ROUNDED: "the type of the numbers: what is cut to whole ones",
    Slip.SUMMED: "the axis along which a sum, a mean or an index runs",
}


@cache
def _table() -> list[dict[str, Any]]:
    """Each topic: what it is `about`, its `causes`, and how further causes may begin."""
    topics: list[dict[str, Any]] = tomllib.loads(TOPICS.read_text(encoding="utf-8"))["topic"]
    return topics


@cache
def _topics() -> dict[str, str]:
    """The topic of each cause."""
    return {cause: topic["about"] for topic in _table() for cause in topic["causes"]}


def topic(cause: str) -> str:
    """What a cause is about, by itself or by how it begins; "" if it is in no list."""
    begins = [
        topic["about"] for topic in _table() if cause.startswith(tuple(topic.get("begins", ())))
    ]
    return _topics().get(cause) or (begins or [""])[0]
