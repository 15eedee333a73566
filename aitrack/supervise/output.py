"""What the program wrote, as it is stored: redacted, its two ends, the gap between them counted.

Redaction never stops the thread that passes output on and keeps limits: while the program runs it happens in short
steps between two looks at the streams, and takes a twentieth of a core. After its end, when nobody may be kept
waiting, all of a session has a fixed time, newest text first; what is beyond that is left out and said.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.collector.redact import Redactor
    from aitrack.supervise.attempts import Attempt
    from aitrack.supervise.session import Session
    from aitrack.supervise.streams import Stream

_PAUSE_SECONDS = 1.0
_REST_PER_COST = 19  # so that redacting takes a twentieth of a core while the program runs
_WINDOW = 32 << 10  # characters that are redacted in one step: three milliseconds, thirty of a text made to be slow
_OVERLAP = 4 << 10  # characters that a step looks at on either side: more than a secret and its name are long
_LONGEST_SECRET = 4096


class Redaction:
    """The redaction of one stretch of output, the newest text first, in steps."""

    __slots__ = ("_codec", "_data", "_is_wide", "_redactor", "_spans", "_start", "_text")

    def __init__(self, redactor: Redactor, data: bytes) -> None:
        self._redactor = redactor
        self._is_wide = data.count(0) * 4 > len(data)
        self._begin(data, "utf-8")

    def _begin(self, data: bytes, codec: str) -> None:
        self._codec, self._data = codec, data
        self._text = data.decode(codec, "surrogateescape" if codec == "utf-8" else "ignore")
        self._start = len(self._text)  # what is before it has still to be looked at
        self._spans: list[tuple[int, int, str]] = []

    def step(self) -> bool:
        """Look at the window before those seen already; return whether there is more to do."""
        end, start = self._start, max(0, self._start - _WINDOW)
        low = max(0, start - _OVERLAP)
        for first, last, kind in self._redactor.spans(self._text[low : end + _OVERLAP]):
            if low + last > start and low + first < end:
                self._spans.append((low + first, low + last, kind))
        self._start = start
        if start == 0 and self._is_wide:  # text of a Windows tool, perhaps: once more as that
            data = self.result()
            self._is_wide = False
            self._begin(data, "utf-16-le" if data[1::2].count(0) >= data[::2].count(0) else "utf-16-be")
        return self._start > 0

    def result(self) -> bytes:
        """Return what was looked at, redacted; what was not is left out, and how much that is said."""
        start = self._start
        if start == 0 and not self._spans:
            return self._data  # with what could not be decoded
        spans = [(max(0, first - start), last - start, kind) for first, last, kind in self._spans if last > start]
        text = self._redactor.hide(self._text[start:], spans)
        handler = "surrogateescape" if self._codec == "utf-8" else "surrogatepass"
        data = text.encode(self._codec, handler)
        if start == 0:
            return data
        missing = len(self._text[:start].encode(self._codec, handler))
        return f"‹not redacted in time: {-(-missing // 1024)} KiB left out›\n".encode() + data


class _Stored:
    """One stream on its way to its file: both ends, what lies between them, and what hides their secrets."""

    __slots__ = ("_head", "_tail", "gap", "name")

    def __init__(self, session: Session, attempt: Attempt, stream: Stream) -> None:
        assert stream.ends is not None
        self.name = f"attempts/{attempt.number}/{stream.name}.log"
        head, self.gap, tail = stream.ends.parts()
        if self.gap:
            first, last = whole_lines(head, tail)
            self.gap += len(head) + len(tail) - len(first) - len(last)
        else:
            first, last = b"", head + tail
        is_full = session.privacy == "full"
        self._head, self._tail = (part if is_full else Redaction(session.redactor, part) for part in (first, last))

    def steps(self) -> Iterator[None]:
        """Redact, the end of the stream first; between two steps something else can be done."""
        for part in (self._tail, self._head):
            while isinstance(part, Redaction):
                more = part.step()
                yield
                if not more:
                    break

    def content(self) -> bytes:
        """Return what is to be stored after the steps that were taken."""
        first, last = (part if isinstance(part, bytes) else part.result() for part in (self._head, self._tail))
        return first + b"\xe2\x80\xb9gap: %d bytes\xe2\x80\xba\n" % self.gap + last if self.gap else last


class Flush:
    """A timer that writes the output of a running attempt again and again, so that it survives a `kill -9` of ours."""

    __slots__ = ("_attempt", "_session", "_steps")

    def __init__(self, session: Session, attempt: Attempt) -> None:
        self._session = session
        self._attempt = attempt
        self._steps: Iterator[None] | None = None

    def __call__(self, now: float) -> float:
        """Take one step; return when to take the next."""
        begun = time.monotonic()
        if self._steps is None:
            self._steps = self._all()
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
            return time.monotonic() + _PAUSE_SECONDS
        now = time.monotonic()
        return now + _REST_PER_COST * (now - begun)

    def _all(self) -> Iterator[None]:
        if self._session.privacy == "strict":
            return
        for stream in self._attempt.streams.both:
            ends = stream.ends
            if ends is not None and stream.same_as is None and ends.total != stream.written:
                stream.written = ends.total
                stored = _Stored(self._session, self._attempt, stream)
                yield from stored.steps()
                self._session.journal.write_bytes(stored.name, stored.content())


def write_all(session: Session, attempt: Attempt) -> dict[str, object]:
    """Write all output that was captured, and return the `output` part of the attempt's record."""
    attempt.streams.read_back()
    record: dict[str, object] = {}
    found: list[_Stored] = []
    for stream in attempt.streams.both:
        if stream.same_as is not None:
            record[stream.name] = {"kind": stream.kind, "same_as": stream.same_as.name}
            continue
        ends = stream.ends
        entry: dict[str, object] = {"kind": stream.kind, "bytes": None, "lines": None, "gap": None}
        if ends is not None:
            entry |= {"bytes": ends.total, "lines": ends.lines, "gap": ends.total}
            if session.privacy != "strict":
                found.append(_Stored(session, attempt, stream))
                entry["gap"] = found[-1].gap
        record[stream.name] = entry
    _redact_in_time(session, found)
    for stored in found:
        session.journal.write_bytes(stored.name, stored.content())
    return record


