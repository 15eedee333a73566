"""Values as they were recorded, taken apart again: `<Name field=…>`, containers, literals, and what was cut.

A picture of a value is text that the collector made without running any of
the program's code.  This reads it back, also without running any.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from typing import Any

_DEEPEST = 50
_LONGEST = 32_000  # signs of what has parts; a collector's picture is shorter, and to take it apart takes time
_STRING = re.compile(r"""b?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0x[0-9a-f]+|inf|[0-9][0-9.]*(?:e[+-]?[0-9]+)?)j?", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d][\w.]*")
_CONSTANTS = {"True": True, "False": False, "None": None, "Ellipsis": ..., "nan": float("nan"), "inf": float("inf")}
_OPEN = {"[": "]", "(": ")", "{": "}"}


@dataclass
class Recorded:
    """A value: its picture, its Python value when all of it is known, its parts."""

    text: str
    kind: str = "other"  # value, list, tuple, dict, set, object, other
    value: Any = None
    is_whole: bool = False
    items: list[Recorded] = field(default_factory=list["Recorded"])
    pairs: list[tuple[Recorded, Recorded]] = field(default_factory=list["tuple[Recorded, Recorded]"])
    fields: dict[str, Recorded] = field(default_factory=dict[str, "Recorded"])
    size: int | None = None  # how many parts it had, when some were not recorded
    type: str | None = None


def read(text: str, size: int | None = None, kind: str | None = None) -> Recorded:
    """Return the value that *text* is the picture of; what cannot be read is an opaque one."""
    reader = _Reader(text)
    try:
        if len(text) > _LONGEST and text[0] not in "'\"b":
            raise _UnreadableError
        found = reader.value(0)
        reader.skip()
        if reader.at < len(text):
            found = Recorded(text, is_whole=False) if text[reader.at] != "…" else _torn(found, text)
    except (_UnreadableError, ValueError, SyntaxError, RecursionError, OverflowError):
        found = Recorded(text)
    found.type = kind
    if size is not None:
        found.size = size
    return found


def _torn(found: Recorded, text: str) -> Recorded:
    """Return a text or number of which only the beginning was recorded."""
    return Recorded(text, found.kind, found.value)


class _UnreadableError(Exception):
    """No picture of ours."""


class _Reader:
    """Goes through a picture once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \n":
            self.at += 1

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def take(self, sign: str) -> bool:
        if self.peek() == sign:
            self.at += 1
            return True
        return False

    def value(self, depth: int) -> Recorded:
        """Read one value."""
        if depth > _DEEPEST:
            raise _UnreadableError
        begin = self.at
        sign = self.peek()
        if sign in _OPEN and sign:
            found = self._container(sign, depth)
        elif sign == "<":
            found = self._object(depth)
        elif sign == "…":
            self.at += 1
            found = Recorded("…")
        else:
            found = self._literal(depth)
        found.text = self.text[begin : self.at].strip()
        return found

    def _literal(self, depth: int) -> Recorded:
        for pattern in (_STRING, _NUMBER, _NAME):
            match = pattern.match(self.text, self.at)
            if match and match[0] and not (pattern is _NUMBER and _NAME.match(self.text, self.at)):
                self.at = match.end()
                if pattern is _NAME:
                    return self._named(match[0], depth)
                whole = self.text[self.at : self.at + 1] != "…"
                if not whole:
                    self.at += 1
                return Recorded("", "value", _literal(match[0]), whole)
        raise _UnreadableError

    def _named(self, name: str, depth: int) -> Recorded:
        if name in _CONSTANTS:
            return Recorded("", "value", _CONSTANTS[name], True)
        if self.peek() != "(":
            raise _UnreadableError
        begin = self.at
        try:
            self.at += 1
            if self.take(")"):
                inner = Recorded("", "set", set[Any](), True)
            else:
                inner = self.value(depth + 1)
                if not self.take(")"):
                    raise _UnreadableError
        except (_UnreadableError, ValueError, SyntaxError):
            self.at = _closing(self.text, begin)  # `datetime(2026-01-02 …)`: known as text only
            return Recorded("")
        if name in ("set", "frozenset") and inner.kind == "set":
            return inner
        kind = "list" if name == "deque" else "other"
        return Recorded("", kind, items=inner.items, size=inner.size)

    def _container(self, sign: str, depth: int) -> Recorded:
        self.at += 1
        close = _OPEN[sign]
        found = Recorded("", {"[": "list", "(": "tuple", "{": "set"}[sign], is_whole=True)
        if sign == "{" and self.peek() == "}":
            found.kind = "dict"
        while not self.take(close):
            if self.take("…"):
                found.is_whole = False
                if self.take(":"):
                    self.take("…")
                self.take(",")
                continue
            self._part(found, depth)
            if not self.take(",") and self.peek() != close:
                raise _UnreadableError
        return _with_value(found)

    def _part(self, found: Recorded, depth: int) -> None:
        named = re.compile(r"\s*([^\W\d]\w*)=").match(self.text, self.at) if found.kind == "tuple" else None
        if named:
            self.at = named.end()
        part = self.value(depth + 1)
        if named:
            found.fields[named[1]] = part
        if found.kind in ("set", "dict") and self.take(":"):
            found.kind = "dict"
            found.pairs.append((part, self.value(depth + 1)))
        else:
            found.items.append(part)

    def _object(self, depth: int) -> Recorded:
        """Read `<Name content field=value …>`; of what is unlike it, only the end is looked for."""
        begin = self.at
        self.at += 1
        match = _NAME.match(self.text, self.at)
        found = Recorded("", "object")
        try:
            if match is None:
                raise _UnreadableError
            self.at = match.end()
            while not self.take(">"):
                named = re.compile(r"([^\W\d]\w*)=").match(self.text, self.at)
                if named:
                    self.at = named.end()
                    found.fields[named[1]] = self.value(depth + 1)
                elif self.peek() == "…":
                    self.at += 1
                elif self.peek() in ("", "="):
                    raise _UnreadableError
                else:
                    content = self.value(depth + 1)
                    found.items, found.pairs = content.items, content.pairs
                    found.fields |= content.fields
        except (_UnreadableError, ValueError, SyntaxError):
            self.at = _closing(self.text, begin)
            return Recorded("", "object")
        return found


def _literal(text: str) -> Any:
    """Return the value of a literal; of the infinite ones Python has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that are none: this is data, nobody wrote it as source
        return float(text) if text == "-inf" else ast.literal_eval(text)


def _with_value(found: Recorded) -> Recorded:
    """Add the Python value of a container whose parts are all known."""
    parts = [part for pair in found.pairs for part in pair] + found.items
    found.is_whole = found.is_whole and all(part.is_whole for part in parts)
    if found.is_whole:
        values = [part.value for part in found.items]
        try:
            match found.kind:
                case "dict":
                    found.value = {key.value: value.value for key, value in found.pairs}
                case "set":
                    found.value = set(values)
                case "tuple":
                    found.value = tuple(values)
                case _:
                    found.value = values
        except TypeError:
            found.is_whole = False
    return found


def _closing(text: str, begin: int) -> int:
    """Return the place behind the bracket that closes the one at *begin*."""
    closes = {"<": ">", "(": ")"}[text[begin]]
    depth = 0
    at = begin
    while at < len(text):
        quoted = _STRING.match(text, at) if text[at] in "'\"" else None
        if quoted:
            at = quoted.end()
            continue
        depth += (text[at] == text[begin]) - (text[at] == closes)
        at += 1
        if depth == 0:
            return at
    raise _UnreadableError
