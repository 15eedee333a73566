"""Which sessions go when the store is full or they are old, and their removal.

Oldest good ones first, then failures whose pattern has newer samples enough.
Never a running one, never a pinned one; imported records lie elsewhere and
are exempt.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from aitrack.model import is_object
from aitrack.store import decisions, ownership
from aitrack.store.bundle import Bundle, session_folders
from aitrack.store.summary import last_failure
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DAY = 86400.0
_MANY = 300  # sessions that are looked at in well under a second
_GOOD = {"passed", "rejected", "aborted"}


@dataclass(frozen=True)
class Limits:
    """How much is kept."""

    max_size: int = 1 << 30
    max_age: float = 30 * 86400.0
    keep_samples: int = 5


@dataclass(frozen=True)
class Candidate:
    """What must be known of a session to decide whether it goes."""

    folder: str
    started_at: float
    status: str
    size: int
    site: str  # which pattern it is a sample of

    @property
    def is_good(self) -> bool:
        """Whether nothing is lost for later explanations."""
        return self.status in _GOOD


def choose(candidates: Iterable[Candidate], limits: Limits, now: float) -> list[Candidate]:
    """Return the sessions that go, in the order of their going.

    Pure.  *candidates* are neither running nor pinned.
    """
    ordered = sorted(candidates, key=lambda one: one.started_at)
    newer = _newer_samples(ordered)
    good = [one for one in ordered if one.is_good]
    covered = [one for one in ordered if not one.is_good and newer[one.folder] >= limits.keep_samples]
    rest = [one for one in ordered if not one.is_good and newer[one.folder] < limits.keep_samples]
    going = [one for one in good + covered if now - one.started_at > limits.max_age]
    size = sum(one.size for one in ordered) - sum(one.size for one in going)
    gone = {one.folder for one in going}
    for one in good + covered + rest:
        if size <= limits.max_size:
            break
        if one.folder not in gone:
            going.append(one)
            size -= one.size
    return going


def _newer_samples(ordered: list[Candidate]) -> dict[str, int]:
    """Return how many newer failures of the same pattern each failure has; *ordered* is oldest first."""
    seen: dict[str, int] = {}
    newer: dict[str, int] = {}
    for one in reversed(ordered):
        if not one.is_good:
            newer[one.folder] = seen.get(one.site, 0)
            seen[one.site] = newer[one.folder] + 1
    return newer


def candidates(home: str) -> list[Candidate]:
    """Return all sessions that may go: neither running nor pinned."""
    pinned = set(decisions.read(home)["pins"])
    found: list[Candidate] = []
    for folder in session_folders(home):
        bundle = Bundle(folder)
        if bundle.status == "running" or bundle.id in pinned:
            continue
        site = "" if bundle.status in _GOOD else _site(bundle)
        found.append(Candidate(folder, float(bundle.record["started_at"]), bundle.status, size_of(folder), site))
    return found


def _site(bundle: Bundle) -> str:
    fingerprint = last_failure(bundle).get("fingerprint")
    return str(fingerprint.get("l1")) if is_object(fingerprint) else f"none:{bundle.record.get('exit_code')}"


def size_of(folder: str) -> int:
    """Return the bytes that a folder takes on the disk."""
    total = 0
    for below, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(f"{below}/{name}").st_blocks * 512
            except OSError:
                pass
    return total


def remove(folder: str) -> bool:
    """Remove a session that is not running; whole or not at all, as far as readers see."""
    if Bundle(folder).status == "running":
        return False
    going = f"{os.path.dirname(folder)}/.going-{os.path.basename(folder)}"
    try:
        os.rename(folder, going)
    except OSError:
        return False
    shutil.rmtree(going, ignore_errors=True)
    for above in (os.path.dirname(folder), os.path.dirname(os.path.dirname(folder))):
        try:
            os.rmdir(above)  # an empty day, an empty month
        except OSError:
            break
    return True


def tidy(home: str, limits: Callable[[], Limits], now: float | None = None) -> int:
    """Apply *limits* once a day; return how many sessions went.  Called by readers, after their answer."""
    now = time.time() if now is None else now
    return apply(home, limits(), now) if is_due(home, now) else 0


def apply(home: str, limits: Limits, now: float) -> int:
    """Remove what *limits* do not allow; return how many sessions went."""
    if not ownership.is_ours(home):
        return 0
    return sum(remove(one.folder) for one in choose(candidates(home), limits, now))


def is_due(home: str, now: float) -> bool:
    """Whether the limits were not applied for a day; says so only once, to the first who asks."""
    if not os.path.isdir(f"{home}/sessions") or not ownership.is_ours(home):
        return False
    stamp = f"{home}/cache/tidied"
    try:
        if now - os.stat(stamp).st_mtime < _DAY:
            return False
    except OSError:
        pass
    try:
        os.makedirs(f"{home}/cache", mode=0o700, exist_ok=True)
        os.close(files.open_ours(stamp, os.O_WRONLY | os.O_CREAT))
        os.utime(stamp, (now, now))
    except OSError:
        return False
    return True


def is_large(home: str) -> bool:
    """Whether there are so many sessions that nobody should wait for their removal."""
    return next(islice(session_folders(home), _MANY, None), None) is not None