def _redact_in_time(session: Session, found: list[_Stored]) -> None:
    """Take steps of all streams in turn, until they are done or the time of the session is used up."""
    begun = time.monotonic()
    under_way = [stored.steps() for stored in found]
    while under_way and time.monotonic() - begun < session.seconds_to_redact:
        for steps in list(under_way):
            try:
                next(steps)
            except StopIteration:
                under_way.remove(steps)
    session.seconds_to_redact = max(0.0, session.seconds_to_redact - (time.monotonic() - begun))


def whole_lines(head: bytes, tail: bytes) -> tuple[bytes, bytes]:
    """Return both ends cut at a line's end: half of a secret beside the gap would not be known for one."""
    first = head[: head.rfind(b"\n") + 1] or head[:-_LONGEST_SECRET]
    return first, tail[tail.find(b"\n") + 1 :] if b"\n" in tail else tail[_LONGEST_SECRET:]


def tail_text(session: Session, attempt: Attempt, limit: int = 16 << 10) -> str:
    """Return the last part of what the program said on stderr (or where stderr went with stdout), redacted."""
    stderr = attempt.streams.both[1]
    ends = (stderr.same_as or stderr).ends
    if ends is None:
        return ""
    head, gap, tail = ends.parts()
    whole = whole_lines(head, tail)[1] if gap else head + tail
    recent = whole if len(whole) <= limit else whole_lines(b"", whole[-limit:])[1]
    if session.privacy == "strict":
        return ""  # what a failure says would come from here too
    if session.privacy == "standard":
        recent = session.redactor.data(recent)
    return recent.decode("utf-8", "replace")
