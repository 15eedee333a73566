"""Colours become names of styles; of all other sequences nothing is left."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.report.ansi import coloured, plain, spans
from tests.report import hostile


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a\x1b[31mb\x1b[0mc", [("", "a"), ("ansi-fg-red", "b"), ("", "c")]),
        (
            "\x1b[1;4;92mx\x1b[22my",
            [("ansi-bold ansi-fg-green ansi-underline", "x"), ("ansi-fg-green ansi-underline", "y")],
        ),
        ("\x1b[38;5;196mx", [("ansi-fg-red", "x")]),
        ("\x1b[48;2;0;0;255mx\x1b[49my", [("ansi-bg-blue", "x"), ("", "y")]),
        ("\x1b]0;title\x07x", [("", "x")]),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", [("", "link")]),
        ("\x1b[2J\x1b[10;20Hx\x1b[K", [("", "x")]),
        ("\x1b]52;c;ZXZpbA==", []),
        ("\x1bPpayload\x1b\\x", [("", "x")]),
        ("\x1b[38;5m\x1b[999mx", [("", "x")]),
    ],
)
def test_sequences(line: str, found: list[tuple[str, str]]) -> None:
    """What terminals do, without their doing it."""
    assert spans(line) == found


def test_a_colour_lasts_over_the_end_of_a_line() -> None:
    """As on a terminal."""
    assert coloured("\x1b[31ma\nb\x1b[0m\nc") == [[("ansi-fg-red", "a")], [("ansi-fg-red", "b")], [("", "c")]]


def test_a_progress_bar_leaves_its_last_state() -> None:
    """Nobody reads a thousand of them."""
    assert plain("10%\r20%\r30%\r\nnext\r\n") == "30%\nnext\n"


@given(st.text(st.sampled_from("\x1b[]()0123456789;:mKJ\\\x07\x9b\r\x00ab\u202e"), max_size=60))
def test_nothing_hostile_is_left(text: str) -> None:
    """Torn and nested sequences too."""
    assert hostile.harmless(plain(text))


def test_a_megabyte_of_broken_sequences_takes_no_time() -> None:
    """Torn starts must not be searched to the end again and again."""
    begin = time.monotonic()
    for torn in ("\x1b]0;", "\x1b[", "\x1bP", "\x1b[31"):
        plain(torn * (250_000 // len(torn)))

    assert time.monotonic() - begin < 5
