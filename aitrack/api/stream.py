"""The events of one session from this process: bounded on disk and in memory, every one of them counted.

The first of each moment are written at once, so that `kill -9` loses nothing of what matters. In a flood only
the newest stay, in a ring that is written at the end, and the counts per name say how many there were.
"""

from __future__ import annotations

import os
import time
from collections import deque
from itertools import count
from threading import RLock, get_native_id
from typing import TYPE_CHECKING, Any

from aitrack.api import trouble
from aitrack.api.picturing import cheap
from aitrack.api.trouble import harmless, nothing
from aitrack.collector import wire
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aitrack.api.picturing import Pictures
    from aitrack.api.tally import Tally

_AT_ONCE, _PER_SECOND, _MOST = 300.0, 30.0, 3000  # lines that are written live
_MOST_BYTES, _RING_BYTES = 4 << 20, 1 << 20  # of a session from one process; of the ring at its end
_RING = 300
_MOST_NAMES = 500
_MOST_FILES = 256  # in the folder of an attempt
_OTHERS = "(others)"
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_numbers = count(1)
# kind, name, live values or ready data, span, moment, thread
_Kept = tuple[str, str, "Mapping[str, object]", "dict[str, Any] | None", str, int, int]


def new_id() -> str:
    """Return an id for an event or a span: unique among the processes of a session."""
    return f"{os.getpid():x}-{next(_numbers):x}"


