"""A stranger's records, cut to what a session can hold: depth, counts, length of texts, and all of them together."""

from __future__ import annotations

import re
from typing import Any

from aitrack.model import is_list, is_object

_DEEPEST = 40
_MOST_ITEMS = 2_000  # of one list or object
_LONGEST_TEXT = 64 << 10  # characters; the pictures of values and messages that we write are shorter
_MOST_VALUES = 600_000  # in all records of an archive that are read
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_MOST_TEXT = 24 << 20  # characters in them


def is_decodable(data: bytes) -> bool:
    """Say whether the JSON in *data* has no more values than all records of a session: each takes fifty bytes or so."""
    return _parts(data) <= _MOST_VALUES or _parts(_STRING.sub(b"", data)) <= _MOST_VALUES


def _parts(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


class Trimmer:
    """What the records of one archive may still take."""

    def __init__(self) -> None:
        self._values = _MOST_VALUES
        self._text = _MOST_TEXT
        self._cut = 0

    def admits(self, data: bytes) -> bool:
        """Say whether *data* may be decoded: a byte can become a value of a hundred."""
        if is_decodable(data):
            return True
        self._cut += 1
        return False

    def trimmed(self, value: Any, depth: int = 0) -> Any:
        """Return *value* without what is too much; what is cut is counted."""
        self._values -= 1
        if isinstance(value, str):
            room = min(_LONGEST_TEXT, max(0, self._text))
            self._text -= min(len(value), room)
            return value if len(value) <= room else self._less(value[:room])
        if is_object(value):
            items = list(value.items())[: self._room(len(value), depth)]
            return {key[:1000]: self.trimmed(part, depth + 1) for key, part in items}
        if is_list(value):
            return [self.trimmed(part, depth + 1) for part in value[: self._room(len(value), depth)]]
        return value

    def _room(self, count: int, depth: int) -> int:
        room = 0 if depth > _DEEPEST else min(count, _MOST_ITEMS, max(0, self._values))
        if room < count:
            self._cut += 1
        return room

    def _less(self, text: str) -> str:
        self._cut += 1
        return text + "…"

    @property
    def has_cut(self) -> bool:
        """Whether anything was left out."""
        return self._cut > 0

    def told(self) -> list[str]:
        """Return that something was cut, as a problem of the session."""
        return [f"{self._cut} parts are larger than a session's, and were cut"] if self._cut else []
