"""What runs, how often, how well: calls, failures, durations, memory, tokens and cost, by script or by tool.

Scripts come from the index. Tools come from the tallies that the API writes into each session, which are exact; where
a process died before it wrote one, and for calls that are seen without one, the spans are counted.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aitrack.model import is_object
from aitrack.policy.prices import cost_of, price_of
from aitrack.policy.retry import wilson
from aitrack.store.members import Folder, Members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aitrack.store.index import SqliteIndex

BY = ("script", "tool", "category", "model", "environment")
DAYS = 14
_FAILING = ("failed", "interrupted")
_BOTTLENECK = 0.2  # share of all time
_ERROR_PRONE = 0.05  # lower bound of the share of failures
_LONGEST_FILE = 16 << 20


@dataclass
class Row:
    """One line of the report."""

    name: str
    category: str = ""
    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    longest_s: float = 0.0
    durations: list[tuple[float, int]] = field(default_factory=list["tuple[float, int]"])  # (seconds, how often)
    peak_memory_bytes: int | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    wasted_s: float = 0.0
    wasted_tokens: int = 0
    daily: list[int] = field(default_factory=lambda: [0] * DAYS)

    def as_json(self, all_seconds: float) -> dict[str, Any]:
        """Return the line with what is worked out from it."""
        low, high = wilson(self.failures, self.calls)
        return {
            "name": self.name,
            "category": self.category or None,
            "calls": self.calls,
            "failures": self.failures,
            "failure_rate": self.failures / self.calls if self.calls else 0.0,
            "failure_rate_low": low,
            "failure_rate_high": high,
            "p50_s": quantile(self.durations, 0.5),
            "p95_s": quantile(self.durations, 0.95),
            "max_s": self.longest_s,
            "total_s": self.seconds,
            "share": self.seconds / all_seconds if all_seconds > 0 else 0.0,
            "peak_memory_bytes": self.peak_memory_bytes,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost": self.cost,
            "wasted_s": self.wasted_s,
            "wasted_tokens": self.wasted_tokens,
            "trend": {"daily": self.daily, "direction": direction(self.daily)},
        }


def quantile(durations: Iterable[tuple[float, int]], share: float) -> float | None:
    """Return the duration that *share* of all calls stay within."""
    ordered = sorted(durations)
    total = sum(number for _, number in ordered)
    if not total:
        return None
    wanted, seen = max(1, math.ceil(share * total)), 0
    for seconds, number in ordered:
        seen += number
        if seen >= wanted:
            return seconds
    return ordered[-1][0]


def direction(daily: list[int]) -> str:
    """Return where a count of days is going: rising, falling or steady."""
    half = len(daily) // 2
    earlier, recent = sum(daily[:half]), sum(daily[half:])
    if recent > 1.5 * earlier:
        return "rising" if earlier else "new"
    return "falling" if recent * 1.5 < earlier else "steady"


class Usage:
    """The report over the sessions of a window."""

    def __init__(
        self,
        index: SqliteIndex,
        home: str,
        *,
        after: float | None = None,
        environment: str | None = None,
        script: str | None = None,
        now: float | None = None,
        prices: Mapping[str, Any] | None = None,
    ) -> None:
        """*prices* is the user's table, for calls that were counted without one."""
        self._home = home
        self._prices = prices or {}
        self._today = int((time.time() if now is None else now) // 86400)
        self.sessions = 0
        self._rows: dict[str, dict[str, Row]] = {by: {} for by in BY}
        self.waste_s = 0.0
        where, values = ("s.started >= ?", (after,)) if after is not None else ("", ())
        for row in index.rows(where, values):
            if (environment and row["environment"] != environment) or (script and not _is_script(row, script)):
                continue
            self._add(row)

    def rows(self, by: str) -> list[dict[str, Any]]:
        """Return the lines by *by*, those that took most time first."""
        found = self._rows[by].values()
        all_seconds = sum(row.seconds for row in found)
        return [row.as_json(all_seconds) for row in sorted(found, key=lambda row: (-row.seconds, row.name))]

    def as_json(self, by: str) -> dict[str, Any]:
        """Return the report as a document."""
        rows, tools = self.rows(by), self.rows("tool")
        judged = tools if by == "script" and tools else rows
        return {
            "schema": 1,
            "by": by,
            "sessions": self.sessions,
            "rows": rows,
            "tools": tools,
            "bottlenecks": [_named(row, "share") for row in judged if row["share"] >= _BOTTLENECK and len(judged) > 1],
            "error_prone": [
                _named(row, "failure_rate_low")
                for row in sorted(judged, key=lambda row: -row["failure_rate_low"])
                if row["failure_rate_low"] >= _ERROR_PRONE
            ],
            "waste": self._waste(),
            "totals": self._totals(),
        }

    def _waste(self) -> dict[str, Any]:
        scripts = self._rows["script"].values()
        return {"seconds": round(self.waste_s, 6), "tokens": sum(row.wasted_tokens for row in scripts)}

    def _totals(self) -> dict[str, Any]:
        scripts, tools = self._rows["script"].values(), self._rows["tool"].values()
        costs = [row.cost for row in scripts if row.cost is not None]
        return {
            "sessions": self.sessions,
            "failed": sum(row.failures for row in scripts),
            "seconds": round(sum(row.seconds for row in scripts), 6),
            "tool_calls": sum(row.calls for row in tools),
            "input_tokens": sum(row.input_tokens for row in scripts),
            "output_tokens": sum(row.output_tokens for row in scripts),
            "cost": sum(costs) if costs else None,
        }

    # ---- adding up ----

    def _row(self, by: str, name: str, category: str = "") -> Row:
        return self._rows[by].setdefault(name, Row(name, category))

    def _day(self, moment: float) -> int | None:
        place = DAYS - 1 - (self._today - int(moment // 86400))
        return place if 0 <= place < DAYS else None

    def _add(self, session: dict[str, Any]) -> None:
        self.sessions += 1
        found = _Session(Folder(f"{self._home}/sessions/{_day_of(session)}/{session['id']}"))
        for tally in found.tallies:
            price = price_of(self._prices, tally["model"]) if tally["model"] and tally["cost"] is None else None
            if price is not None:
                tally["cost"] = cost_of(price, tally["input_tokens"], tally["output_tokens"])
        failed = session["status"] in _FAILING
        seconds = session["duration_s"] or 0.0
        self.waste_s += found.wasted_s
        script = os.path.basename(session["script"] or "") or session["name"] or "(unknown)"
        day = self._day(session["started_at"])
        for by, name in (
            ("script", session["script"] or script),
            ("environment", session["environment"] or "(unknown)"),
        ):
            row = self._row(by, name)
            _count(row, 1, int(failed), seconds, seconds, [(seconds, 1)], day)
            row.wasted_s += found.wasted_s
            row.peak_memory_bytes = _most(row.peak_memory_bytes, found.peak_memory_bytes)
            for tally in found.tallies:
                if not tally["is_double"]:
                    _spend(row, tally)
        for tally in found.tallies:
            for by, name in (("tool", tally["name"]), ("category", tally["category"]), ("model", tally["model"])):
                if name and (by == "tool" or not tally["is_double"]):
                    row = self._row(by, name, tally["category"] if by == "tool" else "")
                    took, longest = tally["seconds"], tally["longest_s"]
                    _count(row, tally["calls"], tally["failures"], took, longest, tally["durations"], day)
                    row.wasted_s += tally["wasted_s"]
                    _spend(row, tally)


def _count(
    row: Row,
    calls: int,
    failures: int,
    seconds: float,
    longest_s: float,
    durations: list[tuple[float, int]],
    day: int | None,
) -> None:
    row.calls += calls
    row.failures += failures
    row.seconds += seconds
    row.longest_s = max(row.longest_s, longest_s)
    row.durations += durations
    if day is not None:
        row.daily[day] += calls


def _spend(row: Row, tally: dict[str, Any]) -> None:
    row.input_tokens += tally["input_tokens"]
    row.output_tokens += tally["output_tokens"]
    row.wasted_tokens += tally["wasted_tokens"]
    if tally["cost"] is not None:
        row.cost = (row.cost or 0.0) + tally["cost"]


def _most(known: int | None, found: int | None) -> int | None:
    return found if known is None else known if found is None else max(known, found)


def _named(row: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {"name": row["name"], "category": row["category"], **{key: row[key] for key in keys}}


def _is_script(row: dict[str, Any], wanted: str) -> bool:
    script = row["script"] or ""
    return wanted in (script, row["name"]) or script.endswith("/" + wanted.removeprefix("./"))


def _day_of(session: dict[str, Any]) -> str:
    day = time.gmtime(session["started_at"])
    return f"{day.tm_year:04}/{day.tm_mon:02}/{day.tm_mday:02}"


# ---- one session ----


class _Session:
    """What the tools of one session did, attempt by attempt."""

    def __init__(self, session: Members) -> None:
        self.tallies: list[dict[str, Any]] = []
        self.wasted_s = 0.0
        self.peak_memory_bytes: int | None = None
        for number in sorted(session.names("attempts")):
            below = session.below(f"attempts/{number}")
            attempt, _ = below.object("attempt.json")
            resources = attempt.get("resources")
            memory = resources.get("max_rss_bytes") if is_object(resources) else None
            self.peak_memory_bytes = _most(self.peak_memory_bytes, memory if isinstance(memory, int) else None)
            failed = (
                attempt.get("exit_code") not in (0, None)
                or bool(attempt.get("signal"))
                or attempt.get("timed_out") is True
            )
            if failed:
                self.wasted_s += _number(attempt.get("duration_s"))
            for tally in _tallies(below):
                if failed:
                    tally["wasted_tokens"] = tally["input_tokens"] + tally["output_tokens"]
                    tally["wasted_s"] = tally["seconds"]
                self.tallies.append(tally)


def _tallies(attempt: Members) -> Iterator[dict[str, Any]]:
    """Yield the counts of each process and tool in an attempt: the last tally, or what its spans add up to."""
    tallies: dict[tuple[Any, ...], dict[str, Any]] = {}
    spans: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for pid, kind, data in _told(attempt):
        key = (pid, str(data.get("name")), str(data.get("category")), _word(data.get("model")))
        if kind == "tally":
            tallies[key] = data
        elif data.get("category") != "session":
            spans[key].append(data)
    for key, data in tallies.items():
        known = spans.pop(key, [])
        found = _of_tally(key, data) if _whole(data.get("calls")) >= len(known) else _of_spans(key, known)
        yield found | {"is_double": data.get("source") == "api" and _is_seen_twice(key, data, tallies)}
    for key, known in spans.items():
        yield _of_spans(key, known)


def _is_seen_twice(key: tuple[Any, ...], data: dict[str, Any], tallies: dict[tuple[Any, ...], dict[str, Any]]) -> bool:
    """Whether the collector counted the same calls of a model below the tool that the script follows itself."""
    pid, _, category, model = key
    below = sum(
        _whole(other.get("calls"))
        for (other_pid, _, other_category, other_model), other in tallies.items()
        if (other_pid, other_category, other_model) == (pid, category, model) and other.get("source") != "api"
    )
    return bool(model) and below >= _whole(data.get("calls")) > 0


def _told(attempt: Members) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Yield (pid, kind, data) of the spans and tallies that an attempt's files hold."""
    for name in attempt.names():
        if name != "events.ndjson" and not name.startswith("spool-"):
            continue
        try:
            lines = attempt.read(name, _LONGEST_FILE).split(b"\n")
        except OSError:
            continue
        for line in lines:
            if b'"tally"' in line or b'"span"' in line:
                yield from _read(line, name)


def _read(line: bytes, file: str) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        return  # torn: the process died while it wrote
    inner: Any = record.get("event", record) if is_object(record) else None
    if is_object(inner) and inner.get("kind") in ("tally", "span") and is_object(inner.get("data")):
        yield record.get("pid") or file, str(inner["kind"]), inner["data"]


def _of_tally(key: tuple[Any, ...], data: dict[str, Any]) -> dict[str, Any]:
    base = _number(data.get("base")) or 1.1
    buckets: Any = data.get("buckets")
    durations = [
        (base ** int(place) / 1e6, _whole(number)) for place, number in (buckets if is_object(buckets) else {}).items()
    ]
    longest = _number(data.get("longest_s"))
    return _tally(key, data, [(min(seconds, longest), number) for seconds, number in durations], longest)


def _of_spans(key: tuple[Any, ...], spans: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = [_number(span.get("duration_s")) for span in spans]
    failed = [span for span in spans if span.get("status") == "failed"]
    costs = [span["cost"] for span in spans if isinstance(span.get("cost"), (int, float))]
    data = {
        "calls": len(spans),
        "failures": len(failed),
        "seconds": sum(seconds),
        "input_tokens": sum(_whole(span.get("input_tokens")) for span in spans),
        "output_tokens": sum(_whole(span.get("output_tokens")) for span in spans),
        "wasted_tokens": sum(_whole(span.get("input_tokens")) + _whole(span.get("output_tokens")) for span in failed),
        "cost": sum(costs) if costs else None,
    }
    return _tally(key, data, [(one, 1) for one in seconds], max(seconds, default=0.0))


def _tally(
    key: tuple[Any, ...], data: dict[str, Any], durations: list[tuple[float, int]], longest_s: float
) -> dict[str, Any]:
    cost = data.get("cost")
    wholes = {
        name: _whole(data.get(name)) for name in ("calls", "failures", "input_tokens", "output_tokens", "wasted_tokens")
    }
    return {
        "name": key[1],
        "category": key[2],
        "model": key[3],
        "seconds": _number(data.get("seconds")),
        "longest_s": longest_s,
        "durations": durations,
        "wasted_s": 0.0,
        "is_double": False,
        "cost": float(cost) if isinstance(cost, (int, float)) else None,
        **wholes,
    }


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
