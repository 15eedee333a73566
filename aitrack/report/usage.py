"""The usage report as pictures: a table for the terminal, Markdown for a pull request, a page of its own."""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING, Any

from aitrack.report.text import cut, pad, plural, safe, seconds, size, width

if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrack.report.output import Output

    Document = dict[str, Any]
    Line = dict[str, Any]

_SPARKS = "▁▂▃▄▅▆▇█"
_BAR = 8
_CHARTED = 8  # slices of a chart
_LISTED = 20


def terminal(document: Document, out: Output) -> list[str]:
    """Return the report as lines within the terminal's width."""
    if not document["sessions"]:
        return ["no sessions in this time: aitrack run SCRIPT.py"]
    lines = _table(document["rows"], document["by"], out)
    if document["by"] == "script" and document["tools"]:
        lines += ["", *_table(document["tools"], "tool", out)]
    told = remarks(document)
    return [*lines, *([""] if told else []), *[f"  {line}" for line in told]]


def _table(rows: list[Line], by: str, out: Output) -> list[str]:
    shown = rows[:_LISTED]
    extra = _extra(shown)
    room = out.columns - 2 - 17 - 18 - 1 - _BAR - sum(size_ for _, size_, _ in extra) - 2 - 14
    column = min(max([width(_called(row, by)) for row in shown], default=6), max(room, 10))
    column = max(column, len(by))
    head = f"  {pad(cut(by, column), column)} {'calls':>8}{'failed':>8}{'p50':>9}{'p95':>9} {'time':<{_BAR}}"
    head += "".join(f"{name:>{size_}}" for name, size_, _ in extra)
    lines = [out.paint(cut(head + "  14 days", out.columns), "dim")]
    for row in shown:
        line = f"  {pad(cut(_called(row, by), column), column)} {row['calls']:>8}{_rate(row):>8}"
        line += f"{_short(row['p50_s']):>9}{_short(row['p95_s']):>9} {bar(row['share'])}"
        line += "".join(f"{told(row):>{size_}}" for _, size_, told in extra)
        lines.append(cut(f"{line}  {sparkline(row['trend']['daily'])}", out.columns))
    if len(rows) > len(shown):
        lines.append(out.paint(f"  and {len(rows) - len(shown)} more; --json shows all", "dim"))
    return lines


def _extra(rows: list[Line]) -> list[tuple[str, int, Callable[[Line], str]]]:
    """Return the columns (name, width, text) that have something to show."""
    found: list[tuple[str, int, Callable[[Line], str]]] = []
    if any(row["peak_memory_bytes"] for row in rows):
        found.append(("memory", 10, _memory))
    if any(_tokens(row) for row in rows):
        found.append(("tokens", 8, lambda row: _count(_tokens(row))))
    if any(row["cost"] is not None for row in rows):
        found.append(("cost", 9, lambda row: _cost(row["cost"])))
    return found


def remarks(document: Document) -> list[str]:
    """Return what is worth saying: where the time goes, what fails, what is wasted."""
    found = [f"bottleneck  {safe(row['name'])}: {row['share']:.0%} of the time" for row in document["bottlenecks"][:3]]
    found += [
        f"error-prone {safe(row['name'])}: at least {row['failure_rate_low']:.0%} of its calls fail"
        for row in document["error_prone"][:3]
    ]
    waste = document["waste"]
    told: list[str] = []
    if waste["seconds"] >= 0.001:
        told.append(seconds(waste["seconds"]))
    if waste["tokens"]:
        told.append(f"{waste['tokens']:,} tokens")
    return [*found, *([f"waste       {' and '.join(told)} spent on attempts and calls that failed"] if told else [])]


def sparkline(values: list[int]) -> str:
    """Return a tiny chart of *values*, empty when there is nothing to show."""
    most = max(values, default=0)
    if not most:
        return ""
    return "".join(_SPARKS[0 if not value else 1 + round(value / most * (len(_SPARKS) - 2))] for value in values)


def bar(share: float) -> str:
    """Return a bar of a share of one."""
    filled = round(min(max(share, 0.0), 1.0) * _BAR)
    return "█" * filled + "·" * (_BAR - filled)


def markdown(document: Document) -> str:
    """Return the report for a pull request or a step summary: tables, and charts that GitHub and GitLab draw."""
    totals = document["totals"]
    lines = ["## Usage", "", _totals(totals), ""]
    lines += _markdown_table(document["rows"], document["by"])
    if document["by"] == "script" and document["tools"]:
        lines += ["", "### Tools", "", *_markdown_table(document["tools"], "tool")]
    charted = document["tools"] if document["by"] == "script" and document["tools"] else document["rows"]
    lines += ["", *_pie(charted)]
    told = remarks(document)
    lines += ["", *[f"- {_plain(line)}" for line in told]] if told else []
    return "\n".join(lines).rstrip() + "\n"


