"""What a page shows, before it is markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitrack.model import Context, Frame
from aitrack.report.page import Line, cut, page_of, source_lines
from tests.report import explained, hostile


def _lines(text: str, **place: int) -> list[Line]:
    return source_lines(Frame(context=Context(start=10, lines=text.split("\n")), **place))  # type: ignore[arg-type]


def test_a_span_is_set_apart() -> None:
    """Half-open, in characters."""
    assert _lines("a = b / c", line=10, col=4, end_col=9) == [Line(10, "a = ", "b / c", "", True)]


def test_a_span_of_several_lines_goes_over_all_of_them() -> None:
    """Without the indent, which is nobody's fault."""
    lines = _lines("f(\n    a,\n    b)\nend", line=10, end_line=12, col=0, end_col=6)

    assert [(one.before, one.marked, one.after) for one in lines] == [
        ("", "f(", ""),
        ("    ", "a,", ""),
        ("    ", "b)", ""),
        ("end", "", ""),
    ]
    assert [one.is_failing for one in lines] == [True, False, False, False]


@pytest.mark.parametrize("place", [{"line": 10}, {"line": 99, "col": 0, "end_col": 3}, {}])
def test_without_a_span_nothing_is_marked(place: dict[str, int]) -> None:
    """Old interpreters know lines only."""
    assert [one.marked for one in _lines("abc", **place)] == [""]


def test_a_cut_text_says_so() -> None:
    """Both ends are kept: the end of a message often says most."""
    assert cut("x" * 50 + "y" * 50, 10) == "xxxxx ‹90 signs left out› yyyyy"
    assert cut("short", 10) == "short"


def test_attempts_and_their_end_are_told(tmp_path: Path) -> None:
    """Each with its time and failure."""
    page = page_of(explained.recovered(tmp_path))

    assert [(one.n, one.ended, one.took, one.title) for one in page.attempts] == [
        (1, "exit 1", "500 ms", "KeyError: 'price'"),
        (2, "exit 0", "250 ms", ""),
    ]
    assert page.is_good and page.told == "recovered after 2 attempts, 1.5 s"


def test_history_and_operations_have_their_place(tmp_path: Path) -> None:
    """What the script told of itself, and what the collector followed."""
    page = page_of(hostile.explained(tmp_path))

    assert [one.depth for one in page.operations] == [0, 1]
    assert len(page.snapshots) == 1 and len(page.snapshots[0].changed) == 1
    assert [line for line, _, _ in page.history] == ["88"]
    assert not {one.kind for one in page.events} & {"span", "tally", "counts"}
