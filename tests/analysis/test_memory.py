"""How much memory a program could have."""

from __future__ import annotations

from aitrack.analysis.memory import available


def test_some_memory_is_free_and_less_than_a_petabyte() -> None:
    """In bytes, not kilobytes."""
    free = available()

    assert free is not None
    assert 1 << 20 < free < 1 << 50
