"""Breakers in a script: the stored ones of the command line."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import aitrack
from aitrack.policy.breaker import BreakerPolicy
from aitrack.store.state import State

AITRACK = str(Path(sys.executable).parent / "aitrack")


def fail() -> None:
    raise ConnectionError("db is away")


def trip(name: str, **options: Any) -> Any:
    """Make the breaker open: two failures of two."""
    guarded = aitrack.breaker(name, min_calls=2, window=2, **options)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            guarded(fail)()
    return guarded


def test_it_opens_and_says_when_it_will_look_again() -> None:
    """The refusal carries the time to the next probe."""
    guarded = trip("db", open_for="30s")
    with pytest.raises(aitrack.BreakerOpen, match='breaker "db" is open') as refused:
        guarded(fail)()

    assert (refused.value.name, refused.value.state) == ("db", "open")
    assert 29 < (refused.value.left_s or 0) <= 30


def test_as_a_block_sync_and_async() -> None:
    """The same breaker in all its forms."""
    guarded = trip("db")

    async def main() -> None:
        async with guarded:
            raise AssertionError

    with pytest.raises(aitrack.BreakerOpen), guarded:
        raise AssertionError
    with pytest.raises(aitrack.BreakerOpen):
        asyncio.run(main())


def test_a_block_that_fails_counts() -> None:
    """And the error goes on."""
    guarded = aitrack.breaker("db", min_calls=2, window=2)
    for _ in range(2):
        with pytest.raises(ConnectionError), guarded:
            fail()

    with pytest.raises(aitrack.BreakerOpen), guarded:
        pass


def test_an_asynchronous_function_is_guarded() -> None:
    """Its failures count when they happen, not when the coroutine is made."""

    @aitrack.breaker("db", min_calls=1, window=1)
    async def ask() -> None:
        fail()

    with pytest.raises(ConnectionError):
        asyncio.run(ask())
    with pytest.raises(aitrack.BreakerOpen):
        asyncio.run(ask())


def test_a_bug_does_not_open_it() -> None:
    """A KeyError says nothing about the other side."""
    guarded = aitrack.breaker("db", min_calls=1, window=1)
    for _ in range(3):
        with pytest.raises(KeyError), guarded:
            raise KeyError("x")

    with guarded:
        pass


def test_a_script_and_a_cron_job_share_it(home: Path) -> None:
    """What the decorator has opened refuses `aitrack run --breaker`, and what the operator resets is closed here."""
    guarded = trip("db")
    env = {**os.environ, "AITRACK_HOME": str(home)}
    options = ["--breaker", "db", "--breaker-min-calls", "2", "--breaker-window", "2"]
    done = subprocess.run([AITRACK, "run", *options, "--", "true"], env=env, capture_output=True)
    subprocess.run([AITRACK, "breaker", "reset", "db"], env=env, check=True, capture_output=True)

    assert done.returncode == 75
    with guarded:
        pass


def test_permits_are_given_back(home: Path) -> None:
    """Also when a block ends by Ctrl-C: a probe that nobody ends would shut the breaker for ever."""
    guarded = trip("db", open_for=0)
    with pytest.raises(KeyboardInterrupt), guarded:
        raise KeyboardInterrupt

    state = State(str(home))
    shown = state.show("db", BreakerPolicy())
    state.close()
    assert shown is not None
    assert shown["permits"] == []


def test_retries_stop_when_it_opens() -> None:
    """The breaker sees each attempt."""
    calls: list[int] = []
    folder = Path.cwd()

    def count() -> None:
        calls.append(1)
        fail()

    os.environ["AITRACK_OPT_BREAKER_MIN_CALLS"] = "2"
    os.environ["AITRACK_OPT_BREAKER_WINDOW"] = "2"
    with pytest.raises(ConnectionError):
        aitrack.retry_call(count, retries=9, delay=0, breaker="db")

    assert len(calls) == 2
    assert folder == Path.cwd()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"min_cals": 3}, TypeError, "did you mean `min_calls`"),
        ({"rate": 0}, ValueError, "`breaker rate` must be a percentage above 0"),
        ({"probes": 0}, ValueError, "`probes` must be at least 1"),
        ({"counts": ["sunshine"]}, ValueError, "`breaker counts`: `sunshine` is none of"),
        ({"open_for": "later"}, ValueError, "`open_for`: expected a duration"),
    ],
)
def test_a_wrong_option_is_told_at_once(options: Any, error: type[Exception], said: str) -> None:
    """With the field and what it allows."""
    with pytest.raises(error, match=said):
        aitrack.breaker("db", **options)
