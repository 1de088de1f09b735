"""Timing in rounds: in each, every contender has a turn, so that the machine's moods hit them alike.

All run in one thread, so their CPU time is what they cost, and what else the machine does takes no
turn of theirs. pyperf keeps the times and their medians; it times one benchmark after the other,
though, and so the turns are taken here.
"""

import statistics
import time
import timeit

import pyperf

from .contenders import Contenders

ROUNDS = 100
TURN = 0.01  # seconds, at least one call


def alternate(contenders: Contenders) -> dict[str, pyperf.Benchmark]:
    """The CPU seconds of a call; every other round takes the contenders in the other order."""
    timers = {
        name: timeit.Timer(call, timer=time.process_time) for name, call in contenders.items()
    }
    for timer in timers.values():
        timer.timeit(20)  # what happens once only: imports, buffers, the processor's clock
    calls = {name: max(1, round(TURN / timer.timeit(5) * 5)) for name, timer in timers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    order = list(timers)
    for _ in range(ROUNDS):
        for name in order:
            seconds[name].append(timers[name].timeit(calls[name]) / calls[name])
        order.reverse()
    return {name: _benchmark(name, values) for name, values in seconds.items()}


def _benchmark(name: str, values: list[float]) -> pyperf.Benchmark:
    return pyperf.Benchmark([pyperf.Run(values, metadata={"name": name, "unit": "second"})])


def ratio(one: pyperf.Benchmark, other: pyperf.Benchmark) -> float:
    """The median over the rounds of one's time by the other's."""
    pairs = zip(one.get_values(), other.get_values(), strict=True)
    return statistics.median(a / b for a, b in pairs)
