"""JSON as it may lie on a disk after a crash: objects read without ever failing."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from aitrack.model import is_object

_LIMIT = 32 << 20  # a record is at most 8 MiB; more is no record of ours


def read_object(path: str) -> tuple[dict[str, Any], str]:
    """Return (the object in the file at *path*, what is wrong with it); a damaged file gives an empty object."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LIMIT + 1)
    except FileNotFoundError:
        return {}, "missing"
    except OSError as error:
        return {}, f"cannot be read: {error.strerror}"
    if len(data) > _LIMIT:
        return {}, f"larger than {_LIMIT >> 20} MiB"
    try:
        value = decode(data)
    except ValueError:
        return {}, "empty" if not data.strip() else "damaged (not valid JSON)"
    return (value, "") if is_object(value) else ({}, "not an object")


def read_objects(path: str) -> tuple[list[dict[str, Any]], int]:
    """Return (the objects in a file, how many parts were damaged): a JSON array, or one object a line."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LIMIT)
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
    can produce: such records are read by Python's own reader.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(data.decode("utf-8", "surrogateescape"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
