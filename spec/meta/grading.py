"""What the tests of grading share: a catalogue, and judgements that nobody had to wait for."""

from functools import cache

from spec.grading.scores.catalogue import Catalogue
from spec.grading.scores.judgement import Judgement, Verdict
from spec.harness.engine.claims import Ledger
from spec.harness.ground.status import Status
from spec.harness.telling.explain import Explanation

HOSTILE = (
    "<script>alert(1)</script> </pre> ``` **bold** [a](http://x.org) ![i](http://x.org/i.png) "
    "www.x.org <http://x.org> {{ 7 * 7 }} \x1b[31m \x00 \u202e \udcff =1+1 | --- |"
)
THEOREMS = (
    *("2.2/universal-approximation", "2.2/polynomial-activation-fails", "2.2/depth-beats-width"),
    *("7.1/goal", "9/gaussian-prior", "10/infinite-width-gp"),
)
FAILING, WAITING, UNWRITTEN = "3.2/softmax", "3.2/softmax-rows", "9/early-stopping"


@cache
def catalogue() -> Catalogue:
    """A catalogue that nothing had to be collected for; it is nearly the true one."""
    ledger = Ledger()
    return Catalogue(tuple(id for id in ledger.entries if id not in THEOREMS), ledger)


def judgement(text: str = "it is wrong") -> Judgement:
    """One where most holds; what does not is explained with `text`."""
    explanation = Explanation(
        text,
        cause="the sum runs over the whole matrix",
        causes=["the sum runs over the whole matrix"],
        case={"Z": "[[1.0]]"},
        equation="e^z",
        function="softmax",
    )
    ended = {
        FAILING: Verdict(
            FAILING, Status.FAILS, "softmax(z)", "Why so.", "t.py::t", 3, "", explanation
        ),
        WAITING: Verdict(WAITING, Status.WAITS, waits_for=FAILING),
        UNWRITTEN: Verdict(
            UNWRITTEN,
            Status.TODO,
            explanation=Explanation("not written yet: early_stopping", missing="early_stopping"),
        ),
    }
    verdicts = (ended.get(id, Verdict(id, Status.HOLDS)) for id in catalogue().claims)
    return Judgement("5" * 64, "suite", ("process",), "", (), tuple(verdicts))
