"""Right implementations in other styles hold, and code that nobody here wrote, through adapters.

One more, `right/pytorch.py`, is judged by `tox -e torch` alone: PyTorch takes 1 GB.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer

import pytest

from . import sweeps
from .conftest import ROOT, Figure, Run, run_pytest
from .starting import LONGEST

SPEC, META = str(ROOT / "spec"), ROOT / "spec" / "meta"

STYLES = {
    "plain": "short code, for which NumPy's own errors are refusals enough",
    "loops": "number by number",
    "einsum": "each product, sum and mean an einsum; batches from a generator",
    "single_precision": "float32, but for the gradient check",
    "columns": "samples are columns inside: transposed views, and views with gaps, go out",
    "labels": "targets as class labels (m,) or (m, 1), as answers, or one-hot",
    "layers": "a class for each layer, behind an adapter",
    "by_autograd": "derivatives by the package autograd alone",
    "snippets": "the theory's own code, pasted together and completed",
    "epsilon": "a small number inside each logarithm, and the exact derivative of that loss",
    "lists": "sums kept in lists, and added up by math.fsum",
    "closures": "functions that make functions; a leaky ReLU that leaks 0.05",
    "logits": "each loss by another exact route, from the logits that were kept",
    "records": "dataclasses and NamedTuples for all that belongs together",
    "typed": "type hints, protocols, enums, abstract classes and properties",
}

TENSORS = """
import numpy as np

class Tensor:
    def __init__(self, value): self.value = value
    def __array__(self, dtype=None): return np.asarray(self.value, dtype)

def relu(z): return Tensor(np.maximum(0, z))
"""

WATCHED = sweeps.drawn(list(STYLES), share=5)  # by watch and check, too: fronts of the same judge

# the styles import each other, wherever they are judged
BESIDE = os.environ | {"PYTHONPATH": str(META / "right")}


class Judging:
    """All styles, judged by pytest, and some by watch and check: one result a style and way."""

    def __init__(self, pool: ThreadPoolExecutor, folder: Path) -> None:
        watching = pool.submit(watched, folder)  # first: it takes longest
        self.by_pytest = {name: pool.submit(judged, folder, name) for name in STYLES}
        checks = {name: pool.submit(checked, folder, name) for name in WATCHED}
        self.told = lambda: [*watching.result(), *(check.result() for check in checks.values())]


def path_of(name: str) -> Path:
    """The file of a style."""
    return META / "right" / f"{name}.py"


def judged(folder: Path, name: str) -> Run:
    """By `pytest spec --impl`; whether it is fast is not the question."""
    options = "--impl", str(path_of(name)), "--time-limit", "60"
    return run_pytest(folder, SPEC, *options, real=True)  # several at a time


def checked(folder: Path, name: str) -> str:
    """By `spec.check()` in a program that has the names defined: what it shows."""
    program = folder / f"with_{name}.py"
    source = path_of(name).read_text(encoding="utf-8")
    program.write_text(f"{source}\nimport spec\nprint(spec.check())\n", encoding="utf-8")
    command = [sys.executable, program.name]
    done = subprocess.run(
        command, cwd=folder, env=BESIDE, capture_output=True, text=True, timeout=LONGEST
    )
    return f"check, {name}: {done.stdout}{done.stderr}"


def watched(folder: Path) -> list[str]:
    """By one `python -m spec watch` that sees each style saved after the other: what it shows of each."""
    file, new = folder / "my_net.py", folder / "new"
    file.touch()
    told = []
    command = [sys.executable, "-m", "spec", "watch", file.name]
    with subprocess.Popen(
        command, cwd=folder, env=BESIDE, stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout
        lines = iter(watching.stdout.readline, "")
        all(" hold" not in line for line in lines)  # of the empty file
        for name in WATCHED:
            new.write_bytes(path_of(name).read_bytes())
            new.replace(file)
            patience = Timer(LONGEST, watching.kill)  # anew for each, however many there are
            patience.start()
            shown = list(until_it_is_known(lines))
            patience.cancel()
            told.append(f"watch, {name}: {''.join(shown)}")
        watching.terminate()
    return told


def until_it_is_known(lines: Iterator[str]) -> Iterator[str]:
    """The lines up to the one that says how all claims stand."""
    for line in lines:
        yield line
        if line[:1].isdigit() and " hold" in line:
            return


@pytest.fixture(scope="module")
def judging(tmp_path_factory):
    """The styles, as many at a time as there are cores."""
    if not hasattr(os, "fork"):
        pytest.skip("`watch` and `check` need forks, which this system does not have")
    pool = ThreadPoolExecutor(os.cpu_count())
    yield Judging(pool, tmp_path_factory.mktemp("right"))
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", STYLES)
def test_another_style_holds_whole(judging, figure, name):
    """All claims, with nothing left to write."""
    run = judging.by_pytest[name].result()
    holds = "holds" if run.status == 0 else "does not"
    figure(Figure(f"right, {name.replace('_', ' ')}", "holds", holds, run.status == 0), run.text)


def test_watch_and_check_raise_no_false_alarm(judging, figure):
    """What is right for pytest is right on each save and in each notebook."""
    told = judging.told()
    alarms = [text for text in told if "ll claims hold" not in text]
    assert len(told) == 2 * len(WATCHED)
    row = Figure("false alarms of watch and check, right ones", "0", str(len(alarms)), not alarms)
    figure(row, "\n".join(alarms))


@pytest.mark.parametrize("name", ["scipy_special", "sklearn_mlp"])
def test_a_library_holds_what_it_has(judge, name):
    """SciPy's functions and scikit-learn's network meet the claims they can meet."""
    run = judge(None, SPEC, "--impl", str(META / "adapters" / f"{name}.py"), "--todo-ok")
    assert run.status == 0, run.text


def test_another_library_s_arrays_are_read(judge):
    """PyTorch's tensors do not take the argument `copy` that NumPy 2 gives to `__array__`."""
    run = judge(TENSORS, SPEC, "--claim", "3.2/relu")
    assert run.status == 0, run.text


def test_the_course_notebook_fails_only_what_its_quirks_break(judge, tmp_path):
    """Biases (n,) break the shapes; a gradient check that prints returns nothing to judge."""
    path = str(META / "right" / "notebook.py")
    judge(None, SPEC, "--impl", path, "--claims-json=out.json")
    claims = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["claims"]
    failing = {claim["id"] for claim in claims if claim["status"] == "fails"}
    assert failing == {"4.1/shapes", "6/every-group"}
