"""It runs wherever it is installed, beside whatever else is there, and leaves that alone."""

import zipfile
from pathlib import Path

import pytest

from .conftest import ROOT, run_pytest
from .installed import COMMANDS, Environment, build, lay_files

SOFTMAX = "--claim 3.2/softmax"
THEIRS = """
import sys

def pytest_addoption(parser):
    parser.addoption("--seed", default="none")

def pytest_configure(config):
    ours = [name for name in sys.modules if name.startswith("spec.harness")]
    print("loaded:", *ours, *{"numpy", "hypothesis"} & set(sys.modules))
"""
THEIR_TEST = """
def test_seed(pytestconfig):
    assert pytestconfig.getoption("--seed") == "lucky"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A new environment that holds it."""
    return Environment(tmp_path_factory.mktemp("installed") / "environment", wheel)


@pytest.fixture
def folder(tmp_path):
    """A folder with my_net.py."""
    lay_files(tmp_path)
    return tmp_path


@pytest.fixture
def another_project(tmp_path):
    """A project with an option --seed, and with tests in a package that is called `spec`, too."""
    (tmp_path / "conftest.py").write_text(THEIRS)
    for place in ("tests", "spec"):
        (tmp_path / place).mkdir()
        (tmp_path / place / f"test_05_{place}.py").write_text(THEIR_TEST)
    (tmp_path / "spec" / "__init__.py").touch()
    return tmp_path


def test_every_command_works_in_an_empty_folder(environment, folder):
    """All that people are told to run, but for what `tox -e installed` runs besides."""
    wrong = [
        f"{command.line}\n{text}"
        for command in COMMANDS
        if command.in_test and (text := environment.departs(command, folder))
    ]
    assert not wrong, "\n".join(wrong)
    assert not (folder / ".hypothesis").exists()


def test_the_wheel_holds_the_book_and_the_reference_alone(wheel):
    """Neither the wrong implementations nor the answers of the meta suite; pytest's door beside `spec`."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"spec", "impl", "nn_spec_pytest.py"}
    assert "impl/__init__.py" in names
    assert not [name for name in names if name.startswith(("spec/meta", "spec/entry"))]
    kinds = {".py", ".toml", ".ini", ".j2", ".jinja", ".css", ".md", ".svg", ".typed"}
    kinds |= {".txt"}  # hand-ins of the example class: no Python of ours
    of_spec = {name for name in names if name.startswith("spec/")} - {"spec/LICENSE"}
    assert {Path(name).suffix for name in of_spec} <= kinds


def test_without_the_reference_only_the_reference_is_missing(environment, folder):
    """A machine that never had the answers judges; a run of the reference says what is not there."""
    answers = environment.packages / "impl"
    aside = answers.rename(environment.packages / "aside")
    try:
        judged = environment.run(f"nn-spec judge my_net.py {SOFTMAX}", folder)
        alone = environment.run(f"pytest --pyargs spec {SOFTMAX}", folder)
        begun = environment.run("python -m spec new new.py", folder)
    finally:
        aside.rename(answers)
    assert judged.status == 0, judged.text
    assert alone.status == 4
    assert "there is no impl/ beside spec/" in alone.text
    assert "python -m spec judge my_net.py" in alone.text
    assert begun.status == 2
    assert "get the whole package from whoever gave you this package" in begun.text
    assert "Traceback" not in judged.text + alone.text + begun.text


@pytest.mark.parametrize("options", ["", "-n 2", "-p no:nn_spec_pytest", "-p no:hypothesispytest"])
def test_another_project_s_tests_are_left_alone(environment, another_project, options):
    """Its --seed is its own, even in a folder `spec`, and nothing of ours is imported."""
    run = environment.run(f"pytest -s --seed lucky {options} tests spec", another_project)
    assert run.status == 0, run.text
    assert "2 passed" in run.text
    assert "loaded:\n" in run.text


def test_where_both_have_an_option_it_is_said(environment, another_project):
    """One sentence, with the command that does without the other project."""
    (another_project / "spec" / "__init__.py").unlink()
    run = environment.run("pytest --pyargs spec", another_project)
    assert run.status == 4
    assert "run `python -m spec judge FILE`" in run.text
    assert "Traceback" not in run.text


def test_another_project_s_settings_do_not_reach_the_judge(environment, folder):
    """Options, files to collect and a conftest.py, which would all break a run."""
    (folder / "conftest.py").write_text("raise RuntimeError('not yours')")
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --no-such-option\npython_files = never_*.py\nrequired_plugins = none\n"
    )
    line = f"python -m spec judge my_net.py {SOFTMAX}"
    run = environment.run(line, folder, PYTEST_ADDOPTS="-n 3", PYTEST_PLUGINS="no_such_plugin")
    assert run.status == 0, run.text


@pytest.mark.parametrize(
    "arguments",
    ["test_12_symbols.py", "./test_12_*.py", "../spec/test_12_symbols.py::test_hadamard_product"],
)
def test_a_chapter_is_run_from_inside(environment, arguments):
    """Called in the package's own folder, which stays as it was: nothing is left there."""
    place = environment.packages / "spec"
    named = next(place.glob("test_12_*.py")).name
    run = environment.run(f"pytest {arguments.replace('test_12_*.py', named)}", place)
    assert run.status == 0, run.text
    assert "judged: the reference implementation" in run.text
    assert not (place / ".hypothesis").exists()


