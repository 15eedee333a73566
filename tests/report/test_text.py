"""Text for a terminal: nothing hostile gets through, widths are columns, times read well."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.report import text


@given(st.text(st.characters()))
def test_safe_text_has_no_sign_that_a_terminal_obeys(raw: str) -> None:
    """No control, no reordering, no surrogate, whatever the program wrote."""
    shown = text.safe(raw)

    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert "\n" not in shown


def test_safe_text_keeps_what_people_read() -> None:
    """Letters of all scripts, accents and emoji are no attack."""
    for plain in ("naïve", "日本語", "🦦 otter", "price: 4,20 €", "a\u00a0b"):
        assert text.safe(plain) == plain


def test_escapes_say_which_sign_was_there() -> None:
    """The reader can see what the program tried."""
    assert text.safe("\x1b[2J\u202e") == "\\x1b[2J\\u202e"


@given(st.text(), st.integers(1, 40))
def test_cut_text_fits(raw: str, columns: int) -> None:
    """A line never wraps, with wide signs either."""
    assert text.width(text.cut(text.safe(raw), columns)) <= columns


def test_width_counts_columns() -> None:
    """A wide sign takes two columns, a combining one none."""
    assert [text.width(word) for word in ("abc", "日本", "e\u0301")] == [3, 4, 1]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0123, "12 ms"), (41.23, "41.2 s"), (59.96, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (None, "?")],
)
def test_durations_are_said_as_people_say_them(value: float | None, shown: str) -> None:
    """Two units at most, no 60 seconds."""
    assert text.seconds(value) == shown


@pytest.mark.parametrize(
    ("passed", "shown"),
    [(3, "just now"), (59, "59s ago"), (180, "3 min ago"), (4 * 3600, "4h ago"), (86400 * 3, "3d ago")],
)
def test_ago_is_one_unit(passed: float, shown: str) -> None:
    """How old a failure is, at a glance."""
    assert text.ago(1000.0, 1000.0 + passed) == shown
