"""Terminal text made plain: no colours, no overdrawn progress bars, no log prefixes.

What a program printed is hostile until proven otherwise. Each pattern here is
linear: no quantifier stands inside another, and lines are cut before a pattern sees them.
"""

from __future__ import annotations

import re

LINE_LIMIT = 4000  # no exception line of a person is longer; a pattern never sees more
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()][0-9A-Za-z]|[=>78DEHMNOc])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STAMP = re.compile(
    r"^[\[(]?\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ,]{0,2}"
    r"(?:\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?[\])]?"
    r"|^[\[(]?\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?[\])]?"
    r"|^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)?,? ?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}"
    r"\d{1,2} \d{2}:\d{2}:\d{2}(?: \d{4})?"
)
_PID = re.compile(r"^(?:\[(?:pid )?\d{1,9}\]|\(\d{1,9}\)|\d{1,7}(?= ))[ :]{0,2}")
_LEVEL = re.compile(
    r"^[\[(<]?(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|FATAL|SEVERE)[\])>]?(?:[ :|-]{1,3}|$)",
    re.IGNORECASE,
)
_QUIET_LEVELS = frozenset(("TRACE", "DEBUG", "INFO", "NOTICE"))
_LOGGER = re.compile(r"^[A-Za-z_][\w.]{0,80}:(?=\S)|^[a-z_]\w{0,40}(?:\.\w{1,40}){1,8}: ")


_FOOTERS = ("Node.js v", "(Use `node", "note: run with `RUST_BACKTRACE", "npm ERR! A complete log")


def plain(text: str) -> str:
    """Return *text* without terminal escapes."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def lines_of(text: str) -> list[str]:
    """Return the lines of *text* as a reader of the terminal saw them last."""
    lines = plain(text).replace("\r\n", "\n").split("\n")
    return [_visible(line) for line in lines]


def _visible(line: str) -> str:
    if "\r" in line:  # a progress bar draws over itself: only what it drew last was left
        line = line.rstrip("\r").rpartition("\r")[2]
    return line[:LINE_LIMIT] if len(line) > LINE_LIMIT else line


def one_line(text: str, limit: int = 300) -> str:
    """Return *text* as one printable line of at most *limit* signs."""
    flat = " ".join(_CONTROLS.sub(" ", plain(text[: limit * 8])).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def without_log_prefix(line: str) -> tuple[str, str]:
    """Return (*line* without its time, pid, level and logger, the level in capitals or "")."""
    rest, level = line.strip(), ""
    for _ in range(6):
        shorter = rest
        for pattern in (_STAMP, _PID):
            shorter = pattern.sub("", shorter, count=1).lstrip(" :|-")
        found = _LEVEL.match(shorter)
        if found and not level:
            level = found.group(1).upper()
            shorter = _LOGGER.sub("", shorter[found.end() :], count=1).lstrip(" :|-")
        if shorter == rest:
            break
        rest = shorter
    return rest or line.strip(), level


def telling_line(text: str) -> str:
    """Return the last line that says something: not INFO or DEBUG, prefix stripped; or ""."""
    for line in reversed(lines_of(text)):
        stripped = line.strip()
        if stripped.startswith(_FOOTERS):
            continue
        if not stripped or not any(map(str.isalnum, stripped)) or stripped.startswith("‹gap: "):
            continue
        said, level = without_log_prefix(stripped)
        if level not in _QUIET_LEVELS:
            return one_line(said)
    return ""
