"""A warm start: whatever the code that is judged does, the process that judges goes on."""

import json
import os
import select
import subprocess
import sys
import time

import pytest

from spec.forked import Fork
from spec.harness.engine.claims import Claim, Ledger
from spec.harness.engine.forked_run import NOTHING, ForkedRun
from spec.harness.engine.records import Record
from spec.harness.engine.results import Results
from spec.harness.engine.suite import Suite
from spec.harness.ground.status import Status
from spec.harness.subject.loading import load

from .conftest import ROOT
from .starting import LONGEST

DEAF = (
    "import os, signal\ndef tanh(z):\n"
    "    for alarm in signal.SIGALRM, signal.SIGPROF: signal.signal(alarm, signal.SIG_IGN)\n"
)
CODE = {
    "right": "import numpy as np\ndef tanh(z): return np.tanh(z)",
    "wrong": "import numpy as np\ndef tanh(z): return -np.tanh(z)",
    "empty": "",
    "loop": "def tanh(z):\n    while True: pass",
    "stubborn": f"{DEAF}    while True: pass",
    "closed": f"{DEAF}    os.closerange(3, 99)\n    while True: pass",
    "exit": "import os\ndef tanh(z): os._exit(3)",
    "crash": "import os\ndef tanh(z): os.kill(os.getpid(), 11)",
    "exit at import": "import os\nos._exit(0)",
    "broken": "def tanh(z)\n    return z",
    "chatty": "import sys\ndef tanh(z):\n  print(input())\n",
}


def judge_all(suite: Suite) -> dict[str, list[str]]:
    """How the claim of tanh ended for each code: refused, status, sentence, number of tests left."""
    found = {}
    for name in CODE:
        with ForkedRun(
            suite, suite.obligations, lambda n=name: load(f"{n}.py", 0.3, begun=False), 20
        ) as run:
            records = []
            while not run.over:
                records += run.arrived(0.2)
        told = [r.explanation.sentence for r in records if r.explanation]
        found[name] = [run.refused, *{r.status for r in records}, *told, str(len(run.left))]
    return found


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """How each code ended; judged in a process of its own, as pytest within pytest would not do."""
    folder = tmp_path_factory.mktemp("warm")
    for name, source in CODE.items():
        (folder / f"{name}.py").write_text(source)
    program = (
        "import json, sys\nfrom spec.harness.engine.suite import collected\n"
        "from spec.meta.test_warm import judge_all\n"
        "options = '--claim=3.2/tanh', '--time-limit=0.3', '--hypothesis-profile=quick'\n"
        "found = judge_all(collected(*options))\n"
        "print('\\n' + json.dumps(found))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=LONGEST
    )
    assert not done.returncode, done.stderr
    assert not done.stderr
    return json.loads(done.stdout.splitlines()[-1])


ENDLESS = "did not end within 0.3 s: is there an endless loop?"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("right", ["", "holds", "0"]),
        ("empty", ["", "not written yet", "not written yet: tanh", "0"]),
        ("loop", ["", "fails", f"the test {ENDLESS}", "0"]),
        ("stubborn", ["", "fails", f"your code {ENDLESS}", "0"]),
        ("closed", ["", "fails", f"your code {ENDLESS}", "0"]),
        (
            "exit",
            ["", "fails", "your code ended the process that runs it, with exit status 3", "0"],
        ),
        ("crash", ["", "fails", "the process that runs your code was ended by SIGSEGV", "0"]),
        ("broken", ["broken.py, line 1: expected ':': `def tanh(z)`", "1"]),
        (
            "exit at import",
            ["your code ended the process that runs it, with exit status 0", "1"],
        ),
    ],
)
def test_it_is_told_how_it_ended(ends, name, end):
    """Each in a process of its own, the next one as if nothing had been."""
    assert ends[name] == end


def test_what_is_wrong_is_explained(ends):
    """As in any other run."""
    assert ends["wrong"][:2] == ["", "fails"]
    assert ends["wrong"][2].startswith("tanh(z) is wrong in ")
    assert "EOFError: nobody is asked for input" in ends["chatty"][2]


def test_what_a_fork_started_goes_with_it():
    """Programs, and forks of its own: the pipe that all of them hold open is closed in the end."""
    reading, held = os.pipe()
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]

    def outer(send):
        with (
            subprocess.Popen(sleeper, pass_fds=[held]),
            Fork(lambda tell: (tell("inner"), time.sleep(60))) as inner,
        ):
            send(inner.receive(10))
            time.sleep(60)

    with Fork(outer) as fork:
        assert fork.receive(10) == [["inner"]]
    assert fork.over
    os.close(held)
    ready, _, _ = select.select([reading], [], [], 10)
    assert ready
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_who_waits_is_settled_whatever_the_order():
    """A claim waits where another one fails without which it means nothing, and fails once that holds."""
    ledger = Ledger()
    needing = next(id for id, entry in ledger.entries.items() if entry.means_nothing_without)
    needed = ledger.entries[needing].means_nothing_without[0]
    found = Results(ledger, NOTHING)
    for id in (needing, needed):
        found.records[id] = Record(id, Claim(id), "", "", 1, "", True, Status.FAILS)
    found.settle()
    assert (found.records[needing].status, found.records[needed].status) == ("waits", "fails")
    assert found.records[needing].waits_for == needed
    found.records[needed].status = Status.HOLDS
    found.settle()
    assert (found.records[needing].status, found.records[needing].waits_for) == ("fails", "")


def test_what_cannot_be_collected_is_said():
    """In one sentence; pytest has said the rest."""
    program = (
        "from spec.harness.engine.suite import collected\n"
        "from spec.harness.ground import errors\n"
        "try: collected('--claim=nonsense')\n"
        "except errors.CannotDo as error: print('\\n' + str(error))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.endswith(
        "the specification cannot be collected; `pytest --pyargs spec` says why\n"
    )
    assert "--claim nonsense: there is no such section or claim" in done.stderr
