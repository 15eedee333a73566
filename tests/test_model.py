"""Typed views of raw records: lenient, and honest about what did not fit."""

from __future__ import annotations

from aitrack.model import Attempt, Failure, Session, view


def test_what_fits_is_taken_and_unknown_fields_are_left_alone() -> None:
    """A later version may write more."""
    problems: list[str] = []

    session = view(Session, {"id": "a", "status": "failed", "brand_new": 1}, problems)

    assert (session.id, session.status, problems) == ("a", "failed", [])


def test_one_wrong_field_costs_that_field_alone() -> None:
    """The place is named down to the item of a list."""
    problems: list[str] = []
    raw = {"type": "KeyError", "frames": [{"file": "a.py", "line": "x"}, {"file": "b.py", "line": 2}]}

    failure = view(Failure, raw, problems, "failure")

    assert [(frame.file, frame.line) for frame in failure.frames] == [("a.py", None), ("b.py", 2)]
    assert problems == ["failure.frames[0].line: Expected `int | null`, got `str`"]


def test_null_is_no_damage() -> None:
    """A writer that knows nothing says null."""
    problems: list[str] = []

    attempt = view(Attempt, {"n": 1, "resources": None, "processes": None, "role": None}, problems)

    assert (attempt.role, attempt.processes, problems) == ("primary", [], [])


def test_something_else_than_an_object_is_an_empty_record() -> None:
    """Never a crash."""
    problems: list[str] = []

    assert view(Session, [1], problems) == Session()
    assert problems == ["$: Expected `object`, got `array`"]
