"""The options of `python -m spec grade`, in groups, and what they ask for."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spec.harness.ground.errors import CannotDo

if TYPE_CHECKING:
    from .command import Options


def add(parser: argparse.ArgumentParser, version: str) -> None:
    """Add all options to the parser of the command; `version` is that of the suite."""
    parser.add_argument(
        "submissions",
        nargs="*",
        type=Path,
        metavar="SUBMISSION",
        help="a .py file, a notebook, a folder, or a zip or tar as a learning platform exports it",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the gradebook is written")
    _add_intake(parser.add_argument_group("who has handed in"))
    _add_scores(parser.add_argument_group("scores and feedback"))
    _add_uploads(parser.add_argument_group("for a learning platform"))
    _add_running(parser.add_argument_group("how it is judged"))
    _add_instead(parser.add_argument_group("instead of grading"))
    parser.set_defaults(run=run, version=version)


def _add_intake(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--list", action="store_true", help="only say who the learners are, and what is judged"
    )
    group.add_argument(
        "--layout",
        default="",
        metavar="NAME",
        help="how what is given is to be read: folders, files, folders:2 (each folder two deep), one "
        "(one learner), or a platform such as moodle (default: it is found out)",
    )
    group.add_argument(
        "--names",
        default="",
        metavar="REGEX",
        help="a regular expression for the paths of a platform that is not known, with groups such as "
        "(?P<student_id>...), as nbgrader's zip_collect has them",
    )
    group.add_argument(
        "--roster",
        type=Path,
        metavar="FILE",
        help="a csv of all learners: name who handed in nothing",
    )
    group.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="judge this learner again, by name or id, and nobody else; may be repeated",
    )


def _add_scores(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--rubric", type=Path, metavar="FILE", help="what each part is worth (TOML)")
    group.add_argument(
        "--overrides",
        type=Path,
        metavar="FILE",
        help="points, comments, lateness and exemptions by hand (TOML)",
    )
    group.add_argument(
        "--hints",
        choices=("off", "nudge", "full"),
        default="full",
        help="how much the feedback tells of what is wrong (default: full)",
    )
    group.add_argument(
        "--pages",
        choices=("all", "none"),
        default="all",
        help="whether each learner gets files of their own (default: all)",
    )
    group.add_argument(
        "--compare", type=Path, metavar="OLD", help="say who gained or lost what since a gradebook"
    )
    group.add_argument(
        "--strict", action="store_true", help="end with status 1 if any could not be judged"
    )


def _add_uploads(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--worksheet", type=Path, metavar="FILE", help="Moodle's grading worksheet, to be filled in"
    )
    group.add_argument(
        "--gradebook",
        type=Path,
        metavar="FILE",
        help="the gradebook that Canvas, Brightspace or Blackboard exported, to be filled in",
    )
    group.add_argument(
        "--column",
        default="",
        metavar="TITLE",
        help="the assignment's column in it, if it has more",
    )
    group.add_argument(
        "--gradescope",
        action="store_true",
        help="all files are one submission; also write results.json",
    )


def _add_running(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="the seed of all examples (default: a secret that is drawn once and kept in --out)",
    )
    group.add_argument(
        "--jobs", type=int, metavar="N", help="number of workers (default: one for each core)"
    )
    group.add_argument(
        "--walls",
        choices=("landlock", "process"),
        default="landlock",
        help="the weakest walls that are accepted (default: landlock); `process` is not tamper-proof",
    )
    group.add_argument(
        "--backend",
        choices=("loky", "dask", "ray"),
        default="loky",
        help="where the workers run (default: loky, here)",
    )
    group.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="the scheduler of the cluster"
    )
    group.add_argument(
        "--new-suite",
        action="store_true",
        help="judge all anew where another version of the suite made the gradebook",
    )


def _add_instead(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--rubric-template", type=Path, metavar="FILE", help="write a rubric to start from"
    )
    group.add_argument(
        "--dry-run",
        action="store_true",
        help="grade the reference by the rubric: does it have full marks?",
    )
    group.add_argument(
        "--example", type=Path, metavar="FOLDER", help="write a small class to try grading on"
    )
    group.add_argument(
        "--gradescope-zip", type=Path, metavar="FILE", help="write the autograder for Gradescope"
    )
    group.add_argument(
        "--page", metavar="NAME", help="write the feedback of one learner who was judged before"
    )


def run(option: argparse.Namespace) -> int | str:
    """Carry out what was asked for. Raises CannotDo."""
    from . import command

    if option.seed is not None and option.seed < 0:
        raise CannotDo(f"--seed {option.seed}: expected a whole number that is not below 0")
    if option.rubric_template:
        return command.write_template(option.rubric_template)
    if option.example:
        return command.write_example(option.example)
    if option.gradescope_zip:
        return command.write_gradescope_zip(option.gradescope_zip, option.rubric, option.seed)
    if not option.submissions and not option.dry_run:
        raise CannotDo("name what to grade: files, notebooks, folders or zips")
    if not option.out and not option.list and not option.dry_run:
        raise CannotDo("name a folder for the gradebook with --out FOLDER")
    if option.jobs is not None and option.jobs < 1:
        raise CannotDo(f"--jobs {option.jobs}: expected a number of workers, 1 or more")
    if not option.time_limit > 0:
        raise CannotDo(f"--time-limit {option.time_limit:g}: expected a number of seconds above 0")
    if option.column and not option.gradebook:
        raise CannotDo("--column names a column of a gradebook: name that with --gradebook FILE")
    asked = _asked(option)
    if option.page:
        return command.write_page(asked, option.page)
    if option.dry_run:
        return command.dry_run(asked)
    if option.list:
        return command.listed(asked)
    told, all_judged = command.grade(asked)
    sys.stdout.write(f"{told}\n")
    return int(option.strict and not all_judged)


def _asked(option: argparse.Namespace) -> "Options":
    from .command import Options
    from .running.class_run import ALL_CORES, How

    jobs = option.jobs or ALL_CORES
    return Options(
        given=option.submissions,
        out=option.out,
        version=option.version,
        rubric=option.rubric,
        overrides=option.overrides,
        hints=option.hints,
        pages=option.pages == "all",
        how=How(option.walls, jobs, option.backend, option.scheduler, float(option.time_limit)),
        alone=option.gradescope,
        worksheet=option.worksheet,
        gradebook=option.gradebook,
        column=option.column,
        compare=option.compare,
        new_suite=option.new_suite,
        layout=option.layout,
        names=option.names,
        roster=option.roster,
        only=option.only,
        seed=option.seed,
    )
