"""Lines and bars as plain numbers for inline SVG: memory and CPU over time, attempts on one scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aitrack.report.text import seconds, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aitrack.model import Attempt, Session

WIDTH, HEIGHT = 640, 120  # of a chart, in its own units
_POINTS = 320  # more cannot be told apart


@dataclass(frozen=True)
class Chart:
    """One line over time: its points for SVG, and what it says in words."""

    title: str
    points: str
    area: str
    top: str
    until: str
    words: str


@dataclass(frozen=True)
class Bar:
    """One attempt on the scale of the session."""

    n: int
    x: float
    width: float
    y: int
    is_good: bool
    words: str


def charts(attempt: Attempt) -> list[Chart]:
    """Return the charts of an attempt: memory, CPU; none for fewer than two samples."""
    found: list[Chart] = []
    for title, column, unit in (("memory", 2, "bytes"), ("cpu", 1, "percent")):
        rows = [(row[0], row[column]) for row in attempt.samples if len(row) > column]
        known = [(moment, value) for moment, value in rows if moment is not None and value is not None]
        if len(known) > 1:
            found.append(_chart(title, known, unit))
    return found


def _chart(title: str, pairs: list[tuple[float, float]], unit: str) -> Chart:
    peaks = _peaks(pairs)
    last = max(moment for moment, _ in peaks) or 1.0
    top = max(value for _, value in peaks) or 1.0
    places = [(moment / last * WIDTH, HEIGHT - max(0.0, value) / top * HEIGHT) for moment, value in peaks]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    area = f"{places[0][0]:.1f},{HEIGHT} {points} {places[-1][0]:.1f},{HEIGHT}"
    told = size(top) if unit == "bytes" else f"{top:.0f} %"
    mean = sum(value for _, value in pairs) / len(pairs)
    usual = size(mean) if unit == "bytes" else f"{mean:.0f} %"
    words = f"{title}: at most {told}, {usual} in the mean, over {seconds(last)}"
    return Chart(title, points, area, told, seconds(last), words)


def _peaks(pairs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most `_POINTS` pairs, of each share the highest: a short peak must stay visible."""
    share = -(-len(pairs) // _POINTS)
    groups = [pairs[at : at + share] for at in range(0, len(pairs), share)]
    return [max(group, key=lambda pair: pair[1]) for group in groups]


def bars(session: Session, attempts: Sequence[Attempt], words: Sequence[str]) -> list[Bar]:
    """Return each attempt as a bar between the start and the end of the session."""
    total = max(session.duration_s or 0.0, 0.001)
    found: list[Bar] = []
    for place, (attempt, told) in enumerate(zip(attempts, words, strict=True)):
        began = max(0.0, (attempt.started_at or session.started_at) - session.started_at)
        x = min(1.0, began / total) * WIDTH
        wide = min(WIDTH - x, max(2.0, (attempt.duration_s or 0.0) / total * WIDTH))
        found.append(Bar(attempt.n, round(x, 1), round(wide, 1), place * 18, attempt.exit_code == 0, told))
    return found
