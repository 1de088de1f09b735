"""The boundary: what is seen from outside of a submission, what is bounded, and what is told of it."""

import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spec.forked import Fork
from spec.harness.ground.outcomes import Raised, Refuted
from spec.harness.ground.status import Status
from spec.harness.ground.texts import cut, shortened
from spec.harness.subject import beside
from spec.harness.subject.proxy import arguments_after, next_to, warnings_of

pytest.importorskip("msgpack")
if not sys.platform.startswith("linux"):
    pytest.skip("submissions are graded on Linux", allow_module_level=True)

from spec.grading.running.class_run import ClassRun
from spec.grading.scores.catalogue import catalogue
from spec.sandbox import bounds, clock
from spec.sandbox.places import PLACE, hidden

from .test_boundary import OTHER, SEED, Net, launcher, loaded  # noqa: F401  (fixtures)

FORGED = """
import gc
server = next(each for each in gc.get_objects() if type(each).__name__ == "Server")
server.beside.after = lambda function, given: given
server.beside.two_steps = lambda rule, theta, gradient, lr: [theta, gradient]
server.beside.warned = lambda function, given: []
"""
DAMAGES = """
import numpy as np
def softmax(Z):
    result = np.exp(Z) / np.exp(Z).sum()
    Z[...] = 9
    return result
def minibatches(X, Y, batch_size, rng):
    for i in range(2): yield X[i:i + 1], Y[i:i + 1]
    X[0] = 9
def collapse(layers):
    layers[1][0][...] = 9
    return layers[0]
def momentum(theta, gradient, memory, lr):
    if memory is None: return theta.copy(), gradient
    memory *= 0.5
    return theta - lr * memory, memory
"""


@pytest.mark.parametrize("forged", [FORGED, ""], ids=["forged", "plain"])
def test_what_a_call_does_to_its_arguments_is_seen_from_outside(loaded, forged):  # noqa: F811
    """Whatever the process says of it: they lie in memory that this side reads itself."""
    submission, nn = loaded(DAMAGES + forged)
    X, Y = np.ones((2, 3)), np.zeros((2, 1))
    with submission.subject().each_test(SEED):
        (after,) = arguments_after(nn.softmax, np.asfortranarray(X))
        assert (after == 9).all()
        assert after.flags.f_contiguous
        left = arguments_after(nn.minibatches, X, Y, 1, np.random.default_rng(0))
        assert left[0].tolist() == [[9, 9, 9], [1, 1, 1]]
        assert left[1].tolist() == Y.tolist()
        ((first, _), (second, _)) = arguments_after(nn.collapse, [(X, Y), (X, Y)])[0]
        assert (first == 1).all()
        assert (second == 9).all()
        theta, gradient = next_to(nn.momentum, beside.two_steps, X, 2 * X, 0.5)
        assert (theta == 1).all()
        assert (gradient == 1).all()
    assert (X == 1).all()


def test_what_only_its_process_can_say_is_not_judged(loaded):  # noqa: F811
    """Neither in its favour nor against it; and the catalogue of what is graded names these claims."""
    submission, nn = loaded(DAMAGES)
    with submission.subject().each_test(SEED), pytest.raises(Refuted, match="only the process"):
        warnings_of(nn.softmax, np.ones(2))
    known = catalogue()
    assert known.by_its_word == ("5.4/cost-is-linear",)
    assert not set(known.by_its_word) & set(known.claims)
    assert "3.2/softmax-does-not-overflow" in known.claims  # by the numbers that come out


ON_PURPOSE = {
    "memory": ("raise MemoryError", ""),
    "a right": ("raise PermissionError(13, 'Permission denied')", ""),
    "by another": ("exec('raise MemoryError')", ""),
    "thrown": ("(_ for _ in ()).throw(PermissionError())", ""),
    "of its own": ("raise type('MemoryError', (Exception,), {})", ""),
    "a limit": ("return np.ones(10**12)", Status.STOPPED),
    "a limit, raised again": (
        "try: np.ones(10**12)\n    except MemoryError: raise",
        Status.STOPPED,
    ),
    "a wall": ("open('/etc/passwd')", Status.REFUSED),
    "a call": ("__import__('socket').socket()", Status.REFUSED),
}


@pytest.mark.parametrize("name", ON_PURPOSE)
def test_what_is_raised_on_purpose_is_no_limit_and_no_wall(loaded, name):  # noqa: F811
    """A statement raised it, not a call that was refused."""
    body, incident = ON_PURPOSE[name]
    submission, nn = loaded(f"import numpy as np\ndef softmax(Z):\n    {body}\n{OTHER}")
    with pytest.raises(Raised), submission.subject().each_test(SEED):
        nn.softmax(1.0)
    assert submission.incident == incident


