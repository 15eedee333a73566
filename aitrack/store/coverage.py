"""What a run executed and which files it touched, as its collectors told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.store.spools import records_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[str, str]  # file, qualified name


@dataclass
class Function:
    """One function of the program as it was in a run: where it began, what it was, which of its lines ran."""

    first: int
    digest: str
    offsets: set[int]


def functions_of(folder: str) -> dict[Place, Function]:
    """Return the functions that the processes of an attempt executed."""
    found: dict[Place, Function] = {}
    for _, records, _ in records_of(folder):
        for record in records:
            if record.get("kind") != "coverage":
                continue
            for place, function in _functions(record.get("files")):
                known = found.setdefault(place, function)
                known.offsets |= function.offsets
    return found


def _functions(files: Any) -> Iterator[tuple[Place, Function]]:
    for file, entries in files.items() if is_object(files) else ():
        for entry in entries if is_list(entries) else []:
            if is_list(entry) and len(entry) >= 4 and isinstance(entry[1], int):
                yield (file, str(entry[0])), Function(entry[1], str(entry[2]), _offsets(entry[3]))


def _offsets(bits: Any) -> set[int]:
    """Return the places of the bits that are set in a hexadecimal number."""
    try:
        number = int(bits, 16)
    except (TypeError, ValueError):
        return set()
    return {place for place in range(min(number.bit_length(), 4096)) if number >> place & 1} if number > 0 else set()


def inputs_of(folder: str) -> dict[str, tuple[int, float]]:
    """Return the files that an attempt read and did not change: (size, time of last change) by path."""
    found: dict[str, tuple[int, float]] = {}
    for _, records, _ in records_of(folder):
        for record in records:
            files: Any = record.get("files")
            for item in files if record.get("kind") == "files" and is_list(files) else []:
                if is_object(item) and item.get("change") == "read" and isinstance(item.get("path"), str):
                    size, changed = item.get("size_before"), item.get("mtime_before")
                    if isinstance(size, int) and isinstance(changed, (int, float)):
                        found[item["path"]] = (size, float(changed))
    return found
