"""What `aitrack run` says: single lines on stderr, never on stdout, nothing after a success."""

from __future__ import annotations

import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.errors import AitrackError


def line(text: str) -> None:
    """Write *text* as one line of ours to stderr; a stderr that is gone is nobody's problem."""
    clean = "".join([sign if sign.isprintable() else "?" for sign in text.replace("\n", " ")])
    try:
        posix.write(2, f"aitrack: {clean}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        pass


def problem(error: AitrackError) -> None:
    """Say why no program ran, and what to do about it."""
    line(f"{error}; {error.hint}" if error.hint else str(error))
