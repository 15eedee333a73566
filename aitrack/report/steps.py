"""How variables changed, step by step, where the collector followed a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aitrack.model import Frame
    from aitrack.store.bundle import Bundle


def history_of(bundle: Bundle, attempt: int, frame: Frame, name: str = "") -> list[tuple[str, str, str]]:
    """Return (line, variable, value) of each change in the function of *frame*, oldest first; of *name* if given."""
    return [
        (str(step.line), known, value)
        for function in bundle.followed(attempt)
        if (function.file, function.function) == (frame.file, frame.function)
        for step in function.steps
        for known, value in step.changed.items()
        if known == name or not name
    ]
