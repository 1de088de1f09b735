"""What a run says, to people and to machines."""

import json
import xml.etree.ElementTree as ET

from .conftest import ROOT

SPEC = str(ROOT / "spec")
WRONG = """import numpy as np

def softmax(Z):
    E = np.exp(Z - Z.max())
    return E / E.sum()

def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))
"""


def test_the_first_claim_to_mend_is_told_with_its_cause(judge):
    """Equation, what came, what was expected, why, and how to see it: within 80 columns."""
    run = judge(WRONG, SPEC, "--claim", "3.2/softmax")
    told = run.text.partition("First to mend: 3.2/softmax")[2]
    assert "softmax(z)ₖ = e^zₖ" in told
    assert "why: " in told
    assert "whole matrix" in told
    assert "softmax(np.array(" in told
    assert max(map(len, run.text.partition("the theory, executed")[2].splitlines())) <= 80


def test_the_reproduction_reproduces(judge):
    """The snippet runs below the learner's own code and shows the wrong value."""
    run = judge(WRONG, SPEC, "--claim", "3.2/softmax")
    snippet = run.text.rpartition("to see it, below your own code:\n")[2].partition("\n  this one")[
        0
    ]
    names: dict[str, object] = {}
    exec(f"{WRONG}\nvalue = (\n{snippet}\n)", names)  # noqa: S102
    assert abs(float(names["value"].sum()) - 1) < 1e-12  # the whole matrix sums to 1


def test_colour_is_for_terminals(judge):
    """None in a file or a log; some where it is asked for."""
    assert "\x1b[" not in judge(WRONG, SPEC, "--claim", "3.2/softmax").text
    assert "\x1b[31m" in judge(WRONG, SPEC, "--claim", "3.2/softmax", "--color=yes").text


def test_machines_get_claim_ids(judge, tmp_path):
    """--claims-json and JUnit XML name claim, status and cause."""
    judge(WRONG, SPEC, "--claim=3.2/softmax", "--claims-json=out.json", "--junit-xml=out.xml")
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
