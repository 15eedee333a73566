"""Write one session's bundle while it runs.

A record is replaced by a rename, so a reader sees the old one or the new one, whatever instant the writer dies at.
The first `OSError` ends the recording: it is kept in `trouble` for one line on stderr, and the run goes on.
"""

from __future__ import annotations

import posix

from aitrack.store import layout

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
        if not layout.is_ours(self.home):
            self.trouble = PermissionError(1, "it belongs to another user", self.home)
            return
        try:
            layout.make_folders(self.folder)
            self.key = self._read_key()
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

    def _read_key(self) -> bytes:
        """Return the store's key for hashes; the first run makes it, whoever else does so at the same time."""
        path = f"{self.home}/key"
        try:
            descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
        except FileNotFoundError:
            return self._make_key(path)
        try:
            return posix.read(descriptor, 64)
        finally:
            posix.close(descriptor)

    def _make_key(self, path: str) -> bytes:
        temporary = f"{path}.{posix.getpid()}"
        _write_file(temporary, posix.urandom(32))
        try:
            posix.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            posix.rename(temporary, path)
        else:
            _write_file(f"{self.home}/VERSION", b'{"store": %d}\n' % layout.STORE_VERSION)
        try:
            posix.unlink(temporary)
        except OSError:
            pass
        return self._read_key()

    def write(self, name: str, record: object, *, sync: bool = False) -> None:
        """Replace the file *name* of the session by *record* as JSON."""
        self.write_bytes(name, to_json(record).encode("utf-8") + b"\n", sync=sync)

    def write_bytes(self, name: str, content: bytes, *, sync: bool = False) -> None:
        """Replace the file *name* of the session by *content*."""
        if self.trouble is not None:
            return
        path = f"{self.folder}/{name}"
        try:
            _write_file(f"{path}.tmp", content, sync=sync)
            posix.rename(f"{path}.tmp", path)
        except OSError as error:
            self.trouble = error
            self.remove(f"{name}.tmp")

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


def _write_file(path: str, content: bytes, *, sync: bool = False) -> None:
    descriptor = posix.open(
        path, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC | posix.O_NOFOLLOW, 0o600
    )
    try:
        while content:
            content = content[posix.write(descriptor, content) :]
        if sync:
            posix.fsync(descriptor)
    finally:
        posix.close(descriptor)
