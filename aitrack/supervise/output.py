"""What the program wrote, as it is stored: redacted, its two ends, the gap between them counted."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.attempts import Attempt
    from aitrack.supervise.session import Session
    from aitrack.supervise.streams import Stream

_LONGEST_SECRET = 4096
_STEP_PER_COST = 20  # redacting may take a twentieth of a core while the program runs


def write_so_far(session: Session, attempt: Attempt) -> float:
    """Write what is known now, so that it survives a `kill -9` of ours; return when to do so again."""
    begun = time.monotonic()
    for stream in attempt.streams.both:
        if stream.ends is not None and stream.same_as is None and stream.ends.total != stream.written:
            stream.written = stream.ends.total
            _write(session, attempt, stream)
    now = time.monotonic()
    return now + max(1.0, _STEP_PER_COST * (now - begun))


def write_all(session: Session, attempt: Attempt) -> dict[str, object]:
    """Write all output that was captured, and return the `output` part of the attempt's record."""
    attempt.streams.read_back()
    record: dict[str, object] = {}
    for stream in attempt.streams.both:
        if stream.same_as is not None:
            record[stream.name] = {"kind": stream.kind, "same_as": stream.same_as.name}
        elif stream.ends is None:
            record[stream.name] = {"kind": stream.kind, "bytes": None, "lines": None, "gap": None}
        else:
            gap = _write(session, attempt, stream)
            record[stream.name] = {
                "kind": stream.kind,
                "bytes": stream.ends.total,
                "lines": stream.ends.lines,
                "gap": gap,
            }
    return record


def _write(session: Session, attempt: Attempt, stream: Stream) -> int:
    """Write one stream and return how many bytes of it are missing."""
    assert stream.ends is not None
    head, gap, tail = stream.ends.parts()
    if session.privacy == "strict":
        return stream.ends.total
    redact = session.redactor.data if session.privacy == "standard" else bytes
    if gap:
        first, last = whole_lines(head, tail)
        gap += len(head) + len(tail) - len(first) - len(last)
        content = redact(first) + b"\xe2\x80\xb9gap: %d bytes\xe2\x80\xba\n" % gap + redact(last)
    else:
        content = redact(head + tail)
    session.journal.write_bytes(f"attempts/{attempt.number}/{stream.name}.log", content)
    return gap


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
