"""Of a notebook only what defines is carried out, and all that definitions need."""

import numpy as np
import pytest

from .notebooks import carried_out

NUMPY = "import numpy as np"

WRITES = """
open("training.txt", "w").write("ran")
---
Path("plot.png").write_text("ran")
---
with open("with.txt", "w") as file:
    file.write("ran")
---
for epoch in range(3):
    Path("loop.txt").write_text("ran")
---
while not Path("while.txt").exists():
    Path("while.txt").write_text("ran")
---
losses = train(TwoLayerNet(), "assigned.txt")
---
if True:
    Path("if.txt").write_text("ran")
---
if train(None, "condition.txt"):
    epochs = 5
---
try:
    weights = np.load("weights.npy")
except OSError:
    np.save("weights.npy", np.zeros(3))
---
saved = np.savetxt("array.txt", np.zeros(3))
---
table = [train(None, f"{n}.txt") for n in range(3)]
---
best = max(range(3), key=lambda n: train(None, "key.txt"))
---
worst = min([1], key=evaluate)
---
(result := Path("walrus.txt")).write_text("ran")
---
class_of = TwoLayerNet.create("method.txt")
---
figure, axes = plt.subplots()
---
axes.plot(losses)
plt.savefig("figure.png")
---
cache = joblib.Memory("cache")
---
net = TwoLayerNet()
net.W1 = train(net, "attribute.txt")
---
log = open("log.txt", "w")
---
data = np.zeros(3).tofile("data.bin")
---
!touch shell.txt
files = !touch captured.txt
---
%%bash
touch bash.txt
---
%%writefile written.py
x = 1
---
%save saved.py
---
%%time
train(None, "timed.txt")
---
del np
---
assert train(None, "assertion.txt")
---
np.random.seed(0); train(None, "second.txt")
---
match train(None, "match.txt"):
    case None: pass
---
print(train(None, "printed.txt"))
"""
DEFINES = '''
import numpy as np
from pathlib import Path


def train(net, name):
    """Every name that a cell binds is asked for here."""
    Path(name).write_text("ran")
    return losses, epochs, weights, saved, table, best, worst, result, class_of, figure, axes, net


def evaluate(n):
    train(None, "evaluated.txt")
    return cache, log, data, files


class TwoLayerNet:
    @classmethod
    def create(cls, name):
        return train(cls, name)
'''


def test_nothing_but_definitions_is_carried_out(tmp_path, monkeypatch):
    """Thirty cells, each of which would write a file: none appears."""
    monkeypatch.chdir(tmp_path)
    cells = WRITES.strip("\n").split("\n---\n")
    assert len(cells) >= 30
    module, notes = carried_out(DEFINES, *cells)
    assert {"train", "TwoLayerNet", "evaluate"} <= set(vars(module))
    assert not list(tmp_path.iterdir())
    with pytest.raises(NameError, match="'losses' is not defined"):
        module.train(None, "called.txt")
    assert "cell 7, line 1: left out, since it does more than define: `losses = train(" in notes[0]


