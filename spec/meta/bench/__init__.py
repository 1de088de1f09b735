"""Speed: the reference beside PyTorch, scikit-learn and the bare matrix products, and what the suite costs.

python -m spec.meta.bench

prints one table. It judges nothing: a time depends on the machine, and no test looks at it.
"""

from spec.harness.ground import threads  # noqa: F401  (before anything that imports NumPy)
