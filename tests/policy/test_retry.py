"""Retry arithmetic: waits within their bounds, limits exact, history honest."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aitrack.policy import retry
from aitrack.policy.retry import BACKOFFS, History, RetryPolicy

UNIT = st.floats(0, 1, exclude_max=True)
DELAY = st.floats(0.001, 100)


@given(st.sampled_from(BACKOFFS), DELAY, DELAY, st.floats(1, 5), st.integers(1, 200), UNIT)
def test_waits_lie_within_the_bounds_of_their_shape(
    backoff: str, delay: float, most: float, factor: float, n: int, chance: float
) -> None:
    """`top = min(max_delay, delay * factor^(n-1))`; each shape has its share of it."""
    assume(most >= delay)
    policy = RetryPolicy(retries=1, backoff=backoff, delay_s=delay, max_delay_s=most, factor=factor)
    try:
        top = min(most, delay * factor ** (n - 1))
    except OverflowError:
        top = most

    wait = retry.backoff_s(policy, n, None, lambda: chance)

    low, high = {
        "full": (0.0, top),
        "equal": (top / 2, top),
        "exponential": (top, top),
        "constant": (delay, delay),
        "decorrelated": (delay, min(most, 3 * delay)),
    }[backoff]
    assert low * (1 - 1e-9) <= wait <= high * (1 + 1e-9)


@given(DELAY, DELAY, st.lists(UNIT, min_size=1, max_size=30))
def test_decorrelated_waits_grow_from_the_one_before(delay: float, most: float, chances: list[float]) -> None:
    """min(max_delay, U(delay, 3 * previous)), previous starts at delay."""
    assume(most >= delay)
    policy = RetryPolicy(retries=1, backoff="decorrelated", delay_s=delay, max_delay_s=most)
    previous = None
    for chance in chances:
        wait = retry.backoff_s(policy, 1, previous, lambda chance=chance: chance)
        assert min(delay, most) * (1 - 1e-9) <= wait <= min(most, 3 * max(previous or delay, delay)) * (1 + 1e-9)
        previous = wait


def test_full_jitter_is_spread() -> None:
    """Fifty runs that failed together must not come back together."""
    policy = RetryPolicy(retries=1, delay_s=10)
    source = random.Random(7)
    waits = [retry.backoff_s(policy, 1, None, source.random) for _ in range(400)]

    assert min(waits) < 1
    assert max(waits) > 9
    assert 4 < sum(waits) / len(waits) < 6


@given(st.floats(0, 1000), st.floats(0, 1000), UNIT)
def test_a_servers_word_is_never_shortened(backoff: float, asked: float, chance: float) -> None:
    """Retry-After plus at most ten per cent against herds."""
    wait = retry.wait_s(backoff, asked, lambda: chance)

    assert max(backoff, asked) <= wait <= max(backoff, asked) + 0.1 * asked


def test_no_delay_is_no_wait() -> None:
    """`--delay 0` is for tests and local sockets."""
    assert retry.backoff_s(RetryPolicy(retries=1, delay_s=0), 3, None, lambda: 0.9) == 0.0


@given(st.integers(1, 50))
def test_the_limit_counts_retries_after_the_first_attempt(retries: int) -> None:
    """Three retries are four attempts."""
    policy = RetryPolicy(retries=retries)

    assert [retry.is_last(policy, n) for n in range(retries + 1)] == [False] * retries + [True]


def test_unlimited_needs_a_deadline() -> None:
    """A run that never ends is a mistake."""
    with pytest.raises(ValueError, match="deadline"):
        RetryPolicy(retries=None)

    assert not retry.is_last(RetryPolicy(retries=None, deadline_s=5), 10_000)


@pytest.mark.parametrize(
    "wrong",
    [{"retries": -1}, {"backoff": "magic"}, {"factor": 0.5}, {"delay_s": -1}, {"delay_s": math.inf}, {"idempotent": "maybe"},
     {"on": ["exit:"]}, {"on": ["exit:x"]}, {"never": ["what:ever"]}, {"on": ["transiant"]}],
)  # fmt: skip
def test_wrong_settings_name_their_field(wrong: dict[str, object]) -> None:
    """At the start, not at the moment of the failure."""
    with pytest.raises(ValueError, match="`"):
        RetryPolicy(**wrong)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("elapsed", "wait", "usual", "crosses"),
    [
        (0, 1, None, False),
        (9, 1, None, True),
        (5, 4, None, False),
        (5, 4, 20.0, True),
        (5, 4, 9.0, False),
        (11, 0, None, True),
    ],
)
def test_an_attempt_that_comes_too_late_is_not_begun(
    elapsed: float, wait: float, usual: float | None, crosses: bool
) -> None:
    """Nor one with less than a tenth of its usual time left."""
    assert retry.crosses_deadline(RetryPolicy(retries=1, deadline_s=10), elapsed, wait, usual) is crosses


def test_the_nearer_limit_ends_an_attempt() -> None:
    """Its own timeout, or what the deadline leaves."""
    policy = RetryPolicy(retries=1, attempt_timeout_s=4, deadline_s=10)

    assert retry.attempt_limit_s(policy, 0) == (4, "attempt_timeout")
    assert retry.attempt_limit_s(policy, 8) == (2, "deadline")
    assert retry.attempt_limit_s(policy, 12) == (0.0, "deadline")
    assert retry.attempt_limit_s(RetryPolicy(), 3) == (None, "")


def test_hopeless_is_what_thirty_five_vain_retries_show() -> None:
    """The upper bound of 0 in 35 is below ten per cent, of 0 in 34 it is not."""
    assert retry.is_hopeless(History(35, 0))
    assert not retry.is_hopeless(History(34, 0))
    assert not retry.is_hopeless(History(42, 3))
    assert not retry.is_hopeless(History())


def test_every_twentieth_session_tries_all_the_same() -> None:
    """A mended world must be noticed."""
    assert [skipped for skipped in range(60) if retry.is_trial(History(42, 0, skipped))] == [19, 39, 59]


def test_helpful_needs_enough_observations() -> None:
    """Eight of eight, not seven of seven."""
    assert retry.is_helpful(History(8, 8))
    assert not retry.is_helpful(History(7, 7))
    assert not retry.is_helpful(History(100, 50))


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_wilson_holds_the_share_within_zero_and_one(tried: int, helped: int) -> None:
    """Bounds are probabilities."""
    helped = min(helped, tried)
    low, high = retry.wilson(helped, tried)

    assert 0 <= low <= helped / tried <= high <= 1
