"""Runs that are out of their own script's history: longer, larger, more talkative than it is."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aitrack.store.index import SqliteIndex

_RUNS = 30  # passing runs that make the usual
_ENOUGH = 6
_MEASURES = (
    ("duration", "s", 0.5),
    ("peak memory", "bytes", 16 << 20),
    ("output", "bytes", 65536),
)  # in the order of the columns asked for; the last is the least difference worth a word
_SCRIPTS = 500


def regressions(index: SqliteIndex, ids: list[str] | None = None) -> list[dict[str, Any]]:
    """Return the newest run of each script where it is far above the runs before it, worst first.

    With *ids* only those among these sessions are looked at.
    """
    which = ""
    if ids is not None:
        which = f" AND script IN (SELECT script FROM session WHERE id IN ({','.join('?' * len(ids))}))"
    scripts = index.query(
        f"SELECT script, MAX(started) AS newest FROM session WHERE status = 'passed'{which} GROUP BY script"
        f" HAVING COUNT(*) > {_ENOUGH} ORDER BY newest DESC LIMIT {_SCRIPTS}",
        ids or (),
    )
    found: list[dict[str, Any]] = []
    for script, _ in scripts:
        rows = index.query(
            "SELECT s.id, w.text, s.duration, s.max_rss, s.output_bytes FROM session s JOIN word w ON w.id = s.script"
            f" WHERE s.script = ? AND s.status = 'passed' ORDER BY s.started DESC LIMIT {_RUNS + 1}",
            (script,),
        )
        for column, (what, unit, floor) in enumerate(_MEASURES, 2):
            values = [row[column] for row in rows if row[column] is not None]
            if rows[0][column] is None or len(values) <= _ENOUGH or not is_outlier(values[0], values[1:], floor):
                continue
            usual = median(values[1:])
            found.append(
                {
                    "id": rows[0][0],
                    "script": rows[0][1],
                    "what": what,
                    "unit": unit,
                    "value": values[0],
                    "usual": usual,
                    "runs": len(values) - 1,
                }
            )
    return sorted(found, key=lambda row: -row["value"] / max(row["usual"], 1e-9))


def is_outlier(value: float, before: list[float], floor: float) -> bool:
    """Whether *value* is far above *before*: 5 times their median spread, a quarter, and *floor* at least."""
    middle = median(before)
    spread = median(abs(one - middle) for one in before)
    return value - middle > max(5 * 1.4826 * spread, 0.25 * middle, floor)