def _totals(totals: Line) -> str:
    parts = [plural(totals["sessions"], "session"), f"{totals['failed']} failed", seconds(totals["seconds"])]
    if totals["tool_calls"]:
        parts.append(plural(totals["tool_calls"], "tool call"))
    if totals["input_tokens"] or totals["output_tokens"]:
        parts.append(f"{totals['input_tokens'] + totals['output_tokens']:,} tokens")
    if totals["cost"] is not None:
        parts.append(f"cost {_cost(totals['cost'])}")
    return ", ".join(parts) + "."


def _markdown_table(rows: list[Line], by: str) -> list[str]:
    lines = [
        f"| {by} | calls | failed | p50 | p95 | max | share | tokens | cost |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows[:_LISTED]:
        cells = [_plain(_called(row, by)), str(row["calls"]), _rate(row)]
        cells += [_short(row[key]) for key in ("p50_s", "p95_s", "max_s")]
        cells += [f"{row['share']:.0%}", _count(_tokens(row)) or "", _cost(row["cost"])]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _pie(rows: list[Line]) -> list[str]:
    shown = [row for row in rows if row["total_s"] > 0][:_CHARTED]
    if not shown:
        return []
    slices = [f'    "{_label(row["name"])}" : {row["total_s"]:.6f}' for row in shown]
    return ["```mermaid", "pie showData", "    title Time (s)", *slices, "```"]


def _label(name: str) -> str:
    """Return a name as Mermaid takes it between quotes."""
    kept = "".join(sign if sign.isalnum() or sign in " ._-/:" else " " for sign in safe(os.path.basename(name) or name))
    return cut(" ".join(kept.split()) or "?", 40)


def _plain(text: str) -> str:
    """Return *text* so that Markdown shows it as it is."""
    shown = safe(text)
    return "".join("\\" + sign if sign in "\\`*_[]<>|#" else sign for sign in shown)


def html(document: Document) -> str:
    """Return the report as one page: no network, no script, everything escaped."""
    parts = [
        f"<h1>Usage</h1><p>{escape(_totals(document['totals']))}</p>",
        _html_table(document["rows"], document["by"]),
    ]
    if document["by"] == "script" and document["tools"]:
        parts += ["<h2>Tools</h2>", _html_table(document["tools"], "tool")]
    parts.append("<ul>" + "".join(f"<li>{escape(line)}</li>" for line in remarks(document)) + "</ul>")
    return _PAGE.replace("{body}", "\n".join(parts))


def _html_table(rows: list[Line], by: str) -> str:
    head = "".join(
        f"<th>{name}</th>" for name in (by, "calls", "failed", "p50", "p95", "max", "time", "tokens", "cost", "14 days")
    )
    lines = [f"<table><tr>{head}</tr>"]
    for row in rows:
        cells = [str(row["calls"]), _rate(row), *[_short(row[key]) for key in ("p50_s", "p95_s", "max_s")]]
        chart = f'<svg width="80" height="10"><rect width="{row["share"] * 80:.1f}" height="10"/></svg>'
        inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells) + f"<td>{chart}</td>"
        inner += (
            f"<td>{_count(_tokens(row))}</td><td>{_cost(row['cost'])}</td><td>{_columns(row['trend']['daily'])}</td>"
        )
        lines.append(f"<tr><td>{escape(safe(_called(row, by)))}</td>{inner}</tr>")
    return "\n".join([*lines, "</table>"])


def _columns(values: list[int]) -> str:
    most = max(values, default=0) or 1
    bars = "".join(
        f'<rect x="{place * 6}" y="{16 - value / most * 16:.1f}" width="5" height="{value / most * 16:.1f}"/>'
        for place, value in enumerate(values)
    )
    return f'<svg width="{len(values) * 6}" height="16">{bars}</svg>'


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>aitrack usage</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body{font:14px/1.5 system-ui,sans-serif;margin:2em;color-scheme:light dark}
table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:right}
td:first-child,th:first-child{text-align:left}tr:nth-child(even){background:#8881}rect{fill:#4a90d9}
</style></head><body>
{body}
</body></html>
"""


def _called(row: Line, by: str) -> str:
    name = str(row["name"])
    return safe(os.path.basename(name.rstrip("/")) or name) if by == "script" else safe(name)


def _rate(row: Line) -> str:
    return f"{row['failure_rate']:.0%}" if row["failures"] else "0"


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value * 1e6:.3g} µs" if value < 0.001 else seconds(value).replace(" min ", "m").replace(" h ", "h")


def _memory(row: Line) -> str:
    return "" if row["peak_memory_bytes"] is None else size(row["peak_memory_bytes"])


def _tokens(row: Line) -> int:
    return int(row["input_tokens"] + row["output_tokens"])


def _count(number: int) -> str:
    if not number:
        return ""
    return f"{number / 1e6:.1f}M" if number >= 1e6 else f"{number / 1e3:.1f}k" if number >= 1e4 else str(number)


def _cost(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}" if value < 1 else f"{value:,.2f}"
