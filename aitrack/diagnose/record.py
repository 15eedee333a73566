"""Failure records: how one is made from text, and how one from elsewhere is read without trust.

A record is the JSON of the bundle: a dict. One that was read from a file may lack
fields or hold others than promised, so each reader here gives the type asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias, TypeGuard

    Record: TypeAlias = dict[str, Any]  # JSON as it comes: nothing is known of its values

DEPTH_LIMIT = 20  # groups inside groups
_LIBRARY_FOLDERS = (
    "/site-packages/",
    "/dist-packages/",
    "/lib/python",
    "/lib64/python",
    "/node_modules/",
    "\\Lib\\",
    "/usr/lib/ruby",
)


def is_object(value: object) -> TypeGuard[Record]:
    """Return whether *value* is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether *value* is a JSON array."""
    return isinstance(value, list)


def text(record: object, key: str) -> str:
    """Return the string at *key*, or an empty one."""
    value = record.get(key) if is_object(record) else None
    return value if isinstance(value, str) else ""


def mapping(record: object, key: str) -> Record:
    """Return the object at *key*, or an empty one."""
    value = record.get(key) if is_object(record) else None
    return value if is_object(value) else {}


def records(record: object, key: str) -> list[Record]:
    """Return the objects in the list at *key*; anything else in it is left out."""
    value = record.get(key) if is_object(record) else None
    return [item for item in value if is_object(item)] if is_array(value) else []


def number(record: object, key: str) -> float | None:
    """Return the finite number at *key*, or None."""
    value = record.get(key) if is_object(record) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if value == value and value not in (float("inf"), float("-inf")) else None


def integer(record: object, key: str) -> int | None:
    """Return the whole number at *key*, or None."""
    value = number(record, key)
    return int(value) if value is not None and value == int(value) else None


def failure(type_: str, message: str, frames: list[Record] | None = None, **more: object) -> Record:
    """Return a failure record as if it had been read from text."""
    short, _, _ = type_.partition("[")
    return {
        "type": short.rpartition(".")[2].rpartition("::")[2] or type_,
        "qualified": type_,
        "message": message,
        "message_source": "stderr",
        "frames": frames or [],
        "chain": [],
        "source": "stderr",
        **more,
    }


def frame(file: str, line: int | None, function: str, **more: object) -> Record:
    """Return a frame record of which only the place is known."""
    return {"file": file, "line": line, "function": function, "in_app": is_app_file(file), **more}


def is_app_file(file: str) -> bool:
    """Return whether *file* looks like the user's own rather than a library's."""
    if not file or (file[0] == "<" and file not in ("<string>", "<stdin>")) or file.startswith(("node:", "internal/")):
        return False
    return not any(folder in file for folder in _LIBRARY_FOLDERS)


def linked(newest: Record, older: list[tuple[str, Record]]) -> Record:
    """Return *newest* with *older* (relation to the one before, record) as its flat chain."""
    chain: list[Record] = []
    for relation, link in older:
        chain.append({"relation": relation, **{key: value for key, value in link.items() if key != "chain"}})
    newest["chain"] = chain + records(newest, "chain")
    return newest


def links(record: Record) -> Iterator[tuple[str, Record]]:
    """Yield (relation, record) for each link of the chain, newest first."""
    for link in records(record, "chain"):
        yield text(link, "relation") or "context", link


def members(record: Record, depth: int = 0) -> Iterator[Record]:
    """Yield the leaves of a group in order; a record that is no group is its own leaf."""
    inner = records(record, "exceptions") if depth < DEPTH_LIMIT else []
    if not inner:
        yield record
    for member in inner:
        yield from members(member, depth + 1)


def everyone(record: Record, depth: int = 0) -> Iterator[Record]:
    """Yield *record*, what its chain holds and what its groups hold: outermost first."""
    yield record
    if depth >= DEPTH_LIMIT:
        return
    for member in records(record, "exceptions"):
        yield from everyone(member, depth + 1)
    for link in records(record, "chain"):
        yield from everyone(link, depth + 1)
