"""Patterns as lines: a table, one in detail, Markdown for a step summary."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from aitrack.report.history import change_text
from aitrack.report.surroundings import sparkline
from aitrack.report.text import ago, cut, moment, pad, plural, safe, seconds, size

if TYPE_CHECKING:
    from aitrack.analysis.patterns import Pattern, Report
    from aitrack.report.output import Output

    Suspects = dict[str, list[dict[str, Any]]]  # by pattern id


def table(report: Report, patterns: list[Pattern], limit: int, suspects: Suspects, out: Output) -> list[str]:
    """Return two lines a pattern; what was seen once is folded into the last line."""
    if not patterns:
        return ["no failures" if report.index.query("SELECT 1 FROM session LIMIT 1") else "no sessions yet"]
    repeated = [one for one in patterns if one.count > 1]
    once = [one for one in patterns if one.count == 1]
    shown = repeated[:limit] or once[:limit]
    lines: list[str] = []
    for one in shown:
        head = f"{one.id[:15]:<15} {one.count:>5}x  "
        lines.append(head + out.paint(cut(safe(report.title(one)), max(12, out.columns - len(head))), "bold"))
        bars = sparkline([float(number) for number in report.trend(one)["daily"]], 14)
        lines.append(cut(f"{' ' * len(head)}{bars}  {_facts(report, one, suspects.get(one.id))}", out.columns))
    if len(repeated) > limit:
        lines.append(out.paint(f"  and {len(repeated) - limit} more: --limit N", "dim"))
    if repeated and once:
        lines.append(f"  seen once: {plural(len(once), 'pattern')}, the newest {safe(_newest(report, once))}")
    return lines


def _newest(report: Report, once: list[Pattern]) -> str:
    newest = max(once, key=lambda one: one.last)
    return cut(f"{newest.id} {report.title(newest)}", 44)


def _facts(report: Report, one: Pattern, suspects: list[dict[str, Any]] | None) -> str:
    """Return when it was last seen, scripts, recovery and the first suspect, on one line."""
    scripts = list(dict.fromkeys(os.path.basename(name.rstrip("/")) or name for name in report.names(one.scripts)))
    told = ", ".join(scripts[:3]) + (f" and {len(scripts) - 3} more" if len(scripts) > 3 else "")
    facts = [ago(one.last), told, recovery_text(report.recovered(one))]
    if suspects:
        facts.append(f"suspect {os.path.basename(str(suspects[0]['file']))}:{suspects[0]['line']}")
    return safe(" · ".join(fact for fact in facts if fact))


def recovery_text(recovery: dict[str, int]) -> str:
    """Return how often a retry helped, if one was tried."""
    if not recovery["retried"]:
        return ""
    return f"a retry helped {recovery['helped']} of {plural(recovery['retried'], 'time')}"


def detail(
    report: Report, one: Pattern, changes: list[dict[str, Any]], suspects: list[dict[str, Any]], out: Output
) -> list[str]:
    """Return everything about one pattern."""
    rows = report.members(one)
    trend = report.trend(one)
    facts = [
        ("seen", f"{plural(one.count, 'time')}, first {moment(one.first)}, last {moment(one.last)} ({ago(one.last)})"),
        ("trend", f"{sparkline([float(number) for number in trend['daily']], 14)} {trend['direction']}"),
        ("grouped", f"{one.reason} (confidence {one.confidence})"),
        ("recovery", recovery_text(report.recovered(one)) or "never retried"),
        ("scripts", ", ".join(report.names(one.scripts)[:6])),
        ("where", ", ".join(report.names(one.environments))),
        ("hosts", _counted([row["host"] for row in rows if row["host"]])),
        ("hours", _hours([row["started_at"] for row in rows])),
        ("days", _counted([time.strftime("%A", time.localtime(row["started_at"])) for row in rows])),
    ]
    lines = [out.paint(cut(f"{one.id}  {safe(report.title(one))}", out.columns), "bold")]
    lines += [cut(f"  {label:<10} {safe(text)}", out.columns) for label, text in facts if text]
    lines += [f"  {'messages':<10} {cut(safe(text), out.columns - 13)}" for text in _variants(rows)]
    for suspect in suspects:
        place = f"{suspect['file']}:{suspect['line']} {suspect['function']}"
        lines.append(cut(f"  {'suspect':<10} {safe(place)}  ({suspect['score']}, {suspect['evidence']})", out.columns))
    lines += [cut(f"  {'changed':<10} {change_text(change)}", out.columns) for change in changes[:5]]
    members = " ".join(row["id"][-6:] for row in rows[:8]) + (" ..." if len(rows) > 8 else "")
    return [*lines, f"  {'sessions':<10} {safe(members)}"]


def _variants(rows: list[dict[str, Any]]) -> list[str]:
    titles: dict[str, int] = {}
    for row in rows:
        titles[row["title"] or ""] = titles.get(row["title"] or "", 0) + 1
    common = sorted(titles.items(), key=lambda entry: -entry[1])[:4]
    return [f"{count}x {title}" for title, count in common if title]


def _counted(words: list[str]) -> str:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    return ", ".join(f"{word} {count}" for word, count in ordered[:5])


def _hours(moments: list[float]) -> str:
    counts = [0.0] * 24
    for value in moments:
        counts[time.localtime(value).tm_hour] += 1
    return f"{sparkline(counts, 24)} (0 to 23)" if moments else ""


def markdown(report: Report, patterns: list[Pattern], suspects: Suspects) -> list[str]:
    """Return a table for a step summary; nothing of it can break out of its cell."""
    lines = ["| pattern | count | last seen | trend | what | suspect |", "|---|---:|---|---|---|---|"]
    for one in patterns:
        first = (suspects.get(one.id) or [{}])[0]
        place = f"{os.path.basename(str(first['file']))}:{first['line']}" if first else ""
        cells = [one.id, str(one.count), ago(one.last), report.trend(one)["direction"], report.title(one), place]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return lines if patterns else ["no failures"]


def _cell(text: str) -> str:
    shown = safe(text)
    for sign in "\\`*_[]<>|#!&":
        shown = shown.replace(sign, {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(sign, "\\" + sign))
    return cut(shown, 120)


def resource_lines(found: list[dict[str, Any]]) -> list[str]:
    """Return what used more than it does usually, one line each."""
    if not found:
        return ["no run is out of its own history"]
    lines: list[str] = []
    for row in found:
        value, usual = ((size(row[key]) if row["unit"] == "bytes" else seconds(row[key])) for key in ("value", "usual"))
        script = pad(cut(os.path.basename(str(row["script"])), 24), 24)
        told = f"{row['what']} {value}, usually {usual} ({row['runs']} runs)"
        lines.append(safe(f"{row['id'][-6:]}  {script}  {told}"))
    return lines
