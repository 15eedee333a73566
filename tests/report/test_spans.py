"""Operations as a tree, from events in any order, whole or not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aitrack.model import Event
from aitrack.report.spans import operations, walk


def _span(name: str, parent: str, end: float, took: float, **data: object) -> Event:
    return Event(
        t_ns=int(end * 1e9), kind="span", span=name, data={"name": name, "parent": parent, "duration_s": took, **data}
    )


def test_inner_operations_lie_in_their_outer_ones() -> None:
    """They end before, and so are told before."""
    events = [
        _span("b", "a", 2.0, 1.0),
        _span("c", "a", 3.0, 0.5),
        _span("a", "", 4.0, 4.0),
        _span("d", "gone", 9.0, 1.0),
    ]

    assert [(depth, one.name) for depth, one in walk(operations(events))] == [(0, "a"), (1, "b"), (1, "c"), (0, "d")]
    assert operations(events)[0].begin == 0.0


def test_an_operation_begins_no_later_than_what_is_inside_it() -> None:
    """Looking at an exception delays what is told of the outer one, not its begin."""
    (outer,) = operations([_span("b", "a", 1.0, 0.5), _span("a", "", 9.0, 0.6)])

    assert outer.begin == outer.inner[0].begin == 0.5


def test_errors_and_tokens_are_read() -> None:
    """What an operation tells besides its time."""
    (one,) = operations(
        [_span("a", "", 1, 1, status="failed", error={"type": "E", "message": "m"}, input_tokens=3, output_tokens=4)]
    )

    assert (one.failed, one.error, one.tokens) == (True, ("E", "m"), (3, 4))


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd "), st.floats(0, 9), st.floats(0, 9)), max_size=8)
)
def test_each_operation_is_shown_once(told: list[tuple[str, str, float, float]]) -> None:
    """Circles and doubles, which only damage makes, lose nothing and end."""
    shown = list(walk(operations([_span(*one) for one in told])))

    assert sorted(one.name for _, one in shown) == sorted(name for name, *_ in told)
