"""Say which settings of a file were left out: once for each content of it, and again when one is missed.

Loaded only when a file sets what it may not decide.
"""

from __future__ import annotations

import posix

from aitrack.config.parsed import as_bytes, digest
from aitrack.config.trust import LeftOut, told
from aitrack.store import layout
from aitrack.supervise import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.session import Session

_MISSED_AFTER_ANY_END = frozenset({"junit", "export"})  # somebody waits for what these write
_BAD_ENDS = frozenset({"failed", "degraded", "rejected"})


def announce(session: Session) -> None:
    """Note what is left out, and say so before the program starts if this store has not heard of it.

    A cron job is silent while all is well: there it waits until the run has failed.
    """
    settings = session.plan.settings
    session.learn(settings={"left_out": [one.record() for one in settings.left_out]})
    if _is_quiet(session) or settings.value("retry.output") == "success":
        return
    for line, ones in told(settings.left_out):
        mark = _mark(session, ones)
        if not _exists(mark):
            say.line(line)
            _leave(session, mark)
            ones[0].is_told = True


def remind(session: Session) -> None:
    """Say it again after a run that failed, or that did not write what somebody waits for; never twice in one run."""
    if _is_quiet(session):
        return
    is_bad = session.status in _BAD_ENDS
    is_cron = session.plan.settings.value("retry.output") == "success"
    for line, ones in told(session.plan.settings.left_out):
        is_missed = not is_cron and any(one.key in _MISSED_AFTER_ANY_END for one in ones)
        if (is_bad or is_missed) and not ones[0].is_told:
            say.line(line)
            _leave(session, _mark(session, ones))


def _is_quiet(session: Session) -> bool:
    return bool(session.plan.settings.value("quiet"))


def _mark(session: Session, ones: list[LeftOut]) -> str:
    """Return the path of the mark that this was said of this content of the file."""
    source = ones[0].source
    keys = " ".join(one.key for one in ones)
    name = digest(as_bytes(source.path), source.content, as_bytes(keys), as_bytes(ones[0].why)).hex()[:16]
    return f"{session.journal.home}/cache/left-out-{name}"


def _exists(path: str) -> bool:
    try:
        posix.lstat(path)
    except OSError:
        return False
    return True


def _leave(session: Session, mark: str) -> None:
    """Leave the mark; a store that takes none hears it every time."""
    if not session.is_recorded:
        return
    try:
        layout.make_folders(mark.rpartition("/")[0])
        posix.close(posix.open(mark, posix.O_WRONLY | posix.O_CREAT | posix.O_CLOEXEC | posix.O_NOFOLLOW, 0o600))
    except OSError:
        pass
