"""Caught exceptions: the cause that no traceback shows, told apart from everyday ones."""

from __future__ import annotations

from typing import Any

from aitrack.analysis.swallowed import Swallowed, swallowed, with_swallowed
from aitrack.model import Event, Failure


def caught(kind: str, **data: Any) -> Event:
    """Return the event of an exception that was raised and caught."""
    where = {
        "type": kind,
        "message": "m",
        "file": "a.py",
        "line": 4,
        "function": "price",
        "caught_in": "price",
        "count": 1,
    }
    return Event(kind="exception", data=where | data)


def test_what_was_caught_is_told_newest_first_and_once() -> None:
    """The last thing that went wrong before the failure comes first."""
    events = [caught("KeyError"), caught("ValueError"), caught("ValueError"), Event(kind="open")]

    assert [one.type for one in swallowed(events, Failure("TypeError"))] == ["ValueError", "KeyError"]


def test_the_failure_itself_and_everyday_exceptions_are_no_news() -> None:
    """What stands on the screen already, what escaped, and how Python ends loops."""
    failure = Failure("KeyError", message="m")
    events = [caught("KeyError"), caught("StopIteration"), caught("ValueError", caught_in=None)]

    assert swallowed(events, failure) == []


def test_a_rare_one_is_suspected_and_a_frequent_one_is_not() -> None:
    """Fifty thousand times is how the program works."""
    stack = [{"file": "a.py", "function": "total", "line": 8, "score": 0.2, "evidence": "stack order only"}]
    rare = Swallowed("KeyError", "m", "a.py", 4, "price", 1)
    usual = Swallowed("ValueError", "m", "a.py", 9, "guess", 50_000)

    assert [one["function"] for one in with_swallowed(stack, [usual, rare])] == ["total", "price"]
    assert [one["function"] for one in with_swallowed(stack, [usual, rare], "not None")] == ["price", "total"]
