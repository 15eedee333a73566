"""Charts: peaks survive, nothing leaves its frame."""

from __future__ import annotations

from aitrack.model import Attempt, Session
from aitrack.report.charts import HEIGHT, WIDTH, bars, charts


def test_a_short_peak_stays_visible() -> None:
    """One sample in ten thousand may be why it failed."""
    samples: list[list[float | None]] = [[float(n), 1.0, 1000.0] for n in range(10_000)]
    samples[5_001][2] = 9e9

    memory, cpu = charts(Attempt(samples=samples))

    assert len(memory.points.split()) <= 320
    assert ",0.0" in memory.points and memory.top == "8.4 GiB"
    assert "at most 1 %" in cpu.words


def test_missing_numbers_and_single_samples_are_no_chart() -> None:
    """A sampler may have seen half of it."""
    assert charts(Attempt(samples=[[0.0, None, None], [1.0, None, 5.0], [None, 1.0, 2.0]])) == []


def test_points_lie_in_the_frame() -> None:
    """Whatever was recorded, negative numbers too."""
    (memory, _) = charts(Attempt(samples=[[0.0, 0.0, -5.0], [2.0, 0.0, 7.0], [1.0, 3.0, 0.0]]))

    for point in memory.points.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT


def test_attempts_lie_on_the_time_of_the_session() -> None:
    """One before the session, one after its end: clocks jump."""
    attempts = [
        Attempt(n=1, started_at=90.0, duration_s=1.0),
        Attempt(n=2, started_at=105.0, duration_s=50.0, exit_code=0),
    ]

    first, second = bars(Session(started_at=100.0, duration_s=10.0), attempts, ["a", "b"])

    assert (first.x, second.x) == (0.0, WIDTH / 2)
    assert first.width <= WIDTH and second.x + second.width <= WIDTH
    assert (first.is_good, second.is_good) == (False, True)
