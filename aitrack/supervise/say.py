"""What `aitrack run` says: single lines on stderr, never on stdout, nothing after a success."""

from __future__ import annotations

import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.errors import AitrackError


# What CI systems take for a command anywhere in a line of a job's log: GitHub's old form, Azure, TeamCity, Travis. A
# failure's text is a program's, and must not set a variable there. (Commands at the start of a line cannot be ours.)
_COMMANDS = ("##[", "##vso[", "##teamcity[", "travis_fold:", "travis_time:")


def without_commands(text: str) -> str:
    """Return *text* so that no CI system reads a command in it."""
    for command in _COMMANDS:
        text = text.replace(command, f"{command[0]} {command[1:]}")
    return text


def line(text: str) -> None:
    """Write *text* as one line of ours to stderr; a stderr that is gone is nobody's problem."""
    clean = without_commands("".join([sign if sign.isprintable() else "?" for sign in text.replace("\n", " ")]))
    try:
        posix.write(2, f"aitrack: {clean}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        pass


def problem(error: AitrackError) -> None:
    """Say why no program ran, and what to do about it."""
    line(f"{error}; {error.hint}" if error.hint else str(error))
