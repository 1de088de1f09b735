"""How learning platforms name what they export: one table.

A form is a regular expression for a path below the folder of the class. What it matches is its learner's,
and what follows is the path that the learner knows. Its groups: `name`, `id`, `late`, `number` and `time`
(of the attempt), `upload` (a number that grows with each upload), `file` (the learner's own file name, where
the match ends within one; `stem` and `ending` are its parts, where something stands between), `both` (what
all of the class share, and the learner's id behind it: told apart by comparing), `shared` (it must be the
same for all) and `coach` (what a teacher put there: it is nobody's).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

TIME = r"\d{4}-\d\d-\d\d[-_ T]\d\d[-:_]\d\d[-:_]\d\d"
MAIL = r"[^/@\s]+@[^/@_\s]+"
FOLDER, LEAF = r"(?:/|$)", r"[^/]+(?:/|$)"
OTHERS = r"(?:\w|[^\x00-\x7f])"  # a letter of any script, also one that is composed of several
DATED = r"(?:(?! - )[^/])*?\b(?:19|20)\d\d\b(?:(?! - )[^/])*?\d"  # a date in any language


@dataclass(frozen=True)
class Form:
    """A platform's way to name what was handed in.

    `attempts` says what is in an export: "last" alone, "each" with its number or time, or "found" where
    several answers of a learner lie side by side. With `anywhere`, learners lie in several folders.
    `called` makes the name to show from the groups; `said` says whether "late" is told of each that is.
    """

    platform: str
    pattern: re.Pattern[str]
    attempts: str = "last"
    anywhere: bool = False
    said: bool = False
    called: Callable[[dict[str, str]], str] = field(default=lambda of: of.get("name") or of["id"])
    by_name: bool = False  # the id alone does not tell learners apart
    beside: str = ""  # a file that must lie in the folders of most, as a pattern
    within: str = ""  # the folder around them must be called so
    first: int = 0  # the number of the first attempt, where the table's `number` counts from there


def _form(platform: str, pattern: str, **how: object) -> Form:
    return Form(platform, re.compile(pattern, re.S), **how)  # type: ignore[arg-type]


def _first_last(of: dict[str, str]) -> str:
    return " ".join(filter(None, (of.get("first"), of.get("last"))))


def _turned(of: dict[str, str]) -> str:
    """Anna Alpha, from "Alpha, Anna"."""
    last, comma, first = of["name"].partition(", ")
    return f"{first} {last}" if comma and ";" not in first else of["name"]


# Where two explain the same, the one that stands first is taken.
FORMS = (
    _form(
        "moodle",
        r"(?P<name>[^/]+?)(?:_(?P<id>\d+))?_assignsubmission_[a-z]+(?:_?(?:/|$)|_(?P<file>[^/]+(?:/|$)))",
    ),
    _form(
        "blackboard",
        rf"(?P<both>[^/]+)_attempt_(?P<time>{TIME})(?:_(?P<file>[^/]+(?:/|$))|\.txt$)",
        attempts="each",
    ),
    _form(
        "brightspace",
        rf"(?P<numbers>\d+-\d+) - (?:(?P<id>[A-Z]{{0,2}}\d{{5,}}) - )?(?P<name>[^/]+?) ?- (?P<time>{DATED}"
        rf"(?: ?[AaPp]\.?[Mm]\.?)?)(?:{FOLDER}| - (?P<file>[^/]+(?:/|$)))",
        attempts="each",
        by_name=True,
    ),
    _form(
        "nbgrader",
        rf"(?P<id>[^/]+)\+[^+/]+\+(?P<time>{TIME})[^/]*/",
        attempts="each",
    ),
    _form(
        "prairielearn",
        rf"(?P<id>{MAIL})_\d+_(?P<question>.+?)_\d+_(?P<number>\d+)_(?P<upload>\d+)_(?P<file>{LEAF})",
        attempts="each",
    ),
    _form(
        "prairielearn",
        rf"(?P<id>{MAIL})_\d{{4,}}_(?P<question>.*?[^\W\d_].*?)_(?P<upload>\d+)_(?P<file>{LEAF})",
    ),
    _form(
        "autolab",
        rf"(?:annotated_)?(?P<id>{MAIL})_(?P<number>\d+)_(?P<file>{LEAF})",
        attempts="each",
    ),
    _form(
        "canvas",
        rf"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]+)_(?:(?P<upload>\d+)_(?P<file>{LEAF})|(?:text|link)\.html$)",
        said=True,
        called=lambda of: f"anon_{of['id']}",
    ),
    _form(
        "canvas",
        rf"(?P<name>{OTHERS}+?)(?P<late>_LATE)?_(?P<id>\d+)_"
        rf"(?:(?P<upload>\d+)_(?P<file>{LEAF})|(?:text|link)\.html$)",
        said=True,
    ),
    _form(
        "openolat",
        r"(?:(?P<last>[^/_]+)_(?P<first>[^/]+)_(?P<id>[^/_]+)|(?P<name>[^/_]+)_(?P<key>\d+)|(?P<whole>[^/]+))/"
        r"\d+_(?:submissions|revisions_(?P<number>\d+)|(?P<coach>task|corrections(?:_\d+)?|assessment))(?:/|$)",
        attempts="each",
        first=1,
        called=lambda of: of.get("name") or of.get("whole") or _first_last(of),
    ),
    _form(
        "sakai",
        r"(?P<name>[^/]*[^/\s])\((?P<id>[^()/]+)\)(?:/|_|$)"
        r"(?P<coach>[^/]*(?:[Ff]eedback|[Rr]ückmeldung|[Rr]etro)[^/]*(?:/|$))?",
        called=_turned,
    ),
    _form(
        "ilias",
        r"(?P<last>[^/_]+)_(?P<first>[^/]+?)_(?P<login>[^/_]+)_(?P<id>\d+)(?:/|$)"
        r"(?P<late>(?:[^/]*/)*[^/]*\b(?i:late|verspät|versp|retard|tard|ritardo|laat|sen|opóźn|spóźn)"
        r"[^/]*? - (?=[^/]))?",
        anywhere=True,
        said=True,
        called=_first_last,
    ),
    _form(
        "dated archives",
        rf"(?P<last>[^/_]+)_(?P<first>[^/]+?)_(?P<id>[^/_]+\.[a-z]+)_(?P<time>{TIME})(?=\.\w+)",
        attempts="each",
        called=_first_last,
    ),
    _form(
        "edx",
        rf"\[\d+\] - (?P<id>[^/]+?) - (?P<file>{LEAF})",
        anywhere=True,
    ),
    _form(
        "microsoft-teams",
        r"(?P<name>[^/]+)/[^/]+/[Vv][eé]r[^/\d]* (?P<number>\d+)/",
        attempts="each",
    ),
    _form("galah", rf"(?P<id>[^/]+)/(?P<time>{TIME})/", attempts="each"),
    _form(
        "submitty",
        r"(?P<id>[^/]+)/(?:(?P<number>\d+)/|(?P<coach>user_assignment_settings\.json$))",
        attempts="each",
    ),
    _form("nbgrader", r"(?P<id>[^/]+)/[^/]+/", beside=r"[^/]+/[^/]+/timestamp\.txt"),
    _form("jupyterhub", r"jupyter-(?P<id>[^/]+)/"),
    _form("a+", r"(?P<id>[^/]+?)_submission_file_\d+(?=[./]|$)"),
    _form("gradescope", r"(?P<name>submission_(?P<id>\d+))(?:/|$)"),
    _form(
        "submitty",
        r"(?P<both>[^/]+_[^/]+)_(?P<number>\d{1,3})\.zip(?:/|$)",
        attempts="each",
    ),
    _form("github-classroom", r"(?P<both>[^/]+)(?:/|$)", within=r"[^/]+-submissions"),
    _form("artemis", r"(?P<shared>[^/]+?-)\d+-(?P<id>[^\W\d][^/]*)(?:/|$)"),
    _form(
        "google-forms",
        rf"(?P<stem>[^/]+) - (?P<name>[^/]+?)(?P<ending>(?:\.\w+)+){FOLDER}",
        attempts="found",
        anywhere=True,
        within=r".+ \([^()]+\)",
    ),
    _form("google-classroom", rf"(?P<name>[^/]+?) - (?P<file>{LEAF})", attempts="found"),
    _form(
        "google-forms",
        rf"(?P<stem>[^/]+) - (?P<name>[^/]+?)(?P<ending>(?:\.\w+)+){FOLDER}",
        attempts="found",
    ),
    _form("stud.ip", r"\[\d+\]_(?P<name>[^/]+?)(?P<ending>\.\w+)?(?:/|$)"),
)
PLATFORMS = sorted({form.platform for form in FORMS})


def by_names(expression: str) -> Form:
    """The form of a platform that is not known, by a regular expression with named groups.

    The groups are those of nbgrader's zip_collect: student_id, timestamp, file_id, first_name, last_name,
    email. Raises ValueError.
    """
    try:
        pattern = re.compile(expression, re.S)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    known = {"student_id": "id", "timestamp": "time", "file_id": "file", "email": "mail"}
    known |= {"first_name": "first", "last_name": "last", "name": "name", "attempt": "number"}
    if unknown := set(pattern.groupindex) - set(known):
        raise ValueError(f"has a group {min(unknown)}; expected {', '.join(known)}")
    if not {"student_id", "name", "email", "last_name"} & set(pattern.groupindex):
        raise ValueError("has no group for the learner, such as (?P<student_id>\\w+)")
    text = re.sub(r"\(\?P<(\w+)>", lambda found: f"(?P<{known[found[1]]}>", expression)
    text = re.sub(r"\(\?P=(\w+)\)", lambda found: f"(?P={known.get(found[1], found[1])})", text)

    def called(of: dict[str, str]) -> str:
        return of.get("name") or _first_last(of) or of.get("id") or of.get("mail", "")

    groups = {"time", "number"} & {known[group] for group in pattern.groupindex}
    return Form(
        "--names",
        re.compile(text, re.S),
        attempts="each" if groups else "last",
        anywhere=True,
        called=called,
    )
