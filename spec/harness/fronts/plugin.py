"""The pytest plugin: what is collected becomes cases, and each is run by the engine.

pytest's own protocol stays around a case, for what it brings: -k, JUnit XML, captured output, coverage.
"""

import os
import random
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from ..engine import cases, collection, results
from ..engine.cases import Case
from ..engine.claim_coverage import ClaimCoverage
from ..engine.claims import Ledger
from ..engine.domain_coverage import DomainCoverage
from ..engine.records import Record
from ..engine.results import Results, Setting
from ..engine.run import USUAL_EXAMPLES, run
from ..ground.errors import CannotDo, CannotLoad
from ..ground.status import Status
from ..subject.formats import is_notebook
from ..subject.loading import Subject, load
from . import domain_table, report
from .options import OPTIONS

SUBJECT = pytest.StashKey[Subject]()
LEDGER = pytest.StashKey[Ledger]()
RESULTS = pytest.StashKey[Results]()
CASE = pytest.StashKey[Case]()
COVERAGE = pytest.StashKey[ClaimCoverage]()
DOMAIN = pytest.StashKey[DomainCoverage]()
AS_TEXT = (
    "ignore:::<unknown>"  # of a learner's source that is read, not run: a backslash in a string
)
META = cases.SPEC / "meta"
EXAMPLES = {"spec": USUAL_EXAMPLES, "quick": 4, "thorough": 200}  # a test
LONGEST_OUTPUT = 2000  # characters kept of what a test has printed

for name, examples in EXAMPLES.items():
    hypothesis.settings.register_profile(
        name,
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],  # an implementation may be slow
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
hypothesis.settings.load_profile("spec")
set_hypothesis_home_dir(os.devnull)  # nothing is left where a learner works


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the specification."""
    group = parser.getgroup(
        "specification", "neural networks from scratch: what is judged, and how"
    )
    group.addoption(
        "--impl",
        metavar="PATH_OR_MODULE",
        help="judge this .py file, notebook or importable module instead of impl/",
    )
    for option, how in OPTIONS.items():
        group.addoption(option, **how)


def pytest_configure(config: pytest.Config) -> None:
    """Load the ledger and the implementation; a usage error, in one sentence, if there is none."""
    config.addinivalue_line("markers", "claim(claim): ties a test to a claim of the theory")
    config.addinivalue_line("markers", "chance(false_alarms, detects): states a test's two errors")
    config.addinivalue_line("markers", "by_its_word: rests on the word of the judged process")
    config.addinivalue_line("filterwarnings", AS_TEXT)
    option = config.option
    _check_options(config)
    config.stash[LEDGER] = Ledger()
    if option.collectonly:  # then nothing is judged
        return
    try:
        config.stash[SUBJECT] = load(option.impl, option.time_limit)
    except CannotLoad as error:
        raise pytest.UsageError(str(error)) from None
    if option.claim_coverage:
        config.stash[COVERAGE] = ClaimCoverage(config.stash[SUBJECT].files)
    setting = Setting(option.seed, option.time_limit, option.hints, option.impl)
    config.stash[RESULTS] = Results(config.stash[LEDGER], config.stash[SUBJECT], setting)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the meta suite to those who name it: plain `pytest spec` judges an implementation."""
    if collection_path == META:
        return not any(path.is_relative_to(META) for path in _named(config)) or None
    return None


def _named(config: pytest.Config) -> list[Path]:
    """The files and folders that pytest was asked to collect."""
    folder = config.invocation_params.dir
    return [(folder / argument.partition("::")[0]).resolve() for argument in config.args]


def _check_options(config: pytest.Config) -> None:
    """Raise a usage error for an option that makes no sense; turn the seed into a number."""
    option = config.option
    option.seed = _seed(option.seed)
    target = option.claims_json
    problem = ""
    if not option.time_limit > 0:
        problem = f"--time-limit {option.time_limit:g}: expected a number of seconds above 0"
    elif target and not target.absolute().parent.is_dir():
        problem = f"--claims-json {target}: there is no folder {target.parent}"
    elif target and target.is_dir():
        problem = f"--claims-json {target}: this is a folder, expected the name of a file"
    elif option.claim_coverage and is_notebook(str(option.impl)):
        problem = "--claim-coverage traces files: save the notebook as a .py file and judge that"
    elif option.claim_coverage and getattr(option, "cov_source", None):
        problem = "--claim-coverage and --cov both trace: use one at a time"
    elif getattr(option, "numprocesses", None) and not all(
        path.is_relative_to(META) for path in _named(config)
    ):
        problem = (
            "-n: claims are judged in one process, where their outcomes are gathered; leave it out"
        )
    if problem:
        raise pytest.UsageError(problem)


def _seed(given: str) -> int:
    if given == "random":
        return random.SystemRandom().randrange(2**32)
    if not given.isdecimal():
        raise pytest.UsageError(f"--seed {given}: expected a whole number or `random`")
    return int(given)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is judged, and with which seed."""
    subject = config.stash.get(SUBJECT, None)
    return report.provenance(subject, config.option.seed) if subject else []


@pytest.fixture(scope="session")
def nn() -> None:
    """The implementation under test; a test that asks for it is an obligation. The engine hands it over."""


@pytest.fixture(scope="session")
def rng() -> None:
    """A generator of this test's own: reproducible, and moved by --seed. The engine hands it over."""


