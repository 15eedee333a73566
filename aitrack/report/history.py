"""What history says of a session, in lines: changed, seen, suspects."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aitrack.report.text import ago, plural, safe

if TYPE_CHECKING:
    from aitrack.analysis.explanation import Explanation


_NOISE = 0.25  # differences below this are those of any two runs


def history_lines(explanation: Explanation) -> list[tuple[str, str]]:
    """Return (label, text) for each thing that is known; nothing is said of what is not."""
    lines = [("changed", _changed(explanation)), ("seen", _seen(explanation.pattern))]
    lines.append(("suspects", _suspects(explanation.suspects)))
    return [(label, text) for label, text in lines if text]


def _changed(explanation: Explanation) -> str:
    success = explanation.last_success
    if success is None:
        return ""
    since = f"last success {ago(success['started_at'])}: "
    told = [change_text(change) for change in explanation.changes if change["score"] > _NOISE][:3]
    if not told and explanation.changes:
        return since + "only what always differs"
    return since + ("; ".join(told) if told else "nothing that was recorded differs")


def change_text(change: dict[str, Any]) -> str:
    """Return one difference in a few words."""
    name = " ".join(str(change.get(key) or "") for key in ("what", "name")).strip()
    before, after = change.get("before"), change.get("after")
    if change.get("what") in ("file", "code"):
        name = f"{change['what']} {os.path.basename(str(change.get('name'))).replace('::', ' ')}"
    if change.get("what") == "code" and before != "older":
        return safe(f"{name} changed")
    if change.get("what") == "file" and isinstance(before, str) and isinstance(after, str) and before != "older":
        return safe(f"{name} changed, {before.partition(',')[0]} -> {after.partition(',')[0]}")
    if before == "older":
        return safe(f"{name} {after}")
    if before is None:
        return safe(f"{name} is new" if _is_hidden(after) else f"{name} new: {_short(after)}")
    if after is None:
        return safe(f"{name} is gone")
    if _is_hidden(before) or _is_hidden(after):
        return safe(f"{name} differs")
    return safe(f"{name} {_short(before)} -> {_short(after)}")


def _is_hidden(value: object) -> bool:
    return isinstance(value, str) and value.startswith("‹hidden")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 24 else text[:23] + "…"


def _seen(pattern: dict[str, Any] | None) -> str:
    if not pattern:
        return ""
    count = pattern.get("count") or 0
    if count <= 1:
        return "for the first time"
    text = f"{count} times, first {ago(pattern.get('first_seen') or 0)}, pattern {safe(str(pattern.get('id', '')))}"
    recovery: dict[str, int] = pattern.get("recovery") or {}
    retried, helped = recovery.get("retried") or 0, recovery.get("helped") or 0
    if retried:
        text += f"; a retry helped {helped} of {plural(retried, 'time')}" if helped else "; never healed by retry"
    return text


def _suspects(suspects: list[dict[str, Any]]) -> str:
    told = [f"{os.path.basename(str(s.get('file', '')))}:{s.get('line')} {s.get('function', '')}" for s in suspects[:3]]
    return safe(" · ".join(told))
