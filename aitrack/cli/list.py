"""`aitrack list`: the sessions, newest first."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from aitrack.cli.grammar import Option, Word
from aitrack.cli.store_home import home
from aitrack.config.values import duration, positive

if TYPE_CHECKING:
    from aitrack.store.index import SqliteIndex

STATUSES = ("running", "passed", "failed", "degraded", "rejected", "aborted", "interrupted")
_WATCHED = 500  # newest rows that are compared with their script's own history
_SCREEN = 20  # without --limit, and only on a terminal or in a pipe: JSON has no limit of its own


def show(
    status: list[str],
    failed: bool,
    script: str | None,
    since: float | None,
    environment: str | None,
    tag: list[tuple[str, str]],
    limit: int | None,
    json_: bool,
) -> int:
    """Print the sessions that fit all filters."""
    wanted = _Filter(status, failed, script, since, environment, tag)
    most = limit if limit is not None else None if json_ else _SCREEN
    rows, more, odd = _collect(wanted, most)
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps({"schema": 1, "sessions": rows, **odd}) + "\n")
        return 0
    from aitrack.report.output import Output
    from aitrack.report.summary import table

    out = Output()
    if not rows:
        out.write(["no session fits" if wanted.narrows else "no sessions yet: aitrack run SCRIPT.py"])
        return 0
    out.write(table(rows, out))
    if more and limit is None:
        out.write([out.paint(f"  the newest {len(rows)}; --limit N shows more", "dim")])
    out.write([out.paint(f"  {line}", "dim") for line in odd_lines(odd)])
    return 0


class _Filter:
    """Which sessions are wanted."""

    def __init__(
        self,
        status: list[str],
        failed: bool,
        script: str | None,
        since: float | None,
        environment: str | None,
        tags: list[tuple[str, str]],
    ) -> None:
        self.status = {*status, *(("failed", "interrupted", "degraded") if failed else ())}
        self.script = script
        self.after = None if since is None else time.time() - since
        self.environment = environment
        self.tags = dict(tags)
        self.narrows = bool(self.status or script or since is not None or environment or tags)

    def takes(self, row: dict[str, Any]) -> bool:
        """Whether *row* fits."""
        return (
            (not self.status or row["status"] in self.status)
            and (self.script is None or is_script(row, self.script))
            and (self.after is None or row["started_at"] >= self.after)
            and (self.environment is None or row["environment"] == self.environment)
            and all(row["labels"].get(name) == value for name, value in self.tags.items())
        )


def is_script(row: dict[str, Any], wanted: str) -> bool:
    """Whether *wanted* names the row's script: its whole path, its last parts, its module or its name."""
    script = row["script"] or ""
    return wanted in (script, row["name"]) or script.endswith("/" + wanted.removeprefix("./"))


def odd_lines(odd: dict[str, list[str]]) -> list[str]:
    """Return what in the store is damaged or foreign, in words."""
    from aitrack.report.text import cut, plural, safe

    lines: list[str] = []
    if damaged := odd.get("damaged"):
        lines.append(f"{plural(len(damaged), 'damaged session')}: {' '.join(name[-6:] for name in damaged[:6])}")
    if foreign := odd.get("foreign"):
        lines.append(f"{len(foreign)} foreign in the store, ignored: {cut(safe(foreign[0]), 60)}")
    return lines


def odd_of(index: SqliteIndex) -> dict[str, list[str]]:
    """Return what is damaged and what is foreign in the store, each only where there is any."""
    found = {"damaged": index.damaged(), "foreign": index.strange()}
    return {name: entries for name, entries in found.items() if entries}


def _collect(wanted: _Filter, most: int | None) -> tuple[list[dict[str, Any]], bool, dict[str, list[str]]]:
    """Return (rows, whether there are more, what is damaged or foreign in the store)."""
    from aitrack.analysis.history import current_index
    from aitrack.analysis.resources import regressions

    rows: list[dict[str, Any]] = []
    more = False
    with current_index(home()) as index:
        odd = odd_of(index)
        where, values = ("s.started >= ?", (wanted.after,)) if wanted.after is not None else ("", ())
        for row in index.rows(where, values):
            if not wanted.takes(row):
                continue
            if most is not None and len(rows) >= most:
                more = True
                break
            rows.append(row)
        unusual: dict[str, list[str]] = {}
        for found in regressions(index, [row["id"] for row in rows[:_WATCHED]]):
            unusual.setdefault(found["id"], []).append(found["what"])
    for row in rows[:_WATCHED]:
        if row["id"] in unusual:
            row["unusual"] = unusual[row["id"]]
    return rows, more, odd


def _tag(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError("expected `NAME=VALUE`")
    return name, value


LIST = Word(
    "list",
    "Show sessions, newest first.",
    show,
    options=(
        Option("--failed", "Only those that failed."),
        Option("--status", "Only this status.", "STATUS", many=True, choices=STATUSES),
        Option("--script", "Only this script.", "SCRIPT"),
        Option("--since", "Only those of the last `7d`, `12h` ...", "DURATION", convert=duration),
        Option("--environment", "Only this environment.", "NAME"),
        Option("--tag", "Only those with this label.", "K=V", many=True, convert=_tag),
        Option("--limit", "At most so many.", "N", short="-n", convert=positive),
        Option("--json", "Print JSON, without a limit of its own."),
    ),
    examples=("aitrack list --failed --since 7d", "aitrack list --script load.py --json"),
)
