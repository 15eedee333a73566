"""How variables changed, step by step, where the collector followed a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.store.spools import records_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.model import Frame
    from aitrack.store.bundle import Bundle


def history_of(bundle: Bundle, attempt: int, frame: Frame, name: str = "") -> list[tuple[str, str, str]]:
    """Return (line, variable, value) of each change in the function of *frame*, oldest first; of *name* if given."""
    found: list[tuple[str, str, str]] = []
    for function in _followed(bundle, attempt):
        if (function.get("file"), function.get("function")) != (frame.file, frame.function):
            continue
        steps = function.get("steps")
        for step in steps if is_list(steps) else []:
            changed = step.get("changed") if is_object(step) else None
            for known, value in changed.items() if is_object(changed) else ():
                if known == name or not name:
                    found.append((str(step.get("line")), str(known), str(value)))
    return found


def _followed(bundle: Bundle, attempt: int) -> Iterator[dict[str, Any]]:
    for _, records, _ in records_of(f"{bundle.folder}/attempts/{attempt}"):
        for record in records:
            found = record.get("functions") if record.get("kind") == "focus" else None
            yield from (one for one in (found if is_list(found) else []) if is_object(one))
