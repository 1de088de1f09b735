"""What still holds where a system lacks some of the walls: simulated by taking system calls away."""

import os
from functools import partial
from pathlib import Path

import pytest

from spec.forked import Fork
from spec.harness.ground.errors import CannotDo
from spec.sandbox import kernel, processes, walls
from spec.sandbox.removal import remove
from spec.sandbox.walls import Limits

from .sandboxes import answering, ask, lack, left_running, running


def _elsewhere(work, path, *missing):
    """What `work(launcher)` returns, or the sentence of CannotDo, on a system that lacks some walls."""

    def lacking(send):
        lack(*missing)
        try:
            with answering(path, "process" if "Landlock" in missing else "landlock") as launcher:
                send(work(launcher))
        except CannotDo as error:
            send(str(error))

    with Fork(lacking) as fork:
        return fork.receive(30)[0]


def test_it_refuses_to_grade_without_landlock(tmp_path):
    """Unless weak walls are accepted: the sentence says how, and nothing is left behind."""

    def lacking(send):
        lack("Landlock")
        try:
            with answering(tmp_path / "inside.py"):
                send("graded")
        except CannotDo as error:
            send([str(error), len(processes.descendants(os.getpid()))])

    with Fork(lacking) as fork:
        sentence, left = fork.receive(30)[0]
    assert "--walls process" in sentence
    assert not left


DAEMON = """
import os, signal, time
if not os.fork():
    os.setsid()
    if not os.fork():
        for n in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(n, signal.SIG_IGN)
        for i in range(3): os.fork()
        while True: time.sleep(0.01)
    os._exit(0)
time.sleep(0.2)
"""


def _with_a_daemon(launcher):
    sandbox = launcher.launch()
    where = ask(sandbox, "import os; answer = os.getcwd()")
    answer = ask(sandbox, DAEMON)
    n_running = len(running(launcher))
    used = sandbox.cpu_seconds()
    sandbox.end()
    left = left_running(launcher)
    return [list(sandbox.walls), answer, n_running, used > 0, left, Path(where).exists()]


@pytest.mark.parametrize(
    "missing",
    [("seccomp",), ("seccomp", "namespaces"), ("seccomp", "namespaces", "other users")],
    ids=" and ".join,
)
def test_what_outlives_a_sandbox_is_ended_without_these_walls(tmp_path, missing):
    """A PID namespace ends with its first process. Without one, the supervisor ends each process."""
    standing, answer, n_running, used, left, there = _elsewhere(
        _with_a_daemon, tmp_path / "inside.py", *missing
    )
    assert "landlock" in standing
    assert "seccomp" not in standing
    assert answer == "got through"
    assert n_running >= 9  # eight, and the one that is asked
    assert used
    assert left == []
    assert not there


def test_who_is_not_root_has_namespaces_too(tmp_path):
    """Within a user namespace, where the system lets users make one: then no privilege is needed."""

    def ordinary(send):
        if not os.getuid():
            os.setresuid(54321, 54321, 54321)
            kernel.unreadable(False)  # as a program is that a user has started
        send(
            walls.works(walls.own_network) == walls.works(partial(kernel.unshare, kernel.NEW_USER))
        )

    with Fork(ordinary) as fork:
        assert fork.receive(30) == [True]


def _spending(launcher):
    with launcher.launch() as sandbox:
        answer = ask(sandbox, "import os\nfor i in range(3): os.fork()\nwhile True: pass")
        return [answer, sandbox.why_ended()]


def test_a_family_shares_its_cpu_time(tmp_path):
    """Where processes can be started, the supervisor adds up what they use."""

    def lacking(send):
        lack("seccomp")
        with answering(tmp_path / "inside.py", limits=Limits(cpu_seconds=2)) as launcher:
            send(_spending(launcher))

    with Fork(lacking) as fork:
        assert fork.receive(60)[0] == ["", "it used more than 2 s of CPU time"]


def _fills_its_directory(launcher):
    deep = """
import os
os.umask(0)
for i in range(1100):
    os.mkdir("d" * 99); open("f", "w").close(); os.chdir("d" * 99)
os.mkdir("closed", 0)
"""
    sandbox = launcher.launch()
    where = Path(ask(sandbox, "import os; answer = os.getcwd()"))
    answer = ask(sandbox, deep)
    sandbox.end()
    return [list(sandbox.walls), answer, where.exists(), len(list(where.parent.iterdir()))]


def test_a_directory_that_is_deep_beyond_all_names_is_removed(tmp_path):
    """Where it is no file system of its own."""
    standing, *rest = _elsewhere(_fills_its_directory, tmp_path / "inside.py", "mounts")
    assert "own files" not in standing
    assert rest == ["got through", False, 0]


def test_a_link_out_of_a_directory_is_not_followed_when_it_is_removed(tmp_path):
    """What it leads to stays."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    gone = tmp_path / "gone"
    gone.mkdir()
    (gone / "link").symlink_to(tmp_path / "kept")
    (gone / "closed").mkdir(mode=0)
    remove(gone)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "file").exists()
