"""A packed session, read where it lies: checked before anything of it is believed, and never unpacked.

The file comes from somebody else. Members are found by the archive's own directory alone, never by a path, are plain
or deflated, and are counted by what is really read of them: a directory can announce what it likes. Their records
are cut to what a session can hold before any view sees them, since a few kilobytes can unfold to gigabytes. A
checksum that does not fit is told as damage, as a torn file is.
"""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
import zlib
from typing import Any

from aitrack.errors import NotFound, UsageError
from aitrack.model import Attempt, Session, fitted, is_list, is_object
from aitrack.store.bundle import Bundle
from aitrack.store.layout import is_session_id
from aitrack.store.members import Members
from aitrack.store.packing import HISTORY, MANIFEST, MOST_BYTES, MOST_BYTES_OF_ONE, MOST_FILES
from aitrack.store.trimming import Trimmer
from aitrack.system import files

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_PIECE = 1 << 16
_TEXTS = (".log", "native.txt")  # of all other members the content is decoded
_MOST_EVENTS = 20_000


class PackedBundle(Bundle):
    """A session out of a zip file, with what its sender's history knew."""

    def __init__(self, path: str) -> None:
        self.path = path
        archive = _Archive(path)
        super().__init__(archive.session_id, _Part(archive, ""))
        self.problems += archive.damage()
        history, _ = self.files.object(HISTORY)
        self.history = history
        manifest, _ = self.files.object(MANIFEST)
        left: Any = manifest.get("without")
        self.without = [str(part) for part in left] if is_list(left) else []
        self.problems += archive.trimmer.told()

    @property
    def short(self) -> str:
        """The file: its id means nothing to this machine's store."""
        return self.path

    def _read_session(self) -> dict[str, Any]:
        """Return the record with each field of its promised type: a stranger's may hold anything."""
        return fitted(Session, super()._read_session(), self.problems, "session")

    def _read_attempt(self, number: int) -> dict[str, Any]:
        return fitted(Attempt, super()._read_attempt(number), self.problems, f"attempts[{number}]")


class _Archive:
    """The zip file: its directory, checked, and its members, each read once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._read: dict[str, bytes] = {}
        self._left = MOST_BYTES
        self.trimmer = Trimmer()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(files.read_regular(path, MOST_BYTES, follow=True)))
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
        if name in self._read:
            return self._read[name]
        entry = self.entries.get(name)
        if entry is None:
            raise FileNotFoundError(2, "missing", name)
        most = min(self._left, MOST_BYTES_OF_ONE)
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
            self._left -= min(self._left, size)
        self._read[name] = data = b"".join(parts)
        return data

    def damage(self) -> list[str]:
        """Return what the manifest says otherwise than the members."""
        manifest, problem = _Part(self, "").object(MANIFEST)
        sums: Any = manifest.get("sha256")
        if problem or not is_object(sums):
            return [f"{MANIFEST}: {problem or 'names no checksums'}"]
        found = [f"{name}: not as it was packed" for name, told in sums.items() if not self._fits(name, told)]
        known = {*sums, MANIFEST}
        return found + [f"{name}: not in the manifest" for name in sorted(self.entries) if name not in known]

    def _fits(self, name: str, told: object) -> bool:
        try:
            return hashlib.sha256(self.read(name)).hexdigest() == told
        except OSError:
            return False


_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)[:200]


def _is_strange(name: str) -> bool:
    return any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in name.split("/")) or len(name) > 300


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
        value, problem = super().object(name)
        return self.cut(value), problem

    def objects(self, name: str) -> tuple[list[dict[str, Any]], int]:
        """See `Members`."""
        values, damaged = super().objects(name)
        return [self.cut(value) for value in values[:_MOST_EVENTS]], damaged

    def cut(self, value: Any) -> Any:
        """See `Members`."""
        return self._archive.trimmer.trimmed(value)
