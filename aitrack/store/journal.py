"""Write one session's bundle while it runs.

A record is replaced by a rename, so a reader sees the old one or the new one, whatever instant the writer dies at.
The first `OSError` ends the recording: it is kept in `trouble` for one line on stderr, and the run goes on.
"""

from __future__ import annotations

import posix

from aitrack.store import key, layout, ownership
from aitrack.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_ESCAPES = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r"} | {
    code: f"\\u{code:04x}" for code in (*range(9), 11, 12, *range(14, 32), 127)
}


def to_json(value: Any) -> str:
    """Return *value* as strict JSON on one line: no NaN, and lone surrogates as the text `\\udcff`."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
            return f'"{value}"'
        if not value.isascii():
            value = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return f'"{value.translate(_ESCAPES)}"'
    if isinstance(value, float):
        return repr(value) if value - value == 0 else "null"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        entries: dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]  # any JSON may come
        return "{" + ",".join([f"{to_json(str(key))}:{to_json(item)}" for key, item in entries.items()]) + "}"
    if isinstance(value, (list, tuple)):
        items: list[Any] = [*value]  # pyright: ignore[reportUnknownVariableType]  # as above
        return "[" + ",".join([to_json(item) for item in items]) + "]"
    raise TypeError(f"not a JSON value: {type(value).__name__}")


class Journal:
    """The folder of one session, written by its supervisor alone."""

    __slots__ = ("folder", "home", "key", "session_id", "trouble")

    def __init__(self, home: str) -> None:
        self.home = home
        self.session_id = layout.new_session_id()
        self.folder = layout.session_folder(home, self.session_id)
        self.key = b""
        self.trouble: OSError | None = None

    def open(self, record: Mapping[str, object]) -> None:
        """Make the session's folder and write the first *record*."""
        why, help_ = ownership.problem(self.home)
        if why:
            self.trouble = PermissionError(1, f"{why}: {help_}", self.home)
            return
        try:
            layout.make_folders(self.folder)
            self.key = key.read_or_make(self.home)
        except OSError as error:
            self.trouble = error
            return
        self.write("session.json", record)

    def add_attempt(self, number: int) -> None:
        """Make the folder of attempt *number*."""
        if self.trouble is None:
            try:
                layout.make_folders(f"{self.folder}/attempts/{number}")
            except OSError as error:
                self.trouble = error

    def write(self, name: str, record: object, *, sync: bool = False) -> None:
        """Replace the file *name* of the session by *record* as JSON."""
        self.write_bytes(name, to_json(record).encode("utf-8") + b"\n", sync=sync)

    def write_bytes(self, name: str, content: bytes, *, sync: bool = False) -> None:
        """Replace the file *name* of the session by *content*."""
        if self.trouble is not None:
            return
        path = f"{self.folder}/{name}"
        try:
            files.replace(path, content, sync=sync)
        except OSError as error:
            self.trouble = error

    def remove(self, name: str) -> None:
        """Delete the file *name* of the session, if it is there."""
        try:
            posix.unlink(f"{self.folder}/{name}")
        except OSError:
            pass

    def discard(self) -> None:
        """Leave nothing behind: for a run that ended before its program began."""
        for name in ("session.json", "session.json.tmp"):
            self.remove(name)
        try:
            posix.rmdir(self.folder)
        except OSError:
            pass
