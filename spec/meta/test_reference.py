"""What the reference promises beyond the theory: sense at the edges. Its refusals stand beside this.

No claim asks this of anybody else. Everything is looked up in `impl` when a test runs, since the
mutation of the reference puts other modules there.
"""

import tracemalloc

import numpy as np
import pytest

import impl

ELEMENTWISE = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu")
INITIALISERS = ("small_random", "xavier_normal", "xavier_uniform", "he_normal", "lecun_normal")
ELEMENTWISE += tuple(f"{name}_grad" for name in ELEMENTWISE)


def network(*sizes, **options):
    """A network, always the same one."""
    return impl.MLP(sizes, rng=np.random.default_rng(0), **options)


def task(net, m=6):
    """X (m, n_0) and targets Y (m, n_L), one-hot or, of one column, 0 and 1 in turns."""
    n_in, n_out = net.W1.shape[0], getattr(net, f"b{net.L}").size
    labels = np.arange(m) % max(n_out, 2)
    Y = np.eye(n_out)[labels] if n_out > 1 else labels.reshape(m, 1).astype(float)
    return np.random.default_rng(1).normal(size=(m, n_in)), Y


def drawn(name, n_in, n_out):
    """Weights by one of the rules of section 7."""
    return getattr(impl, name)(n_in, n_out, np.random.default_rng(0))


def with_parameters(dtype):
    """A network of two layers whose parameters are of a type, whole numbers of -3 to 3."""
    net, rng = network(3, 5, 2), np.random.default_rng(2)
    for name in ("W1", "b1", "W2", "b2"):
        setattr(net, name, rng.integers(-3, 4, getattr(net, name).shape).astype(dtype))
    return net


