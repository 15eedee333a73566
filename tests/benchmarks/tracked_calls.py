"""What a tracked call costs over a bare one, with recording on; and what a flood of events holds in memory.

Run by hand: `python tests/benchmarks/tracked_calls.py`. The target: 3 microseconds a call, 10,000 events a second.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable

_CALLS, _ROUNDS, _EVENTS = 20_000, 15, 50_000


def bare(a: int, b: int) -> int:
    """Add."""
    return a + b


def nanoseconds_a_call(function: Callable[[int, int], int]) -> float:
    """Return the median over some rounds of the time that one call takes."""
    times: list[float] = []
    for _ in range(_ROUNDS):
        began = time.perf_counter_ns()
        for number in range(_CALLS):
            function(number, 1)
        times.append((time.perf_counter_ns() - began) / _CALLS)
    return statistics.median(times)


def _flood() -> None:
    import aitrack

    for number in range(_EVENTS):
        aitrack.event("tick", number=number, url="https://example.org/page")


def measure() -> dict[str, float]:
    """Return the figures: nanoseconds that tracking adds, microseconds an event takes, bytes that a flood leaves."""
    import aitrack

    tracked = aitrack.track(bare, name="add")
    with aitrack.session("benchmark"):
        tracked(1, 2)
        added = nanoseconds_a_call(tracked) - nanoseconds_a_call(bare)
        began = time.perf_counter()
        _flood()
        took = time.perf_counter() - began
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        _flood()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return {"added_ns": added, "event_us": took / _EVENTS * 1e6, "flood_bytes": float(after - before)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["AITRACK_HOME"] = home
        for name, value in measure().items():
            print(f"{name:<12} {value:12.1f}")
