"""What a test is held to itself: the risk that it states, and mistakes that it can tell from the truth."""

from collections import defaultdict

from ..ground.compare import Comparison
from ..ground.diagnosis import indistinct
from ..ground.trial import Trial


def keep_risk(stated: float, trial: Trial) -> None:
    """Fail a test that took a higher risk of a false alarm than it has stated."""
    __tracebackhide__ = True
    if trial.false_alarms > stated * (1 + 1e-9):
        raise AssertionError(
            f"the test spends a false-alarm rate of {trial.false_alarms:g}, but states {stated:g}"
        )


def keep_mistakes_apart(name: str, trial: Trial) -> None:
    """Fail a test that lists a mistake which its own numbers cannot tell from the truth.

    Or mistakes that cannot be computed.
    """
    __tracebackhide__ = True
    listed = dict(trial.indistinct)
    by_place: dict[tuple[str, int], list[Comparison]] = defaultdict(list)
    for (file, line, _), comparisons in trial.comparisons.items():
        by_place[file, line] += comparisons
    for comparisons in by_place.values():
        for comparison in comparisons:
            if error := comparison.error_in_mistakes:
                raise AssertionError(
                    f"{name} lists mistakes of {comparison.what} that cannot be computed: {error!r}"
                ) from error
        for cause in indistinct(comparisons):
            listed[cause] = "no example tells it from the truth"
    for cause, why in listed.items():
        raise AssertionError(
            f"{name} lists the mistake {cause!r}, but {why}: draw what does, or leave the entry out"
        )
