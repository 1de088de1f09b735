"""The boundary: what crosses it, what is made of what does not, and that nothing is believed."""

import sys
from pathlib import Path

import numpy as np
import pytest

from spec.harness.ground.errors import CannotLoad
from spec.harness.ground.outcomes import NotWrittenYet, Raised, Refuted
from spec.harness.subject.proxy import Implementation, arguments_after

pytest.importorskip("msgpack")
if not sys.platform.startswith("linux"):
    pytest.skip("submissions are graded on Linux", allow_module_level=True)

from spec.harness.ground.status import Status
from spec.sandbox.control import Launcher
from spec.sandbox.patience import Stopped
from spec.sandbox.remote import Gone
from spec.sandbox.submission import Submission

SEED = 7


@pytest.fixture(scope="module")
def launcher():
    """One for all tests."""
    with Launcher("process") as found:
        yield found


@pytest.fixture
def loaded(launcher):
    """Load a source: a submission, and `nn` of it."""
    begun = []

    def load(
        source: str, seconds: float = 4.0, **companions: str
    ) -> tuple[Submission, Implementation]:
        files = {f"{name}.py": text.encode() for name, text in companions.items()}
        submission = Submission(launcher, "my_net.py", source.encode(), files, seconds)
        begun.append(submission)
        subject = submission.subject()
        return submission, Implementation(subject.module, subject.name)

    yield load
    for submission in begun:
        submission.__exit__()


ECHO = "def softmax(*values): return list(values)\n"
OTHER = "def relu(*values): return list(values)\n"
VALUES = {
    "float64": np.arange(6.0).reshape(2, 3),
    "Fortran order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "float32": np.float32([[1.5]]),
    "big-endian": np.arange(3, dtype=">i4"),
    "booleans": np.array([True, False]),
    "no entries": np.zeros((0, 3)),
    "no axes": np.array(2.5),
    "a NumPy number": np.float32(0.1),
    "complex": 1 + 2j,
    "NaN": np.array([np.nan, np.inf, -0.0]),
    "a large whole number": -(3**200),
    "nested": {"W1": [np.ones(2), (1, None, "ü\ud800")], 3: b"\0"},
}


@pytest.mark.parametrize("name", VALUES)
def test_values_cross_as_they_are(loaded, name):
    """There and back: type, dtype, shape, order and every bit."""
    submission, nn = loaded(ECHO)
    with submission.subject().each_test(SEED):
        (back,) = nn.softmax(VALUES[name])
    assert repr(back) == repr(VALUES[name])
    assert type(back) is type(VALUES[name])
    if isinstance(back, np.ndarray):
        assert (back.dtype, back.shape) == (VALUES[name].dtype, VALUES[name].shape)
        assert back.flags.f_contiguous == VALUES[name].flags.f_contiguous
        assert back.flags.writeable


