"""Exact counts of one tool's calls: how many, how long, how many tokens, whatever the sampling of their details."""

from __future__ import annotations

import math
from collections import Counter, deque
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aitrack.api.tokens import Usage

_STEP = math.log(1.1)  # buckets of ten percent: medians are exact to five
DRAIN = 500
_AT_ONCE, _EVERY_NS = 20, 200_000_000  # calls that are told in detail: some at once, then five a second


class Tally:
    """What one tool did in one session, in this process.

    Calls only append to a queue, which is atomic; the sums are made when it is long, and when they are asked for.
    """

    __slots__ = (
        "_lock", "buckets", "calls", "category", "cost", "credit", "ended", "failed", "failures", "input_tokens",
        "longest_s", "model", "name", "output_tokens", "refilled_ns", "seconds", "wasted_tokens",
    )  # fmt: skip

    def __init__(self, name: str, category: str, model: str = "") -> None:
        self.name, self.category, self.model = name, category, model
        self.ended: deque[int] = deque()
        self.failed: deque[int] = deque()
        self.calls = self.failures = self.input_tokens = self.output_tokens = self.wasted_tokens = 0
        self.seconds = self.longest_s = 0.0
        self.cost: float | None = None
        self.buckets: dict[int, int] = {}
        self.credit, self.refilled_ns = _AT_ONCE, 0
        self._lock = Lock()

    def wants_detail(self, now_ns: int) -> bool:
        """Return whether the call that begins now is told in detail."""
        if self.credit > 0:
            self.credit -= 1
            return True
        if now_ns - self.refilled_ns < _EVERY_NS:
            return False
        earned = (now_ns - self.refilled_ns) // _EVERY_NS if self.refilled_ns else 1
        self.credit = min(_AT_ONCE, earned) - 1
        self.refilled_ns = now_ns
        return True

    def add(self, nanoseconds: int, *, failed: bool = False) -> None:
        """Count one call."""
        queue = self.failed if failed else self.ended
        queue.append(nanoseconds)
        if len(queue) > DRAIN:
            self.sum_up()

    def spend(self, usage: Usage, *, wasted: bool = False) -> None:
        """Count the tokens of one call, and what they cost where that is known."""
        with self._lock:
            self.input_tokens += usage.input_tokens
            self.output_tokens += usage.output_tokens
            if wasted:
                self.wasted_tokens += usage.input_tokens + usage.output_tokens
            if usage.cost is not None:
                self.cost = (self.cost or 0.0) + usage.cost

    def sum_up(self) -> None:
        """Turn the queue into sums."""
        with self._lock:
            self.calls += self._drain(self.ended)
            failures = self._drain(self.failed)
            self.calls += failures
            self.failures += failures

    def _drain(self, queue: deque[int]) -> int:
        taken = [queue.popleft() for _ in range(len(queue))]  # others append meanwhile; nobody else takes
        if taken:
            self.seconds += sum(taken) / 1e9
            self.longest_s = max(self.longest_s, max(taken) / 1e9)
            for nanoseconds, number in Counter(taken).items():
                place = bucket(nanoseconds / 1e9)
                self.buckets[place] = self.buckets.get(place, 0) + number
        return len(taken)

    def record(self) -> dict[str, Any]:
        """Return the sums so far, as they are stored."""
        self.sum_up()
        return {
            "name": self.name,
            "source": "api",  # the collector counts the calls of known libraries as well
            "category": self.category,
            "model": self.model or None,
            "calls": self.calls,
            "failures": self.failures,
            "seconds": round(self.seconds, 9),
            "longest_s": round(self.longest_s, 9),
            "base": 1.1,
            "buckets": {str(place): number for place, number in sorted(self.buckets.items())},
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "wasted_tokens": self.wasted_tokens,
            "cost": self.cost,
        }


def bucket(seconds: float) -> int:
    """Return the bucket of a duration: equal ones differ by less than ten percent."""
    return round(math.log(max(seconds, 1e-9) * 1e6) / _STEP)
