"""One session in one line: the rows of `list`, for a terminal and as JSON."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aitrack.report.text import ago, cut, pad, plural, safe, seconds, width

if TYPE_CHECKING:
    from aitrack.report.output import Output

_MARKS = {"passed": "✓", "running": "…", "degraded": "~", "rejected": "-"}
_COLOURS = {"passed": "green", "running": "cyan", "degraded": "yellow", "rejected": "yellow"}


def table(rows: list[dict[str, Any]], out: Output) -> list[str]:
    """Return the rows of `list` with a heading, one line a session, within the terminal's width."""
    names = [called(row) for row in rows]
    column = min(max([width(name) for name in names], default=6), 22)
    lines = [out.paint(f"  {'id':<8}{pad('script', column)} {'started':>10} {'took':>9}  {'exit':<7} what", "dim")]
    for row, name in zip(rows, names, strict=True):
        status = str(row["status"])
        head = f"{_MARKS.get(status, '✗')} {row['id'][-6:]:<8}{pad(cut(name, column), column)} "
        head += f"{ago(row['started_at']):>10} {_took(row):>9}  {_exit(row):<7} "
        line = head + cut(_what(row), max(8, out.columns - width(head)))
        lines.append(out.paint(cut(line, out.columns), _COLOURS.get(status, "red")))
    return lines


def called(row: dict[str, Any]) -> str:
    """Return how a session is called in a list."""
    if row.get("name"):
        return safe(str(row["name"]))
    if row.get("form") == "module":
        return f"-m {safe(str(row.get('script')))}"
    if row.get("form") == "code":
        return "-c …"
    script = str(row.get("script") or "")
    return safe(os.path.basename(script.rstrip("/")) or script or "?")


def _exit(row: dict[str, Any]) -> str:
    if row.get("signal"):
        return safe(str(row["signal"]))[:7]
    return "" if row.get("exit_code") is None else str(row["exit_code"])


def _took(row: dict[str, Any]) -> str:
    return "" if row["duration_s"] is None else seconds(row["duration_s"]).replace(" min ", "m").replace(" h ", "h")


def _what(row: dict[str, Any]) -> str:
    status = str(row["status"])
    title = safe(str(row.get("title") or row.get("reason") or ""))
    attempts = row.get("attempts") or 0
    tried = f" ({plural(attempts, 'attempt')})" if attempts > 1 else ""
    if status == "passed":
        told = [f"recovered{tried}"] if row.get("recovered") else []
        told += [f"! unusual {', '.join(row['unusual'])}"] if row.get("unusual") else []
        told += [plural(row["warnings"], "warning")] if row.get("warnings") else []
        return ", ".join(told)
    if status == "failed":
        return (title or "failed") + tried
    return f"{status}{tried}" + (f": {title}" if title else "")
