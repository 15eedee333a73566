"""The program's stdout and stderr: who holds them, and how they are recorded without being in the way.

A regular file is passed through and its new part read back afterwards. A pipe is relayed through a pipe, one for
both where the caller had one, or the order of lines would break. A terminal is passed through untouched unless
everything shall be captured, or a policy needs the text of stderr.
"""

from __future__ import annotations

import posix

from aitrack.supervise import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.pump import Ends, Relay
    from aitrack.supervise.stdin import Feed
    from aitrack.supervise.terminal import Terminal

_KIND, _FIFO, _FILE, _DEVICE = 0o170000, 0o010000, 0o100000, 0o020000
NAMES = {1: "stdout", 2: "stderr"}


class Stream:
    """One of the program's two output streams, as the caller gave it."""

    __slots__ = ("descriptor", "ends", "kind", "same_as", "start", "written")

    def __init__(self, descriptor: int, kind: str) -> None:
        self.descriptor = descriptor
        self.kind = kind  # pipe, file, terminal, null, closed, other
        self.ends: Ends | None = None
        self.same_as: Stream | None = None
        self.start = 0
        self.written = 0

    @property
    def name(self) -> str:
        """Return what people call it."""
        return NAMES[self.descriptor]

    def added_to_file(self) -> int | None:
        """Return how many bytes the program added to a regular file."""
        try:
            return max(0, posix.fstat(self.descriptor).st_size - self.start)
        except OSError:
            return None

    def read_back(self) -> None:
        """Read what the program added to a regular file."""
        if self.kind != "file" or self.same_as or self.ends:
            return
        from aitrack.supervise.pump import Ends

        self.ends = Ends()
        try:
            source = posix.open(f"/proc/self/fd/{self.descriptor}", posix.O_RDONLY | posix.O_CLOEXEC)
        except OSError:
            return
        try:
            end = posix.fstat(source).st_size
            _read_part(source, self.start, end, self.ends)
        except OSError:
            pass
        finally:
            posix.close(source)


def _read_part(source: int, start: int, end: int, ends: Ends) -> None:
    """Add the bytes from *start* to *end* to *ends*; of a long part, the middle is only counted."""
    from aitrack.supervise.pump import HEAD_BYTES, TAIL_BYTES

    middle = end - start - HEAD_BYTES - TAIL_BYTES
    at = start
    while at < end:
        data = posix.pread(source, min(1 << 16, end - at), at)
        if not data:
            return
        ends.add(data)
        at += len(data)
        if middle > 0 and at >= start + HEAD_BYTES:
            skip = end - TAIL_BYTES - at
            if skip > 0:
                ends.total += skip
                ends.lines = None
                at += skip
            middle = 0


