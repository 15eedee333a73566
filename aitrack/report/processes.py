"""The processes of an attempt as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aitrack.model import Process


def tree(processes: Sequence[Process]) -> list[tuple[int, Process]]:
    """Return (depth, process) in the order of a tree: parents before children, siblings by their start.

    A process whose parent was not seen stands at the top; a circle, which only
    a damaged record has, is cut where it was entered.
    """
    known = {process.pid for process in processes}
    children: dict[int | None, list[Process]] = {}
    for process in sorted(processes, key=lambda one: (one.started_ns or 0, one.pid)):
        parent = process.ppid if process.ppid in known and process.ppid != process.pid else None
        children.setdefault(parent, []).append(process)
    left = {id(process) for process in processes}
    found = list(_below(children, None, 0, left))
    for process in processes:
        if id(process) in left:
            left.discard(id(process))
            found += [(0, process), *_below(children, process.pid, 1, left)]
    return found


def _below(
    children: dict[int | None, list[Process]], parent: int | None, depth: int, left: set[int]
) -> Iterator[tuple[int, Process]]:
    waiting = [(depth, process) for process in reversed(children.get(parent, []))]
    while waiting:
        level, process = waiting.pop()
        if id(process) in left:
            left.discard(id(process))
            yield level, process
            waiting += [(level + 1, child) for child in reversed(children.get(process.pid, []))]
