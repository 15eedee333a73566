"""A budget of retries that runs share: a storm of failures must not become a storm of retries."""

from __future__ import annotations

from aitrack.policy.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Budget(Frozen):
    """At most `max(minimum, ratio * first attempts)` retries within `window_s`, over all runs that name it."""

    __slots__ = ("minimum", "name", "ratio", "window_s")

    def __init__(self, name: str, *, ratio: float = 0.1, minimum: int = 3, window_s: float = 60.0) -> None:
        if ratio < 0:
            raise ValueError("`budget ratio` must not be negative")
        if minimum < 0:
            raise ValueError("`budget min` must not be negative")
        if window_s <= 0:
            raise ValueError("`budget window` must be more than 0")
        self.name = name
        self.ratio = ratio
        self.minimum = minimum
        self.window_s = window_s

    @classmethod
    def from_settings(cls, settings: Any) -> Budget | None:
        """Return the budget that the settings name, or None."""
        name = settings.value("retry.budget.name")
        if not name:
            return None
        return cls(
            name,
            ratio=settings.value("retry.budget.ratio"),
            minimum=settings.value("retry.budget.min"),
            window_s=settings.value("retry.budget.window"),
        )


def allowance(budget: Budget, firsts: int) -> float:
    """Return how many retries *firsts* first attempts in the window allow."""
    return max(float(budget.minimum), budget.ratio * firsts)


def left(budget: Budget, firsts: int, retries: int) -> int:
    """Return how many more retries may be taken now.

    >>> left(Budget("api", ratio=0.1, minimum=3), firsts=50, retries=4)
    1
    """
    rest = allowance(budget, firsts) - retries
    whole = int(rest)
    return max(whole + (rest > whole), 0)  # one more is allowed while retries < allowance
