"""Judging hostile submissions through the real boundary, and looking at what they left behind.

    python -m spec.meta.hostile.runner --out FILE [--part N/M] [--only WORD] [--landlock ABI] [--user NUMBER]

What they must not touch or read is planted first: files, secrets, sockets that listen.
"""

import argparse
import hashlib
import json
import os
import secrets
import selectors
import socket
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from spec.grading.running.judging import Judge, judging
from spec.grading.scores.judgement import Judgement
from spec.harness.ground.status import Status
from spec.harness.subject.loading import ROOT
from spec.sandbox import control, kernel, processes

from .entries import ABOVE, BASE, FEW, NAME, Hostile, by_all, entries

SECONDS = 0.5  # that a submission may compute in a test
VARIABLE = "HOSTILE_SECRET"
OF_REFERENCE = "SELU_SCALE"  # stands in the reference, and in nothing that a submission is told
RIGHT = ROOT / "spec" / "meta" / "right" / "plain.py"
Chosen = list[tuple[Hostile, Path, list[Path]]]
# None of them may be told. A place of one folder, such as /tmp, may stand in anybody's text.
PLACES = sorted(
    {str(ROOT), str(Path.cwd()), sys.prefix, sys.base_prefix, "sandboxes-"} - {"/", "/usr"}
)
ENDING = 5.0  # seconds that the grader's own processes have to end, on a machine that is busy
BATCH = 12  # submissions between two looks at an honest one


class Trap:
    """What is planted: a folder with a secret and results, and sockets that nobody must reach."""

    def __init__(self, folder: Path) -> None:
        self.secrets = [secrets.token_hex(8), secrets.token_hex(8)]
        os.environ[VARIABLE] = self.secrets[0]
        self.folder = folder
        (folder / "secret").write_text(self.secrets[1])
        (folder / NAME).write_text(ABOVE + BASE)
        results = folder / "results"
        results.mkdir()
        (results / "grades.csv").write_text("nobody,0\n")
        for each in (folder, results, *folder.glob("*")):
            each.chmod(0o777)  # so that no right of a file keeps anybody out
        self._sockets = self._listening()
        self.places = {
            "folder": str(folder),
            "project": str(ROOT),
            "grader": str(os.getpid()),
            "told": self.secrets[0],
        }
        self.places["port"] = str(self._sockets[0].getsockname()[1])

    def set(self) -> None:
        """From now on, everything must stay as it is."""
        self._watched = self._seen()

    def _listening(self) -> list[socket.socket]:
        tcp = socket.create_server(("127.0.0.1", 0))
        port = tcp.getsockname()[1]
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", port))
        found = [tcp, udp]
        for address in (f"{self.folder}/listening", f"\0hostile-{port}"):
            found.append(socket.socket(socket.AF_UNIX))
            found[-1].bind(address)
            found[-1].listen()
        found.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        found[-1].bind(f"{self.folder}/datagrams")
        return found

    def reached(self) -> int:
        """How many of the sockets somebody has reached."""
        with selectors.DefaultSelector() as selector:
            for each in self._sockets:
                selector.register(each, selectors.EVENT_READ)
            return len(selector.select(0))

    def _seen(self) -> dict[str, Any]:
        """Every file that must stay as it is: size, times, rights, content."""
        project = [p for top in ("spec", "impl") for p in (ROOT / top).rglob("*")]
        found: dict[str, Any] = {}
        for path in [*project, self.folder, *self.folder.rglob("*")]:
            if "__pycache__" not in path.parts:
                about = path.lstat()
                content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
                found[str(path)] = [about.st_size, about.st_mtime_ns, about.st_mode, content]
                if path.is_dir():
                    found[str(path)] = about.st_mode
        return found

    def touched(self) -> list[str]:
        """The files that are new, gone or changed."""
        seen = self._seen()
        return sorted(
            name
            for name in seen.keys() | self._watched.keys()
            if seen.get(name) != self._watched.get(name)
        )

    def leaked(self, text: str) -> list[str]:
        """What a text tells of what is secret."""
        return [word for word in (*self.secrets, OF_REFERENCE) if word in text]


