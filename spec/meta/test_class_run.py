"""A class is judged through whatever happens: a kill, a worker's end, wrong options."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spec.grading.intake.handed_in import Contents, HandedIn
from spec.grading.intake.trees import CannotRead, File
from spec.grading.running import class_run, store, worker
from spec.harness.ground.errors import CannotDo
from spec.harness.ground.files import write_whole

from .conftest import ROOT
from .grading import judgement
from .starting import Done, run_module

LINES = {
    "right": "import numpy as np\ndef relu(z):\n    return np.maximum(0, z)\n",
    "wrong": "def relu(z):\n    return z\n",
    "broken": "def relu(z:\n",
    "nothing": "x = 1\n",
}


def grade(*arguments: object, cwd: Path) -> Done:
    """Run `python -m spec grade`."""
    return run_module("spec", "grade", *arguments, cwd=cwd)


def started(*arguments: object, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a program of ours, in a group of its own."""
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a gradebook, without what is kept to go on from."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".judged" not in path.parts
    }


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    """A folder of submissions: two learners have handed in the same."""
    folder = tmp_path_factory.mktemp("graded")
    (folder / "class").mkdir()
    for name, text in (LINES | {"copied": LINES["wrong"]}).items():
        (folder / "class" / name).mkdir()
        (folder / "class" / name / "net.py").write_text(text)
    (folder / "class" / "empty").mkdir()
    return folder


@pytest.fixture(scope="module")
def graded(a_class):
    """The same, graded by two workers."""
    done = grade("class", "--out", "out", "--jobs", 2, "--walls", "process", cwd=a_class)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_have_a_row(a_class, graded):
    """And what came of each is told."""
    rows = {
        row["name"]: row
        for row in csv.DictReader((a_class / "out" / "grades.csv").read_text().splitlines())
    }
    assert list(rows) == sorted([*LINES, "copied", "empty"])
    assert int(rows["right"]["total"]) > int(rows["wrong"]["total"]) >= 0
    assert rows["copied"]["total"] == rows["wrong"]["total"]
    assert "net.py, line 1" in rows["broken"]["trouble"]
    assert rows["empty"]["trouble"] == "the folder is empty"
    assert "names" in rows["nothing"]["trouble"]
    assert graded.startswith(
        "6 submissions, 5 of them judged now. The gradebook is out/grades.csv\n"
    )
    assert re.search(r"^2 of 3: .*, 3\.2/relu$", graded, re.M)


def test_what_did_not_change_is_not_judged_again(a_class, graded):
    """A rubric changes the points alone; the same command, nothing."""
    before = contents(a_class / "out")
    again = grade("class", "--out", "out", "--walls", "process", cwd=a_class)
    assert "6 submissions, 0 of them judged now" in again.stdout
    assert contents(a_class / "out") == before
    (a_class / "rubric.toml").write_text('[claims]\n"3.2/relu" = 7\n')
    options = ("--rubric", "rubric.toml", "--walls", "process")
    scored = grade("class", "--out", "out", *options, cwd=a_class)
    assert "6 submissions, 0 of them judged now" in scored.stdout
    assert "of 7 points" in scored.stdout


def test_gradescope_s_recipe(a_class):
    """One submission, whatever the folder is called, and the results beside the gradebook."""
    options = ("--gradescope", "--jobs", 1, "--walls", "process")
    done = grade("class/right", "--out", "results", *options, cwd=a_class)
    assert done.returncode == 0, done.stderr
    assert (a_class / "results" / "results.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "o"], "name what to grade: files, notebooks, folders or zips"),
        (["class"], "name a folder for the gradebook with --out FOLDER"),
        (["clas", "--out", "o"], "there is no file or folder clas"),
        (["class", "--out", "o", "--jobs", 0], "--jobs 0: expected a number of workers, 1 or more"),
        (["class", "--out", "class/broken/net.py"], "lies inside class, among the submissions"),
        (["class", "--out", "o", "--rubric", "none.toml"], "--rubric none.toml cannot be read"),
        (["class", "--out", "o", "--backend", "dask"], "--backend dask needs "),
        (["class", "--out", "o", "--scheduler", "tcp://x:1"], "only a cluster has a scheduler"),
        (["class", "--out", "file/o"], "the folder file/o cannot be made: Not a directory"),
        (["--rubric-template", "no/r.toml"], "no/r.toml cannot be written: No such file"),
    ],
)
def test_what_cannot_be_done_is_said(a_class, arguments, sentence):
    """In one sentence, and nothing is graded."""
    (a_class / "file").write_text("")
    done = grade(*arguments, cwd=a_class)
    assert done.returncode == 2
    *before, last = done.stderr.splitlines()
    assert sentence in last
    assert all("learner" in line for line in before)  # who they are is known by then
    assert not done.stdout


