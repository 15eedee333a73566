"""Stdin for more than one attempt: what the program read once can be read again.

A terminal is left alone, a regular file goes back to where it was. A pipe is passed on lazily, as the program makes
room, and kept in memory; when there is more than the limit it is passed on all the same and no retry can follow.
"""

from __future__ import annotations

import posix
import select

_CHUNK = 1 << 16
_KIND, _FIFO, _FILE = 0o170000, 0o010000, 0o100000


class Replay:
    """The stdin of a session that may start its program several times."""

    __slots__ = ("_kept", "_limit", "_offset", "_size", "_source_is_open", "is_complete", "kind")

    def __init__(self, limit: int) -> None:
        self.is_complete = True  # whether all that was read can be read again
        self._limit = limit
        self._offset = 0
        self._size = 0
        self._kept = -1
        self._source_is_open = True
        try:
            mode = posix.fstat(0).st_mode & _KIND
        except OSError:
            mode = 0
        self.kind = {_FIFO: "pipe", _FILE: "file"}.get(mode, "other")
        if self.kind == "file":
            self._offset = posix.lseek(0, 0, 1)
        elif self.kind == "pipe":
            self._kept = posix.memfd_create("stdin", posix.MFD_CLOEXEC)

    def open(self) -> Feed | None:
        """Prepare the next attempt; a pipe needs the returned feed beside the program."""
        if self.kind == "file":
            posix.lseek(0, self._offset, 0)
        return Feed(self) if self.kind == "pipe" else None

    def more(self, at: int) -> bytes | None:
        """Return what follows the first *at* bytes, b"" at the end; None when it must be waited for."""
        if at < self._size:
            return posix.pread(self._kept, min(_CHUNK, self._size - at), at)
        return None if self._source_is_open else b""

    def read(self) -> bytes:
        """Read from the caller, who has something."""
        data = posix.read(0, _CHUNK)
        if not data:
            self._source_is_open = False
        elif not self.is_complete or self._size + len(data) > self._limit:
            self.is_complete = False
        else:
            posix.pwrite(self._kept, data, self._size)
            self._size += len(data)
        return data


class Feed:
    """Passes stdin on to one attempt, as fast as it is read and no faster."""

    __slots__ = ("_at", "_pending", "_replay", "for_child", "sink")

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._at = 0
        self._pending = b""
        self.for_child, self.sink = posix.pipe2(posix.O_CLOEXEC)
        posix.set_blocking(self.sink, False)

    def watch(self, poll: select.poll) -> None:
        """Tell *poll* what to wait for: room in the pipe, or something to put there."""
        if self.sink < 0:
            return
        self._fill()
        waits_for_caller = not self._pending and self._replay.more(self._at) is None
        poll.register(self.sink, 0 if waits_for_caller else select.POLLOUT)
        if waits_for_caller:
            poll.register(0, select.POLLIN)
        else:
            _forget(poll, 0)

    def _fill(self) -> None:
        if not self._pending:
            data = self._replay.more(self._at)
            if data:
                self._pending = data
                self._at += len(data)

    def step(self, poll: select.poll, descriptor: int, events: int) -> None:
        """Do what *events* on *descriptor* allow."""
        if self.sink < 0:
            return
        if descriptor == self.sink and events & (select.POLLERR | select.POLLHUP):
            self.close(poll)  # the program does not read any more
            return
        if descriptor == 0:
            data = self._replay.read()
            self._at += len(data)
            self._pending = data
        self._write()
        if not self._pending and self._replay.more(self._at) == b"":
            self.close(poll)
            return
        self.watch(poll)

    def _write(self) -> None:
        self._fill()
        if self._pending:
            try:
                written = posix.write(self.sink, self._pending)
            except BlockingIOError:
                return
            except OSError:
                self._pending = b""
                return
            self._pending = self._pending[written:]

    def close(self, poll: select.poll | None = None) -> None:
        """Let the program see the end of its input."""
        if self.sink >= 0:
            if poll:
                _forget(poll, self.sink)
                _forget(poll, 0)
            posix.close(self.sink)
            self.sink = -1


def _forget(poll: select.poll, descriptor: int) -> None:
    try:
        poll.unregister(descriptor)
    except KeyError:
        pass
