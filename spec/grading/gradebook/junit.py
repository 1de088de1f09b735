"""JUnit XML of one submission: a test case for each claim that is worth points."""

import re
import xml.etree.ElementTree as ElementTree

from spec.harness.ground.status import Status

from ..scores.graded import Graded
from .feedback import TO_MEND, Page

NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(graded: Graded, page: Page) -> bytes:
    """The claims as test cases: those to mend failed, those that wait or are not written were skipped.

    Where nothing could be judged there is one case, an error that says why.
    """
    if not graded.judged:
        suite = ElementTree.Element(
            *("testsuite", {"name": _plain(page.name), "tests": "1", "failures": "0"}),
            errors="1",
            skipped="0",
        )
        case = ElementTree.SubElement(suite, "testcase", classname="grading", name="can be judged")
        ElementTree.SubElement(case, "error", message=_plain(page.trouble))
        return _written(suite)
    statuses = graded.score.statuses
    n_failures = sum(statuses.get(status, 0) for status in TO_MEND)
    suite = ElementTree.Element(
        "testsuite",
        name=_plain(page.name),
        tests=str(len(graded.score.claims)),
        failures=str(n_failures),
        errors="0",
        skipped=str(len(graded.score.claims) - statuses.get(Status.HOLDS, 0) - n_failures),
    )
    told = {part.claim: "\n".join(part.lines) for part in page.to_mend}
    for claim in graded.score.claims:
        section, _, slug = claim.claim.partition("/")
        case = ElementTree.SubElement(suite, "testcase", classname=section, name=slug)
        if claim.status in TO_MEND:
            failure = ElementTree.SubElement(case, "failure", message=claim.status)
            failure.text = _plain(told[claim.claim])
        elif claim.status != Status.HOLDS:
            waits_for = graded.verdicts[claim.claim].waits_for
            why = f"waits for {waits_for}" if waits_for else claim.status
            ElementTree.SubElement(case, "skipped", message=_plain(why))
    return _written(suite)


def _written(suite: ElementTree.Element) -> bytes:
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _plain(text: str) -> str:
    """The text without what XML cannot hold."""
    return NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
