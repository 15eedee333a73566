"""Sessions from inside a script: begun, nested, ended, and found again."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, cast

from aitrack.api import arguments
from aitrack.api.context import Span, current, follow_threads, innermost, sessions
from aitrack.api.failing import brief, recorded
from aitrack.api.operations import Operation, finished, operation
from aitrack.api.place import home, own, run_around
from aitrack.errors import NotFound
from aitrack.store import layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from types import TracebackType

    from aitrack.api.handling import ErrorContext
    from aitrack.api.place import Place
    from aitrack.store.bundle import Bundle

    P = ParamSpec("P")
    T = TypeVar("T")

STATUSES = ("passed", "failed", "degraded", "aborted")


class Session:
    """One piece of work with a beginning and an end; everything that happens inside belongs to it."""

    def __init__(self, name: str, environment: str | None, facts: Mapping[str, object]) -> None:
        self.name = name
        self.status = "running"
        self.reason = ""
        outer = innermost()
        run = run_around()
        self.place: Place = run or own(name, environment, facts, _session_of(outer))
        self.id = self.place.session_id
        self.parent = _session_of(outer)
        self._is_own = run is None
        self._span = Span(self.place, name, "session", None if self._is_own else outer)
        self._facts = facts
        self._token: Token[Span | None] | None = None
        sessions.append(self._span)

    # ---- what happens inside ----

    def event(self, name: str, /, **facts: object) -> str:
        """Remember that something happened in this session, whatever is innermost."""
        from aitrack.api.stream import new_id

        number = new_id()
        self.place.stream.add("mark", arguments.text("name", name), {"id": number, **facts}, self._span.id)
        return number

    def snapshot(self, name: str, /, **values: object) -> str:
        """Remember a picture of *values*."""
        with _Inside(self._span):
            from aitrack.api.operations import snapshot

            return snapshot(name, **values)

    def operation(
        self, name: str, /, *, category: str = "operation", watch: Mapping[str, object] | None = None, **facts: object
    ) -> Operation:
        """Follow a part of this session."""
        return operation(name, category=category, watch=watch, **facts)

    def handle_error(self, error: BaseException, **context: Any) -> ErrorContext:
        """Remember an error that the script handled in this session."""
        from aitrack.api.handling import handle_error

        with _Inside(self._span):
            return handle_error(error, **context)

    # ---- its end ----

    def end(self, status: str = "passed", *, reason: str = "", error: BaseException | None = None) -> None:
        """End the session; *error* is what it failed by. A session that has ended stays as it is."""
        arguments.one_of("status", status, STATUSES)
        if self.status != "running":
            return
        if error is not None and status == "passed":
            status = "failed"
        self.status, self.reason = status, reason
        self._span.is_open = False
        if self._span in sessions:
            sessions.remove(self._span)
        if self._is_own:
            failure = recorded(error, self.place.pictures) if error is not None and self._records else None
            self.place.end(status, failure=failure, reason=reason)
        else:
            self._end_inside_a_run(status, error)

    def fail(self, error: BaseException, *, reason: str = "") -> None:
        """End the session as failed by *error*."""
        self.end("failed", error=error, reason=reason)

    @property
    def _records(self) -> bool:
        return not self.place.stream.is_closed

    def _end_inside_a_run(self, status: str, error: BaseException | None) -> None:
        if not self._records:
            return
        data = finished(self._span, time.monotonic_ns() - self._span.began_ns, failed=status == "failed")
        data |= {"session": status, "args": self.place.pictures.values(self._facts)}
        if error is not None:
            data["error"] = brief(error, self.place)
            self.place.handled(recorded(error, self.place.pictures))
        self.place.stream.tell("span", self.name, data, self._span.id)

    def __enter__(self) -> Self:
        follow_threads()
        self._token = current.set(self._span)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._token is not None:
                current.reset(self._token)
        except ValueError:
            pass  # ended in another context than it began in
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            self.end("degraded" if self.place.is_degraded and self._is_own else "passed")
        elif isinstance(error, KeyboardInterrupt):
            self.end("aborted", error=error)
        else:
            self.end("failed", error=error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __repr__(self) -> str:
        return f"<session {self.name!r} {self.id} {self.status}>"


class _Inside:
    """Makes a session the innermost for a moment."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: Token[Span | None] | None = None

    def __enter__(self) -> None:
        inner = current.get()
        if inner is None or inner.place is not self._span.place:
            self._token = current.set(self._span)

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            current.reset(self._token)


def _session_of(span: Span | None) -> str | None:
    return span.place.session_id or None if span is not None else None


