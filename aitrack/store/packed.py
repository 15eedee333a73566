"""A packed session, read: checked before anything of it is believed, and gone from the disk with its reader.

The file comes from somebody else.  Names that leave the folder, links, more
files or bytes than a session can have are refused; a checksum that does not
fit is told as damage, as a torn file is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import weakref
import zipfile
import zlib
from typing import Any

from aitrack.errors import NotFound, UsageError
from aitrack.model import is_list, is_object
from aitrack.store.bundle import Bundle
from aitrack.store.layout import is_session_id
from aitrack.store.packing import HISTORY, MANIFEST
from aitrack.store.records import read_object

_FILES, _BYTES = 5_000, 256 << 20


class PackedBundle(Bundle):
    """A session out of a zip file, with what its sender's history knew."""

    def __init__(self, path: str) -> None:
        temporary = tempfile.mkdtemp(prefix="aitrack-")
        weakref.finalize(self, shutil.rmtree, temporary, True)  # runs at the end of the program at the latest
        folder = _unpack(path, temporary)
        super().__init__(folder)
        self.path = path
        self.problems += _damage(folder)
        self.history, _ = read_object(f"{folder}/{HISTORY}")
        manifest, _ = read_object(f"{folder}/{MANIFEST}")
        left: Any = manifest.get("without")
        self.without = [str(part) for part in left] if is_list(left) else []

    @property
    def short(self) -> str:
        """The file: its id means nothing to this machine's store."""
        return self.path


def _unpack(path: str, folder: str) -> str:
    """Unpack the session in the file *path* below *folder*; return its own folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            names = {entry.filename.partition("/")[0] for entry in entries}
            _check(path, entries, names)
            for entry in entries:
                _write(archive, entry, folder)
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound(f"there is no file `{path}`", hint="`aitrack bundle SESSION -o FILE.zip` makes one") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise UsageError(f"`{path}` cannot be read as a packed session: {error}") from None
    return f"{folder}/{names.pop()}"


def _check(path: str, entries: list[zipfile.ZipInfo], names: set[str]) -> None:
    parts = [entry.filename.split("/") for entry in entries]
    is_session = len(names) == 1 and is_session_id(next(iter(names)))
    if not (is_session and any(part[1:] == [MANIFEST] for part in parts)):
        raise UsageError(f"`{path}` is not a packed session", hint="`aitrack bundle SESSION -o FILE.zip` makes one")
    strange = any(part in ("", ".", "..") or "\\" in part or "\0" in part for path_ in parts for part in path_)
    if strange or len(entries) > _FILES or sum(entry.file_size for entry in entries) > _BYTES:
        raise UsageError(f"`{path}` is refused: it holds names or sizes that no session has")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: str) -> None:
    """Write one entry, no more bytes than it announced."""
    target = f"{folder}/{entry.filename}"
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    with archive.open(entry) as source, open(target, "wb") as file:
        file.write(source.read(entry.file_size))


def _damage(folder: str) -> list[str]:
    """Return what the manifest says otherwise than the files."""
    manifest, problem = read_object(f"{folder}/{MANIFEST}")
    sums: Any = manifest.get("sha256")
    if problem or not is_object(sums):
        return [f"{MANIFEST}: {problem or 'names no checksums'}"]
    found: list[str] = []
    for name, told in sums.items():
        try:
            with open(f"{folder}/{name}", "rb") as file:
                fits = hashlib.sha256(file.read()).hexdigest() == told
        except (OSError, ValueError):
            fits = False
        if not fits:
            found.append(f"{name}: not as it was packed")
    return found + [f"{name}: not in the manifest" for name in sorted(_files(folder) - {*sums, MANIFEST})]


def _files(folder: str) -> set[str]:
    return {os.path.relpath(f"{below}/{name}", folder) for below, _, names in os.walk(folder) for name in names}
