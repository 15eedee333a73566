"""What the collectors wrote themselves, read from their spools: failures and events.

Used where the supervisor could not finish an attempt, and for what it leaves
in the spools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.model import Followed, Spooled, fitted, is_list, is_object, view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.store.members import Members

HANDLED = "handled"  # the mark: a file without content
_ENDS = {"main": 0, "process": 1, "thread": 2, "task": 3}  # which failure most likely ended the run


def records_of(attempt: Members) -> Iterator[tuple[int, list[dict[str, Any]], int]]:
    """Yield (pid, records, damaged) of each spool of an attempt."""
    for name in sorted(attempt.names()):
        _, is_spool, pid = name.partition("spool-")
        if is_spool and pid.isdecimal() and len(pid) < 12:
            try:
                records, damaged = attempt.spooled(name)
            except OSError:
                continue
            yield int(pid), [fitted(Spooled, record, [], name) for record in records], damaged


def failures_of(attempt: Members) -> tuple[list[dict[str, Any]], int]:
    """Return (failures of an attempt, the one to blame first; damaged records)."""
    found: list[tuple[int, int, dict[str, Any]]] = []
    damaged = 0
    for _, records, torn in records_of(attempt):
        damaged += torn
        for record in records:
            failure: Any = record.get("failure")
            if record.get("kind") == "failure" and is_object(failure):
                rank = _ENDS.get(str(record.get("where")), 9)
                found.append((rank, -_whole(record.get("at_ns")), failure))
    found.sort(key=lambda entry: entry[:2])
    return [failure for _, _, failure in found], damaged


def handled_in(attempt: Members) -> list[dict[str, Any]]:
    """Return the failures that the program itself reported as handled, oldest first; it left a mark when it did."""
    found: list[dict[str, Any]] = []
    if HANDLED not in attempt:
        return found
    for _, records, _ in records_of(attempt):
        for record in records:
            failure: Any = record.get("failure")
            if record.get("where") == "handled" and is_object(failure) and is_object(failure.get("context")):
                found.append(failure)
    return found


def events_of(attempt: Members) -> list[dict[str, Any]]:
    """Return the events in an attempt's spools as `events.ndjson` would hold them, without an order."""
    found: list[dict[str, Any]] = []
    start: int | None = None
    for pid, records, _ in records_of(attempt):
        for record in records:
            if record.get("kind") == "process" and (began := _whole(record.get("started_ns"))):
                start = began if start is None else min(start, began)
        found += _events(pid, records)
    for event in found:
        event["t_ns"] = max(0, event["t_ns"] - (start or 0)) if event["t_ns"] else 0
    return found


def followed_in(attempt: Members) -> list[Followed]:
    """Return the functions that were followed line by line, each with the steps before the end."""
    return [
        view(Followed, function | {"pid": pid}, [], "focus")
        for pid, records, _ in records_of(attempt)
        for record in records
        if record.get("kind") == "focus"
        for function in record.get("functions", ())
    ]


def _events(pid: int, records: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the events of one process; one without a time of its own has that of the one before it."""
    last = 0
    for place, record in enumerate(records):
        kind = record.get("kind")
        inner: Any = record.get("event")
        if kind == "event" and is_object(inner):
            last = _whole(record.get("t_ns")) or last
            data: Any = inner.get("data")
            seq = _whole(record.get("seq")) or place
            told = _event(last, seq, pid, record, str(inner.get("kind")), data if is_object(data) else {})
            yield told | {"span": inner.get("span")}
        elif kind == "raised":
            yield _event(_whole(record.get("at_ns")), place, pid, record, "exception", _raised(record))


def _event(t_ns: int, seq: int, pid: int, record: dict[str, Any], kind: str, data: dict[str, Any]) -> dict[str, Any]:
    tid = _whole(record.get("tid")) or None
    return {"t_ns": t_ns, "seq": seq, "pid": pid, "tid": tid, "kind": kind, "data": data}


def _raised(record: dict[str, Any]) -> dict[str, Any]:
    """Return what is worth telling of an exception that was raised, caught or not."""
    failure: Any = record.get("failure")
    failure = failure if is_object(failure) else {}
    frames: Any = failure.get("frames")
    own = [frame for frame in frames if is_object(frame) and frame.get("in_app")] if is_list(frames) else []
    inner: Any = own[-1] if own else frames[-1] if is_list(frames) and frames else {}
    caught: Any = record.get("handled")
    return {
        "type": failure.get("type"),
        "message": failure.get("message"),
        "file": inner.get("file") if is_object(inner) else None,
        "line": inner.get("line") if is_object(inner) else None,
        "function": (inner.get("qualname") or inner.get("function")) if is_object(inner) else None,
        "caught_in": caught.get("function") if is_object(caught) else None,
        "lost": caught is None,  # it ended a thread, a task or a finalizer, and nobody looked
        "count": record.get("count"),
    }


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
