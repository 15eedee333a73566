"""A recorded failure as Python prints one: for formats that have a field for a stack as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitrack.report import failure as words
from aitrack.report.text import safe

if TYPE_CHECKING:
    from aitrack.model import Failure, Frame

_SENTENCES = {
    "cause": "The above exception was the direct cause of the following exception:",
    "context": "During handling of the above exception, another exception occurred:",
}
_LIMIT = 64 << 10


def stack_text(failure: Failure) -> str:
    """Return the traceback of *failure* with its causes, the oldest first; every line is safe."""
    lines: list[str] = []
    for link in reversed(failure.chain):
        if not link.suppressed:
            lines += [*_one(link), "", _SENTENCES.get(link.relation, _SENTENCES["context"]), ""]
    lines += _one(failure)
    text = "\n".join(lines)
    return text if len(text) <= _LIMIT else f"{text[: _LIMIT // 2]}\n…\n{text[-_LIMIT // 2 :]}"


def _one(failure: Failure) -> list[str]:
    lines = ["Traceback (most recent call last):"] if failure.frames else []
    for frame in failure.frames:
        lines += _frame(frame)
    lines.append(words.title(failure))
    lines += [safe(line) for note in failure.notes for line in note.split("\n")]
    for number, member in enumerate(failure.exceptions[:20], 1):
        lines.append(f"  member {number}: {words.title(member)}")
    return lines


def _frame(frame: Frame) -> list[str]:
    if frame.omitted:
        return [f"  … {frame.omitted} frames omitted"]
    code, carets = words.source(frame)
    lines = [f'  File "{safe(frame.file)}", line {frame.line}, in {safe(frame.function)}']
    if code and len(code) < 1_000:
        lines += [f"    {code}", *([f"    {carets}"] if carets else [])]
    return lines
