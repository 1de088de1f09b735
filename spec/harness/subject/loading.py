"""Finding the implementation that is judged: by path or by module name, never by accident.

`spec/` and `impl/` stand side by side, so a plain `import impl` could find the reference instead of
the code that somebody meant. Hence: files are loaded by path, nothing of the reference can be
imported while another implementation is judged, and what was loaded is named with its hash.
"""

import codecs
import difflib
import hashlib
import importlib
import importlib.machinery
import importlib.util
import io
import linecache
import re
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Sequence
from contextlib import (
    AbstractContextManager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ground.calling import judging
from ..ground.contract import NAMES
from ..ground.errors import CannotLoad, Unusable
from ..ground.limits import time_limit
from ..ground.outcomes import TimeLimitExceeded
from ..ground.texts import LONGEST_LINE, cut
from . import beside
from .beside import Namespace, located
from .formats import SUFFIXES, is_notebook
from .notebook import Notebook
from .scripts import is_notebook_as_script

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "impl"
REFUSED = "the reference implementation cannot be imported while another one is judged"
ALONE = "judged by its definitions alone, since it does not import whole"


@dataclass(frozen=True)
class Subject:
    """What is judged: the module, the name to call it by, where it came from, and its SHA-256.

    `notes` say what of a notebook was left out. `each_test(seed)` is entered around each test;
    `located_elsewhere` says where a function begins, for code that lives in another process.
    """

    module: types.ModuleType
    name: str
    path: Path
    sha256: str
    is_reference: bool
    notes: tuple[str, ...] = ()
    each_test: Callable[[int], AbstractContextManager[object]] = nullcontext
    located_elsewhere: Callable[[str], tuple[str, int] | None] | None = None
    beside_elsewhere: Callable[..., Any] | None = None

    def located(self, function: str) -> tuple[str, int] | None:
        """File and line where a function ("TwoLayerNet.backward") begins, if it stands in what is judged."""
        if self.located_elsewhere:
            return self.located_elsewhere(function)
        found = located(self.module, function)
        own = found and (found[0] in map(str, self.files) or self.is_cell(found[0]))
        return found if own else None

    def beside(self, function: str, *arguments: Any) -> Any:
        """What a function of `beside` says of the module, in whichever process it lives."""
        if self.beside_elsewhere:
            return self.beside_elsewhere(function, *arguments)
        return getattr(beside, function)(self.module, *arguments)

    def is_cell(self, file: str) -> bool:
        """Whether this is what stands for a cell of the notebook."""
        return file.startswith(f"{self.path.name}, cell ")

    @property
    def files(self) -> list[Path]:
        """The source files that the hash is taken over."""
        return _sources(self.path)


def _sources(path: Path) -> list[Path]:
    return sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for source in _sources(path):
        digest.update(source.read_bytes())
    return digest.hexdigest()


class ReferenceOutOfReach:
    """An import finder that refuses `impl` where it would be the reference beside `spec`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find `impl` anywhere but beside `spec`; ImportError if that is all there is."""
        if name != "impl":
            return None
        places = [place for place in sys.path if Path(place or ".").resolve() != ROOT]
        found = importlib.machinery.PathFinder.find_spec(name, places)
        if found is None:
            raise ImportError(REFUSED)
        return found


def load(given: str | None, seconds: float, *, begun: bool = True) -> Subject:
    """Load the implementation that `--impl` names (a path or a module), or the reference for None.

    `seconds` limits the import. Raises CannotLoad; where nothing is `begun` yet, not for a file
    without any name of the contract.
    """
    if given is None:
        return _load_reference()
    sys.meta_path.insert(0, ReferenceOutOfReach())
    for name in [n for n in sys.modules if n == "impl" or n.startswith("impl.")]:
        del sys.modules[name]
    path = Path(given).expanduser()
    dotted = re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", given)
    if dotted and path.suffix not in SUFFIXES and not path.is_file():
        subject = _load_module(given, seconds)
    else:
        subject = _load_file(path, given, seconds)
    if begun:
        must_have_names(subject)
    return subject


def _load_reference() -> Subject:
    path = REFERENCE / "__init__.py"
    if not path.is_file():
        raise CannotLoad(
            "there is no impl/ beside spec/, the reference: name the code to judge, as in "
            + judging("my_net.py")
        )
    found = importlib.util.spec_from_file_location(
        "impl", path, submodule_search_locations=[str(REFERENCE)]
    )
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["impl"] = module
    loader = found.loader
    _execute("impl", lambda: loader.exec_module(module), 60)
    return Subject(module, "impl", path, _sha256(path), True)


def _load_module(name: str, seconds: float) -> Subject:
    if "" not in sys.path:
        sys.path.insert(0, "")
    if Path(f"{name}.py").is_file():
        raise CannotLoad(f"{name}: to judge the file {name}.py, name it {name}.py")
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise CannotLoad(f"{name}: {error}") from None
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        where = (
            "a folder without __init__.py" if found else "no module of that name can be imported"
        )
        raise CannotLoad(f"{name}: {where}; give the path of a .py file instead")
    module: list[types.ModuleType] = []
    _execute(name, lambda: module.append(importlib.import_module(name)), seconds)
    path = Path(found.origin).resolve()
    return Subject(module[0], name, path, _sha256(path), False)


def resembling(path: Path) -> str:
    """What to add to a sentence where a file of nearly that name lies beside `path`; "" elsewhere."""
    siblings = [p.name for p in path.parent.glob("*") if p.suffix in SUFFIXES]
    close = difflib.get_close_matches(path.name, siblings, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _load_file(path: Path, given: str, seconds: float) -> Subject:
    if path.is_dir():
        one = f", {path / '__init__.py'}" if path.joinpath("__init__.py").is_file() else ""
        raise CannotLoad(f"{given} is a directory: name the .py file in it{one}")
    if not path.exists():
        raise CannotLoad(f"{given}: there is no file {path.resolve()}{resembling(path)}")
    if path.suffix not in SUFFIXES:
        raise CannotLoad(
            f"{given} is not a .py file and no notebook: save the code as one and name that"
        )
    path = path.resolve()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotLoad(f"{given} cannot be read: {error.strerror}") from None
    module = types.ModuleType(f"judged_{path.stem}")
    package = types.ModuleType(f"folder_of_{path.stem}")  # for `from .helpers import f`
    package.__path__ = [str(path.parent)]
    module.__file__, module.__package__ = str(path), package.__name__
    sys.modules[module.__name__], sys.modules[package.__name__] = module, package
    must_be_text(path.name, content)
    if is_notebook(path) or is_notebook_as_script(content):
        notes = _define(module, path, content, seconds)
    else:
        notes = _whole_or_defined(module, path, content, seconds)
    return Subject(module, path.name, path, hashlib.sha256(content).hexdigest(), False, notes)


def _define(
    module: types.ModuleType, path: Path, content: bytes, seconds: float
) -> tuple[str, ...]:
    """Give a module what a notebook or a file defines, and return notes on what was left out."""
    notebook = Notebook(path.name, content, str(path))
    namespace = Namespace(module, NAMES)
    _execute_beside(path, lambda: notebook.carry_out(namespace), seconds)
    return tuple(notebook.notes)


def _whole_or_defined(
    module: types.ModuleType, path: Path, content: bytes, seconds: float
) -> tuple[str, ...]:
    """Run a file; where that cannot be done to its end, carry out its definitions alone, and note that."""
    given = dict(module.__dict__)
    try:
        code = _compiled(path, content)
        _execute_beside(path, lambda: exec(code, module.__dict__), seconds)  # noqa: S102
    except Unusable as error:
        if str(error.__context__) == REFUSED:
            raise
        module.__dict__.clear()
        module.__dict__.update(given)
        with suppress(Unusable):
            notes = _define(module, path, content, seconds)
        if not defines_any(module):
            raise
        return (definitions_alone(error), *notes)
    return ()


def defines_any(module: types.ModuleType) -> bool:
    """Whether a module has a name of the contract."""
    return any(name in module.__dict__ for name in NAMES)


def definitions_alone(error: Exception) -> str:
    """The note on a file that does not import whole."""
    return f"{ALONE}: {error}"


def must_be_text(name: str, content: bytes) -> None:
    """Raise Unusable for a file that Python cannot read as text."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unusable(f"{name} is saved as UTF-16, which Python does not read: save it as UTF-8")
    if b"\0" in content:
        line = 1 + content.count(b"\n", 0, content.index(b"\0"))
        raise Unusable(
            f"{name}, line {line}: there is a null byte, as text never has one: save the code as UTF-8"
        )


def _compiled(path: Path, source: bytes) -> types.CodeType:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a backslash in a string, for one
            return compile(source, str(path), "exec")
    except SyntaxError as error:
        line = error.text or linecache.getline(str(path), error.lineno or 0)
        line = cut(line.strip(), LONGEST_LINE)
        where = f"{path.name}, line {error.lineno}" if error.lineno else path.name
        raise Unusable(f"{where}: {error.msg}" + (f": `{line}`" if line else "")) from None


def _execute_beside(path: Path, action: Callable[[], object], seconds: float) -> None:
    """Run a file's code with its neighbours importable: first for now, last from then on."""
    sys.path.insert(0, str(path.parent))
    try:
        _execute(path.name, action, seconds)
    finally:
        _give_back_names_of_python(path.parent)
        sys.path.remove(str(path.parent))
        sys.path.append(str(path.parent))  # where it shadows nothing


def _give_back_names_of_python(folder: Path) -> None:
    """Let whoever else imports `calendar` find Python's own, although the learner's was found first."""
    for name in sys.stdlib_module_names & sys.modules.keys():
        file = Path(getattr(sys.modules[name], "__file__", None) or "")
        if file in (folder / f"{name}.py", folder / name / "__init__.py"):
            del sys.modules[name]


def _execute(name: str, action: Callable[[], object], seconds: float) -> None:
    """Run an import; what it prints and warns of is dropped, what it raises becomes one sentence."""
    sink = io.StringIO()
    try:
        with (
            redirect_stdout(sink),
            redirect_stderr(sink),
            warnings.catch_warnings(),
            time_limit(seconds, f"importing {name}"),
        ):
            warnings.simplefilter("ignore")
            action()
    except TimeLimitExceeded as error:
        remedy = 'keep what trains or plots under `if __name__ == "__main__":`'
        raise Unusable(f"{error} ({remedy})") from None
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
        frames = [f for f in frames if not f.filename.startswith("<frozen")]
        at = f" at {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
        line = f": `{frames[-1].line}`" if frames and frames[-1].line else ""
        detail = f"{type(error).__name__}: {error}".rstrip(": ")
        raise Unusable(f"importing {name} raised {detail}{at}{line}") from None


def must_have_names(subject: Subject) -> None:
    """Raise Unusable for one that has no name of the contract."""
    own = [name for name in dir(subject.module) if not name.startswith("_")]
    if any(name in own for name in NAMES):
        return
    begin = f"such as {', '.join(NAMES[:5])}"
    if not own and not subject.notes:
        raise Unusable(f"{subject.path} defines nothing yet: write one of the names, {begin}")
    folded = {name.lower(): name for name in NAMES}
    pairs = [
        f"`{folded[close[0]]}` for your `{name}`"
        for name in own
        if (close := difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.75))
    ]
    hint = f"did you mean {', '.join(pairs[:3])}?" if pairs else begin
    notes = "".join(f"; {note}" for note in subject.notes[:3])
    raise Unusable(f"{subject.path} defines none of the names that are judged: {hint}{notes}")
