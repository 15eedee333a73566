"""Tracked tools: exact counts, sampled details, the right parent, and no change to what is tracked."""

from __future__ import annotations

import asyncio
import inspect
import multiprocessing
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import aitrack
from tests.api.conftest import Look


@aitrack.track
def add(a: int, b: int = 1, password: str = "") -> int:
    """Add."""
    return a + b


@aitrack.track(category="io", name="count up")
def count_up(most: int) -> Iterator[int]:
    sent = 0
    for number in range(most):
        sent = (yield number + (sent or 0)) or 0


class Client:
    """Methods of every kind."""

    @aitrack.track
    def plain(self, x: int) -> int:
        return x

    @aitrack.track
    @staticmethod
    def static(x: int) -> int:
        return x

    @aitrack.track
    @classmethod
    def of_class(cls, x: int) -> tuple[type, int]:
        return cls, x

    @aitrack.track
    async def later(self, x: int) -> int:
        await asyncio.sleep(0)
        return x


def tallies(look: Look) -> dict[str, dict[str, Any]]:
    """The last counts by tool."""
    return {tally["name"]: tally for tally in look.events("tally")}


def test_a_call_is_a_span_with_arguments_and_result(look: Look) -> None:
    """Named as in the source, secrets hidden."""
    with aitrack.session("x") as session:
        assert add(1, b=2, password="Tr0ub4dor&3-horse") == 3

    (span,) = look.events("span")
    assert span["args"]["a"] == 1
    assert span["args"]["password"].startswith("‹redacted:")
    assert (span["result"], span["status"], span["category"]) == (3, "ok", "tool")
    assert span["parent"] is not None
    assert session.id == look.bundles[0].id


def test_the_function_looks_as_before() -> None:
    """Name, docstring and kind stay, for whoever inspects it."""
    assert (add.__name__, add.__doc__) == ("add", "Add.")
    assert inspect.isgeneratorfunction(count_up)
    assert inspect.iscoroutinefunction(Client.later)


def test_methods_of_every_kind_are_followed(look: Look) -> None:
    """And `self` is no argument worth a picture."""
    with aitrack.session("x"):
        client = Client()
        assert client.plain(1) == 1
        assert Client.static(2) == 2
        assert Client.of_class(3) == (Client, 3)
        assert asyncio.run(client.later(4)) == 4

    assert [span["args"] for span in look.events("span")] == [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}]
    assert look.events("span")[0]["name"] == "Client.plain"


def test_a_bound_method_is_tracked_under_a_name(look: Look) -> None:
    """`aitrack.track(client.create, name="chat")` leaves the client alone."""

    class Chat:
        def create(self, prompt: str) -> str:
            return prompt.upper()

    create = aitrack.track(Chat().create, name="chat", category="llm")
    with aitrack.session("x"):
        assert create("hi") == "HI"

    assert (look.events("span")[0]["name"], look.events("span")[0]["args"]) == ("chat", {"prompt": "hi"})


def test_a_generator_ends_when_it_is_read_and_keeps_its_protocol(look: Look) -> None:
    """`send`, `throw` and `close` reach it, and between its steps the caller has its own parent."""
    with aitrack.session("x"):
        steps = count_up(5)
        assert [next(steps), steps.send(10), next(steps)] == [0, 11, 2]
        add(1)
        steps.close()

    spans = {span["name"]: span for span in look.events("span")}
    assert spans["count up"]["items"] == 3
    assert spans["add"]["parent"] == spans["count up"]["parent"]


def test_an_asynchronous_generator_is_followed(look: Look) -> None:
    """Closed early or read to the end."""

    @aitrack.track
    async def pages(most: int) -> AsyncIterator[int]:
        for number in range(most):
            yield number

    async def main() -> list[int]:
        return [page async for page in pages(4)]

    with aitrack.session("x"):
        assert asyncio.run(main()) == [0, 1, 2, 3]

    assert look.events("span")[0]["items"] == 4


def test_counts_are_exact_in_two_hundred_threads(look: Look) -> None:
    """Details are sampled; counts must not lose one."""
    with aitrack.session("x") as session, ThreadPoolExecutor(200) as pool:
        list(pool.map(lambda _: [add(1) for _ in range(50)], range(200)))

    assert tallies(look)["add"]["calls"] == 10_000
    assert len(look.events("span")) < 1000
    assert look.bundles[0].id == session.id


