"""Hints: true, useful, and no more than was asked for; the learner's own lines; code that has been run."""

import ast
import io
import os
import tempfile
import types
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from spec.harness.engine import records
from spec.harness.subject.loading import Subject
from spec.harness.telling import snippet
from spec.harness.telling.explain import Explanation, code_lines
from spec.harness.telling.hints import LEVELS, hint, with_own_lines
from spec.harness.telling.source_lines import own_lines
from spec.harness.telling.topics import topic

from . import forks
from .conftest import ROOT
from .notebooks import carried_out
from .zoo import ZOO
from .zoo.entries import loaded

SPEC = str(ROOT / "spec")
NET = """import numpy as np

def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum()

def relu(z):
    out = np.maximum(
        0, z)
    return out

def affine_backward(dZ, X, W):
    return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0)

class Base:
    def backward(self, Y):
        grads = {}
        for l in (2, 1):
            grads[f"dW{l}"] = self.A[l - 1].T @ Y
        return grads

class TwoLayerNet(Base):
    def forward(self, X):
        self.Z1 = X @ self.W1
        return {"Z2": self.Z1 @ self.W2}
"""
PLACES = {
    ("softmax", ""): ["4", "5"],
    ("relu", ""): ["8"],
    ("affine_backward", "[1]"): ["13"],
    ("TwoLayerNet.backward", "dW1"): ["19"],
    ("TwoLayerNet.forward", "Z1"): ["24"],
    ("TwoLayerNet.forward", "Z2"): ["25"],
    ("TwoLayerNet.forward", "dW1"): [],
    ("softmax", "dW1"): [],
    ("nowhere", ""): [],
}


@pytest.fixture
def net(tmp_path):
    """NET, loaded as a learner's file."""
    path = tmp_path / "my_net.py"
    path.write_text(NET, encoding="utf-8")
    module = types.ModuleType("my_net")
    exec(compile(NET, str(path), "exec"), module.__dict__)  # noqa: S102
    return Subject(module, path.name, path, "", False)


@pytest.mark.parametrize(("function", "entry"), PLACES, ids=str)
def test_the_line_behind_a_value_is_found(net, function, entry):
    """By its name, in whatever way it is bound; nothing is shown where it is not found."""
    found = own_lines(net, function, entry)
    assert [line.place.rpartition("line ")[2] for line in found] == PLACES[function, entry]


def test_a_line_of_a_notebook_is_told_by_its_cell():
    """A magic in the same cell does not matter."""
    module, _ = carried_out("%matplotlib inline\n" + NET)
    *_, line = own_lines(Subject(module, "my.ipynb", Path("my.ipynb"), "", False), "softmax", "")
    assert line.place == "my.ipynb, cell 1, line 6"
    assert line.text == "return E / E.sum()"


def test_three_steps(net):
    """Nothing; the place and the kind of slip; the slip, and the line beside the equation."""
    found = Explanation(
        "dW1 is wrong in 4 of 6 entries",
        relation="yours is exactly 3 times too large, and m = 3",
        cause="the mean over the m samples is missing",
        causes=["the mean over the m samples is missing"],
        equation="∂ℒ/∂W[1] = 1/m Xᵀ∂ℒ/∂Z[1]",
        what="dW1",
        function="TwoLayerNet.backward",
        entry="dW1",
        traced=True,
    )
    off, nudge, full = (
        " ".join(" ".join(hint(with_own_lines(found, net), level)).split()) for level in LEVELS
    )
    assert off == ""
    assert "1/m" in nudge
    assert "dW1 in TwoLayerNet.backward: my_net.py, line 19" in nudge
    assert "missing" not in nudge
    assert "too large" not in nudge
    assert f"why: {found.diagnosis}" in full
    assert "theory ∂ℒ/∂W[1] = 1/m Xᵀ∂ℒ/∂Z[1] yours grads" in full


def listed_mistakes() -> set[str]:
    """Every cause that stands beside an equation of a chapter, or in the harness, as a literal."""
    causes = set()
    for path in (ROOT / "spec").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "mistakes":
                keys = [key for d in ast.walk(node) if isinstance(d, ast.Dict) for key in d.keys]
                causes |= {key.value for key in keys if isinstance(key, ast.Constant)}
    return {cause for cause in causes if isinstance(cause, str)}


