"""Who is to blame: the root of a chain, the leaf of a group, the line of the user's own."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose.blame import blame, exception_to_blame, is_report
from aitrack.diagnose.record import failure as a_failure


def frame(function: str, **more: Any) -> dict[str, Any]:
    """Return a frame of the user's own."""
    return {"file": "/srv/app/a.py", "line": 3, "function": function, "in_app": True, **more}


def link(relation: str, type_: str, *functions: str) -> dict[str, Any]:
    """Return a link of a chain."""
    return {"relation": relation, **a_failure(type_, "inner", [frame(name) for name in functions])}


def test_a_cause_is_always_followed() -> None:
    """`raise X from Y` says so."""
    failure = a_failure("RuntimeError", "outer", [frame("main")], chain=[link("cause", "KeyError", "elsewhere")])

    path, root = exception_to_blame(failure)

    assert (path, root["type"]) == (["chain", 0], "KeyError")


def test_a_context_is_followed_when_the_handler_raised() -> None:
    """`except KeyError: raise RuntimeError` without `from`."""
    failure = a_failure(
        "RuntimeError", "outer", [frame("main"), frame("load")], chain=[link("context", "KeyError", "load", "get")]
    )

    assert exception_to_blame(failure)[1]["type"] == "KeyError"


def test_a_failing_clean_up_does_not_steal_the_blame_of_its_own_bug() -> None:
    """An old exception that was handled long before is no cause."""
    failure = a_failure(
        "OSError",
        "close",
        [frame("main"), frame("a"), frame("b"), frame("close")],
        chain=[link("context", "KeyError", "main", "load")],
    )

    assert exception_to_blame(failure)[1]["type"] == "OSError"


def test_the_first_own_leaf_of_a_group_is_the_key() -> None:
    """Leaves inside a library explain less."""
    library = a_failure("TimeoutError", "x", [{**frame("wait"), "in_app": False}])
    own = a_failure("KeyError", "'a'", [frame("task")])
    group = a_failure(
        "ExceptionGroup", "many", exceptions=[a_failure("ExceptionGroup", "inner", exceptions=[library, own])]
    )

    path, root = exception_to_blame(group)

    assert (path, root["type"]) == (["exceptions", 0, "exceptions", 1], "KeyError")


def test_a_root_inside_a_library_is_placed_in_the_users_own_code() -> None:
    """`socket.py` is no place where a user can do something."""
    root = {
        "relation": "cause",
        **a_failure("ConnectionRefusedError", "refused", [{**frame("connect"), "in_app": False}]),
    }
    failure = a_failure("RuntimeError", "fetch", [frame("main"), frame("fetch", code="urlopen(url)")], chain=[root])

    told, exception = blame(failure)

    assert exception["type"] == told["type"] == "ConnectionRefusedError"
    assert (told["path"], told["function"], told["expression"]) == ([], "fetch", "urlopen(url)")


def test_reports_of_children_are_known() -> None:
    """They only carry the news."""
    assert is_report(a_failure("subprocess.CalledProcessError", "x"))
    assert is_report(a_failure("RuntimeError", "x", chain=[link("cause", "BrokenProcessPool")]))
    assert not is_report(a_failure("ValueError", "x"))


def test_the_expression_comes_from_the_columns_of_the_file() -> None:
    """Columns count from the margin of the line, which the shown code may lack."""
    context = {"start": 2, "lines": ["def f(row):", "    total += row['price'] * 2", "    return total"]}
    failure = a_failure(
        "KeyError", "'price'", [frame("f", col=13, end_col=25, code="total += row['price'] * 2", context=context)]
    )

    assert blame(failure)[0]["expression"] == "row['price']"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "message",
                    "frames",
                    "chain",
                    "relation",
                    "function",
                    "line",
                    "code",
                    "col",
                    "end_col",
                    "locals",
                    "name",
                    "value",
                    "in_app",
                    "exceptions",
                    "context",
                    "lines",
                    "start",
                    "span",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    st.sampled_from(
        ["KeyError", "IndexError", "TypeError", "AttributeError", "ZeroDivisionError", "JSONDecodeError", "X"]
    ),
    st.text(max_size=20),
    JSON,
    JSON,
)
def test_any_record_is_blamed_on_somebody(type_: str, message: str, frames: Any, chain: Any) -> None:
    """A damaged record must not be the second failure."""
    told, _ = blame({"type": type_, "message": message, "frames": frames, "chain": chain})

    assert isinstance(told["why"], str)
    assert told["why"]


def test_a_member_that_was_never_raised_is_placed_where_its_group_was() -> None:
    """`raise ExceptionGroup("many", [ValueError(1)])`: the leaf has no traceback."""
    group = a_failure("ExceptionGroup", "many", [frame("main")], exceptions=[a_failure("ValueError", "1")])

    told, exception = blame(group)

    assert (told["type"], told["function"], told["path"]) == ("ValueError", "main", [])
    assert exception["frames"][0]["function"] == "main"


def test_a_probe_does_not_take_the_blame_of_what_is_tried_instead() -> None:
    """`except KeyError: load()`: the missing key was a question, and `load` fails by itself.

    A clean-up is called because of what failed, so that it never takes the blame.
    """
    probing = a_failure(
        "ValueError", "bad", [frame("main"), frame("get"), frame("load")], chain=[link("context", "KeyError", "get")]
    )
    cleaning = a_failure(
        "OSError", "gone", [frame("main"), frame("get"), frame("close")], chain=[link("context", "KeyError", "get")]
    )
    other = a_failure(
        "OSError", "gone", [frame("main"), frame("get"), frame("load")], chain=[link("context", "ValueError", "get")]
    )

    assert exception_to_blame(probing)[1]["type"] == "ValueError"
    assert exception_to_blame(cleaning)[1]["type"] == "KeyError"
    assert exception_to_blame(other)[1]["type"] == "ValueError"
