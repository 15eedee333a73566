"""Hold back stdout until it is known whether it shall be shown: `--output last` and `success`, cached answers.

It goes through a pipe into a file in memory, since raw output is nothing for a disk; what is longer than memory should
hold is moved into a file on the disk that has no name. A descriptor keeps its number all the while, so that nobody
who knows it needs to know where the bytes are.
"""

from __future__ import annotations

import _signal
import posix
import select

from aitrack.supervise.pump import Ends, Relay

IN_MEMORY_BYTES = 64 << 20
_CHUNK = 1 << 16


def held() -> int:
    """Return a file in memory for what is held back."""
    return posix.memfd_create("stdout", posix.MFD_CLOEXEC)


class HeldRelay(Relay):
    """Passes a program's stdout into a held file, which moves to the disk, into *folder*, when it is long."""

    __slots__ = ("_folder", "_held", "_is_moved")

    def __init__(self, source: int, descriptor: int, folder: str) -> None:
        super().__init__(source, posix.dup(descriptor), Ends())
        posix.set_inheritable(self.sink, False)
        self._held = descriptor
        self._folder = folder
        self._is_moved = False

    def _write(self, poll: select.poll) -> None:
        if not self._is_moved and self.ends.total > IN_MEMORY_BYTES:
            self._is_moved = True
            self._move_to(_unnamed_file(self._folder))
        try:
            while self.pending:
                self.pending = self.pending[posix.write(self.sink, self.pending) :]
        except OSError:  # the disk is full: rather too much memory than a program that is ended for it
            self._move_to(held())
        super()._write(poll)

    def _move_to(self, descriptor: int) -> None:
        """Copy what is held into the file *descriptor*, and give it the numbers under which it is known."""
        if descriptor < 0:
            return
        at, end = 0, posix.fstat(self._held).st_size
        try:
            while at < end:
                at += posix.sendfile(descriptor, self._held, at, min(_CHUNK * 16, end - at))
            for number in (self._held, self.sink):
                posix.dup2(descriptor, number, False)
        except OSError:
            pass  # it stays where it is
        finally:
            posix.close(descriptor)


def _unnamed_file(folder: str) -> int:
    """Return a file of ours in *folder* that nobody else can open, -1 where there can be none."""
    try:
        return posix.open(folder, posix.O_TMPFILE | posix.O_RDWR | posix.O_EXCL | posix.O_CLOEXEC, 0o600)
    except OSError:
        return -1


def content(descriptor: int, limit: int = IN_MEMORY_BYTES) -> bytes | None:
    """Return all that was held, None when that is more than *limit* bytes."""
    size = posix.fstat(descriptor).st_size
    return None if size > limit else posix.pread(descriptor, size, 0)


def deliver(descriptor: int) -> int:
    """Write a file's bytes to our stdout; return 0, or the signal that came first: SIGPIPE when nobody reads."""
    at, end = 0, posix.fstat(descriptor).st_size
    while at < end:
        if problem := _write(posix.pread(descriptor, min(_CHUNK, end - at), at)):
            return problem
        at = min(at + _CHUNK, end)
    return 0


def deliver_bytes(data: bytes) -> int:
    """Write *data* to our stdout; see `deliver`."""
    return _write(data)


def _write(data: bytes) -> int:
    poll = select.poll()
    poll.register(1, select.POLLOUT)
    while data:
        for number in _signal.sigpending():
            if number in (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP):
                return int(number)
        if not poll.poll(100):
            continue
        try:
            data = data[posix.write(1, data[:4096]) :]
        except BlockingIOError:
            continue
        except OSError:
            return int(_signal.SIGPIPE)
    return 0