def test_every_listed_mistake_has_a_topic():
    """So that a nudge can be made of it; a topic never says what the mistake is."""
    causes = listed_mistakes()
    assert len(causes) > 200
    assert not {cause for cause in causes if not topic(cause)}
    assert not {cause for cause in causes if cause in topic(cause)}


def test_the_level_is_an_option(judge):
    """The cause is named unless less is asked for."""
    texts = [
        judge(NET, SPEC, "--claim=3.2/softmax", *option).text
        for option in (["--hints=off"], ["--hints=nudge"], [])
    ]
    assert ["hint: look at what is subtracted" in text for text in texts] == [False, True, False]
    texts = [" ".join(text.split()) for text in texts]
    assert ["but the sum that of the matrix" in text for text in texts] == [False, False, True]
    assert ["my_net.py, lines 4 and 5" in text for text in texts] == [False, True, True]


def _snippet(suite, wrong):
    """The code shown for the claim that an entry breaks, and what it prints there and on the reference."""
    with tempfile.TemporaryDirectory() as folder:
        subject = loaded(wrong.written(Path(folder)))
        cases = [case for case in suite.obligations if case.claim.id == wrong.claim]
        right = forks.reference().module
        (outcome,) = suite.judge(cases, subject).outcomes()
        code = outcome.worst.explanation.code
        return {
            "code": code,
            "printed": [printed(code, module) for module in (subject.module, right)],
        }


def printed(code: str, module) -> str:
    """What a snippet prints below a module's own code, or the exception that it raises."""
    sink = io.StringIO()
    try:
        with redirect_stdout(sink), np.errstate(all="ignore"), np.printoptions(precision=17):
            exec(code, {**vars(module), "np": np})  # noqa: S102
    except Exception as error:
        return type(error).__name__
    return sink.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "np[exec(sgd(0))] = TwoLayerNet(2, 2, 2)",
        'print(net.forward(np.array([1.]))["" + str(sgd(0)) + ""])',
        "np.load('file')",
        "print(np.array([1.]).__class__)",
        "print([z for z in relu(1.)])",
        "import os",
    ],
)
def test_a_snippet_that_is_more_than_calls_is_not_carried_out(text):
    """Classes and keys have names that the implementation chose: they may be code of its own."""
    with pytest.raises(snippet._Unprintable):
        snippet._only_calls(text)
    assert snippet._only_calls("net = MLP([2, 3])\nprint(net.forward(np.eye(3)[[0, -1]])['W1'])")


def _unexplained(suite, claim):
    """What is told of a claim that fails, where looking for the cause raises."""

    def too_deep(*_):
        raise RecursionError

    records.with_own_lines = too_deep
    cases = [case for case in suite.obligations if case.claim.id == claim]
    (wrong,) = [w for w in ZOO if w.claim == claim][:1]
    with tempfile.TemporaryDirectory() as folder:
        (outcome,) = suite.judge(cases, loaded(wrong.written(Path(folder)))).outcomes()
    return [outcome.status, outcome.worst.explanation.sentence]


def test_what_cannot_be_explained_fails_all_the_same():
    """The outcome stands, and the sentence says what was seen."""
    if not hasattr(os, "fork"):
        pytest.skip("the zoo is run in forks, which this system does not have")
    ((status, sentence),) = forks.in_forks(["3.2/relu"], _unexplained, forks.QUICK)
    assert status == "fails"
    assert sentence.endswith("(no cause was found: RecursionError)")
    assert "expected" in sentence


def test_snippets_run_and_reproduce():
    """Six lines of 80 columns at most; pasted below wrong code they print what right code does not."""
    if not hasattr(os, "fork"):
        pytest.skip("the zoo is run in forks, which this system does not have")
    found = forks.in_forks(ZOO[::7], _snippet, forks.QUICK, "--time-limit=5")
    shown = [case for case in found if case["code"]]
    assert len(shown) >= 0.4 * len(found)  # the zoo measures the share
    for case in shown:
        lines = [part for line in case["code"].splitlines() for part in code_lines(line, 80)]
        assert len(lines) <= 6
        assert max(map(len, lines)) <= 80
    assert not [case["code"] for case in shown if len(set(case["printed"])) == 1]