class SessionContext:
    """What `aitrack.session` returns: a context manager, sync or async, or a decorator that opens one per call."""

    def __init__(self, name: str, environment: str | None, facts: Mapping[str, object]) -> None:
        self._begin = functools.partial(Session, name, environment, facts)
        self._open: list[Session] = []

    def __enter__(self) -> Session:
        self._open.append(self._begin().__enter__())
        return self._open[-1]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.pop().__exit__(kind, error, traceback)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return *function* with a session of its own around each call."""
        arguments.function("function", function)
        begin = self._begin
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def in_async_session(*args: P.args, **kwargs: P.kwargs) -> Any:
                with begin():
                    return await function(*args, **kwargs)

            return cast("Callable[P, T]", in_async_session)

        @functools.wraps(function)
        def in_session(*args: P.args, **kwargs: P.kwargs) -> T:
            with begin():
                return function(*args, **kwargs)

        return in_session


def session(name: str, /, *, environment: str | None = None, **facts: object) -> SessionContext:
    """Open a session: `with aitrack.session("nightly", environment="staging", rows=3) as s:`, or as a decorator.

    An exception that leaves it is its failure. Inside of `aitrack run` it is a part of the run's session; alone it
    has a bundle of its own, which `aitrack list` and `inspect` show.
    """
    return SessionContext(*_checked(name, environment), facts)


def start_session(name: str, /, *, environment: str | None = None, **facts: object) -> Session:
    """Begin a session that `.end(status)` ends."""
    follow_threads()
    return Session(*_checked(name, environment), facts)


def _checked(name: str, environment: str | None) -> tuple[str, str | None]:
    return arguments.text("name", name), None if environment is None else arguments.text("environment", environment)


# ---- found again ----


class SessionRecord(Mapping[str, Any]):
    """A session as it is on disk: its summary by name, and its parts when they are asked for."""

    def __init__(self, bundle: Bundle) -> None:
        from aitrack.store.summary import summarise

        self._bundle = bundle
        self._summary = summarise(bundle)

    def __getitem__(self, key: str) -> Any:
        return self._summary[key]

    def __iter__(self) -> Any:
        return iter(self._summary)

    def __len__(self) -> int:
        return len(self._summary)

    def __repr__(self) -> str:
        return f"<session {self.name or self['script']!r} {self.id} {self.status}>"

    @property
    def id(self) -> str:
        """Its id."""
        return self._bundle.id

    @property
    def name(self) -> str | None:
        """Its name."""
        return cast("str | None", self._summary["name"])

    @property
    def status(self) -> str:
        """Its status now."""
        return self._bundle.status

    @property
    def record(self) -> dict[str, Any]:
        """The record of the session as `inspect --json` shows it."""
        return self._bundle.record

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """The records of its attempts, each with `failure` and `errors`."""
        return self._bundle.attempt_records

    @property
    def failure(self) -> dict[str, Any] | None:
        """The failure of its last attempt, if there is one."""
        attempts = self.attempts
        return attempts[-1]["failure"] if attempts else None

    @property
    def events(self) -> list[dict[str, Any]]:
        """What happened in it, in order: kind, data, span."""
        return [
            {"t_ns": event.t_ns, "kind": event.kind, "span": event.span, "pid": event.pid, "data": event.data}
            for number in self._bundle.attempt_numbers
            for event in self._bundle.events(number)
        ]


def get_session(id: str, /) -> SessionRecord:
    """Return the session *id*, or the one that begins with it, as it is on disk; raise `NotFound`."""
    from aitrack.store.bundle import Bundle, session_folders

    wanted = arguments.text("id", id).lower()
    if layout.is_session_id(wanted):
        folder = layout.session_folder(home(), wanted)
        found = [folder] if _exists(folder) else []
    else:
        found = [folder for folder in session_folders(home()) if folder.rpartition("/")[2].startswith(wanted)]
    if len(found) != 1:
        raise NotFound(f"there is no session `{id}`" if not found else f"`{id}` is the beginning of {len(found)} ids")
    return SessionRecord(Bundle(found[0]))


def _exists(folder: str) -> bool:
    import os

    return os.path.isdir(folder)


def list_sessions(
    *, status: str | None = None, since: str | float | None = None, limit: int | None = None
) -> list[SessionRecord]:
    """Return the sessions of the store, newest first: of one *status*, of the last `7d`, at most *limit*."""
    from aitrack.store.bundle import Bundle, session_folders

    known = ("running", "passed", "failed", "degraded", "rejected", "aborted", "interrupted")
    wanted = None if status is None else arguments.one_of("status", status, known)
    age = arguments.maybe_duration("since", since)
    most = None if limit is None else arguments.whole("limit", limit, 0)
    after = None if age is None else time.time() - age
    found: list[SessionRecord] = []
    for folder in session_folders(home()):
        if most is not None and len(found) >= most:
            break
        if after is not None and layout.started_at(folder.rpartition("/")[2]) < after:
            break  # ids are in the order of time
        one = SessionRecord(Bundle(folder))
        if wanted is None or one.status == wanted:
            found.append(one)
    return found
