"""Hold back stdout until it is known whether it shall be shown: `--output last` and `success`, cached answers."""

from __future__ import annotations

import _signal
import posix
import select

_CHUNK = 1 << 16


def held() -> int:
    """Return a file in memory that a program's stdout goes into."""
    return posix.memfd_create("stdout", posix.MFD_CLOEXEC)


def content(descriptor: int) -> bytes:
    """Return all that was written into a held stdout."""
    size = posix.fstat(descriptor).st_size
    return posix.pread(descriptor, size, 0) if size else b""


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
