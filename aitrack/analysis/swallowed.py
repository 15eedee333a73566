"""Exceptions that the program caught before it failed: often the true cause, never in the traceback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aitrack.model import Event, Failure

_IMPORTS = {"ImportError", "ModuleNotFoundError"}  # most are of optional modules; a None may be what is left of one
_USUAL = {"StopIteration", "StopAsyncIteration", "GeneratorExit", "SystemExit", "CancelledError"}
_RARE = 3  # caught more often than this it is the program's way of doing things
_SCORE = 0.15  # below the innermost frame of a stack (0.2), as long as nothing speaks for it
_SCORE_OF_NONE = 0.25  # a value that is missing comes from somewhere that could not give one
_SHOWN = 5


@dataclass(frozen=True)
class Swallowed:
    """One exception that was caught, where it was raised."""

    type: str
    message: str
    file: str
    line: int | None
    function: str
    count: int


def swallowed(events: Iterable[Event], failure: Failure) -> list[Swallowed]:
    """Return what was caught in the program's own code before *failure*, the newest first, each once."""
    told = {(one.type, one.message) for one in [failure, *failure.chain]}
    usual = _USUAL if "None" in (failure.message or "") else _USUAL | _IMPORTS
    found: list[Swallowed] = []
    for event in events:
        data = event.data
        kind, message, caught = str(data.get("type")), str(data.get("message") or ""), data.get("caught_in")
        ignored = caught or (data.get("lost") and data.get("file"))
        if event.kind != "exception" or not ignored or kind in usual or (kind, data.get("message")) in told:
            continue
        line, count = data.get("line"), data.get("count")
        found.append(
            Swallowed(
                kind,
                message,
                str(data.get("file") or ""),
                line if isinstance(line, int) else None,
                str(data.get("function") or caught),
                count if isinstance(count, int) else 1,
            )
        )
    return list(dict.fromkeys(reversed(found)))


def with_swallowed(suspects: list[dict[str, Any]], caught: list[Swallowed], message: str = "") -> list[dict[str, Any]]:
    """Return *suspects* with the places of rare caught exceptions among them, best first.

    A failure whose *message* speaks of None is the more likely to come from one.
    """
    weight = _SCORE_OF_NONE if "None" in message else _SCORE
    known = {(suspect["file"], suspect["function"]) for suspect in suspects}
    found = list(suspects)
    for rank, one in enumerate([one for one in caught if one.count <= _RARE and one.file], 1):
        if (one.file, one.function) in known:
            continue
        found.append(
            {
                "file": one.file,
                "function": one.function,
                "line": one.line,
                "score": round(weight / rank, 4),
                "evidence": f"raised {one.type}, which was caught",
            }
        )
    return sorted(found, key=lambda suspect: -suspect["score"])[:_SHOWN]
