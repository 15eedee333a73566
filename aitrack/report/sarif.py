"""A session as SARIF 2.1.0: one result at the failing place, the way there as a code flow, suspects beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aitrack.report import failure as words
from aitrack.report.terminal import name_of
from aitrack.report.text import safe
from aitrack.report.times import utc
from aitrack.report.trail import describe

if TYPE_CHECKING:
    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Event, Failure, Frame
    from aitrack.store.bundle import Bundle

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_STEPS = 100


def sarif(explanation: Explanation) -> dict[str, Any]:
    """Return the log: no result when nothing failed."""
    bundle = explanation.bundle
    session = bundle.session
    attempt = bundle.last_failed
    failure = attempt.failure if attempt and bundle.status != "passed" else None
    version = session.supervisor.version or "0"
    driver: dict[str, Any] = {"name": "aitrack", "version": version, "rules": []}
    results: list[dict[str, Any]] = []
    if attempt and failure:
        rule = safe(failure.kind or failure.type or "failure")
        told = {"text": f"{safe(failure.type or 'failure')} ended the program"}
        driver["rules"].append({"id": rule, "shortDescription": told})
        results.append(_result(explanation, failure, rule, bundle.events(attempt.n)))
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "invocations": [_invocation(bundle)],
        "results": results,
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"aitrack/{name_of(session)}/{bundle.id}"},
    }
    if session.command.cwd:
        run["originalUriBaseIds"] = {"SRCROOT": {"uri": _uri(session.command.cwd.rstrip("/") + "/", None)["uri"]}}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(explanation: Explanation, failure: Failure, rule: str, events: list[Event]) -> dict[str, Any]:
    cwd = explanation.bundle.session.command.cwd
    known, frame = words.blamed(failure)
    why = failure.blame.why if failure.blame and failure.blame.why not in (None, "unsure") else ""
    text = words.title(failure) + (f" ({safe(why or '')})" if why else "")
    if reason := words.because(failure, known):
        text += f", because {reason}"
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": text},
        "locations": [],
    }
    if frame:
        result["locations"] = [location(frame, cwd)]
    if failure.fingerprint and failure.fingerprint.l1:
        result["partialFingerprints"] = {"aitrackSite/v1": safe(failure.fingerprint.l1)}
    steps = _steps(known, cwd, events)
    if steps:
        result["codeFlows"] = [{"message": {"text": "led here"}, "threadFlows": [{"locations": steps}]}]
    related = [
        _suspect(number, suspect, cwd)
        for number, suspect in enumerate(explanation.suspects[:10])
        if suspect.get("line")
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _steps(failure: Failure, cwd: str | None, events: list[Event]) -> list[dict[str, Any]]:
    """Return what led to the failure: the events whose place is known, then the calls, outermost first."""
    steps: list[dict[str, Any]] = []
    for event in events:
        file, line = event.data.get("file"), event.data.get("line")
        if isinstance(file, str) and isinstance(line, int) and line > 0 and event.kind in ("exception", "first"):
            place = {"physicalLocation": {"artifactLocation": _uri(file, cwd), "region": {"startLine": line}}}
            steps.append({"location": {**place, "message": {"text": describe(event)}}, "importance": "unimportant"})
    for frame in failure.frames:
        if frame.file and frame.line:
            called = {"text": f"in {words.called(frame)}"}
            importance = "essential" if frame.in_app else "unimportant"
            steps.append({"location": {**location(frame, cwd), "message": called}, "importance": importance})
    return steps[-_STEPS:]


def location(frame: Frame, cwd: str | None) -> dict[str, Any]:
    """Return the place of *frame*; columns count from 1, the end is behind the last sign."""
    physical: dict[str, Any] = {"artifactLocation": _uri(frame.file, cwd)}
    if frame.line and frame.line > 0:
        region = {"startLine": frame.line}
        if frame.col is not None and frame.col >= 0:
            region["startColumn"] = frame.col + 1
        if frame.end_line is not None and frame.end_line >= frame.line:
            region["endLine"] = frame.end_line
            if frame.end_col is not None and frame.end_col >= 0 and "startColumn" in region:
                region["endColumn"] = frame.end_col + 1
        physical["region"] = region
    return {"physicalLocation": physical, "logicalLocations": [{"name": words.called(frame), "kind": "function"}]}


def _suspect(number: int, suspect: dict[str, Any], cwd: str | None) -> dict[str, Any]:
    place = {
        "artifactLocation": _uri(str(suspect.get("file") or ""), cwd),
        "region": {"startLine": int(suspect["line"])},
    }
    told = f"suspect: {suspect.get('function')}, score {suspect.get('score')}, {suspect.get('evidence') or ''}"
    return {"id": number, "physicalLocation": place, "message": {"text": safe(told)}}


def _uri(path: str, cwd: str | None) -> dict[str, str]:
    """Return a path as a URI, below the folder of the run relative to it, so that a checkout elsewhere fits."""
    root = (cwd or "").rstrip("/") + "/"
    if cwd and path.startswith(root):
        return {"uri": _quoted(path[len(root) :]), "uriBaseId": "SRCROOT"}
    return {"uri": f"file://{_quoted(path)}" if path.startswith("/") else _quoted(path)}


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def _invocation(bundle: Bundle) -> dict[str, Any]:
    session = bundle.session
    invocation: dict[str, Any] = {
        "executionSuccessful": bundle.status == "passed",
        "arguments": [safe(word) for word in session.command.argv[1:]],
        "startTimeUtc": utc(session.started_at),
    }
    if session.command.argv:
        invocation["executableLocation"] = _uri(session.command.argv[0], None)
    if session.ended_at:
        invocation["endTimeUtc"] = utc(session.ended_at)
    if session.exit_code is not None:
        invocation["exitCode"] = session.exit_code
    return invocation
