"""The files that a process opened, with their state before and now."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import posix

from . import trail, wire
from .modules import own
from .plain import plainly_clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator

    Record = Dict[str, Any]

_MOST_FILES = 100


def line() -> bytes:
    """Return the record of the files, encoded, or nothing."""
    found = list(_files())
    return wire.encode({"kind": "files", "files": found}) if found else b""


def _files() -> Iterator[Record]:
    """Yield the files that the program opened, with their state before and now."""
    first: dict[str, Record] = {}
    for _, _, kind, code, line, data, _ in trail.events:
        path = data.get("path")
        if kind in ("open", "delete", "rename") and path and path not in first and len(first) < _MOST_FILES:
            first[path] = dict(data, op=kind, file=code.co_filename, line=line)
    for path, data in first.items():
        size, mtime = _state(path)
        record: Record = {"path": _clean(path), "op": data["op"], "file": data["file"], "line": data["line"]}
        record.update(size_before=data.get("size"), mtime_before=data.get("mtime"), size=size, mtime=mtime)
        record["change"] = _change(data, size, mtime)
        yield record


def _clean(path: str) -> str:
    return path if plainly_clean(path) else own("capture").redactor_of_process().cut(path, 1000)


def _state(path: str) -> Any:
    try:
        seen = posix.stat(path)
    except (OSError, ValueError):
        return None, None
    return seen.st_size, seen.st_mtime


def _change(data: Record, size: Any, mtime: Any) -> str:
    """Say in a word what became of a file."""
    if data["op"] != "open":
        return "deleted" if size is None else "replaced"
    if data.get("size") is None:
        return "missing" if size is None else "created"
    if size is None:
        return "deleted"
    return "written" if (size, mtime) != (data["size"], data.get("mtime")) else "read"
