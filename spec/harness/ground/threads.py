"""One BLAS thread: the suite's matrices are so small that more only cost, and sums come out alike.

To be imported before NumPy is. Whoever sets these variables keeps what they set.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
