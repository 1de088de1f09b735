"""Which suite a gradebook was made by: its version, and the hash of its ledger of claims."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from spec.harness.ground.errors import CannotDo
from spec.harness.ground.files import make_folder, write_whole
from spec.harness.subject.loading import ROOT

FILE = "suite.json"


@dataclass(frozen=True)
class Edition:
    """One edition of the suite."""

    version: str
    claims: str  # sha256

    def __str__(self) -> str:
        """As a sentence names it."""
        return f"version {self.version} (claims {self.claims[:12]})"


def current(version: str) -> Edition:
    """The edition that runs now."""
    ledger = (ROOT / "spec" / "claims.toml").read_bytes()
    return Edition(version, hashlib.sha256(ledger).hexdigest())


def of(folder: Path) -> Edition | None:
    """The edition that made a gradebook; None if it does not say."""
    try:
        return Edition(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def sign(folder: Path, version: str, *, anew: bool) -> None:
    """Write the edition into a gradebook. CannotDo if another one made it, unless it is made anew."""
    before, now = of(folder), current(version)
    if before not in (None, now) and not anew:
        raise CannotDo(
            f"--out {folder} was made by {before}, and this is {now}: grades of two suites are not "
            "mixed; choose another folder, or judge all of them anew with --new-suite"
        )
    make_folder(folder)
    write_whole(folder / FILE, (json.dumps(asdict(now), indent=1) + "\n").encode())
