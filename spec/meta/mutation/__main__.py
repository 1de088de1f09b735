"""Systematic mutation of the reference, judged by the specification.

    python -m spec.meta.mutation [MODULE ...]

makes every small change that Cosmic Ray knows to each module of `impl` (or to those named, such as
`activations`), one at a time, and asks whether a test notices. It prints the figures by module, and
leaves with 1 if a change survives that survivors.toml does not list, or if less than 98 % are killed.
"""

import argparse
import os
import sys

from spec.harness.subject.loading import REFERENCE

from .report import report
from .survivors import listed

LEAST = 0.98  # of all mutants, those included that are no mistakes


def main() -> int:
    """Judge the mutants of the modules named, print what came out, and return the exit status."""
    parser = _parser()
    arguments = parser.parse_args()
    modules = {path.stem: path for path in sorted(REFERENCE.glob("*.py"))}
    for name in arguments.module:
        if name not in modules:
            parser.error(f"impl has no module {name!r}, it has {', '.join(modules)}")
    try:
        from .judge import killers
        from .mutants import mutants
    except ImportError as error:
        parser.error(f"{error}: install the extra `mutation`, or run `tox -e mutation`")
    paths = [modules[name] for name in arguments.module or modules]
    made = mutants(paths)
    if not made:
        parser.error(f"nothing in {', '.join(arguments.module)} could be changed")
    changes = [mutant.change for mutant in made]
    found = dict(zip(changes, killers(made, arguments.jobs), strict=True))
    known = {change: why for change, why in listed().items() if REFERENCE / change.file in paths}
    lines, well = report(found, known, least=0.0 if arguments.module else LEAST)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if well else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m spec.meta.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("module", nargs="*", help="a module of impl, without .py (default: all)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="forks at a time (default: cores)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
