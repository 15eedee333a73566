"""Where a report goes: how wide it is, whether colour may be used, which signs can be written."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_PLAIN_SIGNS = str.maketrans({"✗": "x", "✓": "+", "…": "~", "·": "-", "⏎": "|", "␍": "|", "‹": "<", "›": ">", "→": ">"})
_COLOURS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}


class Output:
    """A stream for reports: knows its width and paints only where that is wanted."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream: TextIO = stream or sys.stdout
        self.is_terminal = self.stream.isatty()
        self.columns = _columns(self.stream) if self.is_terminal else 80
        self.coloured = _wants_colour(self.is_terminal)
        self._takes_all_signs = _can_write(self.stream, "✗…·‹")

    def paint(self, text: str, *colours: str) -> str:
        """Return *text* in *colours*, which never carry a meaning alone."""
        if not self.coloured or not text:
            return text
        return f"\x1b[{';'.join(_COLOURS[name] for name in colours)}m{text}\x1b[0m"

    def write(self, lines: list[str] | str) -> None:
        """Write *lines*; signs that the stream cannot hold are replaced, never an error."""
        text = lines if isinstance(lines, str) else "".join(line + "\n" for line in lines)
        if not self._takes_all_signs:
            text = text.translate(_PLAIN_SIGNS)
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def page(self, lines: list[str]) -> None:
        """Write *lines* through the user's pager when they do not fit the terminal."""
        if not self.is_terminal or len(lines) < _rows(self.stream) or not _through_pager(lines):
            self.write(lines)


def _wants_colour(is_terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal and os.environ.get("TERM", "") not in ("", "dumb")


def _columns(stream: TextIO) -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return max(40, int(given))
    try:
        return max(40, os.get_terminal_size(stream.fileno()).columns or 80)
    except (OSError, ValueError):
        return 80


def _rows(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).lines or 24
    except (OSError, ValueError):
        return 24


def _can_write(stream: TextIO, signs: str) -> bool:
    try:
        signs.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _through_pager(lines: list[str]) -> bool:
    """Show *lines* in `$PAGER` (default `less`); False if there is none."""
    import shlex
    import shutil
    import subprocess

    command = shlex.split(os.environ.get("AITRACK_PAGER") or os.environ.get("PAGER") or "less")
    if not command or command[0] == "cat" or shutil.which(command[0]) is None:
        return False
    environment = {"LESS": "FRX", **os.environ}
    pager = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, encoding="utf-8", errors="replace")
    assert pager.stdin is not None
    try:
        pager.stdin.write("".join(line + "\n" for line in lines))
        pager.stdin.close()
    except BrokenPipeError:
        pass  # the user has seen enough
    while True:
        try:
            pager.wait()
            return True
        except KeyboardInterrupt:
            continue  # Ctrl-C belongs to the pager
