"""How much memory a new program could have."""

from __future__ import annotations


def available() -> int | None:
    """Return the bytes that are free without swapping, within the limit of the control group."""
    known = [left for left in (_machine_left(), _group_left()) if left is not None]
    return min(known) if known else None


def _machine_left() -> int | None:
    try:
        with open("/proc/meminfo") as facts:
            return next((int(line.split()[1]) * 1024 for line in facts if line.startswith("MemAvailable:")), None)
    except OSError:
        return None


def _group_left() -> int | None:
    try:
        with open("/sys/fs/cgroup/memory.max") as most, open("/sys/fs/cgroup/memory.current") as now:
            text = most.read().strip()
            return None if text == "max" else max(0, int(text) - int(now.read()))
    except (OSError, ValueError):
        return None
