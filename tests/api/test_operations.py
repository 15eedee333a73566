"""Events, snapshots and operations."""

from __future__ import annotations

import threading

import pytest

import aitrack
from tests.api.conftest import Look


class Hostile:
    """Runs its own code at every look."""

    def __repr__(self) -> str:
        raise SystemExit(3)

    __str__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = __repr__  # type: ignore[assignment]  # the point


def test_an_event_has_an_id_and_its_facts(look: Look) -> None:
    """The id ties it to whatever follows."""
    with aitrack.session("x"):
        first, second = aitrack.event("page", n=3, flag=True, none=None), aitrack.event("page")

    assert first != second
    assert look.events("mark")[0] == {"name": "page", "id": first, "n": 3, "flag": True, "none": None}


def test_no_code_of_a_value_is_run(look: Look) -> None:
    """A `__repr__` that exits must not end the script that mentions its object."""
    with aitrack.session("x", thing=Hostile()), aitrack.operation("op", watch={"h": Hostile()}):
        aitrack.event("e", thing=Hostile())
        aitrack.snapshot("s", thing=Hostile())

    assert "Hostile" in str(look.events("mark")[0]["thing"])


def test_a_flood_of_events_is_bounded_and_counted(look: Look) -> None:
    """Ten thousand a second must fill neither the memory nor the disk; the counts stay exact, the newest stay."""
    with aitrack.session("x"):
        for number in range(20_000):
            aitrack.event("tick", number=number)

    kept = look.events("mark")
    assert kept[-1]["number"] == 19_999
    assert len(kept) < 1500
    assert ["mark", "tick", 20_000] in look.events("counts")[-1]["counts"]


def test_long_events_do_not_fill_the_disk(look: Look) -> None:
    """Many long ones would be a hundred megabytes; the newest stay all the same."""
    texts = {f"text{number}": "x" * 900 for number in range(30)}
    with aitrack.session("x"):
        for number in range(200):
            aitrack.event("long", number=number, **texts)

    assert len(look.bytes()) < 6 << 20
    assert look.events("mark")[-1]["number"] == 199


def test_an_operation_shows_what_it_changed(look: Look) -> None:
    """Before and after are pictures, so that a list that is changed in place shows it."""
    rows = [1]
    with aitrack.session("x"), aitrack.operation("load", category="file", watch={"rows": rows}) as operation:
        rows.append(2)
        operation.after(rows=rows)

    (span,) = look.events("span")
    assert span["changed"] == {"rows": ["[1]", "[1, 2]"]}
    assert (span["category"], span["status"]) == ("file", "ok")


def test_an_operation_that_fails_says_how(look: Look) -> None:
    """Type, message, code and way, without the whole record of a failure."""
    with aitrack.session("x"), pytest.raises(FileNotFoundError), aitrack.operation("read"):
        open("/nonexistent/file")

    (span,) = look.events("span")
    assert span["status"] == "failed"
    assert (span["error"]["type"], span["error"]["code"]) == ("FileNotFoundError", 2)
    assert "test_operations.py" in span["error"]["stack"][-1]


def test_operations_know_their_parent_across_threads(look: Look) -> None:
    """A new thread has an empty context; what started it is its parent all the same."""
    with aitrack.session("x"), aitrack.operation("outer") as outer:

        def work() -> None:
            with aitrack.operation("inner"):
                aitrack.event("deep")

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    inner = next(span for span in look.events("span") if span["name"] == "inner")
    assert inner["parent"] == outer.id


def test_a_snapshot_tells_what_changed_since_the_last_of_its_name(look: Look) -> None:
    """Two pictures are compared where they are made, so that no reader must."""
    with aitrack.session("x"):
        aitrack.snapshot("state", rows=1, name="a")
        aitrack.snapshot("state", rows=2, name="a")

    assert look.events("snapshot")[1]["changed"] == {"rows": [1, 2]}


def test_usage_of_several_calls_adds_up(look: Look) -> None:
    """An operation may hold more than one call of a model."""
    with aitrack.session("x"), aitrack.operation("summarise", category="llm") as operation:
        operation.usage(input_tokens=100, output_tokens=20, model="m-1", cost=0.25)
        operation.usage(input_tokens=50, output_tokens=10, cost=0.25)

    (span,) = look.events("span")
    assert (span["input_tokens"], span["output_tokens"], span["model"], span["cost"]) == (150, 30, "m-1", 0.5)
    assert look.events("tally")[0]["input_tokens"] == 150


def test_wrong_arguments_are_told_at_once() -> None:
    """With the name of the field."""
    with pytest.raises(TypeError, match="`watch` must be names with values, not int"):
        aitrack.operation("x", watch=3)  # type: ignore[arg-type]  # the point of the test
    with aitrack.operation("x") as operation, pytest.raises(ValueError, match="`input_tokens` must be at least 0"):
        operation.usage(input_tokens=-1)
