"""Errors that a script handles itself: remembered in full, with the program going on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aitrack.api import arguments
from aitrack.api.context import innermost, place_of
from aitrack.api.failing import recorded
from aitrack.api.stream import new_id
from aitrack.api.trouble import harmless, nothing
from aitrack.config.values import is_table as is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aitrack.api.context import Span
    from aitrack.api.place import Place

_PER_PLACE, _PER_SECONDS = 20, 60.0  # full records of errors that were raised at one place; the rest is counted
_seen: dict[tuple[str, int], list[float]] = {}


class ErrorContext:
    """What is known of a handled error. Its *id* ties together all that follows from it."""

    def __init__(self, id: str, error: BaseException, failure: dict[str, Any], operation: str, category: str) -> None:
        self.id = id
        self.error = error
        self.failure = failure
        self.operation = operation
        self.operation_category = category

    def _text(self, key: str, default: str = "") -> str:
        value = self.failure.get(key)
        return value if isinstance(value, str) else default

    @property
    def type(self) -> str:
        """The name of the exception's class."""
        return self._text("type", "Exception")

    @property
    def message(self) -> str:
        """Its message, without secrets."""
        return self._text("message")

    @property
    def category(self) -> str:
        """The category of the failure, as a retry policy sees it."""
        return self._text("category", "unknown")

    @property
    def kind(self) -> str:
        """Its finer kind."""
        return self._text("kind", "unknown")

    @property
    def fingerprint(self) -> str:
        """The group of failures that it belongs to."""
        found = self.failure.get("fingerprint")
        return str(found.get("l1", "")) if is_object(found) else ""

    @property
    def retry_after_s(self) -> float | None:
        """How long the other side asked to wait."""
        value = self.failure.get("retry_after_s")
        return float(value) if isinstance(value, (int, float)) else None

    def __repr__(self) -> str:
        return f"<error {self.id}: {self.type} ({self.category}) in {self.operation!r}>"


def handle_error(
    error: BaseException,
    /,
    *,
    operation: str = "",
    category: str = "default",
    args: Mapping[str, object] | None = None,
) -> ErrorContext:
    """Remember an exception that the script handled: frames, chain, values, and what it was doing.

    *operation* names the tool or step that failed, *category* what it is for (`api`, `file`, `processing` ...).
    """
    arguments.exception("error", error)
    if args is not None and not hasattr(args, "keys"):
        raise TypeError(f"`args` must be names with values, not {type(args).__name__}")
    span = innermost()
    place = place_of(span)
    context = ErrorContext(new_id(), error, {}, operation, arguments.text("category", category))
    frequent = _is_frequent(error)
    context.failure = recorded(error, place.pictures, quick=frequent)
    if not place.stream.is_closed:
        _remember(context, place, span, args or {}, is_full=not frequent)
    return context


@harmless(nothing)
def _remember(
    context: ErrorContext, place: Place, span: Span | None, args: Mapping[str, object], *, is_full: bool
) -> None:
    told: dict[str, Any] = {
        "id": context.id,
        "operation": place.pictures.text(context.operation, 200),
        "category": context.operation_category,
        "args": place.pictures.values(args),
    }
    if is_full:
        place.handled(context.failure | {"handled": True, "context": told})
    summary = {key: context.failure.get(key) for key in ("type", "message", "kind")}
    place.stream.tell("error", context.operation or context.type, told | summary, span.id if span else "")


def _is_frequent(error: BaseException) -> bool:
    """Return whether errors of this place were remembered in full often enough for now."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    key = (type(error).__name__, hash((step.tb_frame.f_code, step.tb_lineno)) if step else 0)
    now = time.monotonic()
    moments = [moment for moment in _seen.get(key, []) if now - moment < _PER_SECONDS]
    if len(moments) >= _PER_PLACE:
        return True
    if len(_seen) > 1000:
        _seen.clear()
    _seen[key] = [*moments, now]
    return False
