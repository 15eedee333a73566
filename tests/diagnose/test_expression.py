"""Names and accesses of a line, without a parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose.expression import accesses, expression


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("row['price']", [("row", ["'price'"])]),
        ("a.b[i].c", [("a", [".b", "i", ".c"]), ("i", [])]),
        ("f(x)[0]", [("f", ["()", "0"]), ("x", [])]),
        ("x + y", [("x", []), ("y", [])]),
        ("'a.b' + c", [("c", [])]),
        ('d["it\'s"]', [("d", ['"it\'s"'])]),
    ],
)
def test_chains_are_cut_into_steps(code: str, expected: list[tuple[str, list[str]]]) -> None:
    """Each step can be looked up in a picture."""
    assert list(accesses(code)) == expected


@given(st.text("ab.[]()'\"\\ +", max_size=80))
def test_any_line_is_cut(code: str) -> None:
    """A line is rarely a whole statement."""
    assert all(isinstance(name, str) for name, _ in accesses(code))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"code": "x = f(1)", "span": [4, 8]}, "f(1)"),
        ({"code": "x = f(1)", "span": "x"}, "x = f(1)"),
        ({"code": "    x = f(1)", "col": 8, "end_col": 12, "line": 3, "end_line": 3}, "f(1)"),
        ({"code": "    x = f(", "col": 8, "end_col": 5, "line": 3, "end_line": 4}, "x = f("),
        ({}, ""),
    ],
)
def test_the_failing_part_of_a_line(frame: dict[str, object], expected: str) -> None:
    """Columns of several lines, or none, leave the whole line."""
    assert expression(frame) == expected
