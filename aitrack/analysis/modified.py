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

_WEIGHTS = {"code": 1.6, "file": 1.4, "package": 0.9}
_SPOKEN = {"code": "the failure is in it", "file": "the failure speaks of it", "package": "it was loaded"}
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


def installed(prefix: str | None, loaded: dict[str, Any], after: float, until: float) -> list[dict[str, Any]]:
    """Return packages of the interpreter at *prefix* that were installed between the two runs.

    One that the failing run had loaded weighs more.
    """
    names = {_normal(name) for name in loaded}
    found: list[dict[str, Any]] = []
    for folder in _site_packages(prefix):
        for entry in _entries(folder):
            name, is_package, _ = entry.partition(".dist-info")
            moment = _modified(f"{folder}/{entry}/RECORD") if is_package else None
            if moment is None or not after < moment <= until:
                continue
            package, _, version = name.rpartition("-")
            change = _change("package", package, moment, "", _normal(package) in names)
            change["after"] = f"{version}, installed {change['after'].removeprefix('changed ')}"
            found.append(change)
    return sorted(found, key=lambda change: -change["score"])


def _normal(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


def _site_packages(prefix: str | None) -> list[str]:
    if not prefix:
        return []
    return [f"{prefix}/lib/{name}/site-packages" for name in _entries(f"{prefix}/lib") if name.startswith("python3")]


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (OSError, ValueError):  # a path from a record may hold anything
        return []


def _change(what: str, path: str, moment: float, more: str, is_spoken_of: bool) -> dict[str, Any]:
    score = _WEIGHTS[what] + (_SPOKEN_OF if is_spoken_of else 0.0)
    evidence = ["changed after the last success had started"]
    if is_spoken_of:
        evidence.append(_SPOKEN[what])
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