# ## Types, and NaN


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize(
    ("given", "got"),
    [
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.int64, np.float64),
        (np.uint8, np.float64),
        (bool, np.float64),
    ],
)
def test_a_float_type_is_kept_and_anything_else_becomes_float64(name, given, got):
    """The same for each activation and its derivative; the values are those of float64."""
    z = np.array([0, 1, 3], given)
    value = getattr(impl, name)(z)
    assert value.dtype == got
    np.testing.assert_allclose(value, getattr(impl, name)(z.astype(float)), rtol=1e-6)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_nan_stays_nan(name):
    """And its neighbours what they are."""
    value = getattr(impl, name)(np.array([-1.0, np.nan, 1.0]))
    assert np.isnan(value).tolist() == [False, True, False]


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("largest", [1e308, -1e308])
def test_the_largest_numbers_raise_no_warning(name, largest):
    """A warning is an error in this suite."""
    assert np.isfinite(getattr(impl, name)(np.array([largest]))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_s_gradients_are_of_its_own_type(dtype):
    """The targets, mostly float64, have no say."""
    net = with_parameters(dtype)
    X, Y = task(net)
    assert net.forward(X.astype(dtype)).dtype == dtype
    net.l2 = 0.5
    assert {gradient.dtype for gradient in net.backward(Y).values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_optimisers_keep_the_type_and_the_shape(dtype, shape):
    """Of a single number, too; what they remember is like it."""
    theta, gradient = np.full(shape, 2, dtype), np.full(shape, 0.5)
    results = [impl.sgd(theta, gradient, 0.1)]
    for rule in (impl.momentum, impl.adam):
        after, state = rule(theta, gradient, None, lr=0.1)
        again, state = rule(after, gradient, state, lr=0.1)
        memory = state[:2] if rule is impl.adam else [state]
        results += [after, again, *memory]
    for value in results:
        assert np.shape(value) == shape
        assert shape == () or value.dtype == dtype


def test_a_graph_keeps_the_type_of_its_values():
    """Values and gradients; the scalar loss at its end is float64."""
    X = impl.Node(np.ones((2, 3), np.float32))
    loss = X.relu().cross_entropy(np.eye(3)[[0, 2]])
    impl.backward(loss)
    assert (X.value.dtype, X.grad.dtype, loss.value.dtype) == (np.float32, np.float32, np.float64)
    assert impl.Node(3).value.dtype == np.float64


def test_the_penalty_of_small_integers_does_not_overflow():
    """200 squared is beyond uint8."""
    assert impl.l2_penalty([np.array([[200]], np.uint8)], 0.5) == 20000
    assert impl.l2_gradient(np.array([[200]], np.uint8), 0.5).tolist() == [[200]]
    assert impl.l2_gradient(np.ones((1, 1), np.float32), 0.5).dtype == np.float32


def test_many_classes_take_no_more_memory_than_the_result():
    """But for the eighth of it that is compared: no identity matrix of K rows."""
    tracemalloc.start()
    Y = impl.one_hot([0, 7999], 8000)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert Y.nbytes <= most < 3 * Y.nbytes


# ## Losses


@pytest.mark.parametrize("scale", [1.0, 1e8])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_the_reported_loss_depends_on_values_alone(output, scale):
    """Not on whether the predictions are the very object that forward gave."""
    net = network(3, 5, 1 if output == "sigmoid" else 2, output=output, l2=0.25)
    net.W2 *= scale
    X, Y = task(net)
    Y_hat = net.forward(X)
    loss = net.compute_loss(Y_hat, Y)
    assert net.compute_loss(Y_hat.copy(), Y) == loss
    net.forward(-X)
    assert net.compute_loss(Y_hat, Y) == loss


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_the_loss_from_logits_is_the_reported_one(output):
    """Penalty included; train_step returns it."""
    net = network(3, 5, 1 if output == "sigmoid" else 2, output=output, l2=0.25)
    X, Y = task(net)
    reported = net.compute_loss(net.forward(X), Y)
    assert net.loss_from_logits(Y) == pytest.approx(reported, rel=1e-14)
    assert net.train_step(X, Y, 0.1) == pytest.approx(reported, rel=1e-14)


def leading(lead, behind=0.0):
    """The cross-entropy of two logits, the first of which leads and is that of the true class."""
    return impl.losses.cross_entropy_from_logits([[behind + lead, behind]], [[1, 0]])


@pytest.mark.parametrize("lead", [0, 1, 20, 30, 40, 700])
def test_a_small_loss_from_logits_is_exact(lead):
    """log1p keeps the digits that 1 + exp(-lead) has no room for."""
    assert leading(lead) == pytest.approx(np.log1p(np.exp(-lead)), rel=1e-15)
    binary = impl.losses.binary_cross_entropy_from_logits([lead, -lead], [1, 0])
    assert binary == pytest.approx(np.log1p(np.exp(-lead)), rel=1e-15)


@pytest.mark.parametrize("shift", [-1e15, -1000, 1000, 1e15, 2.0**60])
def test_the_loss_from_logits_does_not_change_with_a_shift(shift):
    """To the bit: the maximum of the row is subtracted first."""
    lead = np.spacing(abs(shift)) * 4
    assert leading(lead, shift) == leading((lead + shift) - shift)


def test_the_loss_from_logits_of_a_hopeless_sample_is_its_distance():
    """Where the probability underflows the reported loss is capped, and this one is not."""
    net, one = network(1, 2), np.ones((1, 1))
    net.W1, Y = np.array([[0, 1e6]]), np.array([[1.0, 0]])
    assert net.compute_loss(net.forward(one), Y) == pytest.approx(708.4, abs=0.1)
    assert net.loss_from_logits(Y) == 1e6
    errors = impl.gradient_check(net, one, Y)
    assert max(errors.values()) < 1e-5


def test_a_logit_of_minus_infinity_is_a_class_that_is_ruled_out():
    """At no cost where another class is true, at any where it is the true one."""
    from_logits, Z = impl.losses.cross_entropy_from_logits, [[-np.inf, 1, 1]]
    assert from_logits(Z, [[0, 1, 0]]) == pytest.approx(np.log(2))
    assert from_logits(Z, [[1, 0, 0]]) == np.inf
    binary = impl.losses.binary_cross_entropy_from_logits
    assert binary([-np.inf, np.inf], [0, 1]) == 0
    assert binary([-np.inf], [1]) == np.inf


def test_the_loss_from_logits_takes_targets_that_are_shared_out():
    """A target of 1/4 and 3/4 is 1/4 of one cost and 3/4 of the other."""
    from_logits, Z = impl.losses.cross_entropy_from_logits, [[2.0, 1.0]]
    either = from_logits(Z, [[1, 0]]), from_logits(Z, [[0, 1]])
    assert from_logits(Z, [[1 / 4, 3 / 4]]) == pytest.approx(either[0] / 4 + either[1] * 3 / 4)
    binary = impl.losses.binary_cross_entropy_from_logits
    yes, no = binary([2.0], [1]), binary([2.0], [0])
    assert binary([2.0], [1 / 4]) == pytest.approx(yes / 4 + no * 3 / 4)


@pytest.mark.parametrize("K", [2, 3])
def test_a_perfect_answer_costs_plain_zero(K):
    """Not -0.0, which prints a sign."""
    Y, y = np.eye(K), np.arange(K) % 2
    for loss in (
        impl.cross_entropy(Y, Y),
        impl.binary_cross_entropy(y, y),
        impl.mean_squared_error(Y, Y),
        impl.losses.cross_entropy_from_logits(1e4 * Y, Y),
        impl.losses.binary_cross_entropy_from_logits(1e4 * (2 * y - 1), y),
    ):
        assert str(loss) == "0.0"


def test_a_loss_of_float32_predictions_is_computed_in_float64():
    """The smallest number inside of the logarithm is float64's."""
    Y_hat = np.array([[0, 1]], np.float32)
    assert impl.cross_entropy(Y_hat, [[1, 0]]) == pytest.approx(708.4, abs=0.1)


def test_softmax_raises_no_warning_at_the_largest_numbers():
    """Nor does the loss, whose true value is beyond any float."""
    assert impl.softmax([[1e308, -1e308]]).tolist() == [[1, 0]]
    assert leading(-1e308, 1e308) == pytest.approx(1e308)
    assert impl.losses.cross_entropy_from_logits([[1e308, -1e308]], [[0, 1]]) == np.inf


# ## Gradient checking


@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_the_check_moves_copies_in_float64(dtype):
    """Integers have no room for a step of 1e-5, and float32 hardly any."""
    net = with_parameters(dtype)
    assert max(impl.gradient_check(net, *task(net)).values()) < 1e-7
    assert {getattr(net, name).dtype for name in ("W1", "b1", "W2", "b2")} == {np.dtype(dtype)}


def test_the_numerical_gradient_of_float32_is_taken_in_float64():
    """The function is called with what was moved."""
    seen = []

    def square(theta):
        seen.append(theta.dtype)
        return float(theta[0] ** 2)

    gradient = impl.numerical_gradient(square, np.ones(1, np.float32))
    assert gradient.dtype == np.float64
    assert gradient == pytest.approx(2, rel=1e-9)
    assert set(seen) == {np.dtype(np.float64)}


def test_the_check_leaves_parameters_and_cache_as_they_were():
    """Those of the caller's last forward pass, for the next backward."""
    net = network(3, 5, 2)
    X, Y = task(net)
    net.forward(X)
    before = net.backward(Y)
    impl.gradient_check(net, -X[:2], Y[:2])
    assert all(np.array_equal(net.backward(Y)[name], before[name]) for name in before)


def test_an_error_in_the_function_leaves_everything_as_it_was():
    """The entry that was moved at the time, too."""
    theta = np.ones((2, 3))

    def fails(moved):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        impl.numerical_gradient(fails, theta)
    assert (theta == 1).all()
    net = network(3, 5, 2)
    W1, (X, Y) = net.W1.copy(), task(net)
    with pytest.raises(ValueError, match="expected that of Y"):
        impl.gradient_check(net, X, Y[1:])
    assert np.array_equal(net.W1, W1)


# ## Nothing is shared with the caller


def test_the_first_velocity_is_a_copy_of_the_gradient():
    """What the caller does to the gradient afterwards has no part in the next step."""
    gradient = np.ones(3)
    _, velocity = impl.momentum(np.zeros(3), gradient, None, 0.1)
    assert velocity.tolist() == [1, 1, 1]
    assert not np.shares_memory(velocity, gradient)


@pytest.mark.parametrize("shape", [(1, 5), (5,)])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_collapsed_stack_is_a_copy_with_a_bias_of_one_row(shape, depth):
    """Of one layer as of many."""
    layers = [(np.ones((5, 5)), np.ones(shape)) for _ in range(depth)]
    collapsed = impl.collapse(layers)
    assert [part.shape for part in collapsed] == [(5, 5), (1, 5)]
    assert not any(np.shares_memory(one, other) for one in collapsed for other in layers[0])


# ## Accuracy


class Says:
    """A network of another make: it predicts, and says nothing of its output."""

    def __init__(self, Y_hat):
        self.Y_hat = np.array(Y_hat)

    def forward(self, X):
        """The same for whatever comes in."""
        return self.Y_hat


def test_the_accuracy_of_one_column_is_told_at_one_half():
    """A single column has its greatest entry always in the same place."""
    column = [[0.9], [0.5], [0.2], [0.7]]
    assert impl.accuracy(Says(column), np.ones((4, 1)), [[1], [1], [0], [0]]) == 0.5
    assert impl.accuracy(Says(column), np.ones((4, 1)), [[1], [0], [0], [1]]) == 1
    net = network(1, 1, output="sigmoid")
    net.W1 = np.ones((1, 1))
    assert impl.accuracy(net, [[2.0], [-2.0], [0.25]], [[1], [0], [0]]) == pytest.approx(2 / 3)


def test_each_column_of_a_sigmoid_is_a_label_of_its_own():
    """A sample is right where all its labels are."""
    net = network(2, 2, output="sigmoid")
    net.W1 = np.eye(2)
    X = [[2.0, 1], [-1, -2], [1, -1]]
    assert impl.accuracy(net, X, [[1, 1], [0, 0], [1, 1]]) == pytest.approx(2 / 3)


def test_several_columns_of_numbers_have_a_greatest():
    """Classes can be told by the identity, too."""
    net = network(2, 2, output="identity")
    net.W1 = np.eye(2)
    assert impl.accuracy(net, [[3.0, 4], [2, 1]], [[0, 1], [1, 0]]) == 1


# ## Early stopping, and training with an optimiser


@pytest.mark.parametrize(
    ("losses", "patience", "expected"),
    [([np.nan, 2, 3], 1, (2, 1)), ([np.nan, np.nan, 1], 2, (2, 2)), ([np.inf, np.inf], 1, (1, 0))],
)
def test_an_epoch_of_nan_is_never_the_best(losses, patience, expected):
    """An infinite one may be, for want of a better."""
    assert impl.early_stopping(losses, patience) == expected


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_training_can_leave_the_update_to_an_optimiser(name):
    """Each parameter has a memory of its own, kept from step to step."""
    net, twin, rule = network(3, 5, 2), network(3, 5, 2), getattr(impl, name)
    X, Y = task(net)
    losses = impl.train(net, X, Y, 0.1, 3, optimiser=rule)
    memory, expected = {}, []
    for _ in range(3):
        expected.append(twin.compute_loss(twin.forward(X), Y))
        for d_name, gradient in twin.backward(Y).items():
            theta, memory[d_name] = rule(
                getattr(twin, d_name[1:]), gradient, memory.get(d_name), 0.1
            )
            setattr(twin, d_name[1:], theta)
    assert losses == pytest.approx(expected)
    for parameter in ("W1", "b1", "W2", "b2"):
        np.testing.assert_allclose(getattr(net, parameter), getattr(twin, parameter))


def test_training_stops_early_and_keeps_the_best_epoch():
    """The validation targets are the wrong ones, so every step makes them worse."""
    net, twin = network(3, 5, 2), network(3, 5, 2)
    X, Y = task(net)
    losses = impl.train(net, X, Y, 0.1, 50, validation=(X, Y[:, ::-1]), patience=3)
    assert len(losses) == 4
    impl.train(twin, X, Y, 0.1, 1)
    assert np.array_equal(net.W1, twin.W1)
    assert np.array_equal(net.W2, twin.W2)


def test_training_goes_on_while_the_validation_loss_falls():
    """And ends with the weights of the last epoch."""
    net, twin = network(3, 5, 2), network(3, 5, 2)
    X, Y = task(net)
    stopped = impl.train(net, X, Y, 0.1, 20, validation=(X, Y), patience=1)
    assert stopped == impl.train(twin, X, Y, 0.1, 20)
    assert np.array_equal(net.W1, twin.W1)
