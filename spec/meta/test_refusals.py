"""What the reference refuses, in a sentence that names the argument, what came and what was expected.

And which whole numbers it accepts.
"""

from functools import partial

import numpy as np
import pytest

import impl

from .test_reference import INITIALISERS, drawn, network, task

X, W, b = np.ones((7, 3)), np.ones((3, 5)), np.zeros((1, 5))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: impl.affine(X, W.T, b), "X has shape (7, 3), expected (m, 5)"),
        (lambda: impl.affine(X, W, np.zeros(4)), "b has shape (4,), expected (1, 5)"),
        (lambda: impl.affine(X, W, np.zeros((7, 5))), "b has shape (7, 5), expected (1, 5)"),
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
            "the logits has shape (7, 2), expected that of Y, (6, 2)",
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
        (
            lambda: impl.early_stopping([1.0], np.inf),
            "patience is inf, expected an integer of at least 1",
        ),
        (
            lambda: impl.early_stopping([], 1),
            "the number of losses is 0, expected an integer of at least 1",
        ),
        (
            lambda: impl.early_stopping([np.nan, np.nan, 1], 1),
            "no loss up to epoch 1 is a finite number, so none is the best",
        ),
        (
            lambda: impl.neuron(np.ones(3), np.ones(4), 0.0, abs),
            "x has shape (3,), expected that of w",
        ),
        (lambda: impl.neuron(X, X, 0.0, abs), "x has shape (7, 3), expected (n,)"),
        (lambda: impl.softmax_jacobian(np.ones((1, 3))), "z has shape (1, 3), expected (n,)"),
        (lambda: impl.collapse([]), "the number of layers is 0, expected an integer of at least 1"),
        (lambda: impl.collapse([(W, b), (W, b)]), "X has shape (1, 5), expected (m, 3)"),
        (lambda: impl.collapse([(W, np.zeros(3))]), "b has shape (3,), expected (1, 5)"),
        (lambda: impl.one_hot([[0], [1]], 2), "labels has shape (2, 1), expected (n,)"),
        (lambda: impl.one_hot([0, 0.5], 2), "labels has the entry 0.5, expected integers"),
        (lambda: impl.one_hot([0, np.nan], 2), "labels has the entry nan, expected integers"),
        (lambda: impl.one_hot([0, np.inf], 2), "labels has the entry inf, expected integers"),
        (lambda: impl.one_hot([0], 2.5), "n_classes is 2.5, expected an integer of at least 1"),
        (lambda: impl.sgd(X, X[:1], 0.1), "theta has shape (7, 3), expected that of the gradient"),
        (
            lambda: impl.momentum(X, X[:1], None, 0.1),
            "theta has shape (7, 3), expected that of the gradient, (1, 3)",
        ),
        (
            lambda: impl.momentum(X, X, X[:1], 0.1),
            "theta has shape (7, 3), expected that of the velocity, (1, 3)",
        ),
        (
            lambda: impl.adam(X, X[:1], None),
            "theta has shape (7, 3), expected that of the gradient, (1, 3)",
        ),
        (
            lambda: impl.adam(X, X, (X[:1], X, 1)),
            "theta has shape (7, 3), expected that of the state's m, (1, 3)",
        ),
        (
            lambda: impl.adam(X, X, (X, X[:1], 1)),
            "theta has shape (7, 3), expected that of the state's v, (1, 3)",
        ),
        (
            lambda: impl.relative_error(X, X[:1]),
            "the analytic gradient has shape (7, 3), expected that of the numerical one, (1, 3)",
        ),
        (
            lambda: impl.numerical_gradient(lambda theta: theta[:1, :1], X),
            "f(theta) has shape (1, 1), expected a single number",
        ),
        (
            lambda: network(3, 2).backward(np.ones((7, 2))),
            "backward reads what forward has left in the cache: call forward first",
        ),
        (
            lambda: impl.binary_cross_entropy(0.5, 1),
            "y_hat has shape (), expected (m, ...) with at least one sample",
        ),
        (
            lambda: impl.cross_entropy(np.ones((0, 2)), np.ones((0, 2))),
            "Y_hat has shape (0, 2), expected (m, ...) with at least one sample",
        ),
        (
            lambda: impl.mean_squared_error([], []),
            "Y_hat has shape (0,), expected (m, ...) with at least one sample",
        ),
        (
            lambda: impl.accuracy(network(3, 2), X[:0], np.ones((0, 2))),
            "the output has shape (0, 2), expected (m, ...) with at least one sample",
        ),
        (
            lambda: network(3, 2).train_step(X[:0], np.ones((0, 2)), 0.1),
            "the logits has shape (0, 2), expected (m, ...) with at least one sample",
        ),
        (
            lambda: impl.train(network(3, 2), X[:0], np.ones((0, 2)), 0.1, 5, 2),
            "the number of samples is 0, expected an integer of at least 1",
        ),
        (
            lambda: impl.train(network(3, 2), X, np.ones((7, 2)), 0.1, -1),
            "epochs is -1, expected an integer of at least 0",
        ),
        (
            lambda: impl.train(network(3, 2), X, np.ones((7, 2)), 0.1, 5, patience=2),
            "early stopping needs both validation and patience, and one was given",
        ),
        (
            lambda: impl.train(network(3, 2), X, X[:, :2], 0.1, 5, validation=(X, X[:, :2])),
            "early stopping needs both validation and patience, and one was given",
        ),
        (
            lambda: impl.accuracy(network(3, 1, output="identity"), X, np.ones((7, 1))),
            "the output is identity, one number a sample, so there is no accuracy",
        ),
        (lambda: impl.zero_bias(0), "n_out is 0, expected an integer of at least 1"),
        *(
            (
                partial(drawn, name, n_in, n_out),
                f"{wrong} is 0, expected an integer of at least 1",
            )
            for name in INITIALISERS
            for n_in, n_out, wrong in ((0, 3, "n_in"), (3, 0, "n_out"))
        ),
    ],
)
def test_wrong_input_is_refused_by_name(call, sentence):
    """One sentence, from which the mistake can be mended."""
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  the sentence is compared below
        call()
    assert sentence in str(refusal.value)


