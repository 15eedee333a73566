"""Text for a terminal: hostile signs made visible, width in columns, times and sizes as people say them.

What a session holds was written by programs that may have failed because
somebody attacked them.  No control sequence and no sign that reorders a line
gets from a bundle to a terminal: each is shown as its escape.
"""

from __future__ import annotations

import time
from unicodedata import category, combining, east_asian_width

_SPELT = {9: "    ", 10: "⏎", 13: "␍"}
HOSTILE = (
    *range(0x20),
    *range(0x7F, 0xA0),
    0xAD,
    0x61C,
    0x180E,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
)


def _escape(sign: int) -> str:
    if sign < 0x100:
        return f"\\x{sign:02x}"
    return f"\\u{sign:04x}" if sign < 0x10000 else f"\\U{sign:08x}"


_VISIBLE: dict[int, str] = {sign: _SPELT.get(sign) or _escape(sign) for sign in HOSTILE}


def safe(text: str) -> str:
    """Return *text* on one line, with nothing in it that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    shown = text.translate(_VISIBLE)
    if shown.isprintable():
        return shown
    return "".join(sign if sign.isprintable() or sign == " " else _unprintable(sign) for sign in shown)


def _unprintable(sign: str) -> str:
    """Return spaces as such and the rest (surrogates, private and unassigned signs, tags) as escapes."""
    return sign if category(sign) == "Zs" else _escape(ord(sign))


def safe_lines(text: str) -> list[str]:
    """Return the lines of *text*, each safe."""
    return [safe(line.rstrip("\r")) for line in text.split("\n")]


def width(text: str) -> int:
    """Return the columns that *text* takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def cut(text: str, columns: int) -> str:
    """Return *text* within *columns*; what was cut is told by an ellipsis."""
    if width(text) <= columns:
        return text
    if columns < 1:
        return ""
    taken: list[str] = []
    used = 0
    for sign in text:
        used += width(sign)
        if used > columns - 1:
            break
        taken.append(sign)
    return "".join(taken) + "…"


def cut_middle(text: str, columns: int) -> str:
    """Return *text* within *columns*, its end kept: the end of a path says most."""
    if width(text) <= columns:
        return text
    end = text
    while end and width(end) > columns - 1:
        end = end[1:]
    return "…" + end


def pad(text: str, columns: int) -> str:
    """Return *text* filled up with spaces to *columns*."""
    return text + " " * max(0, columns - width(text))


def seconds(value: float | None) -> str:
    """Return a duration: `12 ms`, `41.2 s`, `3 min 5 s`, `2 h 10 min`."""
    if value is None or value != value:
        return "?"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 59.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 172800:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def ago(moment: float, now: float | None = None) -> str:
    """Return how long ago *moment* was: `4h ago`."""
    passed = (time.time() if now is None else now) - moment
    if passed < 0:
        return "in the future" if passed < -60 else "just now"
    if passed < 10:
        return "just now"
    for unit, length, limit in (("s", 1, 60), ("min", 60, 3600), ("h", 3600, 172800), ("d", 86400, 86400 * 730)):
        if passed < limit:
            return f"{int(passed // length)}{' ' if unit == 'min' else ''}{unit} ago"
    return f"{int(passed // 31557600)} years ago"


def moment(value: float) -> str:
    """Return a moment in local time, to the second."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value))
    except (ValueError, OverflowError, OSError):
        return "?"


def size(value: float | None) -> str:
    """Return a size: `512 B`, `1.4 MiB`."""
    if value is None:
        return "?"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def plural(count: int, noun: str) -> str:
    """Return `1 attempt`, `3 attempts`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
