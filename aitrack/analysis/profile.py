"""What the history of a script says about it: calls, times, files, hosts, environment, failures and what helped.

The counts come from the index; what only the bundles tell is read from the
newest runs.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aitrack.analysis.explanation import open_session
from aitrack.analysis.patterns import Report, Window
from aitrack.model import is_list, is_object
from aitrack.store.coverage import functions_of
from aitrack.store.spools import records_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.store.bundle import Bundle
    from aitrack.store.index import SqliteIndex
    from aitrack.store.members import Members

_READ = 25  # newest runs whose bundles are looked at
_ASKED = re.compile(
    r"""(?:environ(?:\.get|\.pop|\.setdefault)?\s*[\[(]|getenv\(|environb\.get\()\s*b?['"]([A-Za-z_]\w*)"""
)
_SOURCE = 1 << 20


@dataclass
class Profile:
    """A script as its runs show it."""

    script: str
    runs: int = 0
    first: float = 0.0
    last: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter[str])
    exits: Counter[str] = field(default_factory=Counter[str])
    recovered: int = 0
    calls: Counter[tuple[str, ...]] = field(default_factory=Counter[tuple[str, ...]])
    environments: Counter[str] = field(default_factory=Counter[str])
    durations: list[float] = field(default_factory=list[float])  # of runs that passed, sorted
    memory: list[int] = field(default_factory=list[int])  # peaks, sorted
    read: int = 0  # runs whose bundles were looked at
    inputs: Counter[str] = field(default_factory=Counter[str])
    outputs: Counter[str] = field(default_factory=Counter[str])
    hosts: Counter[str] = field(default_factory=Counter[str])
    commands: Counter[str] = field(default_factory=Counter[str])
    pythons: Counter[str] = field(default_factory=Counter[str])
    packages: dict[str, str] = field(default_factory=dict[str, str])
    variables: Counter[str] = field(
        default_factory=Counter[str]
    )  # that the source asks for: in how many runs they were set
    patterns: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def profile(index: SqliteIndex, home: str, script: str) -> Profile:
    """Return what is known of *script*: a path as it was given, or its last part."""
    found = Profile(script)
    newest: list[str] = []
    for row in index.rows(_WHERE, _fitting(script)):
        _count(found, row)
        if len(newest) < _READ:
            newest.append(row["id"])
    found.durations.sort()
    asked: set[str] = set()
    present: list[set[str]] = []
    for name in newest:
        bundle = open_session(index, home, name)
        if bundle is not None and bundle.attempt_numbers:
            _look_into(found, bundle, asked)
            present.append({*bundle.session.env.kept, *bundle.session.env.hidden})
    found.memory.sort()
    found.variables = Counter({name: sum(name in names for names in present) for name in asked})
    report = Report(index, home, Window(script=script))
    found.patterns = [report.as_json(one, [], report.suspects(one)) for one in report.patterns[:10]]
    return found


_WHERE = "s.script IN (SELECT id FROM word WHERE text = ? OR text LIKE ? ESCAPE '\\')"


def _fitting(script: str) -> tuple[str, str]:
    plain = script.removeprefix("./")
    return script, "%/" + plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def quantile(ordered: list[float] | list[int], share: float) -> float | None:
    """Return the value below which *share* of the *ordered* numbers lie."""
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else None


def _count(found: Profile, row: dict[str, Any]) -> None:
    found.runs += 1
    found.last = max(found.last, row["started_at"])
    found.first = min(found.first or row["started_at"], row["started_at"])
    found.statuses[row["status"]] += 1
    found.recovered += row["recovered"]
    ended = row["signal"] or (None if row["exit_code"] is None else str(row["exit_code"]))
    if ended is not None:
        found.exits[ended] += 1
    if row["environment"]:
        found.environments[row["environment"]] += 1
    if row["status"] == "passed" and row["duration_s"] is not None:
        found.durations.append(row["duration_s"])
    if row["argv"]:
        found.calls[_call(row["argv"], row["script"] or "")] += 1


def _call(argv: list[str], script: str) -> tuple[str, ...]:
    """Return the words of a call from the script on: which interpreter it was is said elsewhere."""
    return tuple(argv[argv.index(script) :]) if script in argv else tuple(argv)


def _look_into(found: Profile, bundle: Bundle, asked: set[str]) -> None:
    found.read += 1
    session = bundle.session
    if session.python and session.python.version:
        found.pythons[session.python.version] += 1
    found.packages = {**session.packages, **found.packages}  # the newest run is read first
    peaks = [one.resources.max_rss_bytes for one in bundle.attempts if one.resources.max_rss_bytes]
    found.memory += peaks[-1:]
    attempt = bundle.attempt_files(bundle.attempt_numbers[-1])
    for path, change in set(_files(attempt)):
        (found.inputs if change == "read" else found.outputs)[path] += 1
    events = bundle.events(bundle.attempt_numbers[-1])
    found.hosts.update(_hosts([event.data for event in events if event.kind in ("connect", "http")]))
    found.commands.update({_command(event.data) for event in events if event.kind == "exec"} - {""})
    if not asked:
        asked.update(_asked_for(attempt))


def _files(attempt: Members) -> Iterator[tuple[str, str]]:
    for _, records, _ in records_of(attempt):
        for record in records:
            files = record.get("files") if record.get("kind") == "files" else None
            for item in files if is_list(files) else []:
                if is_object(item) and isinstance(item.get("path"), str):
                    yield item["path"], str(item.get("change") or "read")


def _hosts(places: list[dict[str, Any]]) -> set[str]:
    """Return each host with its port where one is known: a request alone does not tell it."""
    whole = {f"{data['host']}:{data['port']}" for data in places if data.get("host") and data.get("port")}
    known = {name.rpartition(":")[0] for name in whole}
    return whole | {str(data["host"]) for data in places if data.get("host") and str(data["host"]) not in known}


def _command(data: dict[str, Any]) -> str:
    argv = data.get("argv")
    first = argv[0] if is_list(argv) and argv else data.get("path") or ""
    return str(first).rpartition("/")[2]


def _asked_for(attempt: Members) -> set[str]:
    """Return the variables that the code which ran asks for, as far as its source lies here."""
    names: set[str] = set()
    for file in {file for file, _ in functions_of(attempt)}:
        try:
            with open(file, encoding="utf-8", errors="replace") as source:
                names |= set(_ASKED.findall(source.read(_SOURCE)))
        except OSError:
            continue
    return names
