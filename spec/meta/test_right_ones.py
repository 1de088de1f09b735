"""Right implementations in other styles hold, and code that nobody here wrote, through adapters.

One more, `right/pytorch.py`, is judged by `tox -e torch` alone: PyTorch takes 1 GB.
"""

import json

import pytest

from .conftest import ROOT, Figure

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
}

TENSORS = """
import numpy as np

class Tensor:
    def __init__(self, value): self.value = value
    def __array__(self, dtype=None): return np.asarray(self.value, dtype)

def relu(z): return Tensor(np.maximum(0, z))
"""


@pytest.mark.parametrize("name", STYLES)
def test_another_style_holds_whole(judge, figure, name):
    """All claims, with nothing left to write; whether it is fast is not the question."""
    path = str(META / "right" / f"{name}.py")
    run = judge(None, SPEC, "--impl", path, "--time-limit", "60")
    holds = "holds" if run.status == 0 else "does not"
    figure(Figure(f"right, {name.replace('_', ' ')}", "holds", holds, run.status == 0), run.text)


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
