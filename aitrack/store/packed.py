"""A packed session, read where it lies: checked before anything of it is believed, and never unpacked.

The file comes from somebody else. Members are found by the archive's own directory alone, never by a path, are plain
or deflated, and are counted by what is really read of them: a directory can announce what it likes. Their records
are cut to what a session can hold before any view sees them, since a few kilobytes can unfold to gigabytes. A
checksum that does not fit is told as damage, as a torn file is.
"""

from __future__ import annotations

import hashlib
import os
import struct
import time
import weakref
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any

from aitrack.errors import NotFound, UsageError
from aitrack.model import (
    Attempt,
    Event,
    Failure,
    History,
    Manifest,
    Record,
    Session,
    Spooled,
    fitted,
    is_object,
    view,
)
from aitrack.store.bundle import Bundle
from aitrack.store.layout import is_session_id
from aitrack.store.members import Members
from aitrack.store.packing import HISTORY, MANIFEST, MOST_BYTES, MOST_BYTES_OF_ONE, MOST_FILES
from aitrack.store.trimming import Trimmer
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Callable

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_PIECE = 1 << 16
_TEXTS = (".log", "native.txt")  # of all other members the content is decoded
_MOST_EVENTS = 20_000
_END, _LOCATOR = 22, 20  # bytes of the record at the end, and of what points to a 64-bit directory before it
_LARGEST_DIRECTORY = 4 << 20
_MOST_TOLD = 20  # problems of one kind
_RECORDS: dict[str, type[Record]] = {
    "session.json": Session,
    "attempt.json": Attempt,
    "failure.json": Failure,
    "errors.json": Failure,
    "events.ndjson": Event,
    "spool": Spooled,
    HISTORY: History,
}


class PackedBundle(Bundle):
    """A session out of a zip file, with what its sender's history knew."""

    def __init__(self, path: str) -> None:
        self.path = path
        archive = _Archive(path)
        super().__init__(archive.session_id, _Part(archive, ""), archive.problems)
        manifest = archive.manifest()
        self.without = manifest.without
        self.history, _ = self.files.object(HISTORY)
        if manifest.left_out > 0:
            self.tell(f"its sender left out {manifest.left_out} files that did not fit")
        self.is_cut = archive.trimmer.has_cut
        self.problems += archive.trimmer.told()

    @property
    def short(self) -> str:
        """The file: its id means nothing to this machine's store."""
        return self.path

    def _is_running(self, record: dict[str, Any]) -> bool:
        """Nobody writes into an archive: what it says of a process is of another machine, or made up."""
        return False


