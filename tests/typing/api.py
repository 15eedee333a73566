"""What the type checkers must see of the API. Nobody runs this: `tests/api/test_typing.py` has it checked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, assert_type

import aitrack


@aitrack.track
def plain(a: int, b: str = "") -> float:
    return a + len(b)


@aitrack.track(category="llm", name="chat")
async def chat(prompt: str) -> bytes:
    return prompt.encode()


@aitrack.track(category="db")
def rows(n: int) -> Iterator[int]:
    yield n


@aitrack.track
async def pages(n: int) -> AsyncIterator[str]:
    yield str(n)


@aitrack.retry(retries=3, on={"transient", ConnectionError}, delay="1s", deadline=60)
def fetch(url: str, *, timeout: float = 1.0) -> list[int]:
    return [len(url), int(timeout)]


@aitrack.retry
async def fetch_async(url: str) -> list[int]:
    return [len(url)]


@aitrack.breaker("payments", min_calls=3)
def pay(amount: int) -> bool:
    return amount > 0


@aitrack.fallback(category="api", strategies=[aitrack.cached(max_age="1h"), aitrack.degraded(0.0)])
def rate(currency: str) -> float:
    return float(len(currency))


@aitrack.session("nightly", environment="staging", rows=3)
def nightly(folder: str) -> int:
    return len(folder)


async def main() -> None:
    assert_type(plain(1, b="x"), float)
    assert_type(await chat("hi"), bytes)
    assert_type(rows(3), Iterator[int])
    assert_type(pages(3), AsyncIterator[str])
    assert_type(fetch("u", timeout=2.0), list[int])
    assert_type(await fetch_async("u"), list[int])
    assert_type(pay(3), bool)
    assert_type(rate("EUR"), float)
    assert_type(nightly("x"), int)
    assert_type(aitrack.retry_call(fetch, "u", retries=2), list[int])
    assert_type(aitrack.retry_call(fetch_async, "u", retries=2), Awaitable[list[int]])
    assert_type(aitrack.fallback(lambda: 3, category="api", default=0), int)
    assert_type(aitrack.adapt_prompt("text", "truncated").did, str)
    assert_type(aitrack.transient(ValueError("x")), ValueError)
    with aitrack.session("x", facts=1) as session, session.operation("y") as operation:
        assert_type(session, aitrack.Session)
        assert_type(operation.id, str)
        operation.usage(input_tokens=3, output_tokens=4)
    for attempt in aitrack.retrying(retries=3):
        with attempt:
            assert_type(attempt.number, int)
    async for attempt in aitrack.retrying(retries=3):
        async with attempt:
            assert_type(attempt.number, int)
    found = aitrack.Prompting("invoice", expect=aitrack.Json()).run(print, "x")
    assert_type(found.calls, int)
    assert_type(found.adaptations, list[str])
    kept: Callable[[int], bool] = pay
    hint: dict[str, Any] | None = aitrack.hint()
    del kept, hint
