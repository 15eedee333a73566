"""Retries of calls: by category, with waits that are asked for, and with the memory of the command line."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

import aitrack
from aitrack.store.state import State
from tests.api.conftest import Look


class Flaky:
    """Fails some times, then answers."""

    def __init__(self, failures: int, error: BaseException | None = None) -> None:
        self.left = failures
        self.calls = 0
        self.error = error or ConnectionRefusedError(111, "Connection refused")

    def __call__(self, value: int = 1) -> int:
        self.calls += 1
        if self.left > 0:
            self.left -= 1
            raise self.error
        return value

    async def later(self, value: int = 1) -> int:
        await asyncio.sleep(0)
        return self(value)


def test_a_transient_failure_is_retried() -> None:
    """The wait grows, and nothing sleeps in test mode."""
    flaky = Flaky(2)
    with aitrack.set_testing() as testing:
        assert aitrack.retry_call(flaky, 7, retries=3, delay="1s", backoff="exponential") == 7

    assert flaky.calls == 3
    assert testing.waits == [1.0, 2.0]


def test_a_bug_is_not_retried() -> None:
    """A KeyError is the same the second time."""
    flaky = Flaky(1, KeyError("price"))
    with pytest.raises(KeyError):
        aitrack.retry_call(flaky, retries=3, delay=0)

    assert flaky.calls == 1


def test_the_last_error_is_raised_itself() -> None:
    """No wrapper: the caller's handlers still match."""
    error = ConnectionResetError(104, "reset")
    with pytest.raises(ConnectionResetError) as caught:
        aitrack.retry_call(Flaky(9, error), retries=2, delay=0)

    assert caught.value is error


def test_as_a_decorator_it_keeps_the_function() -> None:
    """Name, arguments and result; with and without parentheses."""
    flaky = Flaky(1)

    @aitrack.retry(retries=1, delay=0)
    def fetch(value: int) -> int:
        """Fetch."""
        return flaky(value)

    @aitrack.retry
    def plain() -> str:
        return "ok"

    assert (fetch(3), plain()) == (3, "ok")
    assert (fetch.__name__, fetch.__doc__) == ("fetch", "Fetch.")


def test_asynchronous_calls_wait_without_holding_others_up() -> None:
    """Two that wait a tenth of a second each are done in little more than one."""

    async def main() -> list[int]:
        calls = [aitrack.retry_call(Flaky(1).later, n, retries=1, delay=0.1, backoff="constant") for n in (1, 2)]
        return await asyncio.gather(*calls)

    began = time.monotonic()

    assert asyncio.run(main()) == [1, 2]
    assert time.monotonic() - began < 0.19


def test_an_attempt_that_hangs_is_ended_and_retried() -> None:
    """The limit of one attempt, which only an asynchronous call can have."""
    calls: list[int] = []

    @aitrack.retry(retries=1, delay=0, attempt_timeout="20ms")
    async def hang() -> str:
        calls.append(1)
        if len(calls) == 1:
            await asyncio.sleep(60)
        return "done"

    assert asyncio.run(hang()) == "done"
    with pytest.raises(ValueError, match="`attempt_timeout` needs an async function"):
        aitrack.retry(attempt_timeout=1)(Flaky(0))


def test_a_loop_with_a_block() -> None:
    """Where there is no function to decorate; sync and async."""
    flaky = Flaky(2)
    for attempt in aitrack.retrying(retries=2, delay=0):
        with attempt:
            result = flaky(attempt.number)

    async def main() -> int:
        other = Flaky(1)
        async for attempt in aitrack.retrying(retries=1, delay=0):
            with attempt:
                return await other.later(attempt.number)
        raise AssertionError

    assert result == 3
    assert asyncio.run(main()) == 2
    with pytest.raises(ConnectionRefusedError):
        for attempt in aitrack.retrying(retries=1, delay=0):
            with attempt:
                Flaky(9)()


def test_classes_and_tests_of_ones_own_may_be_retried() -> None:
    """`on` takes exception classes with all below them, and functions of the exception."""
    on: Any
    for on in (ValueError, [KeyError, ValueError], lambda error: "busy" in str(error), "bug", "exc:UnicodeError"):
        flaky = Flaky(1, UnicodeError("busy"))
        assert aitrack.retry_call(flaky, retries=1, delay=0, on=on) == 1
    with pytest.raises(UnicodeError):
        aitrack.retry_call(Flaky(1, UnicodeError("x")), retries=1, delay=0, on="any", never=ValueError)


def test_a_server_that_names_a_moment_is_obeyed() -> None:
    """`Retry-After` of the response that an exception carries; too far away, there is no wait at all."""

    class Response:
        def __init__(self, seconds: str) -> None:
            self.headers = {"Retry-After": seconds}
            self.status_code = 503

    class HttpError(Exception):
        def __init__(self, seconds: str) -> None:
            super().__init__("503 Service Unavailable")
            self.response = Response(seconds)

    with aitrack.set_testing() as testing:
        aitrack.retry_call(Flaky(1, HttpError("7")), retries=1, delay=0)
        with pytest.raises(HttpError):
            aitrack.retry_call(Flaky(1, HttpError("900")), retries=1, delay=0, max_retry_after="5m")

    (wait,) = testing.waits
    assert 7.0 <= wait <= 7.7


def test_declared_errors_are_believed() -> None:
    """The author's word is stronger than the look of an exception."""
    assert aitrack.retry_call(Flaky(1, aitrack.transient(KeyError("x"))), retries=1, delay=0) == 1
    with pytest.raises(ConnectionError):
        aitrack.retry_call(Flaky(1, aitrack.permanent(ConnectionError("x"))), retries=1, delay=0)


