"""How far the experiments are from a false alarm: shares of exceptions, and margins in deviations.

An experiment is a test that draws, and is held against no law: networks are trained, or a mean is
compared with a round number. Its rate cannot be simulated, but follows from what can. Where most of some
networks must be good (`mostly`), it is binomial, and rests on how many of all networks are not.
Where numbers are compared, it is that of the normal law at as many deviations as lie between them.
"""

import ast
import inspect
import textwrap
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import impl
from spec.harness.mathematics.moons import moons_run
from spec.harness.subject.proxy import Implementation

from .departures import items, statistical_tests

# They draw, and hold whatever is drawn: of a right implementation no draw makes them fail.
CERTAIN = {
    "test_as_many_weights_as_features",
    "test_no_more_biases_than_outputs",
    "test_one_layer_bends_once_a_neuron",
    "test_relu_silences_half_of_symmetric_pre_activations",
    "test_output_gradient_as_printed_is_m_times_that_of_the_mean_loss",
    "test_the_parameter_is_restored_to_the_bit",
    "test_the_relative_error_changes_neither_gradient",
    "test_the_check_leaves_the_parameters_as_they_were",
    "test_the_same_state_gives_the_same_weights",
    "test_the_next_draw_is_another",
    "test_networks_and_their_layers_differ",
    "test_relu_halves_the_second_moment",
    "test_leaky_relu_asks_for_a_little_less_than_he",
    "test_an_mlp_starts_with_zero_biases",
    "test_an_epoch_visits_every_sample_once",
    "test_a_sample_keeps_its_target",
    "test_batches_have_the_size_asked_for",
    "test_impossible_batches_are_refused",
    "test_shuffling_leaves_the_data_in_their_order",
    "test_an_epoch_is_an_update_for_every_batch",
    "test_every_epoch_is_a_new_partition_of_all_samples",
    "test_every_epoch_is_like_the_first",
    "test_no_two_epochs_are_alike",
    "test_the_weights_are_not_changed_by_asking",
    "test_with_the_mean_squared_error_the_precision_is_m_lambda_over_the_noise",
    "test_with_half_the_sum_of_squares_the_precision_is_2_lambda_over_the_noise",
    "test_parameters_trained_in_turn_do_not_meet",
    "test_a_step_returns_the_new_and_keeps_the_old",
    "test_a_neuron_without_activation_learns_least_squares",
    "test_a_network_with_huge_weights_keeps_a_finite_loss",
}

EXPERIMENTS = {
    name: test for name, (test, mark) in statistical_tests().items() if not mark.kwargs["detects"]
}
Place = tuple[int, int, str]  # the item, how often it has been there, and what is judged


class _Recorded(ast.NodeTransformer):
    """Replaces each `assert` by a call that hands over the sides of its comparisons, smaller first."""

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        """`a < b > c` becomes `_compared("a < b > c", [(a, b), (c, b)])`; |x| < c hides two of them."""
        pairs: list[str] = []
        for test in node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]:
            if isinstance(test, ast.Compare):
                sides = [ast.unparse(side) for side in (test.left, *test.comparators)]
                for left, op, right in zip(sides[:-1], test.ops, sides[1:], strict=True):
                    less = isinstance(op, ast.Lt | ast.LtE)
                    low, high = (left, right) if less else (right, left)
                    pairs.append(f"({low}, {high})")
                    if low.startswith("abs("):
                        pairs[-1:] = [f"({low[4:-1]}, {high})", f"(-({low[4:-1]}), {high})"]
        return ast.parse(f"_compared({ast.unparse(node.test)!r}, [{', '.join(pairs)}])").body


def _rewritten(test: Callable[..., None], names: dict[str, Any]) -> Callable[..., None]:
    """The test without its decorators, its assertions recorded, in its module with these names."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(test)))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    scope = vars(inspect.getmodule(test)) | names
    exec(compile(ast.fix_missing_locations(_Recorded().visit(tree)), "<recorded>", "exec"), scope)  # noqa: S102
    rewritten: Callable[..., None] = scope[test.__name__]
    return rewritten


def _runs(test: Callable[..., None], seeds: range, names: dict[str, Any]) -> Iterator[int]:
    """Run the test from every seed; the number of each item that is about to be run."""
    rewritten = _rewritten(test, names)
    for seed in seeds:
        for i, item in enumerate(items(test)):
            yield i
            drawn = {
                "nn": Implementation(impl, "impl"),
                "rng": np.random.default_rng([seed, i, zlib.crc32(test.__name__.encode())]),
                "run_seed": seed,
            }
            asked = inspect.signature(rewritten).parameters
            rewritten(**item, **{name: drawn[name] for name in drawn.keys() & asked})
        moons_run.cache_clear()


def recorded(
    test: Callable[..., None], seeds: range
) -> tuple[dict[Place, list[tuple[float, float]]], dict[Place, list[tuple[int, int, float]]]]:
    """What an experiment compares, and how many exceptions it meets among how many networks.

    By place: pairs of a smaller and a larger number, and triples of exceptions, networks and the
    share that is stated. One of each for every seed.
    """
    compared: dict[Place, list[tuple[float, float]]] = defaultdict(list)
    exceptional: dict[Place, list[tuple[int, int, float]]] = defaultdict(list)
    item, times = 0, defaultdict[str, int](int)  # of this run

    def place(what: str) -> Place:
        times[what] += 1
        return item, times[what], what

    def compare(what: str, pairs: list[tuple[Any, Any]]) -> None:
        for n, (low, high) in enumerate(pairs):
            compared[place(f"{what}, {n}")].append((float(low), float(high)))

    def mostly(good: Any, what: str, *, exceptions: float, share: float = 0.5) -> None:
        exceptional[place(what)].append((int(np.sum(~good)), len(good), exceptions))

    for item in _runs(test, seeds, {"_compared": compare, "mostly": mostly}):  # noqa: B007 (`place`)
        times.clear()
    return compared, exceptional


def margin(pairs: list[tuple[float, float]]) -> float:
    """By how many deviations the larger exceeds the smaller: of the numbers, or of their logarithms."""
    low, high = np.array(pairs).T
    if np.isinf(high - low).all():
        return np.inf
    scales = [high - low]
    if np.all(low > 0):
        scales.append(np.log(high / low))
    return float(max(apart.mean() / max(apart.std(), 1e-300) for apart in scales))
