"""A failure in words: title, place, source with the failing span, variables."""

from __future__ import annotations

import io
from typing import Any

import pytest

from aitrack.model import Context, Failure, Frame, Local, view
from aitrack.report import failure as words
from aitrack.report.output import Output
from tests.bundles import failure

OUT = Output(io.StringIO())


def seen(raw: dict[str, Any]) -> Failure:
    """Return the typed view of a raw failure."""
    return view(Failure, raw, [])


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ({"type": "KeyError", "message": "'x'"}, "KeyError: 'x'"),
        ({"type": "KeyboardInterrupt", "message": ""}, "KeyboardInterrupt"),
        ({"type": "ExitStatus", "message": "exit status 3", "source": "status"}, "exit status 3"),
        ({}, "failure"),
    ],
)
def test_titles_are_what_python_says(raw: dict[str, Any], title: str) -> None:
    """Type and message; an end without words says how it ended."""
    assert words.title(seen(raw)) == title


def test_the_blamed_frame_is_followed_into_the_chain() -> None:
    """The cause's frame, not the messenger's."""
    raw = failure(
        "RuntimeError", chain=[{"relation": "cause", **failure("OSError")}], blame={"path": ["chain", 0], "frame": 0}
    )

    root, frame = words.blamed(seen(raw))

    assert root.type == "OSError"
    assert frame is not None


def test_a_blame_that_leads_nowhere_falls_back_to_the_users_own_frame() -> None:
    """A damaged path must not lose the place."""
    for path in (["chain", 5], ["exceptions", 0], [1, 2]):
        root, frame = words.blamed(seen(failure(blame={"path": path, "frame": 9})))
        assert (root.type, frame.function if frame else None) == ("KeyError", "parse_row")


def test_carets_stand_below_the_span_without_the_indent() -> None:
    """Columns are characters from 0, half-open, of the whole line."""
    frame = Frame(file="a.py", line=5, end_line=5, col=8, end_col=11, context=Context(5, ["    x = foo(1)"]))

    assert words.source(frame) == ("x = foo(1)", "    ^^^")


def test_a_span_of_the_whole_line_needs_no_carets() -> None:
    """They would say nothing."""
    frame = Frame(file="a.py", line=5, end_line=5, col=4, end_col=10, context=Context(5, ["    foo(1)"]))

    assert words.source(frame) == ("foo(1)", "")


def test_a_stale_source_is_not_shown() -> None:
    """Wrong lines would be worse than none."""
    frame = Frame(file="/w/a.py", line=5, context=Context(5, ["lie"], stale=True))

    assert "lie" not in "".join(words.location(frame, "/w", OUT))


def test_variables_of_the_failing_line_come_first_and_long_lists_are_cut() -> None:
    """The eye finds the value; what is left out is said."""
    many = [Local(f"v{number}", "str", "'" + "x" * 60 + "'") for number in range(9)]
    frame = Frame(file="a.py", code="total += row", locals=[*many, Local("row", "dict", "{}")])

    lines = words.variables(frame, OUT, 4)

    assert lines[0].startswith("  row")
    assert len(lines) == 4
    assert "7 more lines" in lines[-1]
