"""Files that were changed between the last success and a failure: code on its stack, input that it read.

A passing run tells little of its files, and need not: the time of a file's
last change says whether it changed in between.  A file that changed after the
failure says nothing any more.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.store.facts import root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aitrack.model import Event

_CODE = 1.6
_INPUT = 1.4
_SPOKEN_OF = 1.5
_DECISIVE = 2.0
_OUTPUT_MODES = set("wax+")


def modified(
    failure: dict[str, Any], events: Iterable[Event], after: float, until: float, cwd: str | None, words: str
) -> list[dict[str, Any]]:
    """Return files changed later than *after* and not later than *until* (the starts of both runs)."""
    found: dict[str, dict[str, Any]] = {}
    for path, moment, size in _inputs(events):
        if after < moment <= until:
            found[path] = _change("file", path, moment, f"{size} bytes", os.path.basename(path) in words)
    for place, path in enumerate(_code(failure, cwd)):
        changed_at = _modified(path)
        if changed_at is not None and after < changed_at <= until:
            found[path] = _change("code", path, changed_at, "", place == 0)
    return sorted(found.values(), key=lambda change: -change["score"])


def _change(what: str, path: str, moment: float, more: str, is_spoken_of: bool) -> dict[str, Any]:
    score = (_CODE if what == "code" else _INPUT) + (_SPOKEN_OF if is_spoken_of else 0.0)
    evidence = ["changed after the last success had started"]
    if is_spoken_of:
        evidence.append("the failure is in it" if what == "code" else "the failure speaks of it")
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
    return {
        "what": what,
        "name": path,
        "before": "older",
        "after": f"changed {stamp}" + (f", {more}" if more else ""),
        "decisive": score >= _DECISIVE,
        "score": score,
        "evidence": "; ".join(evidence),
    }


def _inputs(events: Iterable[Event]) -> Iterator[tuple[str, float, Any]]:
    """Yield (path, time of last change as the run saw it, size) of files opened for reading alone."""
    written: set[str] = set()
    for event in events:
        path, moment = event.data.get("path"), event.data.get("mtime")
        if event.kind != "open" or not isinstance(path, str):
            continue
        if set(str(event.data.get("mode") or "r")) & _OUTPUT_MODES:
            written.add(path)
        elif isinstance(moment, (int, float)) and path not in written:
            yield path, float(moment), event.data.get("size")


def _code(failure: dict[str, Any], cwd: str | None) -> list[str]:
    """Return the user's own files on the stack of the exception to blame, innermost first."""
    found: dict[str, None] = {}
    for exception in (root_of(failure), failure):
        frames: Any = exception.get("frames")
        for frame in reversed(frames if is_list(frames) else []):
            if is_object(frame) and frame.get("in_app") and isinstance(frame.get("file"), str):
                found[os.path.join(cwd or "/", frame["file"])] = None
    return list(found)


def _modified(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime
    except (OSError, ValueError):
        return None