@pytest.fixture(scope="session")
def run_seed() -> None:
    """The seed of the run, for what is trained once for several tests. The engine hands it over."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Hold the tests against the ledger, make cases of them, select, and put these in order.

    The order is the last word: other plugins shuffle.
    """
    ledger, option = config.stash[LEDGER], config.option
    chapters = [item for item in items if cases.is_chapter(item)]
    others = [item for item in items if not cases.is_chapter(item)]
    whole_files = not any("::" in argument for argument in config.args)
    if wrong := collection.problems(chapters, ledger, whole_files=whole_files):
        raise pytest.UsageError(*wrong)
    for item in chapters:
        _prepare(item, ledger)
    by_id = {item.stash[CASE].id: item for item in chapters}
    found = cases.laws_first([item.stash[CASE] for item in chapters])
    if RESULTS in config.stash:
        config.stash[RESULTS].expect(found)
    try:
        chosen = collection.selected(found, ledger, option.claim or [], errata=option.errata)
    except CannotDo as error:
        raise pytest.UsageError(f"--claim {error}") from None
    if option.impl and not (option.claim or option.errata) and RESULTS in config.stash:
        asked = cases.obligations(chosen)  # theorems are proved without it
        config.stash[RESULTS].n_left_out = len(_claims(chosen) - _claims(asked))
        chosen = asked
    if option.domain_coverage and RESULTS in config.stash:
        config.stash[DOMAIN] = DomainCoverage(chosen)
    kept = [by_id[case.id] for case in chosen]
    kept += [] if option.claim or option.errata else others
    if dropped := [item for item in items if item not in set(kept)]:
        config.hook.pytest_deselected(items=dropped)
    items[:] = kept
    yield
    place = {case.id: n for n, case in enumerate(found)}
    items.sort(key=lambda i: place[i.stash[CASE].id] if CASE in i.stash else len(place))


def _claims(some: Iterable[Case]) -> set[str]:
    return {case.claim.id for case in some}


def _prepare(item: pytest.Item, ledger: Ledger) -> None:
    """Make a case of a test, and `-k` and JUnit XML see the claim's id."""
    case = item.stash[CASE] = cases.case_of(item, ledger)
    item.extra_keyword_matches.add(case.claim.id)
    item.user_properties.append(("claim", case.claim.id))


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """Say how many claims there are, and how many of them will be judged."""
    found = config.stash.get(RESULTS, None)
    return found.collected() if found else ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep pytest from looking for what the engine hands over: that takes longer than many a test."""
    if CASE in item.stash:
        assert isinstance(item, pytest.Function)
        item.funcargs.update(dict.fromkeys(item.fixturenames))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Have the engine run a case; what its record tells of is raised for pytest's own report."""
    __tracebackhide__ = True
    if CASE not in pyfuncitem.stash:
        return None
    case, config = pyfuncitem.stash[CASE], pyfuncitem.config
    if COVERAGE in config.stash:
        config.stash[COVERAGE].judging(case.claim.id)
    if DOMAIN in config.stash:
        config.stash[DOMAIN].judging(case.claim.id)
    record = run(case, config.stash[SUBJECT], config.option.seed, config.option.time_limit)
    config.stash[RESULTS].add(record)
    if record.error is not None:
        raise record.error
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell pytest's own report of a case what its record says, in the learner's terms."""
    outcome = yield
    if CASE in item.stash and call.when == "call":
        found = item.config.stash[RESULTS]
        if record := found.records.get(item.stash[CASE].id):
            _tell(outcome, record, found)
    return outcome


def _tell(outcome: pytest.TestReport, record: Record, found: Results) -> None:
    outcome.case = record.test  # type: ignore[attr-defined]
    outcome.status = record.status  # type: ignore[attr-defined]
    if outcome.failed and record.explanation:
        outcome.longrepr = "\n".join(found.headline(record) + found.told(record))
    record.printed = _shortened(outcome.capstdout)
    outcome.sections = [(title, _shortened(text)) for title, text in outcome.sections]


def _shortened(text: str) -> str:
    """Captured output, cut in the middle of what nobody would read."""
    if len(text) <= LONGEST_OUTPUT:
        return text
    half = LONGEST_OUTPUT // 2
    return (
        f"{text[:half]}\n[... {len(text) - LONGEST_OUTPUT} characters left out ...]\n{text[-half:]}"
    )


def pytest_report_teststatus(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Show *not written yet* as an outcome of its own. Which of those that fail wait is told at the end."""
    status = getattr(report, "status", None)
    if status is Status.TODO:
        return status, "t", (status.upper(), {status.colour: True})
    return None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Leave with 0 only if every obligation selected was run and holds."""
    found, option = session.config.stash.get(RESULTS, None), session.config.option
    if found is None:
        return
    found.settle()
    if option.claims_json:
        try:
            results.write_json(found, option.claims_json)
        except CannotDo as error:
            raise pytest.UsageError(f"--claims-json {error}") from None
    if exitstatus == pytest.ExitCode.OK and not found.complete(option.todo_ok):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: Any, config: pytest.Config
) -> Generator[None, None, None]:
    """Print the table by section, the first claim to mend, and what was asked for besides.

    It comes last; what it tells, pytest's own list of failures leaves out.
    """
    found = config.stash.get(RESULTS, None)
    if found:
        report.count_claims_whole(terminalreporter, found)
    with report.told_once(terminalreporter, found):
        yield
    if found is None or not found.records:
        return
    report.summary(terminalreporter, found, errata=config.option.errata)
    if COVERAGE in config.stash:
        config.stash[COVERAGE].stop()
        report.claim_coverage(terminalreporter, config.stash[COVERAGE].functions())
    if DOMAIN in config.stash:
        config.stash[DOMAIN].stop()
        domain_table.show(terminalreporter, config.stash[DOMAIN].rows())
