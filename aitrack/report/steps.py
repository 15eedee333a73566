"""How variables changed, step by step, where the collector followed a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitrack.model import is_list, is_object
from aitrack.store.spools import followed_in

if TYPE_CHECKING:
    from aitrack.model import Frame
    from aitrack.store.bundle import Bundle


def history_of(bundle: Bundle, attempt: int, frame: Frame, name: str = "") -> list[tuple[str, str, str]]:
    """Return (line, variable, value) of each change in the function of *frame*, oldest first; of *name* if given."""
    found: list[tuple[str, str, str]] = []
    for function in followed_in(bundle.attempt_files(attempt)):
        if (function.get("file"), function.get("function")) != (frame.file, frame.function):
            continue
        steps = function.get("steps")
        for step in steps if is_list(steps) else []:
            changed = step.get("changed") if is_object(step) else None
            for known, value in changed.items() if is_object(changed) else ():
                if known == name or not name:
                    found.append((str(step.get("line")), str(known), str(value)))
    return found
