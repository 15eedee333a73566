"""Where this process records: the attempt of a surrounding `aitrack run`, or a bundle of its own."""

from __future__ import annotations

import atexit
import os
import sys
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from aitrack.api import trouble
from aitrack.api.bundle import OwnBundle
from aitrack.api.picturing import Pictures
from aitrack.api.stream import Stream
from aitrack.api.tally import Tally
from aitrack.api.trouble import harmless, nothing
from aitrack.collector import wire
from aitrack.config import Settings, load
from aitrack.errors import AitrackError
from aitrack.store import key, layout, ownership

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_ERRORS = 50
_MOST_TALLIES = 1000
_HANDLED = "handled"  # the mark beside an attempt by which readers know to look; see `store.handled`


@cache
def settings() -> Settings:
    """Return the settings that hold where the script was started; the defaults when a file cannot be read."""
    try:
        return load(os.getcwd(), os.environ)
    except (AitrackError, OSError, ValueError) as error:
        trouble.warn(error)
        return Settings()


def home() -> str:
    """Return the store's folder."""
    return layout.home(dict(os.environb))


class Place:
    """One session as this process writes it. *bundle* is None inside of a run, whose supervisor owns the bundle."""

    def __init__(self, session_id: str, stream: Stream, bundle: OwnBundle | None, folder: str) -> None:
        self.session_id = session_id
        self.stream = stream
        self.bundle = bundle
        self.folder = folder
        self.pid = os.getpid()
        self._errors: list[dict[str, Any]] = []
        self._handled = 0
        self.is_degraded = False
        self.is_recovered = False
        _places.add(self)

    @property
    def pictures(self) -> Pictures:
        """Return what makes stored values."""
        return self.stream.pictures

    def tally(self, name: str, category: str, model: str = "") -> Tally:
        """Return the counts of a tool in this session."""
        key = (name, category, model)
        found = self.stream.tallies.get(key)
        if found is None:
            if len(self.stream.tallies) >= _MOST_TALLIES:
                key = ("(others)", category, "")
            shown = (self.pictures.text(key[0], 200), category, self.pictures.text(key[2], 200))
            found = self.stream.tallies.setdefault(key, Tally(*shown))
        return found

    @harmless(nothing)
    def handled(self, record: dict[str, Any]) -> None:
        """Keep a failure that the program handled."""
        self._handled += 1
        if self.bundle is None and self._handled <= _MOST_ERRORS:
            self.stream.failure(record)
            if not self._errors:
                os.close(os.open(f"{self.folder}/{_HANDLED}", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
                self._errors = [{}]  # the mark is there
        elif self.bundle is not None and self.pid == os.getpid():
            self._errors = [*self._errors, record][-_MOST_ERRORS:]
            self.bundle.write_errors(self._errors)

    @harmless(nothing)
    def end(self, status: str, *, failure: dict[str, Any] | None = None, reason: str = "") -> None:
        """Write the end of a bundle of our own; in a child of the process that began it, only what is in memory."""
        self.stream.close()
        if self.bundle is not None and self.pid == os.getpid():
            self.bundle.end(status, failure, reason=reason, recovered=self.is_recovered, degraded=self.is_degraded)


_places: WeakSet[Place] = WeakSet()
_lock = RLock()
_state: dict[str, Place] = {}


def is_disabled() -> bool:
    """Whether the user wants nothing recorded at all."""
    return os.environ.get("AITRACK_DISABLE") == "1"


def around() -> Place:
    """Return where to record outside of any session: the run around us, else a session of the whole process."""
    found = _state.get("around")
    if found is None:
        with _lock:
            found = _state.get("around")
            if found is None:
                found = _state["around"] = _nowhere() if is_disabled() else _joined() or own()
                _watch_process()
    return found


def pictures_at(span_place: Place | None) -> Pictures:
    """Return what makes stored values, for a failure that is only judged: no session begins because of that."""
    place = span_place or _state.get("around")
    return place.pictures if place is not None else _bare_pictures()


@cache
def _bare_pictures() -> Pictures:
    return Pictures(b"")


def run_around() -> Place | None:
    """Return the place in a surrounding run, None when there is none."""
    if is_disabled() or not os.environ.get("AITRACK_SPOOL"):
        return None
    found = around()
    return found if found.bundle is None else None


@harmless(lambda: _nowhere())
def own(
    name: str | None = None,
    environment: str | None = None,
    facts: Mapping[str, object] | None = None,
    parent: str | None = None,
) -> Place:
    """Begin a bundle of our own."""
    if is_disabled():
        return _nowhere()
    asked = settings()
    bundle = OwnBundle(home())
    bundle.open()
    pictures = _pictures(bundle.key, str(asked.value("privacy")))
    bundle.describe(pictures, name, environment or asked.value("environment"), facts or {}, parent)
    stream = Stream(lambda _: bundle.events_path, pictures, is_wire=False, zero_ns=bundle.zero_ns)
    stream.is_closed = not bundle.is_open
    _watch_process()
    return Place(bundle.session_id, stream, bundle, bundle.attempt_folder)


def _not_joined() -> Place | None:
    return _nowhere()


@harmless(_not_joined)
def _joined() -> Place | None:
    folder, session = os.environ.get("AITRACK_SPOOL", ""), os.environ.get("AITRACK_SESSION", "")
    if not (folder and session and os.path.isdir(folder) and ownership.is_ours(folder)):
        return None
    asked = [word.partition("=") for word in os.environ.get("AITRACK_COLLECT", "").split(",")]
    words = {name: value for name, _, value in asked}
    pictures = _pictures(key.read(folder.rsplit("/", 7)[0]), words.get("privacy", "standard"))
    stream = Stream(lambda pid: f"{folder}/{wire.spool_name(pid)}", pictures, is_wire=True, zero_ns=0)
    return Place(session, stream, None, folder)


def _pictures(own_key: bytes, privacy: str) -> Pictures:
    asked = settings()
    return Pictures(own_key, privacy, asked.value("redact.safe_keys"), asked.value("redact.extra"))


def _nowhere() -> Place:
    stream = Stream(lambda _: os.devnull, Pictures(b""), is_wire=True, zero_ns=0)
    stream.is_closed = True
    return Place("", stream, None, "")


# ---- the process: its end, and its children ----


@cache
def _watch_process() -> None:
    atexit.register(_at_exit)
    os.register_at_fork(after_in_child=_in_child)


def _at_exit() -> None:
    from aitrack.api.failing import recorded

    error: BaseException | None = getattr(sys, "last_value", None)
    for place in sorted(_places, key=lambda place: place.session_id, reverse=True):
        if place.stream.is_closed:
            continue
        if place.bundle is None:
            place.stream.close()
        elif error is not None:
            place.end("failed", failure=recorded(error, place.pictures), reason="uncaught exception")
        else:
            place.end("passed")


def _in_child() -> None:
    """Count from nothing after a fork, and have a child of `multiprocessing` write its counts at its end."""
    global _lock
    _lock = RLock()
    for place in list(_places):
        closed = place.stream.is_closed
        place.stream.begin()
        place.stream.is_closed = closed
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(_places, _flush_at_end)


def _flush_at_end(_: object) -> None:
    util: Any = sys.modules["multiprocessing.util"]
    util.Finalize(None, _flush_all, exitpriority=0)


def _flush_all() -> None:
    for place in list(_places):
        place.stream.close()


def forget() -> None:
    """Begin anew, as a fresh process would; for tests."""
    for place in list(_places):
        if not place.stream.is_closed:
            place.end("passed")
    _places.clear()
    _state.clear()
    settings.cache_clear()
