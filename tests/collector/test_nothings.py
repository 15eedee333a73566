"""Where None was returned, and to whom: kept for the moment in which something meets it."""

from __future__ import annotations

from target import Ran, Target


def places(ran: Ran) -> list[tuple[str, int, str]]:
    """Return (function, line, receiving function) of what returned None, oldest first."""
    found = [place for record in ran.all("nothing") for place in record["places"]]
    return [(place["function"], place["line"], place["to"]["function"]) for place in found]


def test_each_return_of_none_is_told_once_and_in_order(target: Target, monitored: str) -> None:
    """Also one that gave values before, and one that only passes on what it got."""
    script = target.script(
        """
def price(row):
    if row == 'x':
        return None
    return 5
def priced(row):
    return price(row)
class Order:
    def total(self):
        return [priced(row) for row in 'aabx'][-1] + 1
Order().total()
"""
    )

    ran = target.run(monitored, script)

    assert [place[:2] for place in places(ran)] == [("price", 4), ("priced", 7)]
    assert places(ran)[0][2] == "priced"
    (record,) = ran.all("nothing")
    assert record["places"][0]["to"]["code"] == "return price(row)"


def test_what_nobody_could_meet_is_not_told(target: Target, monitored: str) -> None:
    """Procedures, generators, and values that the caller drops."""
    script = target.script(
        """
def procedure(found):
    found.append(1)
def rows():
    yield 1
def asked(n):
    if n > 3:
        return n
def main():
    procedure([])
    list(rows())
    asked(1)
    raise ValueError
main()
"""
    )

    assert places(target.run(monitored, script)) == []


def test_a_function_that_falls_off_its_end_is_told(target: Target, monitored: str) -> None:
    """The forgotten `return` is the commonest of all."""
    script = target.script("def pick(n):\n    if n > 3:\n        return n\nfound = pick(1)\nfound + 1\n")

    assert places(target.run(monitored, script)) == [("pick", 2, "<module>")]


def test_a_thread_without_a_caller_in_python_returns_as_ever(target: Target, monitored: str) -> None:
    """There is no frame to ask who gets it."""
    script = target.script(
        """
import _thread, time
def work():
    return None
_thread.start_new_thread(work, ())
time.sleep(0.1)
raise ValueError
"""
    )

    ran = target.run(monitored, script)

    assert ran.failure["type"] == "ValueError"
    assert b"Unhandled" not in ran.err


def test_a_million_returns_keep_nothing_but_their_places(target: Target, monitored: str) -> None:
    """Hot functions are left alone."""
    script = target.script(
        "def f(n):\n    return None\nfor n in range(300_000):\n    f(n)\nx = f(1)\nraise ValueError(x)\n"
    )

    ran = target.run(monitored, script)

    assert len(places(ran)) <= 1


def test_strict_privacy_tells_no_source(target: Target, monitored: str) -> None:
    """The places remain."""
    script = target.script("def pick():\n    return None\nfound = pick()\nfound + 1\n")

    ran = target.run(monitored, script, env={"AITRACK_COLLECT": "privacy=strict"})

    texts = [place.get("code", "") + place["to"]["code"] for record in ran.all("nothing") for place in record["places"]]
    assert set(texts) <= {""}


def test_a_worker_of_a_pool_tells_its_own_failure(target: Target, monitored: str) -> None:
    """Its parent gets the exception without frames and values."""
    script = target.script(
        """
import concurrent.futures, multiprocessing
def work(n):
    price = {}.get('b')
    return n + price
if __name__ == '__main__':
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context('fork')) as workers:
        futures = [workers.submit(work, n) for n in range(9)]
        for future in futures:
            future.exception()
"""
    )

    ran = target.run(monitored, script)

    told = ran.failures("worker")
    assert 1 <= len(told) <= 3
    assert [local["value"] for local in told[0]["frames"][-1]["locals"]] == ["0", "None"]
    assert ran.code == 0
