"""What is going on: the innermost open operation, by context variable, and across the start of threads."""

from __future__ import annotations

import sys
import threading
import time
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aitrack.api.stream import new_id

if TYPE_CHECKING:
    from aitrack.api.place import Place

_clock = time.monotonic_ns


class Span:
    """Something that takes time and has a parent: a session within a run, an operation, a tracked call."""

    __slots__ = ("__weakref__", "_id", "began_ns", "category", "is_open", "name", "outer", "place")

    def __init__(self, place: Place, name: str, category: str, outer: Span | None) -> None:
        self.place = place
        self.name = name
        self.category = category
        self.outer = outer
        self._id = ""
        self.is_open = True
        self.began_ns = _clock()

    @property
    def id(self) -> str:
        """The span's id, made when somebody asks: most calls of a busy tool are only counted."""
        if not self._id:
            self._id = new_id()
        return self._id

    @property
    def parent(self) -> str | None:
        """The id of the span around this one."""
        return self.outer.id if self.outer is not None else None


current: ContextVar[Span | None] = ContextVar("aitrack_span", default=None)
sessions: list[Span] = []  # open ones of the process, the innermost last: what a thread without a context belongs to
operations: list[Span] = []  # open ones of the main thread, where no one tells which of them begins a thread
_IS_TOLD = sys.version_info >= (3, 12)
_begun_by: WeakKeyDictionary[threading.Thread, Span] = WeakKeyDictionary()


def innermost() -> Span | None:
    """Return the open operation or session that whatever happens now belongs to."""
    span = current.get()
    if span is not None and span.is_open:
        return span
    if span is None:
        span = _begun_by.get(threading.current_thread()) if _IS_TOLD else _guessed()
        if span is not None and span.is_open:
            return span
    return next((session for session in reversed(sessions) if session.is_open), None)


def _guessed() -> Span | None:
    """Return the operation that most likely began this thread: the main thread's innermost, when it is first seen."""
    thread = threading.current_thread()
    if thread is threading.main_thread():
        return None
    if thread not in _begun_by:
        open_ = [span for span in operations if span.is_open]
        if not open_:
            return None
        _begun_by[thread] = open_[-1]
    return _begun_by[thread]


def place_of(span: Span | None) -> Place:
    """Return where *span* is recorded; without one, where the process is."""
    if span is not None:
        return span.place
    from aitrack.api.place import around

    return around()


@cache
def follow_threads() -> None:
    """Note which operation starts a thread: a new thread has an empty context of its own.

    From 3.12 on the interpreter tells an audit hook of each start, in the thread that starts it; nothing is patched.
    """
    if _IS_TOLD:
        sys.addaudithook(_heard)


def began(span: Span) -> None:
    """Note an operation of the main thread, where threads must be guessed at."""
    if not _IS_TOLD and threading.current_thread() is threading.main_thread():
        operations.append(span)


def ended(span: Span) -> None:
    """Forget an operation that has ended."""
    if operations and span in operations:
        operations.remove(span)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "_thread.start_new_thread" or event == "_thread.start_joinable_thread":
        try:
            thread = getattr(arguments[0], "__self__", None)
            span = current.get()
            if span is not None and isinstance(thread, threading.Thread):
                _begun_by[thread] = span
        except Exception:  # a thread must start whatever we make of it
            pass
