"""The docstrings that a skeleton carries: the reference's, and for networks of fixed depth their own.

In the reference TwoLayerNet and ThreeLayerNet inherit all but their constructor from MLP; a learner
writes them first, so here their methods speak of two and of three layers.
"""

from .reference import Reference

FIXED_DEPTH = ("TwoLayerNet", "ThreeLayerNet")


def words(reference: Reference, name: str, method: str = "") -> str:
    """The docstring of a function, a class or a method ("" if there is none)."""
    if not method:
        return reference.docstring(reference.definitions[name])
    methods = reference.methods(name)
    if name not in FIXED_DEPTH:
        return reference.docstring(methods[method])
    parameters = methods["__init__"].args
    widths = [p.arg for p in parameters.args[1 : -len(parameters.defaults)]]
    return _of_fixed_depth(widths)[method]


def _of_fixed_depth(n: list[str]) -> dict[str, str]:
    """The words for a network whose layers, the input first, have the widths n, by method."""
    L = len(n) - 1
    layers = range(1, L + 1)
    parameters = "\n".join(
        f"    `W{l}` ({n[l - 1]}, {n[l]}) and `b{l}` (1, {n[l]})" for l in layers
    )
    cache = ", ".join(f'"Z{l}": Z{l}, "A{l}": A{l}' for l in layers)
    gradients = ", ".join(f'"dW{l}": dW{l}, "db{l}": db{l}' for l in layers)
    return {
        "__init__": f"""\
The parameters: weights with the standard deviation σ = `init_std`, biases of zero.

{parameters}

`rng` is a NumPy generator; None stands for the global one, `np.random`.""",
        "forward": f"""\
Y_hat (m, {n[L]}), the probabilities of the classes, for X (m, {n[0]}).

What `backward` needs is kept:

    self.cache = {{"A0": X, {cache}}}""",
        "compute_loss": f"""\
The cross-entropy, a number, of Y_hat (m, {n[L]}) for the one-hot Y of that shape.""",
        "backward": f"""\
The gradients of the loss at the last forward pass, each in the shape of its parameter:

    {{{gradients}}}

Y (m, {n[L]}) is one-hot. The 1/m of the mean enters with the parameters alone:
dZ[{L}] = A[{L}] - Y, and what goes back from there, are without it.""",
        "train_step": """\
One step of gradient descent at the rate η = `lr`; the loss before it is returned.""",
    }
