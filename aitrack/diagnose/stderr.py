"""The failure that a program's stderr tells of: the last one that ended it wins."""

from __future__ import annotations

from aitrack.diagnose import builds, foreign, text, tracebacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.diagnose.record import Record


def parse(stderr: str) -> Record | None:
    """Return the failure that ended a program by what it printed, or None.

    An uncaught failure wins over a tool's line, a tool's line over a thread's or a
    report like make's; within one rank the last wins.
    """
    found = failures(stderr)
    return found[-1] if found else None


def failures(stderr: str) -> list[Record]:
    """Return all failures found in *stderr*, the least telling first."""
    lines = text.lines_of(stderr)
    found = tracebacks.find(lines)
    spans = _outside(lines, found)
    found += foreign.find(spans) + builds.find(spans)
    return [failure for _, _, failure in sorted(found, key=lambda item: item[:2])]


def _outside(lines: list[str], found: list[tracebacks.Found]) -> list[str]:
    """Return *lines* without Python's frames, so that no source line is read as another language's failure."""
    if not found:
        return lines
    return [
        "" if line.startswith(('  File "', "    ")) and " at " not in line[:16] and "\tat" not in line else line
        for line in lines
    ]
