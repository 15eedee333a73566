"""A session as a Sentry envelope: the exception chain with frames and values, events as breadcrumbs."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

from aitrack.report.otlp import safe_text, span_id, trace_id
from aitrack.report.terminal import name_of
from aitrack.report.text import safe
from aitrack.report.times import utc
from aitrack.report.trail import describe

if TYPE_CHECKING:
    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Attempt, Failure, Frame
    from aitrack.store.bundle import Bundle

_CRUMBS = 100  # as many as Sentry keeps
_LEVELS = {"passed": "info", "running": "info", "degraded": "warning", "aborted": "warning", "rejected": "warning"}
_VALUE = 1024  # of a variable; Sentry cuts longer ones


def envelope(explanation: Explanation) -> str:
    """Return the envelope that Sentry takes at `/api/PROJECT/envelope/`."""
    event = event_of(explanation)
    payload = _compact(event)
    header = {"event_id": event["event_id"], "sent_at": utc(time.time())}
    item = {"type": "event", "content_type": "application/json", "length": len(payload.encode())}
    return f"{_compact(header)}\n{_compact(item)}\n{payload}\n"


def event_of(explanation: Explanation) -> dict[str, Any]:
    """Return the event: ids are made from the session's, so a second export is the same event."""
    bundle = explanation.bundle
    session = bundle.session
    attempt = bundle.last_failed
    failure = attempt.failure if attempt and bundle.status != "passed" else None
    event: dict[str, Any] = {
        "event_id": hashlib.sha256(f"sentry {bundle.id}".encode()).hexdigest()[:32],
        "timestamp": utc(session.ended_at or session.started_at),
        "platform": "python",
        "level": _LEVELS.get(bundle.status, "error"),
        "logger": "aitrack",
        "transaction": name_of(session),
        "environment": safe(session.environment or "development"),
        "tags": _tags(bundle, attempt),
        "contexts": _contexts(bundle),
        "modules": {safe(name): safe(version) for name, version in session.packages.items()},
        "extra": {"argv": [safe(word) for word in session.command.argv], "cwd": safe(session.command.cwd or "")},
        "sdk": {"name": "aitrack", "version": session.supervisor.version or "0"},
        "breadcrumbs": {"values": _crumbs(bundle, attempt) if attempt else []},
    }
    if session.git and session.git.commit:
        event["release"] = safe(session.git.commit)
    if failure:
        event["exception"] = {"values": exceptions(failure)}
        if failure.fingerprint and failure.fingerprint.l1:
            event["fingerprint"] = [safe(failure.fingerprint.l1)]
    else:
        event["message"] = safe_text(session.reason or f"{name_of(session)}: {bundle.status}")
    return event


def exceptions(failure: Failure) -> list[dict[str, Any]]:
    """Return the chain, oldest first; each points to the one that it led to."""
    found: list[dict[str, Any]] = []
    _add(found, failure, None, "chained", failure.handled)
    parent = 0
    for link in failure.chain:
        _add(found, link, parent, "__cause__" if link.relation == "cause" else "__context__", True)
        parent = len(found) - 1
    return list(reversed(found))


def _add(found: list[dict[str, Any]], failure: Failure, parent: int | None, source: str, handled: bool) -> None:
    number = len(found)
    mechanism: dict[str, Any] = {"type": "chained" if number else "aitrack", "handled": handled, "exception_id": number}
    if parent is not None:
        mechanism |= {"parent_id": parent, "source": source}
    if failure.exceptions:
        mechanism["is_exception_group"] = True
    entry: dict[str, Any] = {
        "type": safe(failure.type),
        "value": safe_text(failure.message or ""),
        "mechanism": mechanism,
    }
    module, _, _ = (failure.qualified or "").rpartition(".")
    if module:
        entry["module"] = safe(module)
    frames = [_frame(frame) for frame in failure.frames if frame.file and not frame.omitted]
    if frames:
        entry["stacktrace"] = {"frames": frames}
    found.append(entry)
    for place, member in enumerate(failure.exceptions[:50]):
        _add(found, member, number, f"exceptions[{place}]", True)


def _frame(frame: Frame) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": safe(frame.file.rpartition("/")[2]),
        "abs_path": safe(frame.file),
        "function": safe(frame.qualname or frame.function or "?"),
        "in_app": frame.in_app,
    }
    if frame.module:
        entry["module"] = safe(frame.module)
    if frame.line is not None:
        entry["lineno"] = frame.line
    if frame.col is not None:
        entry["colno"] = frame.col + 1
    _add_context(entry, frame)
    if frame.locals:
        entry["vars"] = {safe(local.name): safe(local.value or f"<{local.type}>")[:_VALUE] for local in frame.locals}
    return entry


def _add_context(entry: dict[str, Any], frame: Frame) -> None:
    context = frame.context
    if context is None or frame.line is None or context.stale:
        return
    at = frame.line - context.start
    if 0 <= at < len(context.lines):
        lines = [safe(line)[:_VALUE] for line in context.lines]
        entry |= {
            "pre_context": lines[max(0, at - 5) : at],
            "context_line": lines[at],
            "post_context": lines[at + 1 : at + 6],
        }


def _tags(bundle: Bundle, attempt: Attempt | None) -> dict[str, str]:
    failure = attempt.failure if attempt else None
    tags = {
        "aitrack.session": bundle.id,
        "aitrack.status": bundle.status,
        "aitrack.attempts": str(len(bundle.attempts)),
        "exit_code": str(bundle.session.exit_code),
        "category": (failure.category if failure else None) or "",
        "kind": (failure.kind if failure else None) or "",
        **bundle.session.labels,
    }
    return {safe(name)[:200]: safe(value)[:200] for name, value in tags.items() if value}


def _contexts(bundle: Bundle) -> dict[str, Any]:
    session = bundle.session
    name, _, version = (session.host.os or "").partition(" ")
    contexts: dict[str, Any] = {
        "os": {"name": safe(name), "version": safe(version)},
        "device": {"arch": safe(session.host.arch or ""), "memory_size": session.host.memory},
        "trace": {"trace_id": trace_id(bundle), "span_id": span_id(bundle, 0)},
    }
    if session.python:
        contexts["runtime"] = {
            "name": safe(session.python.implementation or "python"),
            "version": safe(session.python.version or ""),
        }
    return contexts


def _crumbs(bundle: Bundle, attempt: Attempt) -> list[dict[str, Any]]:
    start = attempt.started_at or bundle.session.started_at
    return [
        {
            "timestamp": utc(start + event.t_ns / 1e9),
            "category": safe(event.kind)[:100],
            "message": describe(event),
            "type": "default",
        }
        for event in bundle.events(attempt.n)[-_CRUMBS:]
    ]


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
