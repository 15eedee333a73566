"""Suspects: what failing runs did and passing runs did not, and honest words without it."""

from __future__ import annotations

from aitrack.analysis.suspects import Trace, from_stack, ochiai, rank

STACK = (("a.py", "inner", 9), ("a.py", "outer", 3))


def lines(**functions: set[int]) -> dict[tuple[str, str], frozenset[int]]:
    """Return executed lines of functions in a.py."""
    return {("a.py", name): frozenset(numbers) for name, numbers in functions.items()}


def test_a_branch_that_only_failing_runs_took_comes_first() -> None:
    """The cause is not on the stack: a parser swallowed it earlier."""
    common = {"inner": {8, 9}, "outer": {2, 3}, "parse": {20, 21}}
    failing = [Trace(lines(**{**common, "parse": {20, 25}}), STACK)] * 3
    passing = [Trace(lines(**common))] * 5

    found = rank(failing, passing)

    assert (found[0]["function"], found[0]["line"]) == ("parse", 25)
    assert found[0]["evidence"] == "failing 3/3, passing 0/5"


def test_consequences_of_the_raise_are_no_cause() -> None:
    """A handler runs only in failing runs because they fail."""
    failing = [Trace(lines(inner={9}, handler={50}), STACK, frozenset({("a.py", 50)}))]
    passing = [Trace(lines(inner={8}))]

    assert "handler" not in [suspect["function"] for suspect in rank(failing, passing)]


def test_a_changed_function_is_preferred_among_equals() -> None:
    """The diff since the last success is a prior."""
    failing = [Trace(lines(one={1}, two={2}))]
    passing = [Trace(lines(three={3}))]

    found = rank(failing, passing, frozenset({("a.py", "two")}))

    assert [suspect["function"] for suspect in found] == ["two", "one"]


def test_without_passing_runs_it_is_the_stack_and_says_so() -> None:
    """Never a number that looks like knowledge."""
    found = rank([Trace(stack=STACK)], [])

    assert [suspect["function"] for suspect in found] == ["inner", "outer"]
    assert {suspect["evidence"] for suspect in found} == {"stack order only"}


def test_a_recursive_function_is_suspected_once() -> None:
    """Its rank is that of its innermost call."""
    frames = [{"file": "a.py", "function": "walk", "line": 5}] * 4 + [{"file": "a.py", "function": "main", "line": 1}]

    assert [suspect["score"] for suspect in from_stack(frames)] == [0.2, 0.1]


def test_ochiai_knows_its_ends() -> None:
    """1 for a line that tells the two apart, 0 for one that no failing run executed."""
    assert [ochiai(4, 0, 4), ochiai(0, 7, 4)] == [1.0, 0.0]


def test_who_gave_the_none_comes_before_who_met_it() -> None:
    """A function that returns None fails nowhere itself; the line that uses the value names it."""
    failing = [Trace(lines(inner={8, 9}, give={5, 7}, other={1}), STACK)] * 2
    passing = [Trace(lines(inner={8}, give={5, 6}))] * 2

    found = rank(failing, passing, origins=frozenset({"give", "inner"}))

    assert [one["function"] for one in found[:2]] == ["give", "inner"]
    assert found[0]["evidence"] == "failing 2/2, passing 0/2, named where None was met"
