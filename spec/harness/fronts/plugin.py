"""The pytest plugin: options, the fixtures `nn` and `rng`, what is collected, what an outcome means."""

import random
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from ..engine import collection, replay, results
from ..engine.claim_coverage import ClaimCoverage
from ..engine.claims import Ledger
from ..ground import trial
from ..ground.errors import CannotLoad
from ..ground.limits import time_limit
from ..subject.loading import Subject, load
from ..subject.proxy import Implementation
from ..telling import hints
from . import report

SUBJECT = pytest.StashKey[Subject]()
LEDGER = pytest.StashKey[Ledger]()
TRIAL = pytest.StashKey[trial.Trial]()
COVERAGE = pytest.StashKey[ClaimCoverage]()
EXAMPLES = {"spec": 12, "quick": 4, "thorough": 200}  # a test

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
    group.addoption(
        "--claim",
        action="append",
        metavar="CLAIM",
        help="judge these claims alone: a chapter (5), a section (5.3), an id (5.3/output-gradient) "
        "or its last part (softmax); may be repeated",
    )
    group.addoption(
        "--seed", default="0", help="the seed of all chance: a whole number, or `random` to explore"
    )
    group.addoption(
        "--hints",
        choices=hints.LEVELS,
        default="full",
        help="how much is said of what is wrong: `off` the numbers alone, `nudge` where to look and "
        "what for, `full` (the default) the cause, and your own line beside the equation",
    )
    group.addoption(
        "--time-limit",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how long one test may compute (default 10); it may sleep 6 times as long",
    )
    group.addoption(
        "--todo-ok",
        action="store_true",
        help="exit with 0 although something is not written yet, if all that is written holds",
    )
    group.addoption(
        "--errata",
        action="store_true",
        help="run what is refuted or conditional alone, and print where the theory is wrong",
    )
    group.addoption(
        "--claim-coverage",
        action="store_true",
        help="print for each function of the implementation which claims exercise it, and lines "
        "that none reaches",
    )
    group.addoption(
        "--claims-json", metavar="FILE", type=Path, help="write the outcome of every claim to FILE"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load the ledger and the implementation; a usage error, in one sentence, if there is none."""
    config.addinivalue_line("markers", "claim(claim): ties a test to a claim of the theory")
    config.addinivalue_line("markers", "chance(false_alarms, detects): states a test's two errors")
    _check_options(config)
    config.stash[LEDGER] = Ledger()
    try:
        if SUBJECT not in config.stash:  # a warm start has none yet
            config.stash[SUBJECT] = load(config.option.impl, config.option.time_limit)
    except CannotLoad as error:
        raise pytest.UsageError(str(error)) from None
    if config.option.claim_coverage:
        config.stash[COVERAGE] = ClaimCoverage(config.stash[SUBJECT].files)
    config.stash[results.RESULTS] = results.Results(
        config.stash[LEDGER], config.stash[SUBJECT], config.option
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the meta suite to those who name it: plain `pytest spec` judges an implementation."""
    if collection_path == collection.SPEC / "meta":
        return not any(_of_the_meta_suite(config)) or None
    return None


def _of_the_meta_suite(config: pytest.Config) -> Iterator[bool]:
    """Whether each place that is named for collection lies in the meta suite."""
    for argument in config.args:
        place = Path(config.invocation_params.dir, argument.partition("::")[0])
        yield place.resolve().is_relative_to(collection.SPEC / "meta")


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
    elif option.claim_coverage and str(option.impl).endswith(".ipynb"):
        problem = "--claim-coverage traces files: save the notebook as a .py file and judge that"
    elif option.claim_coverage and getattr(option, "cov_source", None):
        problem = "--claim-coverage and --cov both trace: use one at a time"
    elif getattr(option, "numprocesses", None) and not all(_of_the_meta_suite(config)):
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
    return report.provenance(config.stash[SUBJECT], config.option.seed)


@pytest.fixture(scope="session")
def nn(pytestconfig: pytest.Config) -> Implementation:
    """The implementation under test; a test that asks for it is an obligation."""
    return _implementation(pytestconfig)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator of this test's own: reproducible, and moved by --seed."""
    return _generator(request.node)


def _generator(item: pytest.Item) -> np.random.Generator:
    return np.random.default_rng(_own_seed(item))


def _implementation(config: pytest.Config) -> Implementation:
    subject = config.stash[SUBJECT]
    return Implementation(subject.module, subject.name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hand a chapter's test what the fixtures above would: to look these up takes longer than many a test."""
    if not collection.is_chapter(item):
        return
    assert isinstance(item, pytest.Function)
    given: dict[str, Any] = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    if "nn" in item.fixturenames:
        given["nn"] = _implementation(item.config)
    if "rng" in item.fixturenames:
        given["rng"] = _generator(item)
    item.funcargs.update(given)


def _own_seed(item: pytest.Item) -> list[int]:
    return [item.config.option.seed, zlib.crc32(item.nodeid.rpartition("/")[2].encode())]


def _seed_globally(item: pytest.Item) -> int:
    """Seed what a test draws from besides `rng`: NumPy's global generator. Return the seed."""
    seed, name = _own_seed(item)
    globally = name ^ seed % 2**32
    np.random.seed(globally)
    return globally


def _seed_hypothesis(item: pytest.Item) -> None:
    """Seed what draws examples. Not at collection: the items of a parametrised test share one function."""
    seed, name = _own_seed(item)
    assert isinstance(item, pytest.Function)
    if hasattr(item.obj, "hypothesis"):
        hypothesis.seed(zlib.crc32(f"{seed} {name}".encode()))(item.obj)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Hold the tests against the ledger, put them in the order in which they are judged, and select."""
    ledger = config.stash[LEDGER]
    chapters = [item for item in items if collection.is_chapter(item)]
    others = [item for item in items if not collection.is_chapter(item)]
    collection.check(config, chapters, ledger)
    items[:] = [*collection.in_order_of_needs(chapters, ledger), *others]
    for item in chapters:
        _prepare(item)
    config.stash[results.RESULTS].expect(chapters)
    collection.select(config, items, ledger)


def _prepare(item: pytest.Item) -> None:
    """Make `-k` see the claim's id, and Hypothesis report each example."""
    assert isinstance(item, pytest.Function)
    id = collection.claim_of(item).id
    item.extra_keyword_matches.add(id)
    item.user_properties.append(("claim", id))  # for JUnit XML
    handle = getattr(item.obj, "hypothesis", None)
    if handle is None or hasattr(handle.inner_test, "reports_examples"):
        return
    inner = handle.inner_test

    # not functools.wraps: Hypothesis would tokenise the source of the test that it leads to
    def reporting(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        trial.current().new_example({k: v for k, v in kwargs.items() if k not in ("nn", "rng")})
        return inner(*args, **kwargs)

    reporting.reports_examples = True  # type: ignore[attr-defined]
    handle.inner_test = reporting


def _is_default_run(config: pytest.Config) -> bool:
    """Whether the examples are the usual ones: a few drawn at random need not show every mistake."""
    return config.option.seed == 0 and hypothesis.settings().max_examples >= EXAMPLES["spec"]


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """Say how many claims there are, and how many of them will be judged."""
    return config.stash[results.RESULTS].collected()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test on a trial of its own, from a seed of its own, within the time limit."""
    if not collection.is_chapter(item):
        return (yield)
    item.stash[TRIAL] = trial.begin()
    if COVERAGE in item.config.stash:
        item.config.stash[COVERAGE].judging(collection.claim_of(item).id)
    seed = _seed_globally(item)
    around = item.config.stash[SUBJECT].each_test(seed)
    with time_limit(item.config.option.time_limit, "the test"), around:
        result = yield
    collection.keep_risk(item, item.stash[TRIAL])
    if item.config.stash[SUBJECT].is_reference and _is_default_run(item.config):
        collection.keep_mistakes_apart(item, item.stash[TRIAL])
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Try the examples that were drawn beforehand, if they were."""
    return replay.replayed(pyfuncitem, TRIAL, _seed_hypothesis) or None


def draw_examples(items: list[pytest.Item]) -> None:
    """Draw the examples of these tests, for all implementations that are judged from now on."""
    for item in items:
        _seed_globally(item)
        _seed_hypothesis(item)
        replay.record(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test's end into the outcome of a claim, told in the learner's terms."""
    outcome = yield
    if not collection.is_chapter(item):
        return outcome
    if call.when == "call" or outcome.outcome != "passed":
        excinfo = call.excinfo
        item.config.stash[results.RESULTS].add(
            item, outcome, excinfo.value if excinfo else None, item.stash.get(TRIAL, trial.Trial())
        )
    return outcome


def pytest_report_teststatus(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Show *not written yet* and *waits* as outcomes of their own."""
    if getattr(report, "not_written_yet", False):
        return "not written yet", "t", ("NOT WRITTEN YET", {"cyan": True})
    if waits_for := getattr(report, "waits_for", ""):
        return "waiting", "w", (f"WAITS FOR {waits_for}", {"yellow": True})
    return None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Leave with 0 only if every obligation selected was run and holds."""
    found = session.config.stash.get(results.RESULTS, None)
    if found is None:
        return
    found.weigh()
    if session.config.option.claims_json:
        results.write_json(found, session.config.option.claims_json)
    if exitstatus == pytest.ExitCode.OK and not found.complete(session.config.option.todo_ok):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: Any, config: pytest.Config
) -> Generator[None, None, None]:
    """Print the table by section, the first claim to mend, and what was asked for besides.

    It comes last; what it tells, pytest's own list of failures leaves out.
    """
    found = config.stash.get(results.RESULTS, None)
    with report.told_once(terminalreporter, found):
        yield
    if found is None or not found.records:
        return
    report.summary(terminalreporter, found, errata=config.option.errata)
    if COVERAGE in config.stash:
        config.stash[COVERAGE].stop()
        report.claim_coverage(terminalreporter, config.stash[COVERAGE].functions())
