"""Words to the supervisor and from it: what a failure means, the point of no return, advice of the attempt before."""

from __future__ import annotations

import json
import os
from contextvars import ContextVar
from typing import Any, TypeVar

from aitrack.api import arguments, trouble
from aitrack.api.operations import tell
from aitrack.config.values import is_table as is_object

E = TypeVar("E", bound=BaseException)
# commits within the innermost retried call
committed: ContextVar[list[str] | None] = ContextVar("aitrack_committed", default=None)

# the advice that the innermost retried call has
hinted: ContextVar[dict[str, Any] | None] = ContextVar("aitrack_hinted", default=None)


def transient(error: E, /) -> E:
    """Mark *error* as worth a retry, whatever it looks like: `raise aitrack.transient(MyError("busy"))`."""
    return _declared(error, "transient")


def permanent(error: E, /) -> E:
    """Mark *error* as not worth a retry."""
    return _declared(error, "permanent")


def _declared(error: E, category: str) -> E:
    arguments.exception("error", error)
    try:
        error.aitrack_category = category  # type: ignore[attr-defined]  # read by name from any exception
    except (AttributeError, TypeError):
        pass  # an exception with slots of its own keeps its usual meaning
    return error


def commit(text: str = "committed", /) -> None:
    """Pass the point of no return: a failure after it is neither retried nor replaced by another command."""
    arguments.text("text", text)
    within = committed.get()
    if within is not None:
        within.append(text)
    path = os.environ.get("AITRACK_COMMIT_FILE")
    if path:
        try:
            with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text + "\n")
        except OSError as error:
            trouble.warn(f"the commit cannot be told: {error.strerror}")
    tell("commit", {"text": text})


def hint() -> dict[str, Any] | None:
    """Return the advice of the attempt before (failure, history, advice), None in a first attempt.

    >>> hint() is None
    True
    """
    within = hinted.get()
    if within is not None:
        return within
    path = os.environ.get("AITRACK_HINT_FILE")
    if not path:
        return None
    try:
        with open(path, encoding="utf-8") as file:
            found: Any = json.load(file)
    except (OSError, ValueError):
        return None
    return found if is_object(found) else None
