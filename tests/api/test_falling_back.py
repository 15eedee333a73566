"""Ways out of a failed call, one by one and by category."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

import aitrack
from tests.api.conftest import Look


def fail(*_: Any, **__: Any) -> Any:
    raise ConnectionError("away")


async def fail_async() -> Any:
    raise ConnectionError("away")


def test_the_first_that_answers_wins(look: Look) -> None:
    """In order; each try is an event, and the session is degraded."""
    with aitrack.session("x"):
        found = aitrack.fallback(fail, strategies=[aitrack.alternative(fail), aitrack.degraded({"rows": 0})])

    assert found == {"rows": 0}
    assert [(e["strategy"], e["result"]) for e in look.events("fallback")] == [
        ("alternative", "failed"),
        ("degraded", "answered"),
    ]
    assert look.bundles[0].status == "degraded"


def test_when_all_fail_the_original_error_is_raised() -> None:
    """With the others as notes: the cause is the first one."""

    def other() -> None:
        raise ValueError("other is broken")

    with pytest.raises(ConnectionError, match="away") as caught:
        aitrack.fallback(fail, strategies=[aitrack.alternative(other), aitrack.cached("nothing")])

    assert caught.value.__notes__ == [
        "aitrack: fallback alternative failed: ValueError: other is broken",
        "aitrack: fallback cached failed: nothing was kept",
    ]


def test_as_a_decorator_the_alternative_has_the_same_arguments() -> None:
    """Unless it was given its own."""

    @aitrack.fallback(strategies=[aitrack.alternative(lambda a, b=2: a + b)])
    def add(a: int, b: int = 2) -> int:
        return int(fail())

    assert (add(1), add(1, b=5)) == (3, 6)


def test_asynchronous_calls_and_ways_out() -> None:
    """An asynchronous primary may fall back to either kind of function."""

    async def other() -> int:
        await asyncio.sleep(0)
        return 7

    async def main() -> list[Any]:
        return [
            await aitrack.fallback(fail_async, strategies=[aitrack.alternative(other)]),
            await aitrack.fallback(fail_async, strategies=[aitrack.degraded(lambda: 8)]),
        ]

    assert asyncio.run(main()) == [7, 8]


def test_the_last_good_answer_is_kept_across_processes(home: Path) -> None:
    """On disk where it is plain JSON, for as long as it is young enough."""
    answers: list[Any] = [{"rows": [1, 2]}]

    @aitrack.fallback(strategies=[aitrack.cached("rates", max_age="1h")])
    def rates() -> Any:
        return answers.pop() if answers else fail()

    assert rates() == {"rows": [1, 2]}
    assert rates() == {"rows": [1, 2]}
    (kept,) = (home / "cache").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text(kept.read_text().replace('"at": ', '"at": 1'))
    with pytest.raises(ConnectionError):
        aitrack.fallback(fail, strategies=[aitrack.cached("rates", max_age="1h")])


def test_answers_are_kept_apart_by_their_arguments() -> None:
    """Without a key the function and its arguments are one."""
    is_away = False

    @aitrack.fallback(strategies=[aitrack.cached()])
    def double(number: int) -> int:
        return int(fail()) if is_away else 2 * number

    double(1), double(2)
    is_away = True

    assert (double(1), double(2)) == (2, 4)
    with pytest.raises(ConnectionError):
        double(3)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    """Read from elsewhere, or made, or empty."""
    spare = tmp_path / "spare.txt"
    spare.write_text("spare")

    def read(path: str | Path) -> str:
        return Path(path).read_text()

    missing = tmp_path / "new" / "missing.txt"
    elsewhere = aitrack.fallback(strategies=[aitrack.alternative_path(tmp_path / "no", spare)])(read)
    made = aitrack.fallback(strategies=[aitrack.create_if_missing(missing, "made")])(read)
    usual: Any = aitrack.fallback(category="file")(read)

    assert elsewhere(tmp_path / "missing.txt") == "spare"
    assert usual(missing) == []
    assert made(missing) == "made"


def test_a_category_brings_its_usual_ways(look: Look) -> None:
    """An alternative with its parameters, then a default."""
    ways: Any = {"category": "api", "alternative": lambda page: [page], "params": {"page": 3}, "default": []}
    assert aitrack.fallback(fail, **ways) == [3]
    assert aitrack.fallback(fail, **{**ways, "alternative": fail}) == []
    assert aitrack.fallback(fail, category="processing") is None


def test_a_handled_error_goes_on_under_its_context(look: Look) -> None:
    """The error was caught already: the ways out are tried at once, and fail with the original error."""
    with aitrack.session("x"):
        try:
            fail()
        except ConnectionError as error:
            context = aitrack.handle_error(error, operation="rates", category="api", args={"page": 1})
            assert aitrack.fallback(context, category="api", default={"rates": {}}) == {"rates": {}}
            with pytest.raises(ConnectionError) as caught:
                aitrack.fallback(context, strategies=[aitrack.alternative(fail)])
            assert caught.value is error

    assert look.events("fallback")[0]["name"] == "rates"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_what_ends_a_program_has_no_way_out(error: BaseException) -> None:
    """Ctrl-C is not answered with a default."""

    def stop() -> None:
        raise error

    with pytest.raises(type(error)):
        aitrack.fallback(stop, strategies=[aitrack.degraded(1)])


def test_a_way_out_may_be_limited_to_kinds() -> None:
    """A stale answer is right for an outage and wrong for a bug."""
    ways = [aitrack.degraded("stale", on="transient")]
    assert aitrack.fallback(fail, strategies=ways) == "stale"
    with pytest.raises(KeyError):
        aitrack.fallback(lambda: {}["x"], strategies=ways)


def test_an_open_breaker_has_a_way_out() -> None:
    """Together they are how a page stays up."""
    guarded = aitrack.breaker("db", min_calls=1, window=1)(fail)
    with pytest.raises(ConnectionError):
        guarded()

    assert aitrack.fallback(guarded, strategies=[aitrack.degraded("cached page")]) == "cached page"


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"category": "web"}, ValueError, "`category` must be one of api, file, processing, default"),
        ({"strategies": []}, ValueError, "`strategies` must not be empty"),
        ({"strategies": [3]}, TypeError, "`strategies` must be of aitrack.alternative"),
        ({"strategy": 3}, TypeError, "there is no option `strategy`"),
    ],
)
def test_a_wrong_option_is_told_at_once(options: Any, error: type[Exception], said: str) -> None:
    """Not when the call fails."""
    with pytest.raises(error, match=said):
        aitrack.fallback(**options)
    with pytest.raises(ValueError, match="`on` of degraded must be categories or kinds, not `sunshine`"):
        aitrack.degraded(1, on="sunshine")


def test_a_clock_that_was_set_back_makes_nothing_younger(home: Path) -> None:
    """An answer of the future is not one of this hour."""
    aitrack.fallback(lambda: 1, strategies=[aitrack.cached("k")])
    (kept,) = (home / "cache").iterdir()
    kept.write_text(f'{{"at": {time.time() + 7200}, "value": 1}}')

    with pytest.raises(ConnectionError):
        aitrack.fallback(fail, strategies=[aitrack.cached("k")])
    assert os.listdir(home / "cache")
