"""Budgets: exactly so many retries, whatever the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.policy.budget import Budget, left


@given(st.integers(0, 3000), st.floats(0, 1), st.integers(0, 10))
def test_taking_what_is_left_ends_at_the_allowance(firsts: int, ratio: float, minimum: int) -> None:
    """A retry needs `retries < max(min, ratio * firsts)` at the time it is taken."""
    budget = Budget("api", ratio=ratio, minimum=minimum)
    taken = 0
    while left(budget, firsts, taken) > 0:
        assert taken < max(minimum, ratio * firsts)
        taken += 1

    assert not taken < max(minimum, ratio * firsts)


@pytest.mark.parametrize("wrong", [{"ratio": -1}, {"minimum": -1}, {"window_s": 0}])
def test_wrong_budgets_are_refused(wrong: dict[str, float]) -> None:
    """Before anything starts."""
    with pytest.raises(ValueError, match="budget"):
        Budget("x", **wrong)  # type: ignore[arg-type]  # wrong on purpose
