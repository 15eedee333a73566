"""What is said when recording fails: one line per process, and never an exception."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    P = ParamSpec("P")
    T = TypeVar("T")

_said: list[str] = []
_lines: set[str] = set()


def warn(reason: object) -> None:
    """Say once per process that something cannot be recorded, and why."""
    if not _said:
        _said.append(str(reason))
        _write(f"recording is incomplete: {reason}")


def say(line: str) -> None:
    """Say something about shared state, once per process."""
    if line not in _lines:
        _lines.add(line)
        _write(line)


def _write(line: str) -> None:
    try:
        sys.stderr.write(f"aitrack: {line}\n")
    except (OSError, ValueError, AttributeError):
        pass  # a closed stderr, or none at all


def harmless(otherwise: Callable[[], T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator for what records: whatever goes wrong in it is said once, and gives *otherwise*."""

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                warn(f"{type(error).__name__} in {function.__qualname__}")
                return otherwise()

        return guarded

    return wrap


def nothing() -> None:
    """Give nothing."""


def said() -> list[str]:
    """Return what was said so far."""
    return list(_said)


def forget() -> None:
    """Let the next problem be said again; for tests."""
    _said.clear()
    _lines.clear()
