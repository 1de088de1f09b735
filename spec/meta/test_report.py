"""What a run says, to people and to machines."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from .conftest import ROOT

SPEC = str(ROOT / "spec")
WRONG = """import numpy as np

def softmax(Z):
    E = np.exp(Z - Z.max())
    return E / E.sum()

def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))
"""


TWICE_WRONG = (
    WRONG.replace("np.clip(z, -500, 500)", "z")
    + """
def tanh(z):
    return 1 - np.tanh(z)

def relu(z):
    return np.abs(z)
"""
)


def told(run) -> str:
    """The report of a run, from its table on."""
    return run.text.partition("the theory, executed")[2]


def test_the_first_claim_to_mend_is_told_with_its_cause(judge):
    """Equation, what came, what was expected, why, and how to see it: within 80 columns."""
    run = judge(WRONG, SPEC, "--claim", "3.2/softmax", "--hints=full")
    first = run.text.partition("First to mend: 3.2/softmax")[2]
    assert "softmax(z)ₖ = e^zₖ" in first
    assert "why: " in first
    assert "whole matrix" in first
    assert "print(softmax(np.array(" in first
    assert max(map(len, told(run).splitlines())) <= 80


@pytest.mark.parametrize(("columns", "widest"), [("40", 60), ("60", 60), ("97", 97), ("200", 100)])
def test_the_report_fits_the_terminal(judge, columns, widest):
    """Between 60 and 100 columns, whatever pytest draws its own lines over."""
    text = told(judge(TWICE_WRONG, SPEC, "--claim=3.2", "--hints=full", COLUMNS=columns))
    lines = [line for line in text.splitlines() if "===" not in line and " seconds" not in line]
    lines = [line for line in lines if " in " not in line or "deselected" not in line]
    assert max(map(len, lines)) <= widest


def test_a_convention_does_not_hide_a_mistake(judge):
    """The course notebook's biases (n,) come first in the theory's order, but spoil nothing."""
    right = (ROOT / "spec" / "meta" / "right" / "notebook.py").read_text(encoding="utf-8")
    wrong = right.replace("dW1 = X.T @ dz1 / m", "dW1 = X.T @ dz1")
    arguments = (SPEC, "--claim=4.1", "--claim=5.3/hidden-weight-gradient")
    text = judge(wrong, *arguments).text
    assert "First to mend: 5.3/hidden-weight-gradient" in text
    assert "the mean over the m\n    samples is missing" in text
    assert (
        "Fails, too: 4.1/shapes\n  b1 has shape (7,), expected (1, 7): a convention, which nothing "
        "else minds\n"
    ) in text
    assert "First to mend: 4.1/shapes" in judge(right, *arguments).text


def test_the_reproduction_reproduces(judge):
    """The snippet runs, as it is printed, below the learner's own code and shows the wrong value."""
    run = judge(WRONG, SPEC, "--claim", "3.2/softmax")
    code = run.text.rpartition("below your own code:\n")[2].partition("\n  this one")[0]
    seen: list[np.ndarray] = []
    exec(f"{WRONG}\n{code}\n", {"print": seen.append})  # noqa: S102
    assert abs(float(seen[0].sum()) - 1) < 1e-12  # the whole matrix sums to 1


def test_failures_are_told_once(judge):
    """The first in full, others in two lines; with -v all in full; none by pytest besides."""
    short, verbose = (judge(TWICE_WRONG, SPEC, "--claim=3.2", *more) for more in ([], ["-v"]))
    for run in (short, verbose):
        assert "= FAILURES =" not in run.text
        assert run.text.count("First to mend: ") == 1
    others = told(short).split("Fails, too: ")[1:]
    assert others
    for other in others[:-1]:
        assert len(other.strip().splitlines()) == 2
    assert told(short).count("this one alone") == 1
    assert told(verbose).count("this one alone") == len(others) + 1


def test_what_a_learner_prints_is_kept_short(judge):
    """The last lines of it, at the first claim to mend."""
    source = WRONG.replace("    E = np", "    print('Z', Z.shape)\n    E = np")
    text = judge(source, SPEC, "--claim=3.2/softmax").text
    assert 1 <= text.count("    Z (") <= 8


