"""Moments for other tools: exact where they are sane, harmless where they are not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aitrack.report.times import nanoseconds, utc


def test_moments_are_written_in_utc() -> None:
    """Whatever the machine's zone is."""
    assert utc(1795562083.7391737) == "2026-11-24T23:14:43.739Z"
    assert utc(0.0, "seconds") == "1970-01-01T00:00:00Z"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_is_an_error(moment: float) -> None:
    """A damaged record may say anything."""
    assert utc(moment).endswith("Z")
    assert 0 <= nanoseconds(moment) < 1 << 63


def test_microseconds_survive() -> None:
    """A float of seconds holds no more."""
    assert nanoseconds(1795562083.739173) == 1795562083739173000
