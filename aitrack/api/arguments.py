"""Checks of what the author of a script passes: told at once, with the name of the field and what it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.config import values as kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def text(field: str, value: object) -> str:
    """Return *value* if it is text that says something."""
    if not isinstance(value, str):
        raise TypeError(f"`{field}` must be text, not {type(value).__name__}")
    if not value.strip():
        raise ValueError(f"`{field}` must not be empty")
    return value


def function(field: str, value: object) -> Any:
    """Return *value* if it can be called."""
    if not callable(value):
        raise TypeError(f"`{field}` must be a function, not {type(value).__name__}")
    return value


def exception(field: str, value: object) -> BaseException:
    """Return *value* if it is an exception."""
    if not isinstance(value, BaseException):
        raise TypeError(f"`{field}` must be an exception, not {type(value).__name__}")
    return value


def one_of(field: str, value: object, allowed: Iterable[str]) -> str:
    """Return *value* if it is one of *allowed*."""
    words = list(allowed)
    if not isinstance(value, str):
        raise TypeError(f"`{field}` must be one of {', '.join(words)}, not {type(value).__name__}")
    if value not in words:
        raise ValueError(f"`{field}` must be one of {', '.join(words)}, not `{value}`")
    return value


def duration(field: str, value: object) -> float:
    """Return seconds: a number, `500ms`, `2s`, `5m`, `1h`, or a `timedelta`."""
    seconds = getattr(value, "total_seconds", None)
    if callable(seconds):
        value = seconds()
    found: float = _converted(field, value, kinds.duration)
    return found


def maybe_duration(field: str, value: object) -> float | None:
    """Return seconds, None for None."""
    return None if value is None else duration(field, value)


def percent(field: str, value: object) -> float:
    """Return a percentage."""
    found: float = _converted(field, value, kinds.percent)
    return found


def whole(field: str, value: object, least: int = 0) -> int:
    """Return a whole number of at least *least*."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"`{field}` must be a whole number, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"`{field}` must be at least {least}, not {value}")
    return value


def window(field: str, value: object) -> tuple[str, float]:
    """Return ("calls", n) for a whole number, ("seconds", s) for a duration."""
    found: tuple[str, float] = _converted(field, value, kinds.window)
    return found


def _converted(field: str, value: object, convert: Callable[[Any], Any]) -> Any:
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise TypeError(f"`{field}` must be a number or text such as `2s`, not {type(value).__name__}")
    try:
        return convert(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"`{field}`: {error}, not `{value}`") from None
