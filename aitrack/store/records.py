"""JSON as it may lie on a disk after a crash: objects read without ever failing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from aitrack.model import is_list, is_object
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Callable

_MAY_BE_LOOSE = re.compile(rb"[:\[,]\s*-?[0-9]{19}|\\u[dD][89a-fA-F]").search  # long numbers, surrogates
READ_LIMIT = 32 << 20  # a record is at most 8 MiB; more is no record of ours


def read_object(path: str) -> tuple[dict[str, Any], str]:
    """Return (the object in the file at *path*, what is wrong with it); a damaged file gives an empty object."""
    return object_of(lambda: files.read_start(path, READ_LIMIT + 1))


def object_of(read: Callable[[], bytes]) -> tuple[dict[str, Any], str]:
    """Return (the object in what *read* reads, what is wrong with it)."""
    try:
        data = read()
    except FileNotFoundError:
        return {}, "missing"
    except OSError as error:
        return {}, f"cannot be read: {error.strerror or error}"
    if len(data) > READ_LIMIT:
        return {}, f"larger than {READ_LIMIT >> 20} MiB"
    try:
        value = decode(data)
    except ValueError:
        return {}, "empty" if not data.strip() else "damaged (not valid JSON)"
    return (value, "") if is_object(value) else ({}, "not an object")


def objects_of(read: Callable[[], bytes]) -> tuple[list[dict[str, Any]], int]:
    """Return (the objects in what *read* reads, how many parts were damaged): an array, or one object a line."""
    try:
        data = read()
    except OSError:
        return [], 0
    found: list[dict[str, Any]] = []
    if data[:1] == b"[":
        try:
            values: list[Any] = decode(data)
        except ValueError:
            return [], 1
        found = [value for value in values if is_object(value)]
        return found, len(values) - len(found)
    damaged = 0
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            value = decode(line)
        except ValueError:
            value = None
        if is_object(value):
            found.append(value)
        else:
            damaged += 1
    return found, damaged


def decode(data: bytes) -> Any:
    """Return the JSON value in *data*; ValueError if there is none.

    The fast decoder refuses lone surrogates and NaN, which Python's own writer
    can produce: such records are read by Python's own reader and made strict.
    """
    try:
        value = msgspec.json.decode(data)
        return strict(value) if _MAY_BE_LOOSE(data) else value
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return strict(json.loads(data.decode("utf-8", "surrogateescape")))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def strict(value: Any, depth: int = 0) -> Any:
    """Return *value* with only what strict JSON and 64 bits can hold.

    A lone surrogate is written out (`\\udcff`), NaN and infinity are null, a
    longer whole number is text.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 63 else str(value)
    if depth > 200:
        return None
    if is_object(value):
        return {strict(str(name)): strict(part, depth + 1) for name, part in value.items()}
    return [strict(part, depth + 1) for part in value] if is_list(value) else value
