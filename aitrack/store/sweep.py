"""What a run itself deletes: whole expired days without a failure, once a day, after its status is known.

Everything else is done by those who read (`retention`), since a run must not wait for its store.
"""

from __future__ import annotations

import posix
import time

from aitrack.store import layout
from aitrack.system import files

MAX_AGE_SECONDS = 30 * 86400.0
_EVERY_SECONDS = 86400.0
_BUDGET_SECONDS = 0.02


def sweep(home: str, now: float, max_age: float = MAX_AGE_SECONDS) -> None:
    """Delete what is older than *max_age* seconds, and leave a mark for the next runs of the day."""
    layout.make_folders(f"{home}/cache")
    mark = f"{home}/cache/swept"  # whoever sees that it is young need not come here
    posix.close(files.open_ours(mark, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC))
    until = time.monotonic() + _BUDGET_SECONDS
    pinned = _read(f"{home}/decisions.json")
    for day in _expired_days(home, now, max_age):
        if not _delete_if_good(day, pinned, until):
            return


def _expired_days(home: str, now: float, max_age: float) -> list[str]:
    """Return the folders of the days that are over for longer than sessions are kept, oldest first."""
    last = layout.day_folder(home, now - max_age - _EVERY_SECONDS)
    found = [f"{home}/sessions"]
    for _ in range(3):
        found = [f"{folder}/{name}" for folder in found for name in sorted(files.names_in(folder)) if name.isdecimal()]
    return [day for day in found if day <= last]


def _delete_if_good(day: str, pinned: bytes, until: float) -> bool:
    """Delete the *day* if all of its sessions passed and none is pinned; return False when the time is over."""
    names = files.names_in(day)
    for name in names:
        if time.monotonic() > until:
            return False
        if name.encode() in pinned or b'"status":"passed"' not in _read(f"{day}/{name}/session.json"):
            return True
    for session in [f"{day}/{name}" for name in names]:
        if time.monotonic() > until:
            return False
        _delete(session)
    try:
        posix.rmdir(day)
    except OSError:
        pass
    return True


def _read(path: str) -> bytes:
    try:
        return files.read_regular(path, 1 << 20)
    except OSError:
        return b""


def _delete(path: str) -> None:
    try:
        if posix.lstat(path).st_mode & 0o170000 == 0o040000:
            for name in posix.listdir(path):
                _delete(f"{path}/{name}")
            posix.rmdir(path)
        else:
            posix.unlink(path)
    except OSError:
        pass