ODD = {
    "an object that equals everything": "class A:\n    def __eq__(self, other): return True\nRESULT = A()",
    "an array of objects": "RESULT = np.array([object()])",
    "a list in itself": "RESULT = []\nRESULT.append(RESULT)",
    "a list a thousand deep": "RESULT = []\nfor _ in range(1000): RESULT = [RESULT]",
    "a dict with a key that is a list": "class K(list):\n    def __hash__(self): return 1\nRESULT = {K(): 1}",
    "an array that raises": "class A:\n    def __array__(self): raise SystemExit\nRESULT = A()",
    "endless numbers": "import itertools\nRESULT = itertools.count()",
    "a gigabyte": "RESULT = np.broadcast_to(0.0, (1 << 27,))",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_value_stays_there(loaded, name):
    """It is a handle, or an exception; the next call is answered as ever."""
    submission, nn = loaded(
        f"import numpy as np\n{ODD[name]}\ndef softmax(Z): return RESULT\n{OTHER}"
    )
    with submission.subject().each_test(SEED):
        try:
            found = nn.softmax(1.0)
        except Raised:
            found = None
        assert not isinstance(found, (float, list))
        assert not isinstance(found, np.ndarray) or found.dtype == object
        assert nn.relu(2.0) == [2.0]


def test_a_subclass_comes_as_what_it_holds(loaded):
    """Whatever its comparisons and conversions say."""
    source = (
        "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, other): return True\n"
        "    def tobytes(self, *a): return b'lies'\n"
        "class S(str):\n    def __str__(self): return 'lies'\n"
        "def softmax(Z): return [np.zeros(2).view(A), S('truth')]"
    )
    submission, nn = loaded(source)
    with submission.subject().each_test(SEED):
        array, text = nn.softmax(1.0)
    assert type(array) is np.ndarray
    assert array.tolist() == [0, 0]
    assert text == "truth"
    assert type(text) is str


WRITES = (
    "import os, struct, msgpack\ndef sent(data): os.write(3, data)\n"
    "def framed(value):\n    data = msgpack.packb(value)\n"
    "    return struct.pack('>I', len(data)) + data\n"
)
FRAMES = {
    "no frame": "b'\\xff' * 40",
    "a frame that says it is huge": "struct.pack('>I', 1 << 31)",
    "a frame of no value": "struct.pack('>I', 3) + b'\\xc1\\xc1\\xc1'",
    "an answer to another question": "framed(['value', 9999, 1, None])",
    "a kind that does not exist": "framed(msgpack.ExtType(99, b''))",
    "an array that is none": "framed(['value', 1, msgpack.ExtType(0, b'\\2\\3C<f8'), None])",
    "a call of what was never lent": "framed(['ask', 5, []])",
}


@pytest.mark.parametrize("name", FRAMES)
def test_what_nobody_asked_for_fails_that_test_alone(loaded, name):
    """The next one finds a new process."""
    source = f"{WRITES}def softmax(Z):\n    sent({FRAMES[name]})\n    return Z\n{OTHER}"
    submission, nn = loaded(source)
    around = submission.subject().each_test
    with pytest.raises(Gone, match="what is no answer"), around(SEED):
        nn.softmax(1.0)
    with around(SEED):
        assert nn.relu(1.0) == [1.0]


ANSWERS_TWICE = """
import sys, time
def softmax(Z):
    frame = sys._getframe()
    while "number" not in frame.f_locals:
        frame = frame.f_back
    sent(framed(["value", frame.f_locals["number"], 5.0, None]))
    time.sleep(0.2)
"""


def test_a_second_answer_fails_the_test_that_it_comes_in(loaded):
    """Though the first one was all that was asked for, and the second comes long after it."""
    submission, nn = loaded(WRITES + ANSWERS_TWICE + OTHER)
    around = submission.subject().each_test

    def test() -> None:
        with around(SEED):
            assert nn.softmax(1.0) == 5

    with pytest.raises(Gone, match="nobody asked for"):
        test()
    with around(SEED):
        assert nn.relu(1.0) == [1.0]


def test_chance_without_a_seed_is_the_same_in_each_run(loaded):
    """What is told must not depend on the run. Within one, each generator is another one."""
    draws = "np.random.default_rng().random(), np.random.RandomState().rand(), np.random.rand()"
    submission, nn = loaded(f"import numpy as np\ndef softmax(): return [{draws}]\n")
    runs = []
    for seed in (SEED, SEED, SEED + 1):
        with submission.subject().each_test(seed):
            runs.append(nn.softmax() + nn.softmax())
    assert runs[0] == runs[1]
    assert len({*runs[0], *runs[2]}) == 12


def test_what_is_changed_in_place_is_told(loaded):
    """A copy was handed over, and comes back as it was left."""
    submission, nn = loaded("def softmax(Z):\n    Z[0] = 9\n    return Z")
    Z = np.zeros(2)
    with submission.subject().each_test(SEED):
        (after,) = arguments_after(nn.softmax, Z)
    assert after.tolist() == [9, 0]
    assert Z.tolist() == [0, 0]


def test_a_generator_moves_on_both_sides(loaded):
    """What is drawn there is not drawn here again, though it was kept from an earlier call."""
    source = (
        "KEPT = []\ndef softmax(rng):\n    KEPT.append(rng)\n    return rng.random()\n"
        "def relu(): return KEPT[0].random()"
    )
    submission, nn = loaded(source)
    rng, twin = np.random.default_rng(3), np.random.default_rng(3)
    with submission.subject().each_test(SEED):
        assert nn.softmax(rng) == twin.random()
        assert rng.random() == twin.random()
        assert nn.softmax(rng) == twin.random()
        assert nn.relu() == twin.random()
        assert rng.random() == twin.random()


class Net:
    """A network of the trusted side."""

    def __init__(self) -> None:
        self.W1, self._secret = np.zeros(2), "secret"

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Something that W1 and the secret are needed for."""
        assert self._secret == "secret"  # noqa: S105
        self.Z = X + self.W1
        return self.Z


MOVES = """
import copy
def train(net, X):
    other = copy.deepcopy(net)
    net.W1[0] = 5
    first = net.forward(X=X)
    other.W1[1] = 7
    return [first, other.forward(X), net.Z, net.W1, sorted(vars(net))]
"""


def test_an_object_of_the_trusted_side_is_moved_in_place(loaded):
    """Copies have attributes of their own; what begins with an underscore does not travel."""
    submission, nn = loaded(MOVES)
    net = Net()
    with submission.subject().each_test(SEED):
        found = nn.train(net, np.ones(2))
    assert [value.tolist() for value in found[:4]] == [[6, 1], [1, 8], [6, 1], [5, 0]]
    assert found[4] == ["W1", "Z"]
    assert net.W1.tolist() == [5, 0]


def test_a_function_of_the_spec_is_called_there_and_raises_here(loaded):
    """What refutes a claim in it goes past the submission; another test's function is gone."""
    source = (
        "KEPT = []\ndef numerical_gradient(f, theta):\n    KEPT.append(f)\n    try: return f(theta=theta)\n"
        "    except Exception: return 1.0\ndef relu(z): return KEPT[0](z)"
    )
    submission, nn = loaded(source)
    around = submission.subject().each_test

    def refute(theta: float) -> float:
        raise Refuted("no")

    with around(SEED):
        assert nn.numerical_gradient(lambda theta: 2 * theta, 3.0) == 6
        assert nn.relu(4.0) == 8
    with around(SEED), pytest.raises(Raised, match="relu raised RuntimeError"):
        nn.relu(4.0)
    with around(SEED):
        nn.numerical_gradient(refute, 3.0)  # it swallowed that; what it returns is judged


def test_what_an_assignment_raises_is_raised_by_the_next_question(loaded):
    """Assignments are not answered."""
    source = "class MLP:\n    __slots__ = ()\n    def forward(self): return 1"
    submission, nn = loaded(source)
    with submission.subject().each_test(SEED):
        net = nn.MLP()
        net.W1 = 3.0
        with pytest.raises(Raised, match="AttributeError"):
            net.forward()


ENDS = {
    "a loop": ("while True: pass", Stopped, Status.STOPPED),
    "sleep": ("import time; time.sleep(60)", Stopped, Status.STOPPED),
    "memory": ("return bytearray(1 << 40)", Raised, Status.STOPPED),
    "exit": ("import os; os._exit(0)", Gone, ""),
    "a crash": ("import ctypes; ctypes.string_at(0)", Gone, ""),
    "a file": ("open('/etc/passwd')", Raised, Status.REFUSED),
    "nothing": ("raise NotImplementedError", NotWrittenYet, ""),
}


@pytest.mark.parametrize("name", ENDS)
def test_how_a_call_ends_is_told_apart(loaded, name):
    """And the next test finds the submission as it was handed in."""
    body, kind, incident = ENDS[name]
    submission, nn = loaded(f"def softmax(Z):\n    {body}\n{OTHER}", 0.3)
    around = submission.subject().each_test
    with pytest.raises(kind), around(SEED):
        nn.softmax(1.0)
    assert submission.incident == incident
    with around(SEED):
        assert nn.relu(1.0) == [1.0]
    assert submission.incident == ""


def test_modules_beside_a_submission_can_be_imported(loaded):
    """They are told by name where they raise, and nothing of the specification is among them."""
    source = "import helper\nfrom .helper import softmax\ndef relu(z): import spec"
    submission, nn = loaded(source, helper="def softmax(Z): return 1 / 0")
    with submission.subject().each_test(SEED):
        with pytest.raises(Raised, match=r"ZeroDivisionError.* \(helper.py, line 1: `def softmax"):
            nn.softmax(1.0)
        with pytest.raises(Raised, match="ModuleNotFoundError: No module named 'spec'"):
            nn.relu(1.0)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def relu(z)\n    return z", "expected ':'"),
        ("import os; os._exit(1)", "your code ended its process, with exit status 1"),
        ("while True: pass", "did not end within 0.3 s"),
        ("import nonsense", r"No module named 'nonsense' \(my_net.py, line 1: `import nonsense`\)"),
        ("x = 1", "defines none of the names that are judged"),
    ],
)
def test_what_cannot_be_loaded_is_said(loaded, source, sentence):
    """In a sentence that names the file."""
    with pytest.raises(CannotLoad, match=sentence):
        loaded(source, 0.3)


def test_lines_are_told_of_the_submission_alone(loaded):
    """It may say that its function stands in any file."""
    lies = "relu.__code__ = relu.__code__.replace(co_filename='/etc/hostname')"
    submission, _ = loaded(f"def softmax(Z):\n    return Z\ndef relu(z): return z\n{lies}")
    subject = submission.subject()
    assert subject.located("softmax") == ("my_net.py", 1)
    assert subject.located("relu") is None
    assert not Path("my_net.py").exists()
