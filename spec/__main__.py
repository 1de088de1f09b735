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
    parser = commands.add_parser("grade", help="grade submissions and write a gradebook")
    parser.add_argument(
        "submissions",
        nargs="*",
        type=Path,
        metavar="SUBMISSION",
        help="a .py file, a notebook, a folder, or a zip or tar as a learning platform exports it",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the gradebook is written")
    parser.add_argument(
        "--rubric", type=Path, metavar="FILE", help="what each part is worth (TOML)"
    )
    parser.add_argument(
        "--rubric-template", type=Path, metavar="FILE", help="only write a rubric to start from"
    )
    parser.add_argument(
        "--hints",
        choices=("off", "nudge", "full"),
        default="full",
        help="how much the feedback tells of what is wrong (default: full)",
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="number of workers (default: one for each core)"
    )
    parser.add_argument(
        "--walls",
        choices=("landlock", "process"),
        default="landlock",
        help="the weakest walls that are accepted (default: landlock); `process` is not tamper-proof",
    )
    parser.add_argument(
        "--backend",
        choices=("loky", "dask", "ray"),
        default="loky",
        help="where the workers run (default: loky, here)",
    )
    parser.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="the scheduler of the cluster"
    )
    parser.add_argument(
        "--gradescope",
        action="store_true",
        help="all files are one submission; also write results.json",
    )
    parser.add_argument(
        "--list", action="store_true", help="only say who the learners are, and what is judged"
    )
    parser.add_argument(
        "--layout",
        default="",
        metavar="NAME",
        help="how what is given is to be read: folders, files, folders:2 (each folder two deep), one "
        "(one learner), or a platform such as moodle (default: it is found out)",
    )
    parser.add_argument(
        "--names",
        default="",
        metavar="REGEX",
        help="a regular expression for the paths of a platform that is not known, with groups such as "
        "(?P<student_id>...), as nbgrader's zip_collect has them",
    )
    parser.add_argument(
        "--roster",
        type=Path,
        metavar="FILE",
        help="a csv of all learners: name who handed in nothing",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="judge this learner again, by name or id, and nobody else; may be repeated",
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="the seed of all examples (default: a secret that is drawn once and kept in --out)",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="grade the reference by the rubric: does it have full marks?",
    )
    _add_time_limit(parser)
    parser.set_defaults(run=_grade)


def _grade(option: argparse.Namespace) -> str:
    from spec.grading.command import Options, dry_run, grade, listed, write_template

    if option.rubric_template:
        return write_template(option.rubric_template)
    if not option.submissions and not option.dry_run:
        raise CannotDo("name what to grade: files, notebooks, folders or zips")
    if not option.out and not option.list and not option.dry_run:
        raise CannotDo("name a folder for the gradebook with --out FOLDER")
    if option.jobs is not None and option.jobs < 1:
        raise CannotDo(f"--jobs {option.jobs}: expected a number of workers, 1 or more")
    if option.seed is not None and option.seed < 0:
        raise CannotDo(f"--seed {option.seed}: expected a whole number that is not below 0")
    from spec.grading.running.class_run import ALL_CORES, How

    jobs = option.jobs or ALL_CORES
    how = How(option.walls, jobs, option.backend, option.scheduler, _time_limit(option))
    options = Options(
        option.submissions,
        option.out,
        option.rubric,
        option.hints,
        how,
        option.gradescope,
        option.layout,
        option.names,
        option.roster,
        option.only,
        option.seed,
    )
    if option.dry_run:
        return dry_run(options)
    return listed(options) if option.list else grade(options)


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
