"""Sessions for tests of exports: one that failed, one that recovered, one that was refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aitrack.analysis.explanation import Explanation, explain
from aitrack.store.bundle import Bundle
from tests.bundles import NOW, Store, failure

CAUSE = {"type": "OSError", "qualified": "OSError", "message": "disk", "relation": "cause", "frames": []}


def failed(home: Path, found: dict[str, Any] | None = None, **more: Any) -> Explanation:
    """Return a session that failed in its only attempt, by default with a cause behind its exception."""
    folder = Store(home).session("failed", failure=found or failure(chain=[CAUSE]), stderr="boom\n", **more)
    return explain(str(home), Bundle(str(folder)))


def recovered(home: Path, **more: Any) -> Explanation:
    """Return a session whose second attempt passed; *more* is of the first."""
    first: dict[str, Any] = {
        "exit_code": 1,
        "duration_s": 0.5,
        "started_at": NOW,
        "signal": None,
        "pid": 10,
        "failure": failure(),
    }
    first |= more
    second = {"exit_code": 0, "duration_s": 0.25, "started_at": NOW + 1, "signal": None, "pid": 11}
    folder = Store(home).session("passed", recovered=True, attempts=[first, second], at=NOW, started_monotonic=100.0)
    return explain(str(home), Bundle(str(folder)))


def refused(home: Path) -> Explanation:
    """Return a session that a breaker refused: nothing was started."""
    folder = Store(home).session("rejected", attempts=[{}], reason="breaker `db` is open", exit_code=75)
    for path in (folder / "attempts").rglob("*"):
        path.unlink() if path.is_file() else None
    (folder / "attempts/1").rmdir()
    return explain(str(home), Bundle(str(folder)))