BROKEN = {
    "raises": "raise ValueError('no\\nway')",
    "raises what is no Exception": "raise BaseException('x')",
    "raises a group": "raise ExceptionGroup('g', [ValueError('a'), TypeError('b')])",
    "exits": "raise SystemExit(3)",
    "is NaN": "return Z * np.nan",
    "is a matter of chance": "return Z * DICE.random()",
    "is right now and then": "return np.exp(Z) / np.exp(Z).sum(1, keepdims=True) * (next(CALL) % 3 > 0)",
    "never ends": "while True: pass",
    "is slow": "import time; time.sleep(0.3); return Z",
    "calls itself": "return softmax(Z)",
    "has another shape": "return np.ones((2, 2))",
    "is a list": "return [[1.0]]",
    "is None": "pass",
    "is a string": "return 'abc'",
    "is an object": "return object()",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_no_machinery_is_shown(judge, body):
    """Neither Hypothesis' notes nor anyone's frames, however the code under test breaks."""
    source = (
        "import itertools, random\nimport numpy as np\n"
        f"DICE, CALL = random.Random(), itertools.count()\ndef softmax(Z):\n    {body}\n"
    )
    run = judge(source, SPEC, "--claim=3.2/softmax", "--time-limit=1")
    text = run.text.partition("claims: ")[2]
    assert run.status == 1, run.text
    assert "First to mend: 3.2/softmax" in text
    for noise in ("Falsifying", "hypothesis", "Traceback", "reproduce", "Explanation:", "Flaky",
                  "INTERNALERROR", "site-packages", "_pytest", "Guarded"):  # fmt: skip
        assert noise not in text
    assert len(text.splitlines()) < 40


def test_colour_is_for_terminals(judge):
    """None in a file or a log; some where it is asked for; NO_COLOR is heard."""
    arguments = (WRONG, SPEC, "--claim", "3.2/softmax")
    assert "\x1b[" not in judge(*arguments).text
    assert "\x1b[31m" in judge(*arguments, "--color=yes").text
    assert "\x1b[31m" in judge(*arguments, "--color=auto", FORCE_COLOR="1").text
    assert "\x1b[" not in judge(*arguments, "--color=auto", FORCE_COLOR="1", NO_COLOR="1").text


def test_machines_get_claim_ids(judge, tmp_path):
    """--claims-json and JUnit XML name claim, status and cause."""
    judge(
        WRONG,
        SPEC,
        "--claim=3.2/softmax",
        "--claims-json=out.json",
        "--junit-xml=out.xml",
        "--hints=full",
    )
    data = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert data["format"] == 2
    assert 0 < data["false_alarms"] <= 1e-6  # as all tests of the suite state together
    assert data["implementation"]["name"] == "my_net.py"
    (claim,) = data["claims"]
    assert claim["id"] == "3.2/softmax"
    assert claim["status"] == "fails"
    assert "whole matrix" in claim["tests"][0]["explanation"]["cause"]
    case = ET.parse(tmp_path / "out.xml").getroot().find(".//testcase")  # noqa: S314
    assert case.find(".//property[@name='claim']").get("value") == "3.2/softmax"
    assert "whole matrix" in case.find("failure").text


def test_a_selection_means_what_a_person_expects(judge):
    """By section, by word, by file; and what was not selected is not judged."""
    for arguments in (["-k", "softmax"], ["--claim", "3.2"], ["-k", "3.2/sigmoid"]):
        run = judge(None, SPEC, *arguments, "--claims-json=out.json")
        assert run.status == 0, run.text
        assert "deselected" in run.text


def test_errata_are_printed_with_their_figures(judge):
    """Where the theory is wrong: what it says, what holds instead, and what was measured."""
    text = judge(None, SPEC, "--errata", "--claim", "7.4").text
    assert "7.4/relu-halves: refuted" in text
    assert "the theory: Var(a) = 1/2 Var(z)" in text
    assert "instead: " in text
    assert "measured: " in text


def test_each_function_is_shown_with_its_claims(judge):
    """And the lines that no claim reaches, for a learner's file, too."""
    source = WRONG + "\ndef spare(z):\n    return z\n"
    text = judge(source, SPEC, "--claim", "3.2/softmax", "--claim-coverage").text
    assert "my_net.py  softmax\n    1: 3.2/softmax\n" in text
    assert "my_net.py  spare\n    no claim exercises this\n" in text


def test_the_same_seed_gives_the_same_run(judge, tmp_path):
    """A reproducible default, and --seed to repeat what `--seed random` found."""

    def outcome(*arguments):
        judge(WRONG, SPEC, "--claim=3.2/softmax", "--claims-json=out.json", *arguments)
        (claim,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["claims"]
        return claim["tests"][0]["explanation"]

    assert outcome() == outcome()
    assert outcome("--seed=7") == outcome("--seed=7")


def relu_alone(wrong: str, right: str) -> str:
    """Right code in which the networks know ReLU and no other activation, and one thing is changed."""
    source = (ROOT / "spec/meta/right/plain.py").read_text(encoding="utf-8")
    first, last = source.index('    "leaky_relu": (leaky'), source.index("}\n\n\ndef small_random")
    source = source[:first] + source[last:]
    assert source.count(wrong) == 1
    return source.replace(wrong, right)


def test_a_network_is_judged_as_far_as_it_goes(judge):
    """What it knows is judged, and what is wrong with it is told before what is to be written."""
    wrong = relu_alone("dZ.mean(axis=0, keepdims=True)", "dZ.sum(axis=0, keepdims=True)")
    run = judge(wrong, SPEC, "--claim=5.4/bias-gradient")
    assert "First to mend: 5.4/bias-gradient" in run.text
    assert "the mean over the m" in run.text
    assert "KeyError" not in run.text


def test_what_a_network_does_not_know_is_to_be_written(judge, tmp_path):
    """An activation that it refuses is no failure."""
    right = relu_alone("dZ.mean(axis=0, keepdims=True)", "dZ.mean(axis=0)[None]")
    run = judge(right, SPEC, "--claim=5.4/weight-gradient", "--claims-json=a")
    assert "not written yet: MLP(activation='" in run.text
    (claim,) = json.loads((tmp_path / "a").read_text())["claims"]
    statuses = {test["test"].partition("[")[2]: test["status"] for test in claim["tests"]}
    assert statuses["relu]"] == "holds"
    assert statuses["tanh]"] == "not written yet"
