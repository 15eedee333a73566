"""Moments as other tools write them; a clock that was wrong, or a damaged record, is no error."""

from __future__ import annotations

from datetime import UTC, datetime

_LATEST = 253402300799.0  # the last second of the year 9999: what a date can hold
_NANOSECONDS = (1 << 63) - 1


def utc(moment: float, timespec: str = "milliseconds") -> str:
    """Return *moment* as `2026-11-24T23:14:43.123Z`; one that no calendar has is the nearest it has."""
    inside = min(max(moment, 0.0), _LATEST)
    return datetime.fromtimestamp(inside, UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def nanoseconds(moment: float) -> int:
    """Return *moment* in whole nanoseconds since the epoch, exact to the microsecond, within 64 bits."""
    return min(int(min(max(moment, 0.0), _LATEST) * 1e6) * 1000, _NANOSECONDS)
