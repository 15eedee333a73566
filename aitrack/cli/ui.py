"""`aitrack ui`: browse sessions, patterns and breakers in the terminal."""

from __future__ import annotations

import sys
from typing import Any

from aitrack.cli.grammar import Word
from aitrack.cli.store_home import home
from aitrack.errors import AitrackError, UsageError


def show() -> int:
    """Open the browser; it needs a terminal, and textual."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("`aitrack ui` needs a terminal", hint="see `aitrack list` and `aitrack patterns`")
    try:
        from aitrack.report.screens import Browser
    except ImportError:
        raise UsageError("`aitrack ui` needs textual", hint="`pip install 'aitrack[tui]'`") from None
    Browser(home(), breakers).run()
    return 0


def breakers() -> list[dict[str, Any]]:
    """Return name, state and counts of each breaker; none where there is no state yet."""
    from aitrack.cli import breaker

    try:
        return breaker.rows()
    except AitrackError:
        return []


UI = Word("ui", "Browse sessions, patterns and breakers; live while runs go on.", show, examples=("aitrack ui",))
