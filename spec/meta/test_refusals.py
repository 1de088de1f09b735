"""What the reference refuses: a ValueError that names the argument, what came and what was expected."""

import numpy as np
import pytest

import impl

X, W, b = np.ones((7, 3)), np.ones((3, 5)), np.zeros((1, 5))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: impl.affine(X, W.T, b), "X has shape (7, 3), expected (m, 5)"),
        (lambda: impl.affine(X, W, np.zeros(4)), "b has shape (1, 4), expected (m, 5)"),
        (
            lambda: impl.affine(np.ones((7, 3, 2)), W, b),
            "X has shape (7, 3, 2), expected (m, 3)",
        ),
        (lambda: impl.affine_backward(X, X, W), "dZ has shape (7, 3), expected (m, 5)"),
        (lambda: impl.softmax(np.ones(3)), "Z has shape (3,), expected (m, n)"),
        (lambda: impl.one_hot([0, 3], 3), "labels run from 0 to 3, expected 0 to 2"),
        (lambda: impl.one_hot([0, 5], 4), "labels run from 0 to 5, expected 0 to 3"),
        (lambda: impl.one_hot([0, -1], 3), "labels run from -1 to 0, expected 0 to 2"),
        (
            lambda: impl.cross_entropy(np.ones((2, 3)), np.ones((3, 3))),
            "Y_hat has shape (2, 3), expected that of Y, (3, 3)",
        ),
        (
            lambda: impl.binary_cross_entropy(np.ones((4, 1)), np.ones(4)),
            "y_hat has shape (4, 1), expected that of y, (4,)",
        ),
        (lambda: impl.MLP([3, 0, 2]), "a layer's width is 0, expected an integer of at least 1"),
        (lambda: impl.MLP([3, 2.5]), "a layer's width is 2.5, expected an integer of at least 1"),
        (lambda: impl.MLP([3]), "the number of layers is 0, expected an integer of at least 1"),
        (
            lambda: impl.MLP([3, 2], activation="rely"),
            "activation is 'rely', expected one of relu,",
        ),
        (lambda: impl.MLP([3, 2], output="relu"), "output is 'relu', expected one of softmax,"),
        (
            lambda: impl.TwoLayerNet(3, 4, 2).forward(np.ones((7, 4))),
            "X has shape (7, 4), expected (m, 3)",
        ),
        (
            lambda: list(impl.minibatches(X, X, 0, np.random.default_rng(0))),
            "batch_size is 0, expected an integer of at least 1",
        ),
        (
            lambda: list(impl.minibatches(X, X[1:], 2, np.random.default_rng(0))),
            "Y has 6 rows, expected the 7 of X",
        ),
        (lambda: impl.affine(X, np.ones(3), b), "W has shape (3,), expected (m, n)"),
        (lambda: impl.affine_backward(X @ W, X, np.ones(3)), "W has shape (3,), expected (m, n)"),
        (
            lambda: impl.affine_backward(X @ W, np.ones((7, 4)), W),
            "X has shape (7, 4), expected (m, 3)",
        ),
        (lambda: impl.cross_entropy(np.ones(3), X), "Y_hat has shape (3,), expected (m, n)"),
        (
            lambda: impl.mean_squared_error(np.ones((4, 1)), np.ones(4)),
            "Y_hat has shape (4, 1), expected that of Y, (4,)",
        ),
        (lambda: impl.one_hot([0], 0), "n_classes is 0, expected an integer of at least 1"),
        (lambda: impl.MLP([3, 2], init="hee"), "init is 'hee', expected one of small,"),
        (
            lambda: impl.MLP([3, 2]).train_step(X, np.ones((6, 2)), 0.1),
            "Y_hat has shape (7, 2), expected that of Y, (6, 2)",
        ),
        (
            lambda: impl.accuracy(impl.MLP([3, 2]), X, np.ones((6, 2))),
            "the output has shape (7, 2), expected that of Y, (6, 2)",
        ),
        (
            lambda: impl.Node(X).matmul(impl.Node(W.T)),
            "self has shape (7, 3), expected (m, 5)",
        ),
        (
            lambda: impl.Node(X).matmul(impl.Node(np.ones(3))),
            "other has shape (3,), expected (m, n)",
        ),
        (
            lambda: impl.Node(X).cross_entropy(np.ones((7, 2))),
            "the logits has shape (7, 3), expected that of Y, (7, 2)",
        ),
        (lambda: impl.early_stopping([1.0], 0), "patience is 0, expected an integer of at least 1"),
    ],
)
def test_wrong_input_is_refused_by_name(call, sentence):
    """One sentence, from which the mistake can be mended."""
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  the sentence is compared below
        call()
    assert sentence in str(refusal.value)


def test_a_width_may_be_any_kind_of_integer():
    """NumPy's integers come out of arrays and shapes."""
    assert impl.MLP([np.int64(3), 2]).W1.shape == (3, 2)