TOO_MUCH = {
    "bytes": np.ones((200, 200), np.int8),
    "a long axis": np.ones((0, 1 << 20), np.int8),
    "long doubles": np.ones(1 << 14, np.longdouble),
    "many floats": np.ones((1 << 10, 1 << 9)),
    "many items": [0] * (1 << 14),
    "nested": {"a": [(np.ones((200, 200), bool),)]},
    "a long text": "x" * 5000,
    "a long number": 1 << 5000,
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_handed_to_a_lent_object_is_bounded(name):
    """The sentence says what it was, and how much is taken."""
    with pytest.raises(Refuted, match=r"your code hands to what it was given .* at most are taken"):
        bounds.keep_within([1, TOO_MUCH[name]])


def test_what_is_right_is_within_bounds():
    """Networks and batches of the size that the claims have, in the dtypes that people use."""
    for kind in (float, np.float32, complex, np.longdouble, int, bool):
        bounds.keep_within(
            [{"W1": np.ones((64, 64), kind)}, np.ones((100, 64), kind), 3, None, "a"]
        )
    bounds.keep_within([np.ones((1797, 64)), np.arange(1797)])


def test_a_network_that_is_lent_takes_no_more(loaded):  # noqa: F811
    """Neither what is set on it nor what it is called with; the test that lent it goes on."""
    source = (
        "import numpy as np\ndef train(net, X):\n    found = []\n"
        "    for value in (np.ones((300, 300), np.int8), X):\n"
        "        try: found.append(net.forward(value).shape)\n"
        "        except RuntimeError as error: found.append(str(error))\n    return found"
    )
    submission, nn = loaded(source)
    with submission.subject().each_test(SEED):
        refused, right = nn.train(Net(), np.ones(2))
    assert "an array of shape (300, 300) and dtype int8, 8192 entries at most" in refused
    assert right == (2,)


def _computes(send):
    A = np.ones((3000, 3000), np.int8)
    with clock.killing_after(0.2):
        send(1)
        A @ A  # one call of C, of half a minute: no exception would come through
    send(2)


def test_a_clock_ends_a_call_that_no_exception_would():
    """And whoever waits for the process sees which clock it was."""
    begun = time.process_time()
    messages = []
    with Fork(_computes) as fork:
        while not fork.over:
            messages += fork.receive(30)
    assert messages == [1]
    assert fork.status == -signal.SIGVTALRM
    assert time.process_time() - begun < 5


def test_places_of_the_machine_are_hidden():
    """Whole, in containers, and where a text was cut off in the middle of one."""
    home, here = str(Path.home()), str(Path.cwd())
    assert hidden(f"no file '{here}/a/b.npy', {home}/c") == f"no file '{PLACE}', {PLACE}"
    assert hidden(f"cut off: {here[:-2]}") == f"cut off: {PLACE}"
    assert hidden(f"x{here}") == f"x{PLACE}"
    assert hidden({"a": [f"/elsewhere/7/own {here}", 3]}, ["/elsewhere/7"]) == {
        "a": [f"{PLACE} {PLACE}", 3]
    }
    for text in ("1/m is missing", "dW / m", "data/iris.csv", "a/root", "/nowhere/at/all"):
        assert hidden(text) == text


def test_a_text_is_cut_where_it_comes_in():
    """In no time, however long it is and whatever it is made of."""
    begun = time.process_time()
    for text in ("'" * 10**7, "x " * 10**7, "(" * 10**7):
        assert len(cut(text, 300)) == 300
        assert len(shortened(text, 300)) <= 300
    assert time.process_time() - begun < 1
    assert cut("short", 300) == shortened("short", 300) == "short"


def test_a_report_that_fails_is_the_trouble_of_one(tmp_path):
    """It has a row that says so, and the others have theirs."""
    told = []

    class Store:
        suite = "suite"

    def report(submission, judgement, _):
        if submission == "odd" and not judgement.trouble:
            raise ValueError("cannot be written")
        told.append((submission, judgement.trouble))

    run = ClassRun(("2.1/linear-model",), Store(), None, report)
    fine = run._nothing("")
    for submission in ("anna", "odd", "ben"):
        run._tell(submission, fine, "")
    assert [name for name, _ in told] == ["anna", "odd", "ben"]
    assert told[1][1].startswith("what came out cannot be told (ValueError)")
    assert told[2][1] == ""
