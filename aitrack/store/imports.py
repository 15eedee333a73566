"""Records of other tools, kept in `imports/`: one line each, exempt from retention.

The files are append-only and written by `aitrack import` alone; a torn last
line is what a killed import leaves, and the next one goes on behind it.
"""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any

from aitrack.errors import StoreError
from aitrack.model import is_list, is_object
from aitrack.store import ownership
from aitrack.store.facts import Facts, mark_of
from aitrack.store.records import decode
from aitrack.store.summary import title_of
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator


def sources(home: str) -> list[str]:
    """Return the names of the files of imported records."""
    try:
        return sorted(name for name in os.listdir(f"{home}/imports") if name.endswith(".ndjson"))
    except OSError:
        return []


class Writer:
    """Appends records to one file of imports, whole lines only."""

    def __init__(self, home: str, name: str) -> None:
        path = f"{home}/imports/{name}.ndjson"
        ownership.require(home)
        try:
            os.makedirs(f"{home}/imports", mode=0o700, exist_ok=True)
            self.file = open(files.open_ours(path, os.O_RDWR | os.O_CREAT), "r+b")
            fcntl.flock(self.file, fcntl.LOCK_EX)
            self._mend()
        except OSError as error:
            raise StoreError(f"cannot write `{path}`: {error.strerror}") from None

    def _mend(self) -> None:
        """Put the end behind the last whole line."""
        end = self.file.seek(0, os.SEEK_END)
        if end:
            self.file.seek(end - 1)
            if self.file.read(1) != b"\n":
                self.file.write(b"\n")

    def add(self, record: dict[str, Any]) -> None:
        """Append *record*."""
        self.file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")

    def flush(self) -> None:
        """Bring what was added to readers."""
        self.file.flush()

    def close(self) -> None:
        """Flush and let other imports write."""
        self.file.close()


def new_facts(home: str, name: str, start: int) -> Iterator[tuple[Facts, int, int]]:
    """Yield (facts, offset, offset behind) of each whole record from *start* on."""
    try:
        file = open(files.open_regular(f"{home}/imports/{name}")[0], "rb")
    except OSError:
        return
    with file:
        file.seek(start)
        offset = start
        for line in file:
            if not line.endswith(b"\n"):
                return
            end = offset + len(line)
            record = _object(line)
            if record is not None:
                yield facts_of_record(record), offset, end
            offset = end


def read_record(home: str, place: str) -> dict[str, Any]:
    """Return the imported record at *place* (`file:offset`), or an empty one."""
    name, _, offset = place.rpartition(":")
    try:
        with open(files.open_regular(f"{home}/imports/{name}")[0], "rb") as file:
            file.seek(int(offset))
            return _object(file.readline()) or {}
    except (OSError, ValueError):
        return {}


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = decode(line)
    except ValueError:
        return None
    return value if is_object(value) and isinstance(value.get("id"), str) else None


def facts_of_record(record: dict[str, Any]) -> Facts:
    """Return what the index keeps of an imported record."""
    failure: Any = record.get("failure")
    failure = failure if is_object(failure) else {}
    failed = record.get("status") == "failed"
    argv: Any = record.get("argv")
    summary: dict[str, Any] = {
        "id": record["id"],
        "status": "failed" if failed else "passed",
        "script": _text(record.get("script")),
        "name": None,
        "form": None,
        "argv": argv if is_list(argv) else [],
        "cwd": _text(record.get("cwd")),
        "started_at": _number(record.get("started_at")) or 0.0,
        "ended_at": None,
        "duration_s": _number(record.get("duration_s")),
        "exit_code": record.get("exit_code") if isinstance(record.get("exit_code"), int) else None,
        "signal": _text(record.get("signal")),
        "recovered": False,
        "attempts": 1,
        "environment": _text(record.get("environment")),
        "labels": {},
        "reason": None,
        "title": title_of(failure) if failure else None,
        "category": _text(failure.get("category")),
        "kind": _text(failure.get("kind")),
        "host": _text(record.get("host")),
        "warnings": 0,
    }
    rss = _number(record.get("max_rss_kb"))
    facts = Facts(summary, max_rss=int(rss * 1024) if rss is not None and abs(rss) < 1e15 else None)
    if failed:
        facts.mark = mark_of(failure, summary)
    return facts


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e300 else None
