"""The commands, such as `python -m spec judge my_net.py`; `nn-spec` is the same program.

Each imports what it needs only when it is called.
"""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # Python looks first where it was called: a learner's random.py would stand in for its own
    sys.path.append(sys.path.pop(0))

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spec import __version__
from spec.harness.ground.errors import CannotDo


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; 2, and one sentence, if it cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m spec",
        description="Neural networks from scratch: write them, check them, grade them.",
    )
    parser.add_argument(
        "--version", action="version", version=__version__, help="print the version"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_new(commands)
    _add_judge(commands)
    _add_watch(commands)
    _add_grade(commands)
    _add_book(commands)
    option = parser.parse_args(arguments)
    try:
        found = option.run(option)
        if isinstance(found, int):
            return found
        sys.stdout.write(f"{found}\n")
    except CannotDo as error:
        sys.stderr.write(f"{parser.prog} {option.command}: {error}\n")
        return 2
    except BrokenPipeError:  # whoever read it has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _add_new(commands: Any) -> None:
    parser = commands.add_parser("new", help="write a file or notebook to start from")
    parser.add_argument("file", type=Path, metavar="FILE", help="a new .py file or notebook")
    parser.add_argument(
        "--section",
        nargs="+",
        default=[],
        metavar="N",
        help="only these: chapters such as 3, sections such as 5.3",
    )
    parser.set_defaults(run=_new)


def _new(option: argparse.Namespace) -> str:
    from spec.learning.start import start

    return start(option.file, option.section)


def _add_judge(commands: Any) -> None:
    from spec.harness.fronts.options import OPTIONS

    parser = commands.add_parser(
        "judge", help="check a file or notebook: which claims hold, which fail, and why"
    )
    parser.add_argument(
        "file", metavar="FILE", help="a .py file, a notebook, or a module that Python can import"
    )
    for option, how in OPTIONS.items():
        parser.add_argument(option, **how)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show every claim that fails in full"
    )
    parser.set_defaults(run=_judge)


def _judge(option: argparse.Namespace) -> int:
    from spec.harness.fronts.judge import judge

    return judge(option.file, vars(option), verbose=option.verbose)


def _add_watch(commands: Any) -> None:
    parser = commands.add_parser("watch", help="check a file or notebook on each save")
    parser.add_argument("file", type=Path, metavar="FILE", help="a .py file or a notebook")
    _add_time_limit(parser)
    parser.set_defaults(run=_watch)


def _watch(option: argparse.Namespace) -> str:
    from spec.learning.watch import watch

    return watch(option.file, _time_limit(option))


def _add_grade(commands: Any) -> None:
    from spec.grading import options

    parser = commands.add_parser("grade", help="grade submissions and write a gradebook")
    options.add(parser, __version__)
    _add_time_limit(parser)


def _add_time_limit(parser: argparse.ArgumentParser) -> None:
    from spec.harness.fronts.options import OPTIONS

    parser.add_argument("--time-limit", **OPTIONS["--time-limit"])


def _time_limit(option: argparse.Namespace) -> float:
    if not option.time_limit > 0:
        raise CannotDo(f"--time-limit {option.time_limit:g}: expected a number of seconds above 0")
    return float(option.time_limit)


def _add_book(commands: Any) -> None:
    parser = commands.add_parser("book", help="make one HTML page of the theory and its proofs")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the page, such as book.html"
    )
    parser.add_argument(
        "--impl",
        metavar="PATH_OR_MODULE",
        help="judge this .py file, notebook or importable module instead of impl/",
    )
    parser.add_argument(
        "--section", metavar="N", help="only a chapter, such as 5, or a section, such as 5.3"
    )
    parser.set_defaults(run=_book)


def _book(option: argparse.Namespace) -> str:
    from spec.book.command import book

    return book(option.out, option.impl, option.section)


if __name__ == "__main__":
    sys.exit(main())
