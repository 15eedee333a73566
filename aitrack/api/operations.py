"""Events, snapshots and operations: what the author of a script wants to be remembered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from aitrack.api import arguments
from aitrack.api.context import Span, began, current, ended, follow_threads, innermost, place_of
from aitrack.api.failing import brief
from aitrack.api.stream import new_id
from aitrack.api.tokens import Usage, priced

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token
    from types import TracebackType

    from aitrack.api.place import Place

_MOST_REMEMBERED = 100  # snapshots whose values are kept for the next one of their name
_snapshots: dict[tuple[str, str], dict[str, Any]] = {}


def event(name: str, /, **facts: object) -> str:
    """Remember that something happened; return the event's id.

    >>> event("page fetched", url="https://example.org", n=3)  # doctest: +SKIP
    '2f1a-1'
    """
    return tell(arguments.text("name", name), facts)


def tell(name: str, facts: Mapping[str, object], kind: str = "mark") -> str:
    """Remember an event of *kind* in the innermost operation; return its id."""
    span = innermost()
    number = new_id()
    place_of(span).stream.add(kind, name, {"id": number, **facts}, span.id if span else "")
    return number


def snapshot(name: str, /, **values: object) -> str:
    """Remember a picture of *values*; with one of the same name before, also what changed since. Return its id."""
    span = innermost()
    place = place_of(span)
    if place.stream.is_closed:
        return new_id()
    taken = place.pictures.values(values)
    key = (place.session_id, arguments.text("name", name))
    before = _snapshots.get(key)
    if len(_snapshots) < _MOST_REMEMBERED or key in _snapshots:
        _snapshots[key] = taken
    number = new_id()
    data: dict[str, Any] = {"id": number, "values": taken}
    if before is not None:
        data["changed"] = changed(before, taken)
    place.stream.tell("snapshot", name, data, span.id if span else "")
    return number


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return {name: [before, after]} of what differs between two pictures; None stands for absent."""
    return {
        name: [before.get(name), after.get(name)]
        for name in [*before, *(name for name in after if name not in before)]
        if before.get(name) != after.get(name)
    }


class Operation:
    """Something that takes time: `with aitrack.operation("load", category="file") as op:`."""

    def __init__(
        self, name: str, category: str, watch: Mapping[str, object] | None, facts: Mapping[str, object]
    ) -> None:
        self._name = name
        self._category = category
        self._watch = watch
        self._facts = facts
        self._data: dict[str, Any] = {}
        self._usage: Usage | None = None
        self._span: Span | None = None
        self._token: Token[Span | None] | None = None

    @property
    def id(self) -> str:
        """The id of the operation's span; empty before it has begun."""
        return self._span.id if self._span else ""

    def __enter__(self) -> Self:
        follow_threads()
        outer = innermost()
        place = place_of(outer)
        self._span = Span(place, self._name, self._category, outer)
        if not place.stream.is_closed:
            if self._facts:
                self._data["args"] = place.pictures.values(self._facts)
            if self._watch is not None:
                self._data["before"] = place.pictures.values(self._watch)
        self._token = current.set(self._span)
        began(self._span)
        self._span.began_ns = time.monotonic_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        span = self._span
        assert span is not None
        took_ns = time.monotonic_ns() - span.began_ns
        span.is_open = False
        ended(span)
        _reset(self._token)
        stream = span.place.stream
        if stream.is_closed:
            return
        if error is not None:
            self._data["error"] = brief(error, span.place)
        count(span, took_ns, self._usage, failed=error is not None)
        data = finished(span, took_ns, failed=error is not None) | self._data
        stream.tell("span", span.name, data | (self._usage.as_fields() if self._usage else {}), span.id)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def after(self, **values: object) -> None:
        """Remember what the watched values are now; `inspect` shows what changed."""
        span = self._span
        if span is None or span.place.stream.is_closed:
            return
        taken = span.place.pictures.values(values)
        before = self._data.get("before", {})
        self._data["after"] = taken
        self._data["changed"] = changed({name: before.get(name) for name in taken}, taken)

    def note(self, **facts: object) -> None:
        """Add facts to the operation."""
        if self._span is not None and not self._span.place.stream.is_closed:
            self._data.setdefault("args", {}).update(self._span.place.pictures.values(facts))

    def usage(
        self,
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
        model: str = "",
        cost: float | None = None,
    ) -> None:
        """Remember what a call of a language model took; several calls add up."""
        arguments.whole("input_tokens", input_tokens)
        arguments.whole("output_tokens", output_tokens)
        found = priced(Usage(input_tokens, output_tokens, model, cost))
        self._usage = found if self._usage is None else self._usage + found


def operation(
    name: str, /, *, category: str = "operation", watch: Mapping[str, object] | None = None, **facts: object
) -> Operation:
    """Follow a part of the script: how long it took, how it ended, what it changed."""
    if watch is not None and not hasattr(watch, "keys"):
        raise TypeError(f"`watch` must be names with values, not {type(watch).__name__}")
    return Operation(arguments.text("name", name), arguments.text("category", category), watch, facts)


def finished(span: Span, took_ns: int, *, failed: bool) -> dict[str, Any]:
    """Return what every span says of itself at its end."""
    return {
        "parent": span.parent,
        "category": span.category,
        "status": "failed" if failed else "ok",
        "duration_s": round(took_ns / 1e9, 9),
    }


def count(span: Span, took_ns: int, usage: Usage | None, *, failed: bool, model: str = "") -> None:
    """Count a finished span of a tool, exactly."""
    place: Place = span.place
    model = (usage.model if usage else "") or model
    tally = place.tally(span.name, span.category, model)
    tally.add(took_ns, failed=failed)
    if usage is not None:
        tally.spend(usage, wasted=failed)


def _reset(token: Token[Span | None] | None) -> None:
    try:
        if token is not None:
            current.reset(token)
    except ValueError:
        pass  # ended in another context than it began in: there the variable was never set
