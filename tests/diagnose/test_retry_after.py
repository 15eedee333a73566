"""Retry-After in all its forms, never shortened, never nonsense."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose.record import failure as a_failure
from aitrack.diagnose.retry_after import duration, from_failure, from_headers, from_text, http_date


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wednesday, 21-Oct-15 07:28:30 GMT", "date": "Wed Oct 21 07:28:00 2015"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:27:00 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"x-ratelimit-reset-requests": "1m2s", "x-ratelimit-remaining-requests": "0"}, 62.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "900"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_headers(headers: dict[str, str], seconds: float | None) -> None:
    """Servers use all of these."""
    assert from_headers(headers) == seconds


def test_a_date_counts_from_the_servers_own_clock() -> None:
    """A skewed server means its own now; ours only stands in for a missing one."""
    asked = "Wed, 21 Oct 2015 07:28:30 GMT"
    own = http_date("Wed, 21 Oct 2015 07:28:00 GMT")

    assert from_headers({"retry-after": asked}) is None
    assert from_headers({"retry-after": asked}, own) == 30.0
    assert from_headers({"retry-after": asked, "date": "Wed, 21 Oct 2015 07:28:20 GMT"}, own) == 10.0


def test_any_exception_of_the_chain_may_carry_it() -> None:
    """A wrapper drops the response, its cause has it."""
    cause = {"relation": "cause", **a_failure("HTTPError", "x", facts={"headers": {"Retry-After": "9"}})}

    assert from_failure(a_failure("RuntimeError", "x", chain=[cause])) == 9.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Retry-After: 12", 12.0), ("retry_after=2.5s", 2.5), ("Please try again in 20s.", 20.0), ("try again in 6m0s", 360.0),
        ("retry in 1 minute 20 seconds", 80.0), ("Please retry after 30 seconds", 30.0), ("retry-after-ms: 250", 0.25),
        ("wait for 2 minutes", 120.0), ("'retry-after': '5'", 5.0), ("try again in 350ms", 0.35), ("try again later", None), ("wait 3 apples", None),
    ],
)  # fmt: skip
def test_words(text: str, seconds: float | None) -> None:
    """A program that printed the answer tells it too."""
    assert from_text(f"HTTP 429\n{text}\n") == (seconds if seconds is None else pytest.approx(seconds))


@given(st.integers(0, 4_000_000_000))
def test_http_dates_are_read_as_they_are_written(stamp: int) -> None:
    """Our reader exists only because email.utils is heavy; it must agree with it."""
    assert http_date(formatdate(stamp, usegmt=True)) == float(stamp)


@given(st.text(max_size=60))
def test_any_text_gives_a_wait_that_can_be_waited(text: str) -> None:
    """NaN and negative numbers never reach a timer."""
    for value in (
        duration(text),
        from_text(text),
        from_headers({"retry-after": text}),
        from_headers({"retry-after-ms": text}),
    ):
        assert value is None or 0 <= value < float("inf")
