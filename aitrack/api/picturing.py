"""Values as they are stored: plain ones as they are, others as pictures, all redacted and none of their code run."""

from __future__ import annotations

import os
import sys
import time
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from aitrack.api.trouble import harmless, nothing
from aitrack.collector.redact import Redactor
from aitrack.collector.values import picture, shape
from aitrack.store.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 1000  # signs of a text
MOST_VALUES = 40
_NODES = 200
_SECONDS = 0.05  # all pictures of one mapping
_PLAIN = (int, float, bool, type(None))


def _no_value() -> Any:
    return None


class Pictures:
    """Makes stored values out of live ones, by the rules of the collector."""

    def __init__(self, key: bytes, privacy: str = "standard", safe: Any = (), extra: Any = ()) -> None:
        self.redactor = Redactor(key or os.urandom(32), safe_keys=safe, extra=extra)
        self._learn()
        self.is_strict = privacy == "strict"
        self._lock = RLock()

    @harmless(nothing)
    def _learn(self) -> None:
        self.redactor.learn_environment(dict(os.environ))
        self.redactor.learn_arguments([word for word in sys.argv if type(word) is str])

    @harmless(str)
    def text(self, text: object, limit: int = LONGEST) -> str:
        """Return a text that the author of the script wrote, without secrets."""
        plain = text if type(text) is str else shape(text)
        with self._lock:
            return self.redactor.text(plain[: limit + 200])[:limit]

    @harmless(dict[str, Any])
    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the record of a session, without secrets in any of its texts."""
        with self._lock:
            return redacted(record, self.redactor)

    @harmless(dict[str, Any])
    def values(self, found: Mapping[str, object]) -> dict[str, Any]:
        """Return the stored form of named values."""
        deadline = time.monotonic() + _SECONDS
        with self._lock:
            return {
                self.text(name, 200): self._value(name, found[name], deadline) for name in list(found)[:MOST_VALUES]
            }

    @harmless(_no_value)
    def value(self, value: object, name: str = "") -> Any:
        """Return the stored form of one value."""
        with self._lock:
            return self._value(name, value, time.monotonic() + _SECONDS)

    def _value(self, name: object, value: Any, deadline: float) -> Any:
        kind: Any = cast("object", type(value))
        if self.is_strict:
            return shape(value)
        if kind in _PLAIN and not (kind is int and abs(value) > 1 << 40):
            return value
        known = name if type(name) is str else ""
        if kind is str:
            seen: str = value[: LONGEST + 200]
            return (self.redactor.named(known, seen) if known else self.redactor.text(seen))[:LONGEST]
        return picture(value, known, self.redactor, _NODES, deadline)[0]["value"]


def cheap(value: object) -> object:
    """Return what may be kept of *value* without looking closer: itself when it cannot change, else its shape."""
    kind = type(value)
    if kind is str:
        return value[: LONGEST + 200]  # type: ignore[index]  # an exact str
    return value if kind in _PLAIN else shape(value)
