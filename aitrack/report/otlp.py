"""A session as OpenTelemetry has it: OTLP/JSON, a span for the run and one per attempt.

Ids come from the session's own id: who exports a session twice sends the same
spans.  Names follow the semantic conventions (`process.*`, `exception.*`,
`error.type`); what they have no name for is `aitrack.*`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.report import failure as words
from aitrack.report.spans import Operation, operations, walk
from aitrack.report.stack_text import stack_text
from aitrack.report.terminal import name_of
from aitrack.report.text import cut, safe
from aitrack.report.times import nanoseconds
from aitrack.report.trail import describe

if TYPE_CHECKING:
    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Attempt, Failure, Session
    from aitrack.store.bundle import Bundle

_INTERNAL, _OK, _ERROR = 1, 1, 2
_EVENTS = 128  # of a span; the SDKs keep as many
_NO_EVENTS = {"span", "tally", "counts"}  # spans of their own, and sums
_OPERATIONS = 1_000  # of an attempt


def trace(explanation: Explanation) -> dict[str, Any]:
    """Return the body of an OTLP/HTTP request to `/v1/traces`."""
    bundle = explanation.bundle
    scope = {"name": "aitrack", "version": bundle.session.supervisor.version or "0"}
    spans = [_run(explanation)]
    for attempt in bundle.attempts:
        spans += [_attempt(bundle, attempt), *_operations(bundle, attempt)]
    resource = {"attributes": attributes(_resource(bundle.session))}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]}


def trace_id(bundle: Bundle) -> str:
    """Return the id of a session's trace: 32 hexadecimal signs."""
    return hashlib.sha256(bundle.id.encode()).hexdigest()[:32]


def span_id(bundle: Bundle, number: int) -> str:
    """Return the id of an attempt's span; 0 is the run itself."""
    return hashlib.sha256(f"{bundle.id}/{number}".encode()).hexdigest()[:16]


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return *values* as OTLP's list of keys and typed values; None is left out."""
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if is_list(value):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": safe_text(str(value))}


def safe_text(text: str) -> str:
    """Return *text* with its line ends, every line safe."""
    return "\n".join(safe(line) for line in text.split("\n"))


def _resource(session: Session) -> dict[str, Any]:
    host, python, git = session.host, session.python, session.git
    return {
        "service.name": name_of(session),
        "service.version": git.commit if git else None,
        "deployment.environment.name": session.environment,
        "host.id": host.name_hash,
        "host.arch": host.arch,
        "os.description": host.os,
        "os.type": (host.os or "").partition(" ")[0].lower() or None,
        "process.runtime.name": python.implementation if python else None,
        "process.runtime.version": python.version if python else None,
        "vcs.ref.head.revision": git.commit if git else None,
        "vcs.ref.head.name": git.branch if git else None,
        **{f"aitrack.label.{name}": value for name, value in session.labels.items()},
    }


def _run(explanation: Explanation) -> dict[str, Any]:
    bundle = explanation.bundle
    session = bundle.session
    attempt = bundle.last_failed
    failed = bundle.status not in ("passed", "running", "degraded")
    failure = attempt.failure if attempt and failed else None
    pattern = explanation.pattern
    values = {
        "process.command_args": session.command.argv,
        "process.working_directory": session.command.cwd,
        "process.exit.code": session.exit_code,
        "error.type": _error_type(failure, attempt) if failed else None,
        "aitrack.session.id": bundle.id,
        "aitrack.status": bundle.status,
        "aitrack.recovered": session.recovered,
        "aitrack.attempts": len(bundle.attempts),
        "aitrack.pattern": pattern["id"] if pattern else None,
    }
    events = _exceptions(failure, session.ended_at or session.started_at) if failure else []
    end = session.ended_at or session.started_at + (session.duration_s or 0.0)
    title = words.title(failure) if failure else session.reason or bundle.status
    return {
        "traceId": trace_id(bundle),
        "spanId": span_id(bundle, 0),
        "name": f"aitrack run {name_of(session)}",
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(session.started_at),
        "endTimeUnixNano": _nanoseconds(end),
        "attributes": attributes(values),
        "events": events,
        "status": {"code": _ERROR, "message": safe(title)} if failed else {"code": _OK},
    }


