"""# 8.1 The gradient of a batch

Each loss is a mean over its own samples, so a batch's gradient is the mean of the gradients gᵢ of its
samples. Over a partition of the m samples these means average to the full gradient g, exactly, if
each counts by its size. The short batch, taken for a full one, would count for too much.
"""

from itertools import combinations

import numpy as np
from hypothesis import given

from spec.harness import agree, claim
from spec.harness.mathematics import oracle
from spec.harness.mathematics.backpropagation import terms_of
from spec.harness.mathematics.networks import gradients, two_layer_net
from spec.harness.mathematics.strategies import Problem, of_every_size, problems


@claim(
    "8.1/minibatch-gradient-is-unbiased",
    r"\sum_k \frac{|\mathcal B_k|}{m}\,\nabla\mathcal L_{\mathcal B_k} = \nabla\mathcal L",
)
@of_every_size
@given(problem=problems())
def test_batch_gradients_average_to_the_full_one(nn, problem: Problem):
    """Each batch has an m of its own: that of the last forward pass, not that of the first."""
    net, m, X, Y = two_layer_net(nn, problem), problem.m, problem.X, problem.Y
    net.forward(X)
    full = gradients(net, Y, ["dW1", "db1", "dW2", "db2"])
    parts = [slice(0, 2), slice(2, m)] if m > 2 else [slice(0, m)]
    shares = [len(X[part]) / m for part in parts]
    own, right = [], []
    for part in parts:
        net.forward(X[part])
        own.append(gradients(net, Y[part], list(full)))
        right.append(oracle.gradients(X[part], Y[part], problem.parameters))
    sizes = terms_of(problem, "relu")
    for name, whole in full.items():
        agree(
            sum(share * np.asarray(g[name]) for share, g in zip(shares, own, strict=True)),
            whole,
            scale=sizes[name],
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "a batch's gradient is a sum over its samples, not a mean": m
                * sum(s * s * g[name] for s, g in zip(shares, right, strict=True)),
                "a batch is divided by the m of an earlier forward pass": sum(
                    s * s * g[name] for s, g in zip(shares, right, strict=True)
                ),
            },
            what=f"the average of the batches' {name}",
        )


@claim(
    "8.1/minibatch-gradient-is-unbiased",
    r"\mathbb E\,\lVert\nabla\mathcal L_{\mathcal B} - g\rVert^2 = \frac1B\,\frac{m - B}{m - 1}\,"
    r"\frac1m \sum_i \lVert g_i - g\rVert^2",
)
@given(problem=problems())
def test_the_noise_of_a_batch_gradient_falls_with_its_size(problem: Problem):
    """All batches of B are tried. Half the noise costs four times the work; at B = m none is left."""
    m = min(problem.m, 7)
    g = np.array(
        [
            oracle.gradients(problem.X[i : i + 1], problem.Y[i : i + 1], problem.parameters)["dW1"]
            for i in range(m)
        ]
    ).reshape(m, -1)
    spread = np.mean(np.sum((g - g.mean(axis=0)) ** 2, axis=1))
    for B in range(1, m + 1):
        means = np.array([g[list(rows)].mean(axis=0) for rows in combinations(range(m), B)])
        agree(
            np.mean(np.sum((means - g.mean(axis=0)) ** 2, axis=1)),
            spread / B * (m - B) / (m - 1),
            scale=spread,
            mistakes=lambda: {"samples are drawn with replacement": spread / B},
            what=f"the variance over all batches of {B} of {m}",
        )
