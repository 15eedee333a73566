"""Terminal text made plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose.text import lines_of, one_line, plain, telling_line, without_log_prefix


def test_a_progress_bar_leaves_what_it_drew_last() -> None:
    """A reader of the terminal never saw the rest."""
    assert lines_of("10%\r50%\r100%\ndone\r\n") == ["100%", "done", ""]


def test_the_telling_line_is_no_information() -> None:
    """Chatter after the error is not the reason."""
    assert telling_line("boom at 3\n2026-01-01 10:00:00 INFO closing\n[DEBUG] bye\n\n===\n") == "boom at 3"


@pytest.mark.parametrize(
    ("line", "said", "level"),
    [
        ("2026-01-01 10:00:00,123 ERROR my.module: cannot open", "cannot open", "ERROR"),
        ("2026-01-01T10:00:00.5Z [1234] WARNING disk low", "disk low", "WARNING"),
        ("[error] cannot", "cannot", "ERROR"),
        ("Nov 23 10:00:00 cannot", "cannot", ""),
        ("cannot", "cannot", ""),
        ("ERROR:root:cannot", "cannot", "ERROR"),
    ],
)
def test_log_prefixes_are_taken_off(line: str, said: str, level: str) -> None:
    """A time in front would make each run another failure."""
    assert without_log_prefix(line) == (said, level)


@given(st.text(max_size=300), st.integers(1, 100))
def test_one_line_is_one_short_line(text: str, limit: int) -> None:
    """It goes to a terminal, and the text may be hostile."""
    line = one_line(text, limit)

    assert len(line) <= limit
    assert "\n" not in line
    assert "\x1b" not in line


@given(st.text(max_size=200))
def test_plain_text_stays(text: str) -> None:
    """Only escapes are removed."""
    if "\x1b" not in text:
        assert plain(text) == text
