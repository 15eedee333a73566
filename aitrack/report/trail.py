"""What led to a failure, as one line: the last operations, calls and caught exceptions before it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aitrack.report.text import cut, safe, width

if TYPE_CHECKING:
    from aitrack.model import Attempt, Event
    from aitrack.store.bundle import Bundle

_OPERATIONS = {"open", "connect", "exec", "log", "http", "sql", "mark", "retry", "snapshot"}
_STEPS = 12
_ARROW = " -> "


def led_here(bundle: Bundle, attempt: Attempt, columns: int) -> str:
    """Return the last steps of the attempt, oldest first, joined by arrows, within *columns*."""
    known, stack = _told_elsewhere(attempt), _stack(attempt)
    steps: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for event in bundle.events(attempt.n):
        place = tuple(str(event.data.get(name)) for name in ("file", "line", "what"))
        if event.kind == "first" and place in seen:
            continue  # a line of a hot function may be told twice
        seen.add(place)
        step = _step(event, known, stack)
        if step and steps and step.partition(":")[0] == steps[-1].partition(":")[0]:
            steps[-1] = step  # further on in the same function
        elif step and step not in steps[-3:]:
            steps.append(step)
    kept: list[str] = []
    for step in reversed(steps[-_STEPS:]):
        if kept and width(_ARROW.join([step, *kept])) > columns:
            break
        kept.insert(0, step)
    return _ARROW.join(kept)


def _told_elsewhere(attempt: Attempt) -> set[tuple[str, str | None]]:
    """Return the exceptions that stand on the screen already: the failure and its chain."""
    failure = attempt.failure
    return {(one.type, one.message) for one in [failure, *failure.chain]} if failure else set()


def _stack(attempt: Attempt) -> set[str]:
    """Return the functions that the failure's frames show: their lines need no second word."""
    failure = attempt.failure
    return {frame.qualname or frame.function for frame in failure.frames} if failure else set()


def _step(event: Event, known: set[tuple[str, str | None]], stack: set[str]) -> str:
    """Return an event in a few words; of a function the last line that ran for the first time."""
    data = event.data
    if event.kind == "exception":
        kind, caught = str(data.get("type")), data.get("caught_in")
        message = data.get("message")
        if not caught or (kind, None if message is None else str(message)) in known:
            return ""
        count = data.get("count")
        times = f" {count} times" if isinstance(count, int) and count > 1 else ""
        return safe(f"{kind} caught in {caught}{times}")
    if event.kind == "first":
        function = str(data.get("function") or "")
        if function[:1] in ("<", "") or (data.get("what") != "call" and function in stack):
            return ""
        return safe(function if data.get("what") == "call" or function in stack else f"{function}:{data.get('line')}")
    return describe(event) if event.kind in _OPERATIONS else ""


def describe(event: Event) -> str:
    """Return an event in a few words."""
    data = event.data
    if event.kind == "exception":
        where = f" at {os.path.basename(str(data.get('file')))}:{data.get('line')}" if data.get("file") else ""
        caught = f", caught in {data['caught_in']}" if data.get("caught_in") else ""
        return cut(safe(f"raised {data.get('type')}: {data.get('message') or ''}{where}{caught}"), 100)
    if event.kind == "first":
        return safe(f"first {data.get('what')} {data.get('function')}:{data.get('line')}")
    if event.kind in ("http", "connect") and data.get("host"):
        return f"{event.kind} {cut(safe(_endpoint(data)), 60)}"
    subject = _first(data, "path", "url", "address", "host", "statement", "name", "message", "text", "type", "file")
    if event.kind in ("open", "import") and "/" in subject:
        subject = os.path.basename(subject.rstrip("/")) or subject
    if event.kind == "exec" and isinstance(data.get("argv"), list):
        subject = " ".join(str(word) for word in data["argv"])
    return f"{safe(event.kind)} {cut(safe(subject), 40)}".strip()


def _endpoint(data: dict[str, Any]) -> str:
    """Return `GET example.org/path`, `example.org:443`; where the call stands in the source says less."""
    method = f"{data['method']} " if data.get("method") else ""
    url = str(data.get("url") or "")
    if "://" in url:
        return method + url
    port = f":{data['port']}" if data.get("port") else ""
    return f"{method}{data['host']}{port}{url}"


def _first(data: dict[str, Any], *names: str) -> str:
    for name in names:
        value = data.get(name)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
    return ""