def test_two_graders_do_not_write_into_one_folder(a_class, tmp_path):
    """The second is told; the lock of one that was killed is none."""
    holding = store.Store(tmp_path, "suite", "")
    with pytest.raises(CannotDo, match="another grader writes there"):
        store.Store(tmp_path, "suite", "")
    holding.close()
    store.Store(tmp_path, "suite", "").close()


def test_a_judgement_is_kept_under_all_that_it_depends_on(tmp_path):
    """And one that is broken is none."""
    kept = store.Store(tmp_path, "suite", "")
    key = kept.key(Contents("net.py", b"1", {}))
    kept.put(key, judgement().as_data())
    assert kept.get(key) == judgement()
    others = (
        Contents("net.py", b"2", {}),
        Contents("my.py", b"1", {}),
        Contents("net.py", b"1", {"a.py": b""}),
        Contents("net.py", b"1", {"b.py": b""}),
        Contents("net.py", b"1", {"a.py": b"", "b.py": b""}),
    )
    assert len({key, *map(kept.key, others)}) == 6
    kept.close()
    for other in (("other", ""), ("suite", "process")):
        different = store.Store(tmp_path, *other)
        assert different.key(Contents("net.py", b"1", {})) != key
        different.close()
    (file,) = (tmp_path / ".judged").rglob("*.gz")
    whole = file.read_bytes()
    kept = store.Store(tmp_path, "suite", "")
    for broken in (whole[:50], whole[:15] + b"\xff" * 20 + whole[35:], b""):
        file.write_bytes(broken)
        assert kept.get(key) is None
    kept.close()


def test_what_a_kill_left_of_a_file_is_written_over(tmp_path):
    """It stays nowhere beside the whole one."""
    (tmp_path / ".a.json.part").write_bytes(b"half of")
    write_whole(tmp_path / "a.json", b"whole")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.json", b"whole")]


def test_a_file_that_changes_or_goes_while_others_are_graded(tmp_path):
    """Has a row that says so."""
    contents = {"net.py": iter([b"x = 1\n", b"x = 2\n"]), "gone.py": iter([b"x = 1\n"])}

    def bring(name):
        try:
            return next(contents[name])
        except StopIteration:
            raise CannotRead("cannot be read: No such file or directory") from None

    given = [HandedIn(n, n, File((n,), lambda most, n=n: bring(n))) for n in contents]
    kept, told = store.Store(tmp_path, "suite", ""), {}
    how = class_run.How(jobs=1)
    run = class_run.ClassRun(("3.1/neuron",), kept, how, lambda s, j, key: told.update({s.name: j}))
    run.judge(given)
    kept.close()
    assert told["net.py"].trouble == "changed while it was graded: grade it again"
    assert told["gone.py"].trouble == "gone.py cannot be read: No such file or directory"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_grader_that_is_killed_goes_on(tmp_path, seed):
    """At random moments, three times: nothing is lost, and at most what was under way is judged twice."""
    given = tmp_path / "class"
    given.mkdir()
    n = 60
    for number in range(n):
        (given / f"{number:03}.py").write_text(f"x = {number}\n")
    program = ("-m", "spec.meta.stand_in_grader", given)
    started(*program, tmp_path / "undisturbed", 0, cwd=ROOT).wait()
    chance, log = np.random.default_rng(seed), tmp_path / "killed.log"
    log.touch()
    for part in (0.25, 0.5, 0.75):
        killed = started(*program, tmp_path / "killed", 0.01, cwd=ROOT)
        while killed.poll() is None and log.read_text().count("\n") < part * n:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.03)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
        assert not (tmp_path / "killed" / "grades.csv").exists()
    started(*program, tmp_path / "killed", 0, cwd=ROOT).wait()
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed")
    assert n <= log.read_text().count("\n") <= n + 3


def test_a_judge_process_that_is_killed_costs_a_retry(monkeypatch):
    """The submission is judged all the same; and it is said if no process survives it."""
    contents = Contents("net.py", b"x = 1\n", {})
    first = worker.judge(contents, worker.Terms("process"))
    process = worker._own.process
    os.kill(process._process.pid, signal.SIGKILL)
    assert worker.judge(contents, worker.Terms("process")) == first
    assert worker._own.process is not process
    monkeypatch.setattr(worker, "LONGEST", 0.0)
    with pytest.raises(worker.Ended, match="the judge process was stopped: it took more than 0 s"):
        worker._own.process.judge(contents)
    worker._own.process.stop()
    del worker._own.process
