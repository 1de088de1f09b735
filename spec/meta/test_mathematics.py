"""The suite's own mathematics: what stands in two forms says the same."""

import numpy as np
import pytest

from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import ACTIVATIONS, activation_of
from spec.harness.mathematics.population import Population

Z = np.linspace(-6, 6, 240).reshape(3, 4, 20)  # an even number: 0 is none of them
STEP = 1e-6
EVERY = [*ACTIVATIONS, "identity", "leaky_relu(0.1)"]


@pytest.mark.parametrize("activation", [*map(activation_of, EVERY)], ids=lambda a: a.name)
def test_the_facts_of_an_activation_are_so(activation):
    """Its derivative is its slope, also as a function of a; the rest is what its curve shows."""
    slope = (activation.function(Z + STEP) - activation.function(Z - STEP)) / (2 * STEP)
    np.testing.assert_allclose(activation.derivative(Z), slope, atol=1e-8)
    a = activation.function(Z)
    np.testing.assert_allclose(activation.slope_at(a), activation.derivative(Z), atol=1e-12)
    assert activation.derivative(np.linspace(-20, 20, 4001)).max() <= activation.steepest
    assert activation.derivative(np.linspace(-20, 20, 4001)).max() > 0.99 * activation.steepest
    below, above = activation.derivative(np.array([-1e-9, 1e-9]))
    assert (abs(above - below) > 1e-3) == activation.has_kink
    same = np.array_equal(activation.derivative(a), activation.derivative(Z))
    assert activation.has_straight_sides == (same and activation.has_two_sides)


@pytest.mark.parametrize("activation", [*map(activation_of, EVERY)], ids=lambda a: a.name)
def test_an_activation_can_be_written_over_its_argument(activation):
    """In single precision too, which is kept; so is that of the slopes."""
    for dtype, tolerance in ((np.float64, 1e-14), (np.float32, 2e-6)):
        values = Z.astype(dtype)
        activation.write_over(values)
        assert values.dtype == dtype
        np.testing.assert_allclose(values, activation.function(Z), rtol=tolerance, atol=tolerance)
        assert activation.slope_at(values).dtype == dtype


@pytest.mark.parametrize("activation", EVERY)
def test_networks_side_by_side_are_each_by_itself(activation):
    """The recursion of `oracle` for a stack, for each network alone, and as a population says it."""
    rng = np.random.default_rng(0)
    networks = Population((3, 5, 7, 2), 4, rng, activation=activation, dtype=float)
    X, Y, theta = rng.normal(size=(11, 3)), np.eye(2)[rng.integers(0, 2, 11)], networks.parameters
    stacked = oracle.gradients(X, Y, theta, activation)
    for name, gradient in networks.gradients(X, Y).items():
        np.testing.assert_allclose(gradient, stacked[name], rtol=1e-9, atol=1e-13)
    for k in range(4):
        alone = {name: value[k] for name, value in theta.items()}
        for name, gradient in oracle.gradients(X, Y, alone, activation).items():
            np.testing.assert_allclose(gradient, stacked[name][k], rtol=1e-12, atol=1e-15)
