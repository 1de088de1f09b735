"""The table: who takes how long, what is asked of the reference, and what the suite costs."""

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version

import pyperf
import torch
from threadpoolctl import threadpool_info

from .contenders import Contenders, gradient_checks, training_steps
from .rounds import ROUNDS, alternate, ratio
from .suite import costs

STEPS = {  # (m, n_in, hidden, out): the time of impl by another's, at most
    (210, 2, 10, 2): {"PyTorch": 0.5, "scikit-learn": 1.0},
    (128, 64, 64, 10): {"PyTorch": 0.5, "scikit-learn": 1.0},
    (256, 784, 256, 10): {"products": 1.2, "PyTorch": 1.1, "scikit-learn": 1.0},
}
CHECKS = {(210, 2, 10, 2): {"PyTorch": 1.0}}
NAMES = ("impl", "products", "PyTorch", "scikit-learn")


def machine() -> Iterator[str]:
    """The processor and its load, the versions of what is timed, the threads and who multiplies."""
    found = pyperf.Run([1.0], collect_metadata=True).get_metadata()
    processor = found.get("cpu_model_name", platform.machine())
    yield f"{processor}, {found['cpu_count']} cores, load {found.get('load_avg_1min', 'unknown')}"
    versions = [f"{name} {version(name)}" for name in ("numpy", "torch", "scikit-learn")]
    yield f"Python {platform.python_version()}, {', '.join(versions)}"
    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    kernels = {f"{b['internal_api']} {b['architecture']}, threads {b['num_threads']}" for b in blas}
    yield f"NumPy: {'; '.join(sorted(kernels))}. PyTorch: threads {torch.get_num_threads()}"


def row(label: str, contenders: Contenders, asked: dict[str, float]) -> str:
    """One line: the medians in microseconds, then each ratio with what is asked of it."""
    times = alternate(contenders)
    cells = [f"{times[n].median() * 1e6:14,.1f}" if n in times else " " * 14 for n in NAMES]
    for name in NAMES[1:]:
        cell = ""
        if name in times:
            measured = ratio(times["impl"], times[name])
            cell = f"{measured:.2f}"
            if name in asked:
                answer = "yes" if measured <= asked[name] else "no"
                cell += f" <= {asked[name]:.2f} {answer:3}"
        cells.append(f"{cell:>20}")
    return f"{label:34}" + "".join(cells)


def table() -> Iterator[str]:
    """Line by line, as each is known."""
    yield from machine()
    yield f"\nmicroseconds of CPU time, medians of {ROUNDS} rounds; medians of the ratios within a round\n"
    ratios = [f"impl / {name}" for name in NAMES[1:]]
    yield " " * 34 + "".join(f"{n:>14}" for n in NAMES) + "".join(f"{r:>20}" for r in ratios)
    for sizes, asked in STEPS.items():
        yield row(f"train_step {sizes}", training_steps(sizes), asked)
    for sizes, asked in CHECKS.items():
        yield row(f"gradient_check {sizes}", gradient_checks(sizes), asked)
    yield "\nseconds of CPU time\n"
    for what, seconds, passes in costs():
        yield f"pytest {what:27}{seconds:14.1f}{'' if passes else '   it fails'}"


if __name__ == "__main__":
    for line in table():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
