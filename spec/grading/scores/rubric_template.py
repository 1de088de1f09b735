"""A rubric to start from: `python -m spec grade --rubric-template FILE`. Unchanged, it is the default."""

from pathlib import Path

from spec.harness.ground.errors import CannotDo

from .catalogue import Catalogue
from .exercises import EXERCISES

TEMPLATE = """\
# What each part is worth. Unchanged, each claim that asks something of an implementation counts one point.
#
#     python -m spec grade SUBMISSION... --out FOLDER --rubric {name}
#
# It is checked before anything is judged. Points may be any numbers, such as 2.5. If you change points,
# nothing is judged again.

# Sections, exercises and claims that add to the total, but not to the maximum.
# extra = ["9/early-stopping", "11/digits"]
extra = []

# The most that all of what is extra can add together.
# max_extra = 5

# The claims of a section, or of a whole chapter ("5" = 40), share its points equally. A section that is not
# listed here is worth nothing.
[sections]
{sections}

# The theory's exercises, each with the claims that judge it. A claim can get points from one section or one
# exercise, not from both: if you give points to an exercise, take them from the sections of its claims.
[exercises]
{exercises}

# Single claims, by their ids. A claim that is listed here gets no share of its section or exercise.
[claims]
# "5.3/hidden-weight-gradient" = 5

# What must hold: if the claim on the left does not hold, those on the right (sections, exercises, claims; or
# "all") are worth nothing.
[required]
# "4.2/output-activation" = ["5.3", "gradient-check"]
# "4.1/shapes" = "all"
"""


def write(path: Path, catalogue: Catalogue) -> str:
    """Write the template to a new file, and say what to do next."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(template(path.name, catalogue))
    except FileExistsError:
        raise CannotDo(
            f"{path} already exists and is not overwritten: choose another name"
        ) from None
    except OSError as error:
        raise CannotDo(
            f"{path} cannot be written: {error.strerror}; choose another place"
        ) from None
    return f"Created {path}. Change it, then grade with --rubric {path}"


def template(name: str, catalogue: Catalogue) -> str:
    """The text of the template, which will be called `name`."""
    titles = catalogue.ledger.titles
    sections = [
        f'"{section}" = {len(ids)}   # {titles[section]}: {_claims(len(ids))}'
        for section, ids in catalogue.sections.items()
    ]
    exercises = [
        f"# {key} = {len(catalogue.exercises[key])}   # {exercise.title}: {', '.join(exercise.parts)}"
        for key, exercise in EXERCISES.items()
    ]
    return TEMPLATE.format(name=name, sections="\n".join(sections), exercises="\n".join(exercises))


def _claims(n: int) -> str:
    return "1 claim" if n == 1 else f"{n} claims"