class Streams:
    """The streams of one attempt.

    *feed* passes stdin on where it may be needed again, *hold* is the file that takes stdout, and may move to the
    folder *hold_in*;
    *needed_again* keeps the caller's stdout open for what may follow the attempt.
    """

    __slots__ = ("_needed_again", "both", "feed", "for_child", "relays", "terminal")

    def __init__(
        self,
        capture: str,
        *,
        pty_for_stderr: bool = False,
        feed: Feed | None = None,
        hold: int = -1,
        hold_in: str = "/",
        needed_again: bool = False,
    ) -> None:
        self.for_child: dict[int, int] = {}
        self._needed_again = needed_again
        self.feed = feed
        if feed:
            self.for_child[0] = feed.for_child
        self.relays: list[Relay] = []
        self.terminal: Terminal | None = None
        self.both = [_look_at(1), _look_at(2)]
        stdout, stderr = self.both
        if hold >= 0:
            self._hold_back(stdout, hold, hold_in)
        if capture == "none":
            stdout.ends = None
            return
        if hold < 0 and stdout.kind in ("pipe", "file") and _same(stdout, stderr):
            stderr.same_as = stdout
        for stream in self.both:
            if stream.descriptor in self.for_child:
                continue
            if stream.kind == "pipe":
                self._relay(stream)
            elif stream.kind == "file" and stream.same_as is None:
                stream.start = _end_of_file(stream.descriptor)
        terminals = [
            s for s in self.both if s.kind == "terminal" and (capture == "all" or (pty_for_stderr and s is stderr))
        ]
        if terminals:
            self._interpose_terminal(terminals)

    def _hold_back(self, stdout: Stream, hold: int, folder: str) -> None:
        from aitrack.supervise.hold import HeldRelay

        read_end, write_end = posix.pipe2(posix.O_CLOEXEC)
        posix.set_blocking(read_end, False)
        relay = HeldRelay(read_end, hold, folder)
        stdout.kind, stdout.ends = "pipe", relay.ends
        self.for_child[1] = write_end
        self.relays.append(relay)

    def _relay(self, stream: Stream) -> None:
        if stream.same_as:
            self.for_child[2] = self.for_child[1]
            return
        sink = _own_copy(stream.descriptor)
        if sink < 0:  # nobody reads any more: the program shall see that by itself
            stream.kind = "other"
            return
        from aitrack.supervise.pump import Ends, Relay

        read_end, write_end = posix.pipe2(posix.O_CLOEXEC)
        posix.set_blocking(read_end, False)
        stream.ends = Ends()
        self.for_child[stream.descriptor] = write_end
        self.relays.append(Relay(read_end, sink, stream.ends))

    def _interpose_terminal(self, streams: list[Stream]) -> None:
        from aitrack.supervise.pump import Ends, Relay
        from aitrack.supervise.terminal import Terminal

        terminal = Terminal(streams[-1].descriptor)
        ends = Ends()
        for stream in streams:
            stream.ends = ends
            self.for_child[stream.descriptor] = terminal.slave
        if len(streams) == 2:
            streams[1].same_as = streams[0]
        relay = Relay(terminal.master, terminal.sink, ends)
        relay.translate = True
        self.relays.append(relay)
        self.terminal = terminal

    def started(self) -> None:
        """The child has its ends: let go of ours, or the end of the stream would never come."""
        if (
            1 in self.for_child and not self._needed_again
        ):  # of the caller's pipe, only what the relay holds; stderr stays for what we say
            nowhere = posix.open("/dev/null", posix.O_WRONLY | posix.O_CLOEXEC)
            posix.dup2(nowhere, 1, False)
            posix.close(nowhere)
        for descriptor in set(self.for_child.values()):
            posix.close(descriptor)
        self.for_child = {}

    def read_back(self) -> None:
        """Read what went into regular files."""
        for stream in self.both:
            stream.read_back()

    def why_not_captured(self) -> str | None:
        """Say what of the output is not there, and why; None when all is."""
        missed = [stream.name for stream in self.both if stream.kind == "terminal" and stream.ends is None]
        return f"{' and '.join(missed)}: terminal" if missed else None


def _look_at(descriptor: int) -> Stream:
    try:
        mode = posix.fstat(descriptor).st_mode & _KIND
    except OSError:
        return Stream(descriptor, "closed")
    if mode == _FIFO:
        return Stream(descriptor, "pipe")
    if mode == _FILE:
        return Stream(descriptor, "file")
    if mode == _DEVICE and posix.isatty(descriptor):
        return Stream(descriptor, "terminal")
    return Stream(descriptor, "null" if mode == _DEVICE else "other")


def _same(one: Stream, other: Stream) -> bool:
    if one.kind != other.kind:
        return False
    first, second = posix.fstat(one.descriptor), posix.fstat(other.descriptor)
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


def _own_copy(descriptor: int) -> int:
    """Return an own open file of the caller's pipe: its O_NONBLOCK is ours alone; -1 when nobody reads."""
    try:
        return posix.open(f"/proc/self/fd/{descriptor}", posix.O_WRONLY | posix.O_NONBLOCK | posix.O_CLOEXEC)
    except OSError as error:
        if error.errno == 6:  # ENXIO: no reader
            return -1
    return posix.dup(descriptor)  # another user's pipe: it blocks us when it is full, which is the best there is


def _end_of_file(descriptor: int) -> int:
    """Return where the next byte of the program will stand in a regular file."""
    flags = 0
    for line in kernel.read_file(f"/proc/self/fdinfo/{descriptor}").splitlines():
        if line.startswith(b"flags:"):
            flags = int(line.split()[1], 8)
    if flags & posix.O_APPEND:
        return posix.fstat(descriptor).st_size
    return posix.lseek(descriptor, 0, 1)