NET = "class TwoLayerNet:\n    def forward(self, X): return 1"
ADD_TO_CLASS = """
def add_to_class(Class):
    def wrapper(function):
        setattr(Class, function.__name__, function)
    return wrapper
"""
# what the cells hold -> an expression on the module that is true
IDIOMS = {
    "the later definition counts": (
        ["def relu(z): return 1", "def relu(z): return 2"],
        lambda m: m.relu(0) == 2,
    ),
    "constants, through one another": (
        ["A = 1", "B: int = A + 1", "B += 1", "def relu(z): return B"],
        lambda m: m.relu(0) == 3,
    ),
    "a constant that is defined below": (
        ["def relu(z): return A", "A = 1"],
        lambda m: m.relu(0) == 1,
    ),
    "a generator": (
        [NUMPY, "rng = np.random.default_rng(0)", "def relu(z): return rng.normal(size=3)"],
        lambda m: m.relu(0).shape == (3,),
    ),
    "arrays and methods of values": (
        [NUMPY, "A = np.arange(6).reshape(2, 3).T", "def relu(z): return A"],
        lambda m: m.relu(0).shape == (3, 2),
    ),
    "names in a tuple": (["A, (B, *C) = 1, (2, 3)", "def relu(z): return C"], lambda m: m.relu(0) == [3]),
    "a lambda": (["relu = lambda z: max(0, z)"], lambda m: m.relu(-1) == 0),
    "another library's function": ([NUMPY, "tanh = np.tanh"], lambda m: m.tanh is np.tanh),
    "a function made by a library": (
        [NUMPY, "def step(z): return z > 0", "relu_grad = np.vectorize(step, otypes=[float])"],
        lambda m: m.relu_grad([1, -1]).tolist() == [1, 0],
    ),
    "a table of functions, and an entry more": (
        ["def relu(z): return 1", "T = dict(a=relu)", "T['b'] = T['a']", "def tanh(z): return T['b'](z)"],
        lambda m: m.tanh(0) == 1,
    ),
    "an import that is tried": (
        ["try:\n    import no_such as f\nexcept ImportError:\n    f = None", "def relu(z): return f"],
        lambda m: m.relu(0) is None,
    ),
    "a definition under a condition": (
        ["FAST = True", "if FAST:\n    def relu(z): return 1\nelse:\n    def relu(z): return 2"],
        lambda m: m.relu(0) == 1,
    ),
    "a decorator": (
        ["import functools", "@functools.lru_cache(maxsize=None)\ndef relu(z): return 1"],
        lambda m: m.relu(0) == 1,
    ),
    "a global": (
        ["calls = 0", "def relu(z):\n    global calls\n    calls += 1\n    return calls"],
        lambda m: (m.relu(0), m.relu(0)) == (1, 2),
    ),
    "class attributes": (
        ["RATE = 0.1", "class TwoLayerNet:\n    rate = RATE"],
        lambda m: m.TwoLayerNet.rate == 0.1,
    ),
    "a method added by assignment": (
        [NET, "def backward(self, Y): return 2", "TwoLayerNet.backward = backward"],
        lambda m: m.TwoLayerNet().backward(0) == 2,
    ),
    "a method added by a decorator": (
        [NET, ADD_TO_CLASS, "@add_to_class(TwoLayerNet)\ndef backward(self, Y): return 2"],
        lambda m: m.TwoLayerNet().backward(0) == 2 and not hasattr(m, "backward"),
    ),
    "a class that inherits from its former self": (
        [NET, "class TwoLayerNet(TwoLayerNet):\n    def backward(self, Y): return self.forward(Y) + 1"],
        lambda m: m.TwoLayerNet().backward(0) == 2,
    ),
    "a number with the name of a function": (
        ["momentum = 0.9", "def sgd(theta, gradient, lr): return momentum"],
        lambda m: m.sgd(0, 0, 0) == 0.9 and not hasattr(m, "momentum"),
    ),
    "a result with the name of a function": (
        ["def accuracy(net, X, Y): return 1", "accuracy = accuracy(0, 0, 0)"],
        lambda m: m.accuracy(0, 0, 0) == 1,
    ),
    "a dataclass": (
        ["import dataclasses as d", "@d.dataclass\nclass Node:\n    value: float\n    grad: Array = 0"],
        lambda m: m.Node(3).value == 3,
    ),
    "a loop variable of the same name": (
        ["for n in range(3): pass", "A = [n * n for n in range(3)]", "def relu(z): return A"],
        lambda m: m.relu(0) == [0, 1, 4],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IDIOMS)
def test_what_definitions_need_comes_with_them(name):
    """Ways of writing that notebooks are full of."""
    cells, holds = IDIOMS[name]
    module, notes = carried_out(*cells)
    assert holds(module)
    assert not notes


def test_a_stale_value_is_no_value():
    """A variable that the notebook computes later on is not what it was before."""
    cells = ["losses = []", "losses = train(3)", "def train(n): return losses"]
    module, notes = carried_out(*cells)
    with pytest.raises(NameError):
        module.train(3)
    assert "cell 2, line 1: left out" in notes[0]
