"""A session as a trace for ui.perfetto.dev and chrome://tracing: attempts, processes, events, memory and CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.report.junit import ended
from aitrack.report.spans import operations, walk
from aitrack.report.terminal import name_of
from aitrack.report.text import safe
from aitrack.report.trail import describe

if TYPE_CHECKING:
    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Attempt
    from aitrack.store.bundle import Bundle

_RUN = 1  # the process under which the run itself stands: no real one has this id here


def perfetto(explanation: Explanation) -> dict[str, Any]:
    """Return the trace; times are microseconds since the start of the session."""
    bundle = explanation.bundle
    session = bundle.session
    name = name_of(session)
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": _RUN, "tid": 0, "args": {"name": f"aitrack run {name}"}},
        _slice(name, "session", 0.0, session.duration_s, _RUN, {"status": bundle.status, "session": bundle.id}),
    ]
    for attempt in bundle.attempts:
        events += _attempt(bundle, attempt)
    known = {"session": bundle.id, "started_at": session.started_at, "command": [safe(w) for w in session.command.argv]}
    return {"displayTimeUnit": "ms", "traceEvents": events, "otherData": known}


def _attempt(bundle: Bundle, attempt: Attempt) -> list[dict[str, Any]]:
    session = bundle.session
    begin = max(0.0, (attempt.started_at or session.started_at) - session.started_at)
    told: dict[str, Any] = {"end": ended(attempt)}
    events = [_slice(f"attempt {attempt.n}", "attempt", begin, attempt.duration_s, _RUN, told)]
    events += _processes(bundle, attempt, begin)
    for _, one in walk(operations(bundle.events(attempt.n))):
        told = {"status": "failed" if one.failed else "ok", "category": safe(one.category)}
        pid = one.pid or attempt.pid or _RUN
        events.append(
            {**_slice(safe(one.name), "operation", begin + one.begin, one.took, pid, told), "tid": one.thread}
        )
    for event in bundle.events(attempt.n):
        if event.kind == "span":
            continue
        moment = _microseconds(begin + event.t_ns / 1e9)
        where = {"pid": event.pid or attempt.pid or _RUN, "tid": event.tid or 0, "s": "t", "cat": safe(event.kind)}
        events.append({"ph": "i", "name": describe(event), "ts": moment, **where})
    for row in attempt.samples:
        moment_s, cpu, memory = (*row, None, None, None)[:3]
        if moment_s is None:
            continue
        for name, value in (("memory", memory), ("cpu", cpu)):
            if value is not None:
                counter = {"ph": "C", "name": f"{name} of attempt {attempt.n}", "pid": _RUN, "tid": 0}
                events.append({**counter, "ts": _microseconds(begin + moment_s), "args": {_UNITS[name]: value}})
    return events


_UNITS = {"memory": "bytes", "cpu": "percent"}


def _processes(bundle: Bundle, attempt: Attempt, begin: float) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    clock = bundle.record.get("started_monotonic")
    zero = float(clock) if isinstance(clock, (int, float)) else None
    end = begin + (attempt.duration_s or 0.0)
    for process in attempt.processes:
        started = process.started_ns / 1e9 - zero if process.started_ns and zero is not None else begin
        stopped = process.ended_ns / 1e9 - zero if process.ended_ns and zero is not None else end
        name = safe(" ".join(process.argv))[:200] or str(process.pid)
        told = {"exit_code": process.exit_code, "ppid": process.ppid}
        events.append({"ph": "M", "name": "process_name", "pid": process.pid, "tid": 0, "args": {"name": name}})
        events.append(_slice(name, "process", max(0.0, started), max(0.0, stopped - started), process.pid, told))
    return events


def _slice(name: str, kind: str, begin: float, took: float | None, pid: int, told: dict[str, Any]) -> dict[str, Any]:
    times = {"ts": _microseconds(begin), "dur": _microseconds(took or 0.0)}
    return {"ph": "X", "name": name, "cat": kind, **times, "pid": pid, "tid": 0, "args": told}


def _microseconds(seconds: float) -> float:
    return round(seconds * 1e6, 3)
