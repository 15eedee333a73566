"""Records that do not change."""

from __future__ import annotations

import pytest

from aitrack.policy.budget import Budget
from aitrack.policy.retry import RetryPolicy


def test_a_field_is_set_once() -> None:
    """A policy that changes half way is no policy."""
    budget = Budget("a")

    with pytest.raises(AttributeError):
        budget.ratio = 0.5
    with pytest.raises(AttributeError):
        del budget.name


def test_equal_fields_are_equal_records() -> None:
    """Values are compared by what they say."""
    assert Budget("a") == Budget("a")
    assert Budget("a") != Budget("b")
    assert hash(Budget("a")) == hash(Budget("a"))
    assert Budget("a") != RetryPolicy()


def test_a_copy_with_changes_leaves_the_first_alone() -> None:
    """`replaced` names its fields."""
    first = Budget("a")

    assert first.replaced(ratio=0.5).ratio == 0.5
    assert first.ratio == 0.1
    with pytest.raises(TypeError):
        first.replaced(size=3)