def _attempt(bundle: Bundle, attempt: Attempt) -> dict[str, Any]:
    start = attempt.started_at or bundle.session.started_at
    end = start + (attempt.duration_s or 0.0)
    failure = attempt.failure
    used = attempt.resources
    values = {
        "process.pid": attempt.pid,
        "process.exit.code": attempt.exit_code,
        "error.type": _error_type(failure, attempt) if attempt.exit_code != 0 else None,
        "aitrack.attempt": attempt.n,
        "aitrack.role": attempt.role,
        "aitrack.signal": attempt.signal.name if attempt.signal else None,
        "aitrack.timed_out": attempt.timed_out or None,
        "aitrack.delay_before_s": attempt.delay_before_s,
        "aitrack.failure.category": failure.category if failure else None,
        "aitrack.failure.kind": failure.kind if failure else None,
        "aitrack.cpu.user_s": used.cpu_user_s,
        "aitrack.cpu.system_s": used.cpu_sys_s,
        "aitrack.memory.max_bytes": used.max_rss_bytes,
    }
    trail = [
        {
            "timeUnixNano": _nanoseconds(start + event.t_ns / 1e9),
            "name": safe(event.kind),
            "attributes": attributes({"aitrack.event": describe(event)}),
        }
        for event in [event for event in bundle.events(attempt.n) if event.kind not in _NO_EVENTS][-_EVENTS:]
    ]
    failed = attempt.exit_code != 0
    return {
        "traceId": trace_id(bundle),
        "spanId": span_id(bundle, attempt.n),
        "parentSpanId": span_id(bundle, 0),
        "name": f"attempt {attempt.n}",
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(start),
        "endTimeUnixNano": _nanoseconds(end),
        "attributes": attributes(values),
        "events": trail + (_exceptions(failure, end) if failure else []),
        "status": {"code": _ERROR, "message": words.title(failure) if failure else ""} if failed else {"code": _OK},
    }


def _operations(bundle: Bundle, attempt: Attempt) -> list[dict[str, Any]]:
    """Return the script's own operations as spans below their attempt."""
    start = attempt.started_at or bundle.session.started_at
    spans: list[dict[str, Any]] = []
    above: list[str] = []  # the ids from the attempt down to the operation before
    for number, (depth, one) in enumerate(walk(operations(bundle.events(attempt.n)))):
        if number == _OPERATIONS:
            break
        own = hashlib.sha256(f"{bundle.id}/{attempt.n}/{number}".encode()).hexdigest()[:16]
        above[depth:] = [own]
        parent = above[depth - 1] if depth else span_id(bundle, attempt.n)
        times = {
            "startTimeUnixNano": _nanoseconds(start + one.begin),
            "endTimeUnixNano": _nanoseconds(start + one.begin + one.took),
        }
        error = one.error
        spans.append(
            {
                "traceId": trace_id(bundle),
                "spanId": own,
                "parentSpanId": parent,
                "name": safe(one.name),
                "kind": _INTERNAL,
                **times,
                "attributes": attributes(_told_of(one)),
                "status": {"code": _ERROR, "message": safe(error[1]) if error else ""} if one.failed else {"code": _OK},
            }
        )
    return spans


def _told_of(one: Operation) -> dict[str, Any]:
    """Return the attributes of an operation; those of a call to a language model by their names in the conventions."""
    error, tokens, model = one.error, one.tokens, one.data.get("model")
    values: dict[str, Any] = {"aitrack.category": one.category or None, "error.type": error[0] if error else None}
    if one.category == "llm" or tokens:
        values["gen_ai.operation.name"] = "chat"
        values["gen_ai.request.model"] = str(model) if model else None
        if tokens:
            values |= {"gen_ai.usage.input_tokens": tokens[0], "gen_ai.usage.output_tokens": tokens[1]}
    facts = one.data.get("args")
    if is_object(facts):
        values |= {f"aitrack.args.{safe(name)}": cut(str(value), 1_000) for name, value in list(facts.items())[:50]}
    return values


def _error_type(failure: Failure | None, attempt: Attempt | None) -> str:
    if failure and failure.type and failure.source != "status":
        return failure.qualified or failure.type
    if attempt and attempt.timed_out:
        return "timeout"
    if attempt and attempt.signal:
        return attempt.signal.name or "signal"
    return "_OTHER"  # what the conventions say for an error without a name


def _exceptions(failure: Failure, moment: float) -> list[dict[str, Any]]:
    """Return the exception event, and one for each cause behind it."""
    events: list[dict[str, Any]] = []
    for link in [failure, *failure.chain]:
        values = {
            "exception.type": link.qualified or link.type,
            "exception.message": link.message or "",
            "exception.stacktrace": stack_text(link),
        }
        events.append({"timeUnixNano": _nanoseconds(moment), "name": "exception", "attributes": attributes(values)})
    return events


def _nanoseconds(moment: float) -> str:
    return str(nanoseconds(moment))
