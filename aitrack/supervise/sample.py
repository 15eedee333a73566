"""Samples of the running tree: CPU, memory, threads, processes, open files; and what they warn of.

Read from /proc, one process at 10 Hz costs 0.04 % of a core. Nothing is sampled in the first 0.2 s, which is where
most runs end: the kernel's own account of a child describes those.
"""

from __future__ import annotations

import posix
import time

from aitrack.supervise import kernel

FIRST_AFTER = 0.2
_LONGEST_STEP = 5.0
_MOST_SAMPLES = 240
_MOST_PROCESSES = 200
_TICKS = posix.sysconf("SC_CLK_TCK")
_PAGE = posix.sysconf("SC_PAGE_SIZE")
_NEAR = 0.9
_IDLE_SECONDS = 30.0
_GROWTH_BYTES = 64 << 20


class Seen:
    """A process of the tree, as it was first seen."""

    __slots__ = ("argv", "parent", "pid", "since", "until")

    def __init__(self, pid: int, parent: int, argv: list[bytes], now: float) -> None:
        self.pid = pid
        self.parent = parent
        self.argv = argv
        self.since = self.until = now


class Samples:
    """A bounded series of samples: when it is full every second one goes and the steps grow."""

    __slots__ = ("_cpu", "_last", "_root", "_step", "_zero", "rows", "seen")

    def __init__(self, root: int, zero: float) -> None:
        self._root = root
        self._zero = zero
        self._step = 0.1
        self._cpu: dict[int, int] = {}
        self._last = zero
        self.rows: list[list[float]] = []
        self.seen: dict[int, Seen] = {}

    def take(self, now: float) -> float:
        """Add a sample and return when the next is due; a timer of the watch."""
        ticks, rss, threads, files = 0, 0, 0, 0
        pids = [self._root, *kernel.descendants(self._root)]
        counted: dict[int, int] = {}
        for pid in pids:
            fields = kernel.stat_fields(pid)
            if len(fields) < 22:
                continue
            counted[pid] = int(fields[11]) + int(fields[12])
            ticks += max(0, counted[pid] - self._cpu.get(pid, 0))
            threads += int(fields[17])
            rss += int(fields[21]) * _PAGE
            files += _open_files(pid)
            self._note(pid, int(fields[1]), now)
        elapsed = max(now - self._last, 0.001)
        self.rows.append(
            [round(now - self._zero, 3), round(100 * ticks / _TICKS / elapsed, 1), rss, threads, len(counted), files]
        )
        self._cpu, self._last = counted, now
        self._step = min(_LONGEST_STEP, self._step * 1.2)
        if len(self.rows) >= _MOST_SAMPLES:
            del self.rows[1::2]
        return time.monotonic() + self._step

    def _note(self, pid: int, parent: int, now: float) -> None:
        if pid in self.seen:
            self.seen[pid].until = now
        elif len(self.seen) < _MOST_PROCESSES:
            argv = kernel.read_file(f"/proc/{pid}/cmdline").split(b"\0")[:-1]
            self.seen[pid] = Seen(pid, parent, argv[:64], now)


def _open_files(pid: int) -> int:
    try:
        return len(posix.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def memory_limit() -> int:
    """Return the memory limit of our cgroup in bytes, or 0 when there is none."""
    for path in (f"{kernel.cgroup_folder()}/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = kernel.read_file(path).strip()
        if text.isdigit() and int(text) < 1 << 60:
            return int(text)
    return 0


def warnings(rows: list[list[float]], peak_rss: int, cwd: str) -> list[dict[str, str]]:
    """Return what is worth a look although nothing may have failed, as {kind, text}."""
    found: list[dict[str, str]] = []
    if grown := _growth(rows):
        found.append({"kind": "memory_growing", "text": f"memory was still growing at the end: {grown}"})
    limit = memory_limit()
    if limit and peak_rss > _NEAR * limit:
        text = f"memory reached {peak_rss >> 20} MiB of the {limit >> 20} MiB that are allowed"
        found.append({"kind": "memory_limit", "text": text})
    idle = _longest_idle(rows)
    if idle >= _IDLE_SECONDS:
        found.append({"kind": "cpu_idle", "text": f"the CPU was idle for {idle:.0f} s"})
    try:
        disk = posix.statvfs(cwd)
    except OSError:
        return found
    if disk.f_blocks and disk.f_bavail < 0.02 * disk.f_blocks:
        free = disk.f_bavail * disk.f_frsize >> 20
        found.append({"kind": "disk_full", "text": f"the disk of the working folder is nearly full: {free} MiB left"})
    return found


def _growth(rows: list[list[float]]) -> str:
    """Say how memory grew when each of the last four fifths of the run ended higher than the one before."""
    if len(rows) < 20:
        return ""
    marks = [rows[len(rows) * fifth // 5 - 1][2] for fifth in range(1, 6)]
    rising = all(marks[n] > marks[n - 1] * 1.05 for n in range(1, len(marks)))
    if not rising or marks[-1] - marks[0] < _GROWTH_BYTES:
        return ""
    return f"{int(marks[0]) >> 20} MiB to {int(marks[-1]) >> 20} MiB"


def _longest_idle(rows: list[list[float]]) -> float:
    longest, since = 0.0, None
    for row in rows:
        if row[1] >= 1.0:
            since = None
        else:
            since = row[0] if since is None else since
            longest = max(longest, row[0] - since)
    return longest