# ## Whole numbers


def test_a_width_may_be_any_kind_of_integer():
    """NumPy's integers come out of arrays and shapes, and 3.0 out of a division."""
    assert impl.MLP([np.int64(3), 2.0]).W1.shape == (3, 2)


@pytest.mark.parametrize("name", INITIALISERS)
def test_weights_can_be_drawn_for_widths_that_are_whole_floats(name):
    """3.0 is 3."""
    assert np.array_equal(drawn(name, 3.0, 2.0), drawn(name, 3, 2))
    assert impl.zero_bias(2.0).shape == (1, 2)


def test_whole_floats_count_batches_epochs_classes_and_patience():
    """2.0 is 2 wherever an integer is meant."""
    rng = np.random.default_rng(0)
    assert [len(X_b) for X_b, _ in impl.minibatches(X, X, 4.0, rng)] == [4, 3]
    assert len(impl.train(network(3, 2), *task(network(3, 2)), 0.1, 2.0)) == 2
    assert impl.train(network(3, 2), *task(network(3, 2)), 0.1, 0) == []
    assert impl.one_hot([1], 2.0).tolist() == [[0, 1]]
    assert impl.early_stopping([1, 2, 3, 4], 2.0) == (2, 0)


@pytest.mark.parametrize("labels", [[True, False], [1.0, 0.0], np.array([1, 0], np.uint8)])
def test_labels_may_be_booleans_and_whole_floats(labels):
    """A mask would pick rows: True is the label 1."""
    Y = impl.one_hot(labels, 3)
    assert Y.dtype == np.float64
    assert Y.tolist() == [[0, 1, 0], [1, 0, 0]]
