"""Operations that took time, as a tree: what the script itself called a part of its work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aitrack.model import is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aitrack.model import Event


@dataclass
class Operation:
    """One span: times in seconds since the start of the attempt."""

    id: str
    name: str
    category: str
    failed: bool
    begin: float
    took: float
    thread: int
    pid: int | None
    data: dict[str, Any]
    parent: str = ""
    inner: list[Operation] = field(default_factory=list["Operation"])

    @property
    def error(self) -> tuple[str, str] | None:
        """The (type, message) of the exception that ended it."""
        error = self.data.get("error")
        return (str(error.get("type") or ""), str(error.get("message") or "")) if is_object(error) else None

    @property
    def tokens(self) -> tuple[int, int] | None:
        """How many tokens went into a language model and came out of it."""
        given, taken = self.data.get("input_tokens"), self.data.get("output_tokens")
        return (given, taken) if isinstance(given, int) and isinstance(taken, int) else None


def operations(events: Iterable[Event]) -> list[Operation]:
    """Return the outermost operations of an attempt in order of their begin, each with those inside it.

    One whose parent was not recorded stands at the top; a circle, which only a
    damaged record has, is cut.
    """
    found = [one for one in map(_operation, events) if one]
    found.sort(key=lambda one: (one.begin, -one.took))
    known = {one.id: one for one in found if one.id}
    top: list[Operation] = []
    for one in found:
        parent = known.get(one.parent)
        (top if parent is None or _is_within(parent, one, known) else parent.inner).append(one)
    for _, one in reversed(list(walk(top))):
        # its end was told after its exception was looked at, which takes time: what is inside it began later
        one.begin = min([one.begin, *(inner.begin for inner in one.inner)])
    return top


def walk(top: list[Operation], depth: int = 0) -> Iterator[tuple[int, Operation]]:
    """Yield (depth, operation), outer before inner."""
    waiting = [(depth, one) for one in reversed(top)]
    while waiting:
        level, one = waiting.pop()
        yield level, one
        waiting += [(level + 1, inner) for inner in reversed(one.inner)]


def _is_within(one: Operation, other: Operation, known: dict[str, Operation]) -> bool:
    """Whether *one* is *other* or lies inside it."""
    seen: set[str] = set()
    at: Operation | None = one
    while at is not None and at.id not in seen:
        if at is other:
            return True
        seen.add(at.id)
        at = known.get(at.parent)
    return at is not None  # a circle of others: not to be entered either


def _operation(event: Event) -> Operation | None:
    data = event.data
    took = data.get("duration_s")
    if event.kind != "span" or not isinstance(took, (int, float)) or isinstance(took, bool):
        return None
    return Operation(
        id=str(event.span or ""),
        name=str(data.get("name") or "operation"),
        category=str(data.get("category") or ""),
        failed=data.get("status") == "failed",
        begin=max(0.0, event.t_ns / 1e9 - took),
        took=float(took),
        thread=event.tid or 0,
        pid=event.pid,
        data=data,
        parent=str(data.get("parent") or ""),
    )
