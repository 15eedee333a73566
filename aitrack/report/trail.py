"""What led to a failure, as one line: the last operations before it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aitrack.report.text import safe

if TYPE_CHECKING:
    from aitrack.model import Attempt, Event
    from aitrack.store.bundle import Bundle

_TOLD = {"open", "connect", "exec", "import", "log", "http", "sql", "exception", "mark", "retry", "snapshot"}
_STEPS = 5
_ROOM = 64


def led_here(bundle: Bundle, attempt: Attempt) -> str:
    """Return the last operations of the attempt, oldest first, joined by arrows."""
    steps: list[str] = []
    for event in bundle.events(attempt.n):
        if event.kind in _TOLD:
            step = describe(event)
            if step and (not steps or steps[-1] != step):
                steps.append(step)
    kept: list[str] = []
    for step in reversed(steps[-_STEPS:]):
        if kept and len(" -> ".join([step, *kept])) > _ROOM:
            break
        kept.insert(0, step)
    return " -> ".join(kept)


def describe(event: Event) -> str:
    """Return an event in a few words."""
    data = event.data
    subject = _first(data, "path", "file", "url", "address", "host", "statement", "name", "message", "text", "type")
    if event.kind in ("open", "import") and "/" in subject:
        subject = os.path.basename(subject.rstrip("/")) or subject
    if event.kind == "exec" and isinstance(data.get("argv"), list):
        subject = " ".join(str(word) for word in data["argv"])
    subject = safe(subject)
    return f"{safe(event.kind)} {subject[:40]}".strip()


def _first(data: dict[str, Any], *names: str) -> str:
    for name in names:
        value = data.get(name)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
    return ""
