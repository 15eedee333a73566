"""Which function gave the None that was met: by name, by hand-over, by what was set; or no answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose.failure import Evidence, diagnose
from aitrack.diagnose.origin import origin, with_origin

MET = "'NoneType' object has no attribute 'strip'"


def frame(function: str, code: str, above: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Return a frame that failed in *code*, with the lines *above* it."""
    lines = [*above, code]
    context = {"start": 10, "lines": lines, "stale": False}
    return {
        "file": "/srv/a.py",
        "line": 9 + len(lines),
        "function": function,
        "in_app": True,
        "code": code.strip(),
        "context": context,
        **more,
    }


def gave(function: str, code: str = "return None", to: str = "", line: int = 0, text: str = "") -> dict[str, Any]:
    """Return a place that returned None to *to*, whose line reads *text*."""
    receiver = {"file": "/srv/a.py", "function": to, "line": line, "code": text}
    return {"file": "/srv/a.py", "function": function, "line": 3, "code": code, "to": receiver}


def giver(frames: list[dict[str, Any]], *nothings: dict[str, Any], message: str = MET) -> str | None:
    """Return the name of the function that gave the None."""
    found = origin({"message": message, "frames": frames}, list(nothings))
    return found["function"] if found else None


def test_the_name_in_the_failing_expression() -> None:
    """`look_up(x).strip()`."""
    assert giver([frame("main", "look_up(x).strip()")], gave("look_up"), gave("other")) == "look_up"


def test_what_a_variable_was_set_to() -> None:
    """The nearest assignment above, not the nearest call."""
    above = ("value = look_up(x)", "check(value)")

    assert giver([frame("main", "value.strip()", above)], gave("look_up"), gave("check")) == "look_up"


def test_an_argument_is_followed_to_the_caller() -> None:
    """Who met it got it from another."""
    outer = frame("main", "use(value)", ("value = Store.look_up(x)",))

    assert giver([outer, frame("use", "text.strip()")], gave("Store.look_up"), gave("use")) == "Store.look_up"


def test_what_only_passes_it_on_is_not_the_origin() -> None:
    """`return inner(x)` has its None from `inner`."""
    nothings = [gave("inner", "return (None)", "outer", 3), gave("outer", "return inner(x)", "main", 9)]

    assert giver([frame("main", "outer(x).strip()")], *nothings) == "inner"


def test_a_value_that_was_put_away_is_found_by_what_it_was_set_to() -> None:
    """An attribute that another method set, long before."""
    nothings = [gave("Info.load", to="Info.__init__", text="self._days = self.load(DAYS)"), gave("other")]

    assert giver([frame("Info.day", "return self._days[name]")], *nothings) == "Info.load"


def test_a_variable_of_a_function_that_was_left_is_another() -> None:
    """The same name elsewhere says nothing."""
    left = gave("look_up", to="earlier", text="value = look_up(x)")

    assert giver([frame("main", "value.strip()")], left) is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("person.get('born') - 1", "unsupported operand type(s) for -: 'NoneType' and 'int'"),
        ("rows[3]", "list index out of range"),
    ],
)
def test_no_answer_is_better_than_a_wrong_one(code: str, message: str) -> None:
    """What no function of the program gave; what is not about None at all."""
    assert giver([frame("main", code)], gave("load"), gave("setting"), message=message) is None


@pytest.mark.parametrize(
    ("function", "code", "message"),
    [
        ("table", "'-'.join(lines)", "sequence item 1: expected str instance, NoneType found"),
        ("table.<locals>.<genexpr>", "max(len(cell) for cell in row)", "object of type 'NoneType' has no len()"),
    ],
)
def test_items_that_were_made_elsewhere_are_from_what_was_made_last(function: str, code: str, message: str) -> None:
    """A list of Nones is filled by whatever returned them."""
    frames = [frame(function, code)]

    assert giver(frames, gave("earlier"), gave("padded", to="align"), message=message) == "padded"


def test_a_common_name_is_the_programs_only_where_it_was_called() -> None:
    """`cache.get()` of the program is not `dict.get()`."""
    frames = [frame("main", "row.get('a').strip()")]

    assert giver(frames, gave("Cache.get", to="elsewhere")) is None
    assert giver(frames, gave("Cache.get", to="main")) == "Cache.get"


def test_a_function_on_the_stack_has_not_returned() -> None:
    """That it gave None at another time does not matter."""
    frames = [frame("main", "use(1)"), frame("use", "use.text.strip()")]

    assert giver(frames, gave("use", to="main")) is None


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ("unsure", "Store.look_up returned None (a.py:3)"),
        ("value is None", "value is None; Store.look_up returned None (a.py:3)"),
        ("store.look_up(…) returned None", "store.look_up(…) returned None (a.py:3)"),
        ("store.get(…) returned None", "store.get(…) returned None; Store.look_up returned None (a.py:3)"),
    ],
)
def test_the_reason_says_it_once(why: str, expected: str) -> None:
    """What the expression shows, and where the None is from."""
    assert with_origin(why, gave("Store.look_up")) == expected


def test_the_answer_is_part_of_the_reason_and_of_the_fingerprint() -> None:
    """What views and patterns read."""
    failing = {"type": "AttributeError", "message": MET, "frames": [frame("main", "look_up(x).strip()")], "chain": []}
    process = {"pid": 7, "failures": [{"where": "main", "failure": failing}], "nothings": [gave("look_up")]}

    failure, _ = diagnose(Evidence(exit_code=1, processes=[process], target_pid=7, cwd="/srv"))

    assert failure is not None
    assert failure["blame"]["origin"]["function"] == "look_up"
    assert failure["blame"]["why"] == "look_up(…) returned None (a.py:3)"
    assert failure["fingerprint"]["origin"] == "a.py in look_up"


_anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.dictionaries(st.sampled_from(["file", "line", "function", "code", "to"]), _anything), _anything)
def test_whatever_a_spool_holds_there_is_an_answer(place: dict[str, Any], code: Any) -> None:
    """Records are read without trust."""
    origin({"message": "None", "frames": [frame("main", "x.y") | {"code": code}]}, [place, gave("x"), place])
