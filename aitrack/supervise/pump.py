"""Relay one stream of the program to the caller, and remember its two ends.

Only pipes are relayed, and terminals when asked: a regular file is read back afterwards. Bytes are passed on when
they are written; nothing here waits.
"""

from __future__ import annotations

import _signal
import errno
import posix
import select

HEAD_BYTES = 256 << 10
TAIL_BYTES = 1 << 20
_CHUNK = 1 << 16
_SMALL = 1 << 12
_COUNTED_BYTES = 16 << 20  # counting lines costs as much as passing them on
_CHUNKS_AT_ONCE = 16


class Ends:
    """The first and the last bytes of a stream, and how many there were."""

    __slots__ = ("head", "kept", "lines", "tail", "total")

    def __init__(self) -> None:
        self.head = bytearray()
        self.tail: list[bytearray | bytes] = []
        self.kept = 0
        self.total = 0
        self.lines: int | None = 0  # None when there was too much to count

    def add(self, data: bytes) -> None:
        """Remember *data*, which follows what came before."""
        self.total += len(data)
        if self.lines is not None:
            self.lines = self.lines + data.count(b"\n") if self.total <= _COUNTED_BYTES else None
        if len(self.head) < HEAD_BYTES:
            room = HEAD_BYTES - len(self.head)
            self.head += data[:room]
            data = data[room:]
            if not data:
                return
        last = self.tail[-1] if self.tail else b""
        if len(data) < _SMALL and isinstance(last, bytearray) and len(last) < _CHUNK:
            last += data
        else:
            self.tail.append(bytearray(data) if len(data) < _SMALL else data)
        self.kept += len(data)
        while self.kept - len(self.tail[0]) >= TAIL_BYTES:
            self.kept -= len(self.tail.pop(0))

    def parts(self) -> tuple[bytes, int, bytes]:
        """Return the head, how many bytes are missing between, and the tail."""
        tail = b"".join(self.tail)[-TAIL_BYTES:]
        return bytes(self.head), self.total - len(self.head) - len(tail), tail


class Relay:
    """One channel from the program to the caller: what we read, where it goes, and what waits between."""

    __slots__ = ("ends", "pending", "sink", "source", "translate")

    def __init__(self, source: int, sink: int, ends: Ends) -> None:
        self.source = source
        self.sink = sink
        self.ends = ends
        self.pending = b""
        self.translate = False  # a terminal between: the caller's own adds the carriage returns again

    @property
    def is_open(self) -> bool:
        """Whether more may come, or something still waits to be written."""
        return self.source >= 0 or bool(self.pending)

    def watch(self, poll: select.poll) -> None:
        """Tell *poll* what this channel waits for: room for what is pending, else news from the program."""
        if self.source >= 0:
            if not self.pending:
                poll.register(self.source, select.POLLIN)
            else:  # not even its hang-up is news until this is written
                _forget(poll, self.source)
        if self.sink >= 0:
            poll.register(self.sink, select.POLLOUT if self.pending else 0)

    def step(self, poll: select.poll, descriptor: int, events: int) -> None:
        """Do what *events* on *descriptor* allow, and tell *poll* what to wait for next."""
        if descriptor == self.sink and events & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
            self.break_off(poll)
            return
        had = bool(self.pending)
        if had:
            if descriptor == self.sink:
                self._write(poll)
        elif descriptor == self.source:
            self._read(poll)
        if self.sink >= 0 and bool(self.pending) != had:
            self.watch(poll)

    def _read(self, poll: select.poll) -> None:
        """Pass on what is there, a few chunks at the most: signals and the other stream wait meanwhile."""
        for _ in range(_CHUNKS_AT_ONCE):
            try:
                data = posix.read(self.source, _CHUNK)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.EIO:  # what a terminal says when nobody holds its other side
                    raise
                data = b""
            if not data:
                self._close_source(poll)
                return
            self.ends.add(data)
            self.pending = data.replace(b"\r\n", b"\n") if self.translate else data
            self._write(poll)
            if self.sink < 0:
                self._close_source(poll)
            if self.pending or self.source < 0 or len(data) < _CHUNK:
                return

    def _write(self, poll: select.poll) -> None:
        try:
            written = posix.write(self.sink, self.pending)
        except BlockingIOError:
            return
        except OSError:  # the reader is gone: the program is told by its own next write
            self.pending = b""
            self._close_sink(poll)
            return
        self.pending = self.pending[written:]
        if self.source < 0 and not self.pending:
            self._close_sink(poll)

    def break_off(self, poll: select.poll) -> None:
        """The caller no longer reads: let the program's next write fail as it would have failed bare."""
        self.pending = b""
        self._close_sink(poll)
        self._close_source(poll)

    def _close_sink(self, poll: select.poll) -> None:
        if self.sink >= 0:
            _forget(poll, self.sink)
            posix.close(self.sink)
            self.sink = -1

    def _close_source(self, poll: select.poll) -> None:
        if self.source >= 0:
            _forget(poll, self.source)
            posix.close(self.source)
            self.source = -1
        if not self.pending:  # the end of the stream is passed on as soon as it is known
            self._close_sink(poll)

    def drain(self) -> None:
        """After the program's end: pass on what it left in the pipe, as far as that goes without waiting."""
        poll = select.poll()
        self.watch(poll)
        before = -1
        while self.source >= 0 and self.sink >= 0 and self.ends.total != before:
            before = self.ends.total
            if self.pending:
                self._write(poll)
                if self.pending:
                    return
            self._read(poll)

    def close(self) -> None:
        """Let go of both sides."""
        for descriptor in (self.source, self.sink):
            if descriptor >= 0:
                posix.close(descriptor)
        self.source = self.sink = -1


def _forget(poll: select.poll, descriptor: int) -> None:
    try:
        poll.unregister(descriptor)
    except KeyError:
        pass


def courier(relays: list[Relay]) -> None:
    """Leave a small process behind that passes on what background children of the program still write.

    Without it their next write would fail, since the pipe that they inherited ends here. It holds nothing but the
    two ends of each channel, and ends with the last writer.
    """
    if posix.fork() != 0:
        return
    try:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
        posix.chdir("/")
        keep = {descriptor for relay in relays for descriptor in (relay.source, relay.sink)}
        for name in posix.listdir("/proc/self/fd"):
            if int(name) not in keep:
                try:
                    posix.close(int(name))
                except OSError:
                    pass
        _carry(relays)
    finally:
        posix._exit(0)  # pyright: ignore[reportPrivateUsage]  # its name as the C module has it


def _carry(relays: list[Relay]) -> None:
    poll = select.poll()
    for relay in relays:
        relay.ends = Ends()
        relay.watch(poll)
    while any(relay.is_open and relay.sink >= 0 for relay in relays):
        for descriptor, events in poll.poll():
            for relay in relays:
                if descriptor in (relay.source, relay.sink):
                    relay.step(poll, descriptor, events)
