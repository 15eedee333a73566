"""The files of a session, wherever they lie: a folder of the store, or an archive that somebody sent.

Names are relative, with `/`. Whoever reads a session asks here, so that nothing of an archive is ever unpacked, and
that a FIFO, a link or a device in a foreign store is no file.
"""

from __future__ import annotations

import os
from typing import Any

from aitrack.store.records import READ_LIMIT, object_of, objects_of, strict
from aitrack.system import files


class Members:
    """Where the files of one session, or of one of its attempts, are."""

    def read(self, name: str, limit: int) -> bytes:
        """Return at most the first *limit* bytes of a file; OSError when it cannot be read."""
        raise NotImplementedError

    def names(self, below: str = "") -> list[str]:
        """Return the names in a folder, none when it is not there."""
        raise NotImplementedError

    def modified(self, name: str = "") -> float:
        """Return when a file was last changed, in seconds since the epoch; 0 when it is not there."""
        raise NotImplementedError

    def below(self, name: str) -> Members:
        """Return what lies in the folder *name*."""
        raise NotImplementedError

    def object(self, name: str) -> tuple[dict[str, Any], str]:
        """Return (the object in a file, what is wrong with it); a damaged file gives an empty object."""
        return object_of(lambda: self.read(name, READ_LIMIT + 1))

    def objects(self, name: str) -> tuple[list[dict[str, Any]], int]:
        """Return (the objects in a file, how many parts were damaged): a JSON array, or one object a line."""
        return objects_of(lambda: self.read(name, READ_LIMIT))

    def spooled(self, name: str) -> tuple[list[dict[str, Any]], int]:
        """Return (the records that a collector wrote into a file, how many are damaged); OSError if it has none."""
        from aitrack.collector import wire

        records, damaged = wire.read_bytes(self.read(name, wire.LONGEST_SPOOL))
        return [strict(record) for record in records], damaged

    def __contains__(self, name: str) -> bool:
        return name in self.names(name.rpartition("/")[0]) if "/" in name else name in self.names()


class Folder(Members):
    """A folder on the disk. Two that name the same place are equal."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Folder) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    def _at(self, name: str) -> str:
        return f"{self.path}/{name}" if name else self.path

    def read(self, name: str, limit: int) -> bytes:
        """See `Members`."""
        return files.read_start(self._at(name), limit)

    def names(self, below: str = "") -> list[str]:
        """See `Members`."""
        return files.names_in(self._at(below))

    def modified(self, name: str = "") -> float:
        """See `Members`."""
        try:
            return os.stat(self._at(name)).st_mtime
        except OSError:
            return 0.0

    def below(self, name: str) -> Folder:
        """See `Members`."""
        return Folder(self._at(name))

    def __contains__(self, name: str) -> bool:
        return os.path.lexists(self._at(name))
