"""Failures straight from the collectors' spools, of an attempt that nobody could finish."""

from __future__ import annotations

import os
from typing import Any

from aitrack.model import is_object

_ENDS = {"main": 0, "process": 1, "thread": 2, "task": 3}  # which failure most likely ended the run


def failures_of(folder: str) -> tuple[list[dict[str, Any]], int]:
    """Return (failures in an attempt's folder, the one to blame first; damaged records)."""
    from aitrack.collector import wire

    found: list[tuple[int, int, dict[str, Any]]] = []
    damaged = 0
    for name in sorted(os.listdir(folder)):
        if not name.startswith("spool-"):
            continue
        records, torn = wire.read(f"{folder}/{name}")
        damaged += torn
        for record in records:
            failure: Any = record.get("failure")
            if record.get("kind") == "failure" and is_object(failure):
                at: Any = record.get("at_ns")
                rank = _ENDS.get(str(record.get("where")), 9)
                found.append((rank, -at if isinstance(at, int) else 0, failure))
    found.sort(key=lambda entry: entry[:2])
    return [failure for _, _, failure in found], damaged