class _Archive:
    """The zip file: its directory, checked, and its members, each counted once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._counted: set[str] = set()
        self._left = MOST_BYTES
        self.decoded: dict[str, tuple[Any, Any]] = {}
        self.trimmer = Trimmer()
        self.problems: list[str] = []  # of the session, as its reader finds them
        try:
            file = _opened(path)
            weakref.finalize(self, file.close)
            self._zip = zipfile.ZipFile(file)
        except (FileNotFoundError, IsADirectoryError):
            hint = "`aitrack bundle SESSION -o FILE.zip` makes one"
            raise NotFound(f"there is no file `{path}`", hint=hint) from None
        except _UNREADABLE as error:
            raise UsageError(f"`{path}` cannot be read as a packed session: {_words(error)}") from None
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        self.session_id = self._checked(entries)
        cut = len(self.session_id) + 1
        self.entries = {entry.filename[cut:]: entry for entry in entries}

    def _checked(self, entries: list[zipfile.ZipInfo]) -> str:
        """Return the id of the one session in the archive; UsageError when anything in it is not as we pack it."""
        names = [entry.filename for entry in entries]
        tops = {name.partition("/")[0] for name in names}
        top = tops.pop() if len(tops) == 1 else ""
        if not is_session_id(top) or f"{top}/{MANIFEST}" not in names:
            hint = "`aitrack bundle SESSION -o FILE.zip` makes one"
            raise UsageError(f"`{self._path}` is not a packed session", hint=hint)
        if (
            len(entries) > MOST_FILES
            or len(set(names)) < len(names)
            or any(_is_strange(name) for name in names)
            or any(entry.compress_type not in _METHODS or entry.flag_bits & _ENCRYPTED for entry in entries)
            or any(entry.file_size > MOST_BYTES_OF_ONE for entry in entries)
            or sum(entry.file_size for entry in entries) > MOST_BYTES
        ):
            raise UsageError(f"`{self._path}` is refused: it holds names or sizes that no session has")
        return top

    def read(self, name: str) -> bytes:
        """Return a member; OSError when it is not there, torn, or more than a session holds."""
        entry = self.entries.get(name)
        if entry is None:
            raise FileNotFoundError(2, "missing", name)
        most = MOST_BYTES_OF_ONE if name in self._counted else min(self._left, MOST_BYTES_OF_ONE)
        parts: list[bytes] = []
        size = 0
        try:
            with self._zip.open(entry) as source:
                while part := source.read(_PIECE):
                    size += len(part)
                    if size > most:
                        raise OSError(27, "larger than a session's", name)
                    parts.append(part)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise OSError(5, f"damaged ({_words(error)})", name) from None
        finally:
            if name not in self._counted:
                self._counted.add(name)
                self._left -= min(self._left, size)
        return b"".join(parts)

    def manifest(self) -> Manifest:
        """Return what the archive says of itself; what the members say otherwise is told."""
        raw, problem = _Part(self, "").object(MANIFEST)
        if problem or not is_object(raw.get("sha256")):
            self.problems.append(f"{MANIFEST}: {problem or 'names no checksums'}")
            return Manifest()
        found = view(Manifest, raw, self.problems, MANIFEST)
        wrong = [name for name, told in found.sha256.items() if not self._fits(name, told)]
        self.problems += _few([f"{name}: not as it was packed" for name in wrong])
        known = {*found.sha256, MANIFEST}
        self.problems += _few([f"{name}: not in the manifest" for name in sorted(self.entries) if name not in known])
        return found

    def _fits(self, name: str, told: object) -> bool:
        try:
            return hashlib.sha256(self.read(name)).hexdigest() == told
        except OSError:
            return False


_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def _opened(path: str) -> IO[bytes]:
    """Open an archive whose directory is small: each entry of a large one would take a kilobyte of memory.

    Ours has no comment and no 64-bit directory, so that the place and the size of the directory have one meaning.
    """
    descriptor, facts = files.open_regular(path, limit=MOST_BYTES, follow=True)
    file = open(descriptor, "rb")
    start = max(0, facts.st_size - _END - _LOCATOR)
    tail = os.pread(descriptor, _END + _LOCATOR, start)
    end = tail[-_END:]
    if len(end) < _END or not end.startswith(b"PK\5\6") or end[-2:] != b"\0\0":
        file.close()
        raise zipfile.BadZipFile("File is not a zip file")
    count, size = struct.unpack("<10xHL6x", end)
    if count > MOST_FILES or size > _LARGEST_DIRECTORY or tail[:4] == b"PK\6\7":
        file.close()
        raise zipfile.BadZipFile("it holds more files than a session has")
    return file


def _few(problems: list[str]) -> list[str]:
    more = len(problems) - _MOST_TOLD
    return [*problems[:_MOST_TOLD], f"and {more} more of these"] if more > 0 else problems


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)[:200]


def _is_strange(name: str) -> bool:
    return (
        len(name) > 300
        or not name.isprintable()
        or "\\" in name
        or any(part in ("", ".", "..") for part in name.split("/"))
    )


class _Part(Members):
    """What lies below one folder of an archive."""

    def __init__(self, archive: _Archive, prefix: str) -> None:
        self._archive = archive
        self._prefix = prefix

    def read(self, name: str, limit: int) -> bytes:
        """See `Members`."""
        data = self._archive.read(self._prefix + name)
        if not name.endswith(_TEXTS) and not self._archive.trimmer.admits(data):
            raise OSError(27, "more values than a session's", name)
        return data[:limit]

    def names(self, below: str = "") -> list[str]:
        """See `Members`."""
        start = f"{self._prefix}{below}/" if below else self._prefix
        inside = [name[len(start) :] for name in self._archive.entries if name.startswith(start)]
        return list(dict.fromkeys(name.partition("/")[0] for name in inside))

    def modified(self, name: str = "") -> float:
        """See `Members`."""
        entry = self._archive.entries.get(self._prefix + name)
        try:
            return time.mktime((*entry.date_time, 0, 0, -1)) if entry else 0.0
        except (ValueError, OverflowError):
            return 0.0

    def below(self, name: str) -> _Part:
        """See `Members`."""
        return _Part(self._archive, f"{self._prefix}{name}/")

    def object(self, name: str) -> tuple[dict[str, Any], str]:
        """See `Members`."""
        value, problem = self._once(f"{name} object", lambda: self._object(name))
        return dict(value), problem

    def _object(self, name: str) -> tuple[dict[str, Any], str]:
        value, problem = super().object(name)
        return self._believed(name, value), problem

    def objects(self, name: str) -> tuple[list[dict[str, Any]], int]:
        """See `Members`."""
        return self._once(f"{name} objects", lambda: self._all_believed(name, *super(_Part, self).objects(name)))

    def spooled(self, name: str) -> tuple[list[dict[str, Any]], int]:
        """See `Members`."""
        return self._once(f"{name} spooled", lambda: self._all_believed(name, *super(_Part, self).spooled(name)))

    def _once(self, name: str, read: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
        """Return what *read* returns, which is asked once: what was counted is not counted again."""
        known: dict[str, tuple[Any, Any]] = self._archive.decoded
        name = self._prefix + name
        if name not in known:
            known[name] = read()
        return known[name]

    def _all_believed(self, name: str, records: list[dict[str, Any]], damaged: int) -> tuple[list[dict[str, Any]], int]:
        if len(records) > _MOST_EVENTS:
            told = f"{self._prefix}{name}: only the first {_MOST_EVENTS} of {len(records)} records are read"
            self._archive.problems.append(told)
        return [self._believed(name, record) for record in records[:_MOST_EVENTS]], damaged

    def _believed(self, name: str, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record cut to what a session can hold, and without what is not of its type."""
        kind = _RECORDS.get(name.rpartition("/")[2].partition("-")[0])
        value = self._archive.trimmer.trimmed(record)
        return fitted(kind, value, self._archive.problems, self._prefix + name) if kind else value
