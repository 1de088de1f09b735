"""Which specification judges: a hash over all that can change a verdict."""

import hashlib
import platform
from functools import cache
from importlib import metadata

from spec.harness.loading import ROOT

LIBRARIES = ("numpy", "scipy", "scikit-learn", "hypothesis", "pytest")
JUDGES = (
    *("test_*.py", "claims.toml", "forked.py", "harness/*.py"),
    *(
        f"grading/{name}.py"
        for name in ("judgement", "judging", "remote", "inside", "walls", "cell")
    ),
)


@cache
def suite() -> str:
    """The hash of the chapters, the ledger, the harness, and the versions of what they lean on."""
    digest = hashlib.sha256(platform.python_version().encode())
    for library in LIBRARIES:
        digest.update(f"{library} {metadata.version(library)}\n".encode())
    for pattern in JUDGES:
        for path in sorted((ROOT / "spec").glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
