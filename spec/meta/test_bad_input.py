"""Whatever a person hands over: one clear sentence, a non-zero exit, no traceback of ours."""

import re
from pathlib import Path

import pytest

from .conftest import ROOT

SPEC = str(ROOT / "spec")
USAGE = 4  # pytest's exit status for a command line that cannot be carried out

RIGHT_SIGMOID = (
    "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))\n"
)

# what my_net.py holds -> what the one sentence must say
UNLOADABLE = {
    "a syntax error": (
        "def relu(z)\n    return z\n",
        "my_net.py, line 1: expected ':': `def relu(z)`",
    ),
    "an exception at import": (
        "x = 1\ny = x / 0\n",
        "importing my_net.py raised ZeroDivisionError: division by zero at my_net.py, line 2: `y = x / 0`",
    ),
    "an exit at import": ("import sys\nsys.exit(0)\n", "importing my_net.py raised SystemExit: 0"),
    "an endless loop at import": (
        "while True: pass\n",
        "importing my_net.py did not end within 1 s",
    ),
    "names that are nearly right": (
        "def Softmax(z): return z\n",
        "did you mean `softmax` for your `Softmax`?",
    ),
    "nothing": ("", "my_net.py defines nothing yet: write one of the names, such as affine"),
    "comments alone": ("# a softmax\n", "my_net.py defines nothing yet: write one of the names"),
    "other names alone": ("x = 1\n", "defines none of the names that are judged: such as affine"),
    "null bytes": ("x = 1\ny = 2\0", "my_net.py, line 2: there is a null byte"),
    "an import of the reference": (
        "from impl import softmax\n",
        "the reference implementation cannot be imported while another one is judged",
    ),
    "an import of what does not lie beside it": (
        "from .layers import relu\n",
        "ModuleNotFoundError: No module named 'folder_of_my_net.layers'",
    ),
}


@pytest.mark.parametrize("name", UNLOADABLE)
def test_a_file_that_cannot_be_loaded_is_named(judge, name):
    """The sentence says which file, which line, and what to do; pytest exits as for a usage error."""
    source, sentence = UNLOADABLE[name]
    run = judge(source, SPEC, "--time-limit=1")
    assert sentence in run.text
    assert run.status == USAGE
    assert "Traceback" not in run.text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_file_in_another_encoding_is_named_or_read(judge, tmp_path, encoding):
    """What Python cannot read has one true sentence; a mark in front of UTF-8 is no trouble."""
    (tmp_path / "my_net.py").write_text(RIGHT_SIGMOID, encoding=encoding)
    run = judge(None, SPEC, "--impl", "my_net.py", "--claim", "3.2/sigmoid")
    sentence = {
        "utf-16": "my_net.py is saved as UTF-16, which Python does not read: save it as UTF-8",
        "utf-16-le": "my_net.py, line 1: there is a null byte",
        "utf-8-sig": "1 passed",
    }[encoding]
    assert sentence in run.text
    assert run.status == (0 if encoding == "utf-8-sig" else USAGE)


def test_a_backslash_in_a_string_is_no_trouble(judge):
    """Python only warns of it, and so it is with LaTeX in docstrings and in the titles of plots."""
    source = RIGHT_SIGMOID.replace("    return", '    """$\\sigma$ \\d"""\n    return')
    run = judge(source, SPEC, "--claim", "3.2/sigmoid")
    assert run.status == 0, run.text
    assert "warning" not in run.text


