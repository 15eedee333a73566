"""What a run executed and which files it touched, as its collectors told.

A first screen compares some twenty runs, each with thousands of functions: so
only the lines of a spool that matter are decoded, and executed lines stay a
number with a bit for each until somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from aitrack.collector.wire import LONGEST_SPOOL
from aitrack.model import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.store.members import Members

Place = tuple[str, str]  # file, qualified name
_HEAD = 64  # the kind of a record stands at its beginning
_LINES = 4096


@dataclass
class Function:
    """One function of the program as it was in a run: where it began, what it was, a bit for each line that ran."""

    first: int
    digest: str
    bits: int


@lru_cache(maxsize=128)
def functions_of(attempt: Members) -> dict[Place, Function]:
    """Return the functions that the processes of an ended attempt executed."""
    found: dict[Place, Function] = {}
    for record in _records(attempt, b"coverage"):
        for place, function in _functions(record.get("files")):
            known = found.setdefault(place, function)
            known.bits |= function.bits
    return found


def _functions(files: Any) -> Iterator[tuple[Place, Function]]:
    for file, entries in files.items() if is_object(files) else ():
        for entry in entries if is_list(entries) else []:
            if is_list(entry) and len(entry) >= 4 and isinstance(entry[1], int):
                yield (file, str(entry[0])), Function(entry[1], str(entry[2]), _number(entry[3]))


def _number(bits: Any) -> int:
    try:
        return max(0, int(bits, 16))
    except (TypeError, ValueError):
        return 0


@lru_cache(maxsize=1 << 16)
def lines_of(first: int, bits: int) -> frozenset[int]:
    """Return the numbers of the lines whose bits are set, *first* being that of bit 0."""
    return frozenset(first + place for place in range(min(bits.bit_length(), _LINES)) if bits >> place & 1)


def inputs_of(attempt: Members) -> dict[str, tuple[int, float]]:
    """Return the files that an attempt read and did not change: (size, time of last change) by path."""
    found: dict[str, tuple[int, float]] = {}
    for record in _records(attempt, b"files"):
        files: Any = record.get("files")
        for item in files if is_list(files) else []:
            if is_object(item) and item.get("change") == "read" and isinstance(item.get("path"), str):
                size, changed = item.get("size_before"), item.get("mtime_before")
                if isinstance(size, int) and isinstance(changed, (int, float)):
                    found[item["path"]] = (size, float(changed))
    return found


def _records(attempt: Members, kind: bytes) -> Iterator[dict[str, Any]]:
    """Yield the records of one kind in the spools of an attempt; damaged lines are others' to tell."""
    for name in sorted(name for name in attempt.names() if name.startswith("spool-")):
        try:
            lines = [line for line in attempt.read(name, LONGEST_SPOOL).split(b"\n") if kind in line[:_HEAD]]
        except OSError:
            continue
        for line in lines:
            try:
                record = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            if is_object(record) and record.get("kind") == kind.decode():
                yield record