def test_nothing_is_repeated_after_the_point_of_no_return() -> None:
    """`aitrack.commit` inside an attempt ends all retries of it."""
    calls: list[int] = []

    @aitrack.retry(retries=3, delay=0)
    def pay() -> None:
        calls.append(1)
        aitrack.commit("money was sent")
        raise ConnectionError("no receipt")

    with pytest.raises(ConnectionError):
        pay()
    assert calls == [1]


def test_an_attempt_hears_of_the_one_before() -> None:
    """`aitrack.hint()` is the structured advice, in process as under `aitrack run`."""
    hints: list[Any] = []

    @aitrack.retry(retries=1, delay=0)
    def fetch() -> int:
        hints.append(aitrack.hint())
        if len(hints) == 1:
            raise ConnectionRefusedError(111, "refused")
        return 1

    assert fetch() == 1
    assert hints[0] is None
    assert hints[1]["failure"]["kind"] == "refused"
    assert aitrack.hint() is None


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError()])
def test_what_ends_a_program_is_never_retried(error: BaseException) -> None:
    """Ctrl-C must work the first time."""
    flaky = Flaky(1, error)
    with pytest.raises(type(error)):
        aitrack.retry_call(flaky, retries=3, delay=0, on="any")

    assert flaky.calls == 1


def test_a_budget_is_shared_with_the_command_line(home: Any) -> None:
    """Retries that others took from `billing` are gone for this script too."""
    budget: Any = {"name": "billing", "min": 2, "ratio": 0.0}
    flaky = Flaky(9)
    with pytest.raises(ConnectionRefusedError):
        aitrack.retry_call(flaky, retries=5, delay=0, budget=budget, learn=False)
    other = Flaky(1)
    with pytest.raises(ConnectionRefusedError):
        aitrack.retry_call(other, retries=5, delay=0, budget=budget, learn=False)

    assert (flaky.calls, other.calls) == (3, 1)


def test_what_retries_are_worth_is_remembered_for_all(home: Any) -> None:
    """The same table that `aitrack run` learns in."""

    def fail() -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    for _ in range(9):
        with pytest.raises(ConnectionRefusedError):
            aitrack.retry_call(fail, retries=4, delay=0)
    calls: list[int] = []

    def count() -> None:
        calls.append(1)
        fail()

    with pytest.raises(ConnectionRefusedError):
        aitrack.retry_call(count, retries=4, delay=0)

    assert 1 <= len(calls) < 5
    state = State(str(home))
    state.close()


def test_the_session_ends_with_the_retries(look: Look) -> None:
    """With the session as its context, the retry itself ends it as failed."""
    session = aitrack.start_session("basic")
    with pytest.raises(ConnectionRefusedError):
        aitrack.retry_call(Flaky(9), retries=1, delay=0, session=session)

    (bundle,) = look.bundles
    assert (session.status, bundle.status) == ("failed", "failed")
    assert "gave up after 2 attempts" in bundle.record["reason"]
    assert bundle.attempt_records[0]["failure"]["type"] == "ConnectionRefusedError"


def test_a_recovered_session_says_so(look: Look) -> None:
    """As `aitrack list` shows it for a run."""
    with aitrack.session("x"):
        aitrack.retry_call(Flaky(1), retries=1, delay=0)

    assert look.bundles[0].record["recovered"] is True
    assert [event["result"] for event in look.events("retry") if "result" in event] == ["recovered"]


def test_each_wait_can_be_heard() -> None:
    """For logs and counters of the author's own."""
    heard: list[Any] = []
    aitrack.retry_call(Flaky(2), retries=2, delay=0, name="fetch", on_retry=heard.append)

    assert [(one.name, one.attempt, type(one.error).__name__) for one in heard] == [
        ("fetch", 1, "ConnectionRefusedError"),
        ("fetch", 2, "ConnectionRefusedError"),
    ]


def test_success_opens_nothing(home: Any) -> None:
    """What succeeds costs no file, no database and no session."""
    assert aitrack.retry_call(Flaky(0), retries=3) == 1

    assert not home.exists()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"retires": 3}, TypeError, "there is no option `retires`; did you mean `retries`?"),
        ({"retries": -1}, ValueError, "`retries` must be at least 0"),
        ({"retries": "many"}, TypeError, "`retries` must be a whole number"),
        ({"retries": None}, ValueError, "`retries` may be `unlimited` only with a `deadline`"),
        ({"on": ["transiant"]}, ValueError, "did you mean `transient`"),
        ({"on": [3]}, TypeError, "`on` must be a function"),
        ({"on": [int]}, TypeError, "`on` must name exception classes, not `int`"),
        (
            {"backoff": "linear"},
            ValueError,
            "`backoff` must be one of full, decorrelated, equal, exponential, constant",
        ),
        ({"delay": "soon"}, ValueError, "`delay`: expected a duration"),
        ({"delay": []}, TypeError, "`delay` must be a number or text"),
        ({"factor": 0.5}, ValueError, "`backoff_factor` must be at least 1"),
        ({"budget": {"ratio": 1}}, ValueError, "`budget` takes name, ratio, min and window"),
        ({"session": 3}, TypeError, "`session` must be a Session, not int"),
        ({"learn": 1}, TypeError, "`learn` must be True or False"),
    ],
)
def test_a_wrong_option_is_told_at_decoration_time(options: Any, error: type[Exception], said: str) -> None:
    """Never at the moment of the failure, when nobody is there to read it."""
    import re

    with pytest.raises(error, match=re.escape(said)):
        aitrack.retry(**options)


def test_a_generator_cannot_be_retried() -> None:
    """What it has given cannot be taken back."""

    def numbers() -> Any:
        yield 1

    with pytest.raises(TypeError, match="must not be a generator"):
        aitrack.retry(numbers)