class Stream:
    """Where the events of one session go."""

    def __init__(self, path: Callable[[int], str], pictures: Pictures, *, is_wire: bool, zero_ns: int) -> None:
        """*path* names the file of a process; in the wire's format when *is_wire*, else as `events.ndjson`."""
        self._path = path
        self.pictures = pictures
        self._is_wire = is_wire
        self._zero_ns = zero_ns
        self.is_closed = False
        self.tallies: dict[tuple[str, str, str], Tally] = {}
        self.begin()

    def begin(self) -> None:
        """Start with nothing counted: at first, and in a child after a fork."""
        self._lock = RLock()
        self._fd = -1
        self._file: tuple[int, int] | None = None
        self._seq = 0
        self._credit, self._refilled, self._written = _AT_ONCE, time.monotonic(), 0
        self._bytes = 0
        self._ring: deque[_Kept] = deque(maxlen=_RING)
        self._counts: dict[tuple[str, str], int] = {}
        self._told_at, self._pause = time.monotonic(), 2.0
        self.tallies.clear()

    # ---- telling ----

    @harmless(nothing)
    def add(self, kind: str, name: str, values: Mapping[str, object], span: str = "") -> None:
        """Tell one event with its live *values*."""
        with self._lock:
            if self._must_keep(kind, name):
                kept = {key: cheap(value) for key, value in values.items()}
                self._ring.append((kind, name, kept, None, span, time.monotonic_ns(), get_native_id()))
            elif not self.is_closed:
                self._write(kind, name, self.pictures.values(values), span)

    @harmless(nothing)
    def tell(self, kind: str, name: str, data: dict[str, Any], span: str = "") -> None:
        """Tell one event whose *data* has its stored form already."""
        with self._lock:
            if self._must_keep(kind, name):
                self._ring.append((kind, name, {}, data, span, time.monotonic_ns(), get_native_id()))
            elif not self.is_closed:
                self._write(kind, name, data, span)

    def _must_keep(self, kind: str, name: str) -> bool:
        """Count an event; return whether it goes to the ring rather than to the file."""
        if self.is_closed:
            return False
        self._count(kind, name)
        self._tell_counts(force=False)
        return not self._may_write()

    def _write(self, kind: str, name: str, data: dict[str, Any], span: str) -> None:
        self._emit(self._line(kind, name, data, span, time.monotonic_ns(), get_native_id()))

    @harmless(nothing)
    def failure(self, record: dict[str, Any]) -> None:
        """Tell an exception that the program handled, to the reader of the wire."""
        with self._lock:
            self._emit(
                wire.encode({"kind": "failure", "where": "handled", "at_ns": time.monotonic_ns(), "failure": record})
            )

    @harmless(nothing)
    def close(self) -> None:
        """Write what is still in memory; nothing is told after that."""
        with self._lock:
            if self.is_closed:
                return
            self.flush()
            self.is_closed = True
            if self._fd >= 0 and self._is_ours():
                os.close(self._fd)
            self._fd = -1

    def flush(self) -> None:
        """Write the ring and the counts."""
        with self._lock:
            lines = [
                self._line(kind, name, self.pictures.values(values) if data is None else data, span, t_ns, thread)
                for kind, name, values, data, span, t_ns, thread in self._ring
            ]
            self._ring.clear()
            self._emit(b"".join(_newest(lines)))
            self._tell_counts(force=True)

    # ---- inside ----

    def _count(self, kind: str, name: str) -> None:
        key = (kind, name)
        if key not in self._counts and len(self._counts) >= _MOST_NAMES:
            key = (kind, _OTHERS)
        self._counts[key] = self._counts.get(key, 0) + 1

    def _may_write(self) -> bool:
        now = time.monotonic()
        self._credit = min(_AT_ONCE, self._credit + (now - self._refilled) * _PER_SECOND)
        self._refilled = now
        if self._credit < 1 or self._written >= _MOST or self._bytes >= _MOST_BYTES:
            return False
        self._credit -= 1
        self._written += 1
        return True

    def _tell_counts(self, *, force: bool) -> None:
        """Write the counts so far now and then, at growing distances; the last ones hold."""
        now = time.monotonic()
        if not force and (now - self._told_at < self._pause or not (self._ring or self.tallies)):
            return
        self._told_at, self._pause = now, min(self._pause * 1.5, 60.0)
        lines = [self._raw("tally", tally.record(), "", time.monotonic_ns(), 0) for tally in self.tallies.values()]
        if self._ring or force:
            told = [[kind, self.pictures.text(name, 200), number] for (kind, name), number in self._counts.items()]
            if any(number > 1 for number in self._counts.values()):
                lines.append(self._raw("counts", {"counts": told}, "", time.monotonic_ns(), 0))
        self._emit(b"".join(lines))

    @harmless(nothing)
    def tell_counts(self) -> None:
        """Write the counts if it is time to."""
        with self._lock:
            if not self.is_closed:
                self._tell_counts(force=False)

    def _line(self, kind: str, name: str, data: dict[str, Any], span: str, t_ns: int, thread: int) -> bytes:
        return self._raw(kind, {"name": self.pictures.text(name, 200), **data}, span, t_ns, thread)

    def _raw(self, kind: str, data: dict[str, Any], span: str, t_ns: int, thread: int) -> bytes:
        self._seq += 1
        if self._is_wire:
            told = {"kind": kind, "span": span or None, "data": data}
            return wire.encode({"kind": "event", "t_ns": t_ns, "seq": self._seq, "tid": thread, "event": told})
        return wire.encode(
            {"t_ns": max(0, t_ns - self._zero_ns), "seq": self._seq, "pid": os.getpid(), "tid": thread, "kind": kind,
             "span": span or None, "data": data}
        )  # fmt: skip

    def _emit(self, data: bytes) -> None:
        """Append whole lines; what goes wrong is said once and never raised."""
        if not data:
            return
        try:
            if not self._open():
                return
            self._bytes += os.write(self._fd, data)
        except OSError as error:
            trouble.warn(error.strerror or error)

    def _open(self) -> bool:
        """Have our file open; the program may have closed the descriptor, and opened another file under its number.

        False in a process that is one too many to leave a file of its own, as in the collector's spool.
        """
        if self._fd >= 0 and self._is_ours():
            return True
        path = self._path(os.getpid())
        is_new = self._is_wire and not os.path.exists(path)
        if is_new and len(files.names_in(os.path.dirname(path))) >= _MOST_FILES:
            self.is_closed = True
            return False
        self._fd = os.open(path, _FLAGS, 0o600)
        seen = os.fstat(self._fd)
        self._file = (seen.st_dev, seen.st_ino)
        if is_new:
            first = {"wire": wire.VERSION, "kind": "process", "pid": os.getpid(), "ppid": os.getppid()}
            os.write(self._fd, wire.encode({**first, "started_ns": time.monotonic_ns()}))
        return True

    def _is_ours(self) -> bool:
        try:
            seen = os.fstat(self._fd)
        except OSError:
            return False
        return (seen.st_dev, seen.st_ino) == self._file


def _newest(lines: list[bytes]) -> list[bytes]:
    """Return as many of the last lines as fit."""
    size = 0
    for place in range(len(lines) - 1, -1, -1):
        size += len(lines[place])
        if size > _RING_BYTES:
            return lines[place + 1 :]
    return lines
