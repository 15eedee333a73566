"""The tree of processes, from any list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aitrack.model import Process
from aitrack.report.processes import tree


def test_children_stand_below_their_parent() -> None:
    """In the order of their start."""
    listed = [
        Process(pid=3, ppid=2),
        Process(pid=4, ppid=1, started_ns=2),
        Process(pid=2, ppid=1, started_ns=1),
        Process(pid=1, ppid=99),
    ]

    assert [(depth, one.pid) for depth, one in tree(listed)] == [(0, 1), (1, 2), (2, 3), (1, 4)]


@given(st.lists(st.tuples(st.integers(1, 5), st.none() | st.integers(1, 5)), max_size=8))
def test_each_is_shown_once(pairs: list[tuple[int, int | None]]) -> None:
    """Circles and doubled numbers are damage, and no reason to hang."""
    shown = tree([Process(pid=pid, ppid=ppid) for pid, ppid in pairs])

    assert sorted(one.pid for _, one in shown) == sorted(pid for pid, _ in pairs)