def test_a_thousand_tasks_keep_their_parents_apart(look: Look) -> None:
    """Context variables follow tasks; a call belongs to the task's own operation."""

    async def work(number: int) -> None:
        with aitrack.operation(f"task {number}"):
            await asyncio.sleep(0)
            add(number)

    async def main() -> None:
        await asyncio.gather(*(work(number) for number in range(1000)))

    with aitrack.session("x"):
        asyncio.run(main())

    named = {
        event.span: event.data["name"]
        for event in look.bundles[0].events(1)
        if event.data.get("category") == "operation"
    }
    calls = [span for span in look.events("span") if span["name"] == "add"]
    told = [(span["args"]["a"], named[span["parent"]]) for span in calls if span["parent"] in named]
    assert told
    assert all(name == f"task {number}" for number, name in told)
    assert tallies(look)["add"]["calls"] == 1000


def test_a_failed_call_is_always_told(look: Look) -> None:
    """However many calls there are: with code, message and stack."""

    @aitrack.track
    def fetch(number: int) -> None:
        if number == 999:
            raise ConnectionResetError(104, "Connection reset by peer")

    with aitrack.session("x"), pytest.raises(ConnectionResetError):
        for number in range(1000):
            fetch(number)

    failed = [span for span in look.events("span") if span["status"] == "failed"]
    assert [span["error"]["code"] for span in failed] == [104]
    assert (tallies(look)["test_a_failed_call_is_always_told.fetch"]["calls"], len(failed)) == (1000, 1)


def test_tokens_are_counted_for_every_call_of_a_model(look: Look, home: Path) -> None:
    """By model, exact, with the price of the user's own table and none invented."""
    folder = home.parent / "config" / "aitrack"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[prices]\n"m-1" = { input = 1.0, output = 10.0 }\n')
    import os

    os.environ["XDG_CONFIG_HOME"] = str(home.parent / "config")

    @aitrack.track(category="llm")
    def ask(model: str) -> Any:
        return SimpleNamespace(model=model, usage=SimpleNamespace(prompt_tokens=100, completion_tokens=10))

    with aitrack.session("x"):
        for _ in range(300):
            ask("m-1")
        ask("unknown")

    known = next(tally for tally in look.events("tally") if tally["model"] == "m-1")
    other = next(tally for tally in look.events("tally") if tally["model"] == "unknown")
    assert (known["calls"], known["input_tokens"], known["output_tokens"]) == (300, 30_000, 3000)
    assert known["cost"] == pytest.approx(300 * (100 * 1.0 + 10 * 10.0) / 1e6)
    assert other["cost"] is None


def test_child_processes_count_for_themselves(look: Look) -> None:
    """A fork starts from nothing, so that nothing is counted twice."""
    context = multiprocessing.get_context("fork")
    with aitrack.session("x"):
        add(1)
        process = context.Process(target=add, args=(2,))
        process.start()
        process.join()

    events = [event for event in look.bundles[0].events(1) if event.kind == "span"]
    assert sorted(event.data["args"]["a"] for event in events) == [1, 2]
    assert len({event.pid for event in events}) == 2
    assert look.bundles[0].status == "passed"


@pytest.mark.parametrize(("given", "said"), [(3, "`function` must be a function"), (Client, "not the class Client")])
def test_what_cannot_be_tracked_is_told_at_once(given: Any, said: str) -> None:
    """At decoration time, not at the first call."""
    with pytest.raises(TypeError, match=said):
        aitrack.track(given)
    with pytest.raises(TypeError, match="`category` must be text"):
        aitrack.track(add, category=3)  # type: ignore[call-overload]  # the point of the test


def test_a_thread_of_a_pool_belongs_to_the_open_session(look: Look) -> None:
    """A worker that outlives the operation that started it does not keep it as its parent for ever."""
    with aitrack.session("x"), ThreadPoolExecutor(1) as pool:
        with aitrack.operation("first"):
            pool.submit(threading.current_thread).result()
        pool.submit(add, 1).result()

    spans = {span["name"]: span for span in look.events("span")}
    assert spans["add"]["parent"] == spans["first"]["parent"]
