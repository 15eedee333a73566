"""Origins: which names stand where None was met."""

from __future__ import annotations

from typing import Any

from aitrack.analysis.origins import origins

CONTEXT = {
    "start": 83,
    "lines": [
        "def far(): pass",
        "x = 0",
        "x = 1",
        "x = 2",
        "x = 3",
        "row = parse(line)",
        "total += row.price",
        "after()",
    ],
}


def failing(message: str, **more: Any) -> dict[str, Any]:
    """Return a failure at line 89, two frames deep, beside a library."""
    frames = [
        {"in_app": True, "code": "outermost()"},
        {"in_app": True, "code": "load(fetch(url))"},
        {"in_app": True, "code": "total += row.price", "line": 89, "context": CONTEXT, **more},
        {"in_app": False, "code": "library()"},
    ]
    return {"type": "AttributeError", "message": message, "frames": frames}


def test_the_lines_above_a_none_name_who_may_have_given_it() -> None:
    """In the two innermost frames of the user's own, and nothing that runs later."""
    found = origins(failing("'NoneType' object has no attribute 'price'"))

    assert {"parse", "load", "fetch"} <= found
    assert not {"far", "after", "outermost", "library"} & found


def test_methods_that_are_called_by_an_operator_are_named_by_it() -> None:
    """`len(rows)` calls `__len__`, `rows[0]` calls `__getitem__`."""
    found = origins(failing("'NoneType' object cannot be interpreted as an integer", code="if len(rows[0]) > 1:"))

    assert {"__len__", "__getitem__"} <= found


def test_a_failure_about_something_else_has_no_origins() -> None:
    """Names near a wrong number say nothing."""
    assert origins(failing("division by zero")) == frozenset()


def test_a_damaged_record_has_none_either() -> None:
    """What is not of its promised form is passed over."""
    assert origins({"message": "None", "frames": 3}) == frozenset()
    assert origins(failing("None", context={"start": "x", "lines": 3})) >= {"load"}