@pytest.mark.parametrize(("claim", "passed"), [("2.1", 0), ("2.2", 1)])
def test_pytest_s_last_line_and_the_table_agree(judge, claim, passed):
    """Nothing has passed where no claim holds, though some tests pass of code that computes nothing."""
    source = "def affine(X, W, b):\n    raise NotImplementedError\n"
    run = judge(source, SPEC, "--claim", claim)
    (row,) = re.findall(r"^ ?\d+  .*$", run.text.partition("the theory, executed")[2], re.M)
    hold, theorems, *_ = (0 if count == "·" else int(count) for count in row.split()[-6:])
    last = re.search(r"(\d+) passed(?! in part)", run.text.splitlines()[-1])
    assert bool(hold + theorems) == bool(last) == bool(passed), run.text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("my_nett.py", "(did you mean my_net.py?)"),
        ("no/such/folder/net.py", "there is no file"),
        (".", "is a directory: name the .py file in it"),
        ("notes.txt", "is not a .py file"),
        ("my_net", "to judge the file my_net.py, name it my_net.py"),
        ("no_such_module", "no module of that name can be imported"),
        ("no_such.module", "no_such.module: No module named 'no_such'"),
    ],
)
def test_a_path_or_module_that_is_none_is_named(judge, tmp_path: Path, given, sentence):
    """A wrong path, a folder, another kind of file, a module that is not there."""
    (tmp_path / "my_net.py").write_text(RIGHT_SIGMOID)
    (tmp_path / "notes.txt").write_text("relu")
    run = judge(None, SPEC, "--impl", given)
    assert sentence in run.text
    assert run.status == USAGE
    assert "Traceback" not in run.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--claim", "5.33"], "--claim 5.33: there is no such section or claim; did you mean 5.3"),
        (["--seed", "lucky"], "--seed lucky: expected a whole number or `random`"),
        (["--claims-json", "no/such/folder/out.json"], "--claims-json no/such/folder/out.json"),
        (["--claims-json", "."], "--claims-json .: this is a folder, expected the name of a file"),
        (["--claim-coverage", "--cov=impl"], "--claim-coverage and --cov both trace"),
        (["--time-limit", "0"], "--time-limit 0: expected a number of seconds above 0"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(judge, arguments, sentence):
    """The sentence names the option, what came and what was expected."""
    run = judge(None, SPEC, *arguments)
    assert sentence in run.text
    assert run.status == USAGE
    assert "Traceback" not in run.text


# the body of softmax -> what its report must say
WRONG_VALUES = {
    "return None": "is None: is a `return` missing?",
    "return [[0.5, 0.5]]": "is a list, not a NumPy array",
    "return 'high'": "is a str, not a number",
    "return (Z - 1j * Z)": "is of dtype complex128, expected real numbers",
    "return np.zeros((2, 2))": "has shape (2, 2), expected",
    "return Z * np.nan": "is NaN in",
    "raise ValueError('what')": "raised ValueError: what (my_net.py, line 6: `raise ValueError('what')`)",
    "import sys; sys.exit(3)": "softmax raised SystemExit: 3",
    "while True: pass": "did not end within 1 s: is there an endless loop?",
}


@pytest.mark.parametrize("body", WRONG_VALUES)
def test_a_function_that_returns_nonsense_fails_alone(judge, body):
    """Its claims fail, each with a sentence; another function of the same file is judged as ever."""
    source = f"{RIGHT_SIGMOID}def softmax(Z):\n    Z = np.asarray(Z, float)\n    {body}\n"
    arguments = ("--claim", "3.2/softmax", "--claim", "3.2/sigmoid", "--time-limit=1")
    run = judge(source, SPEC, *arguments)
    assert WRONG_VALUES[body] in " ".join(run.text.split())
    assert "First to mend: 3.2/softmax" in run.text
    assert run.status == 1
    assert "1 failed" in run.text
    assert "1 passed" in run.text


def test_a_name_that_is_no_function_is_told(judge):
    """A float called softmax."""
    run = judge("softmax = 0.5\n", SPEC, "--claim", "3.2/softmax")
    assert "softmax is not a function or class but a value of type float" in run.text
    assert run.status == 1


def test_megabytes_of_output_are_left_out(judge):
    """Printing costs nothing but what is left out of the report."""
    source = "import numpy as np\ndef softmax(Z):\n    print('x' * 10**6)\n    return Z\n"
    run = judge(source, SPEC, "--claim", "3.2/softmax")
    assert "characters left out" in run.text
    assert len(run.text) < 20_000
    assert run.status == 1


def test_what_is_missing_is_not_written_yet_and_no_success(judge):
    """Neither a missing name nor NotImplementedError is a pass or a failure; --todo-ok accepts both."""
    source = f"{RIGHT_SIGMOID}def relu(z):\n    raise NotImplementedError\n"
    arguments = (SPEC, "--claim", "3.2/sigmoid", "--claim", "3.2/relu", "--claim", "3.2/tanh")
    run = judge(source, *arguments)
    assert "2 claims wait for what is not written yet: tanh, relu" in run.text
    assert "failed" not in run.text
    assert run.status == 1
    assert judge(source, *arguments, "--todo-ok").status == 0