def test_a_module_of_chapters_is_known_by_the_same_names(environment, folder):
    """Two chapters that have a test of the same name, where pytest itself names both `::test_...`."""
    chapters = "spec.test_05_5_graph spec.test_07_5_rules"
    run = environment.run(f"pytest --pyargs {chapters} --claims-json out.json -q", folder)
    text = (folder / "out.json").read_text(encoding="utf-8")
    assert run.status == 0, run.text
    assert '"spec/test_05_5_graph.py::' in text
    assert '"spec/test_07_5_rules.py::' in text


def test_what_is_no_source_is_not_hashed(environment):
    """Judgements stay good when a run leaves something behind, and do not when a room is changed."""
    place = environment.packages / "spec"
    line = "python -c 'from spec.grading.running.judging import suite_hash; print(suite_hash())'"
    before = environment.run(line, place.parent).text
    left = [place / ".hypothesis", place / "harness" / "__pycache__" / "more", place / "a.py.orig"]
    for each in left:
        each.mkdir(parents=True)
    assert environment.run(line, place.parent).text == before
    for each in left:
        each.rmdir()
    room = place / "harness" / "telling" / "hints.py"
    text = room.read_bytes()
    room.write_bytes(text + b"\n")
    after = environment.run(line, place.parent).text
    room.write_bytes(text)
    assert len(after) == len(before) == 65
    assert after != before


def test_files_named_like_python_s_own_are_no_trouble(environment, folder):
    """random, copy and numbers beside the learner's file; with `types`, Python itself needs `nn-spec`."""
    for name in ("random", "copy", "numbers"):
        (folder / f"{name}.py").write_text("raise RuntimeError('this one is mine')\n")
    (folder / "layers.py").write_text("from my_net import *\n")
    (folder / "mine.py").write_text("from layers import softmax\nimport matplotlib.pyplot\n")
    run = environment.run(f"python -m spec judge mine.py {SOFTMAX}", folder)
    assert run.status == 0, run.text
    (folder / "types.py").write_text("raise RuntimeError('this one is mine')\n")
    run = environment.run(f"nn-spec judge mine.py {SOFTMAX}", folder)
    assert run.status == 0, run.text
    assert environment.run("python -m spec judge mine.py", folder).status == 1


def test_workers_do_not_take_a_learner_s_file_for_python_s(environment, folder):
    """Grading starts processes of its own, in the same folder."""
    for name in ("random", "copy", "numbers"):
        (folder / f"{name}.py").write_text("raise RuntimeError('this one is mine')\n")
    line = "python -m spec grade my_net.py --out grades --walls process --jobs 1"
    run = environment.run(line, folder)
    assert run.status == 0, run.text
    assert "median: 0 of" not in run.text


def test_a_library_that_warns_stops_nothing(environment, folder):
    """Hypothesis imports libcst where a test fails; an older one warns of what Python will drop."""
    (folder / "others" / "libcst").mkdir(parents=True)
    (folder / "others" / "libcst" / "__init__.py").write_text(
        "import warnings\nwarnings.warn('I am old', DeprecationWarning)\n"
    )
    line = "pytest --pyargs spec --impl my_net.py --claim 2.1/linear-model"
    run = environment.run(line, folder, PYTHONPATH=str(folder / "others"))
    assert run.status == 1
    assert "First to mend: 2.1/linear-model" in run.text
    assert "INTERNALERROR" not in run.text


def test_the_plugin_is_registered_once_in_a_checkout():
    """Its conftest.py and the installed package both name it."""
    arguments = ("-p", "nn_spec_pytest", "--trace-config", "spec", "--claim", "12/hadamard-product")
    run = run_pytest(ROOT, *arguments, PYTHONPATH=str(ROOT / "spec" / "entry"))
    assert run.text.count("PLUGIN registered: <module 'spec.harness.fronts.plugin'") == 1, run.text


def test_workers_of_xdist_run_what_is_no_chapter():
    """Claims are gathered in one process; the meta suite has none."""
    run = run_pytest(ROOT, "spec/meta/test_typeset.py", "-n", "2")
    assert run.status == 0, run.text
    run = run_pytest(ROOT, "spec", "-n", "2")
    assert run.status == 4
    assert "-n: claims are judged in one process" in run.text
