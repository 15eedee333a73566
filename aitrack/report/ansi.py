"""Output of a program with its colours: escape sequences taken apart, nothing of them left.

Only what colours text is kept, as names of styles.  Every other sequence
(cursor moves, titles, links, clipboard) is dropped whole, and what remains of
control signs is shown as its escape.
"""

from __future__ import annotations

import re

from aitrack.report.text import safe

_SEQUENCE = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])"  # control sequences: `m` colours, the others move
    r"|[\x1b][PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # strings for devices
    r"|\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # titles, links, the clipboard
    r"|\x1b[ -/]*[0-~]"
)
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_STYLES = {1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse", 9: "struck"}
_ENDS = {22: ("bold", "faint"), 23: ("italic",), 24: ("underline",), 27: ("inverse",), 29: ("struck",)}

Span = tuple[str, str]  # (names of styles, text)


def spans(line: str) -> list[Span]:
    """Return *line* as pieces of one style each; the texts are safe to show."""
    return _spans(line, {})


def coloured(text: str) -> list[list[Span]]:
    """Return the lines of *text* as pieces; a colour lasts over the end of a line, as on a terminal."""
    style: dict[str, str] = {}
    return [_spans(_last_written(line), style) for line in text.split("\n")]


def plain(text: str) -> str:
    """Return *text* without sequences, its lines safe."""
    return "\n".join("".join(piece for _, piece in line) for line in coloured(text))


def _last_written(line: str) -> str:
    """Return what a progress bar left of a line: the part behind the last carriage return."""
    line = line.rstrip("\r")
    return line.rpartition("\r")[2] if line.count("\r") > 1 else line


def _spans(line: str, style: dict[str, str]) -> list[Span]:
    found: list[Span] = []
    at = 0
    for match in _SEQUENCE.finditer(line):
        _add(found, style, line[at : match.start()])
        if match[2] == "m":
            _apply(style, match[1])
        at = match.end()
    _add(found, style, line[at:])
    return found


def _add(found: list[Span], style: dict[str, str], text: str) -> None:
    if text:
        found.append((" ".join(sorted(style.values())), safe(text)))


def _apply(style: dict[str, str], parameters: str) -> None:
    """Change *style* as the numbers of a colour sequence say; unknown ones change nothing."""
    numbers = [int(word) if word.isdecimal() and len(word) < 4 else 0 for word in re.split("[;:]", parameters)]
    while numbers:
        number = numbers.pop(0)
        if number == 0:
            style.clear()
        elif number in _STYLES:
            style[_STYLES[number]] = f"ansi-{_STYLES[number]}"
        elif number in _ENDS:
            for name in _ENDS[number]:
                style.pop(name, None)
        elif number in (38, 48):
            _long_colour(style, "fg" if number == 38 else "bg", numbers)
        elif number in (39, 49):
            style.pop("fg" if number == 39 else "bg", None)
        else:
            _short_colour(style, number)


def _short_colour(style: dict[str, str], number: int) -> None:
    for first, ground in ((30, "fg"), (40, "bg"), (90, "fg"), (100, "bg")):
        if first <= number < first + 8:
            style[ground] = f"ansi-{ground}-{_NAMES[number - first]}"


def _long_colour(style: dict[str, str], ground: str, numbers: list[int]) -> None:
    """Take the parameters of a colour out of 256 or 16 million; the nearest of the eight is shown."""
    kind = numbers.pop(0) if numbers else 0
    if kind == 5 and numbers:
        number = numbers.pop(0)
        if number < 16:
            style[ground] = f"ansi-{ground}-{_NAMES[number % 8]}"
            return
        red, green, blue = _of_256(number)
    elif kind == 2 and len(numbers) >= 3:
        red, green, blue = numbers.pop(0), numbers.pop(0), numbers.pop(0)
    else:
        return
    bits = (red > 127) | (green > 127) << 1 | (blue > 127) << 2
    style[ground] = f"ansi-{ground}-{_NAMES[bits]}"


def _of_256(number: int) -> tuple[int, int, int]:
    if number >= 232:
        grey = 8 + (number - 232) * 10
        return grey, grey, grey
    number -= 16
    return number // 36 * 51, number // 6 % 6 * 51, number % 6 * 51