def about(judgement: Judgement, seconds: float, trap: Trap) -> dict[str, Any]:
    """What there is to tell of a judgement."""
    text = json.dumps(judgement.as_data())
    return {
        "seconds": round(seconds, 2),
        "trouble": judgement.trouble[:500],
        "holds": [v.claim for v in judgement.verdicts if v.status == Status.HOLDS],
        "statuses": {v.claim: v.status for v in judgement.verdicts if v.status != Status.HOLDS},
        "size": len(text),
        "walls": judgement.walls,
        "leaked": trap.leaked(text),
        "places": [place for place in PLACES if place in text],
    }


def judge_all(judge: Judge, chosen: Chosen, trap: Trap) -> dict[str, Any]:
    """What came of each submission, and of honest ones between them."""
    launcher = set(processes.descendants(os.getpid()))
    base = about(judge(trap.folder / NAME), 0, trap)
    found: dict[str, Any] = {"base": base, "hostile": {}, "honest": []}
    for n, (hostile, path, companions) in enumerate(chosen):
        start = time.monotonic()
        told = about(judge(path, companions), time.monotonic() - start, trap)
        told["left"] = running(launcher)
        told["kept"] = sorted(hostile.kept(set(base["holds"])))
        found["hostile"][str(hostile)] = told
        sys.stderr.write(f"{told['seconds']:6.2f} {hostile}\n")
        if n % BATCH == BATCH - 1 or n == len(chosen) - 1:
            found["honest"].append(about(judge(RIGHT), 0, trap))
    return found


def holding_landlock_at(abi: int) -> str:
    """What starts a launcher that knows no newer version of Landlock."""
    older = f"from sandbox import landlock\nlandlock.version = lambda: {abi}\n"
    return control._START.replace("launcher.main()", f"{older}launcher.main()")


def running(known: set[int]) -> list[str]:
    """The processes below this one that are not known and do not end by themselves within `ENDING`."""
    end = time.monotonic() + ENDING
    while (left := _alive(known)) and time.monotonic() < end:
        time.sleep(0.01)
    return left


def _alive(known: set[int]) -> list[str]:
    found = []
    for pid in set(processes.descendants(os.getpid())) - known:
        with suppress(OSError):
            place = Path(f"/proc/{pid}")
            state = place.joinpath("stat").read_text(errors="replace").rpartition(")")[2].split()
            if state[0] != "Z":
                found.append(place.joinpath("cmdline").read_text(errors="replace")[:80] or str(pid))
    return found


def main() -> None:
    """Write what came of the submissions chosen."""
    parser = argparse.ArgumentParser(prog="python -m spec.meta.hostile.runner")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--part", default="1/1", help="N/M: every M-th, from the N-th")
    parser.add_argument("--only", default="", help="those whose kind and name contain this")
    parser.add_argument("--landlock", type=int, default=0, help="the newest ABI of Landlock to use")
    parser.add_argument(
        "--user", type=int, default=0, help="the number of the user to become first"
    )
    given = parser.parse_args()
    if given.landlock:
        control._START = holding_landlock_at(given.landlock)
    if given.user:
        os.setgroups([])
        os.setresgid(*[given.user] * 3)
        os.setresuid(*[given.user] * 3)
        kernel.unreadable(False)  # as a program is that a user has started
    part, parts = map(int, given.part.split("/"))
    chosen = [each for each in entries() if given.only in str(each)][part - 1 :: parts]
    kernel.adopt_orphans()  # whatever escapes from a sandbox becomes a child of this process
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        trap = Trap(Path(name))
        written = [
            (each, *each.written(trap.folder / str(n), trap.places))
            for n, each in enumerate(chosen)
        ]
        trap.set()
        found = []
        whole = by_all()
        for few, claims in ((True, FEW), (False, ())):
            some = [each for each in written if (each[0] not in whole) == few]
            if some:
                found.append(
                    judging(
                        partial(judge_all, chosen=some, trap=trap), claims=claims, seconds=SECONDS
                    )
                )
        time.sleep(0.5)  # what was to come later has come
        after = {"left": running(set()), "touched": trap.touched(), "reached": trap.reached()}
    given.out.write_text(json.dumps({"judged": found, **after}, indent=1))


if __name__ == "__main__":
    main()
