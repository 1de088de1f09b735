"""Clusters: a local scheduler with two workers, one of which is killed in the middle.

`tox -e clusters` runs these by the file's name; `pytest spec/meta` does not find them, for nothing else
needs Dask or Ray.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import ROOT

N = 12
LONGEST = 240  # seconds for a class


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    """A class, and its gradebook as two workers of this machine write it."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "class").mkdir()
    plain = (ROOT / "spec" / "meta" / "right" / "plain.py").read_text(encoding="utf-8")
    for number in range(N):
        text = plain.replace("np.maximum(0, z)", f"np.maximum({number} / 4, z)")
        (folder / "class" / f"{number:02}.py").write_text(text, encoding="utf-8")
    finished(start(folder, "here"), folder, "here")
    return folder


def start(folder: Path, out: str, *options: str) -> subprocess.Popen[str]:
    """Begin to grade the class."""
    command = [sys.executable, "-m", "spec", "grade", "class", "--out", out, "--jobs", "2"]
    log = (folder / f"{out}.log").open("w")
    with log:
        return subprocess.Popen(
            [*command, "--walls", "process", *options],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )


def finished(grader: subprocess.Popen[str], folder: Path, out: str) -> None:
    """Wait until all are graded."""
    status = grader.wait(timeout=LONGEST)
    told = (folder / f"{out}.log").read_text()
    assert status == 0, told
    assert f"{N} submissions, {N} of them judged now" in told


def until_some_are_judged(folder: Path, out: str) -> None:
    """Wait until a quarter of the class is."""
    end = time.monotonic() + LONGEST
    while len(list((folder / out).rglob("*.json.gz"))) < N // 4:
        assert time.monotonic() < end, (folder / f"{out}.log").read_text()
        time.sleep(0.1)


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a gradebook."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".judged" not in path.parts
    }


@pytest.fixture
def dask(tmp_path):
    """The address of a scheduler with two workers, and the workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    scheduler = ("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    worker = ("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    started = []
    for arguments in (scheduler, worker, worker):
        command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]]
        nowhere = subprocess.DEVNULL
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=nowhere, stderr=nowhere))
    yield address, started
    for process in started:
        process.kill()
        process.wait()


def test_dask(a_class, dask):
    """A worker's end costs a retry of what it was judging, and changes no byte."""
    address, (_, one, _) = dask
    grader = start(a_class, "dask", "--backend", "dask", "--scheduler", address)
    until_some_are_judged(a_class, "dask")
    one.kill()
    finished(grader, a_class, "dask")
    assert contents(a_class / "dask") == contents(a_class / "here")


def test_dask_whose_scheduler_ends(a_class, dask):
    """What was judged is kept, and the grader says so instead of waiting for ever."""
    address, (scheduler, *_) = dask
    grader = start(a_class, "ended", "--backend", "dask", "--scheduler", address)
    until_some_are_judged(a_class, "ended")
    scheduler.kill()
    assert grader.wait(timeout=LONGEST) == 2
    assert "what was judged is kept" in (a_class / "ended.log").read_text()


def test_ray(a_class):
    """The same with Ray: one of its workers is killed, and another takes its place."""
    import ray

    context = ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        address = context.address_info["gcs_address"]
        grader = start(a_class, "ray", "--backend", "ray", "--scheduler", address)
        until_some_are_judged(a_class, "ray")
        os.kill(pool_worker(), signal.SIGKILL)
        finished(grader, a_class, "ray")
    finally:
        ray.shutdown()
    assert contents(a_class / "ray") == contents(a_class / "here")


def pool_worker() -> int:
    """One of Ray's workers that judge: a process below this one, for it has started Ray."""
    import psutil

    below = psutil.Process().children(recursive=True)
    return next(process.pid for process in below if "ray::PoolActor" in " ".join(process.cmdline()))
