"""What is said when recording fails: one line per process, and never an exception."""

from __future__ import annotations

import sys

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


def said() -> list[str]:
    """Return what was said so far."""
    return list(_said)


def forget() -> None:
    """Let the next problem be said again; for tests."""
    _said.clear()
    _lines.clear()
