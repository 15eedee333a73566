"""A session as JUnit XML: a case per attempt.

A failed attempt of a run that passed on a later one is flaky, not failed: it
carries `flakyFailure`, the element that Maven and Jenkins know for this, and
the suite counts no failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Tree

from aitrack.report import failure as words
from aitrack.report.ansi import plain
from aitrack.report.stack_text import stack_text
from aitrack.report.terminal import name_of
from aitrack.report.text import safe
from aitrack.report.times import utc

if TYPE_CHECKING:
    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Attempt
    from aitrack.store.bundle import Bundle

_OUTPUT = 64 << 10  # of each stream, from its end


def junit(explanation: Explanation) -> str:
    """Return the document; it is one `testsuites` with one `testsuite`."""
    bundle = explanation.bundle
    session = bundle.session
    cases = [_case(bundle, attempt) for attempt in bundle.attempts] or [_not_started(bundle)]
    began = utc(session.started_at, "seconds").removesuffix("Z")
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": _seconds(session.duration_s),
    }
    root = Tree.Element("testsuites", {"name": "aitrack", **counts})
    suite = Tree.SubElement(root, "testsuite", {"name": name_of(session), **counts, "timestamp": began})
    properties = Tree.SubElement(suite, "properties")
    known = {
        "aitrack.session": bundle.id,
        "aitrack.status": bundle.status,
        "aitrack.flaky": str(session.recovered).lower(),
    }
    for name, value in {**known, **session.labels}.items():
        Tree.SubElement(properties, "property", {"name": safe(name), "value": safe(value)})
    suite.extend(cases)
    Tree.indent(root)
    return Tree.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="utf-8"?>\n', "\n")
    )


def _case(bundle: Bundle, attempt: Attempt) -> Tree.Element:
    role = " (fallback)" if attempt.role == "fallback" else ""
    case = Tree.Element("testcase", {"classname": name_of(bundle.session), "name": f"attempt {attempt.n}{role}"})
    case.set("time", _seconds(attempt.duration_s))
    if attempt.exit_code != 0 or attempt.timed_out:
        _add_problem(case, bundle, attempt)
    for element, stream in (("system-out", "stdout"), ("system-err", "stderr")):
        text = bundle.output(attempt.n, stream)
        if text:
            Tree.SubElement(case, element).text = plain(text[-_OUTPUT:])
    return case


def _add_problem(case: Tree.Element, bundle: Bundle, attempt: Attempt) -> None:
    failure = attempt.failure
    title = words.title(failure) if failure else ended(attempt)
    kind = safe((failure.qualified or failure.type) if failure else "") or "exit"
    text = f"{title}\n{stack_text(failure)}" if failure and failure.frames else title
    if bundle.status in ("passed", "degraded"):
        element = Tree.SubElement(case, "flakyFailure", {"message": title, "type": kind})
        Tree.SubElement(element, "stackTrace").text = text
        return
    name = "error" if attempt.timed_out or attempt.signal else "failure"
    Tree.SubElement(case, name, {"message": title, "type": kind}).text = text


def ended(attempt: Attempt) -> str:
    """Return how an attempt ended: `exit 3`, `SIGKILL`, `timed out`."""
    if attempt.timed_out:
        return "timed out"
    if attempt.signal:
        return safe(attempt.signal.name or f"signal {attempt.signal.number}")
    return "did not end" if attempt.exit_code is None else f"exit {attempt.exit_code}"


def _not_started(bundle: Bundle) -> Tree.Element:
    case = Tree.Element("testcase", {"classname": name_of(bundle.session), "name": "attempt 1", "time": "0"})
    Tree.SubElement(case, "skipped", {"message": safe(bundle.session.reason or bundle.status)})
    return case


def _seconds(value: float | None) -> str:
    return f"{value or 0.0:.3f}"
