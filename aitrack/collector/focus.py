"""The second look: functions followed line by line, with the values that changed.

Which functions is told by a file that the supervisor writes (`FILE<tab>QUALIFIED NAME` on each line), or, on a later
attempt, by the frames of the failure that the attempt before has left in its spool.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import posix

from . import boot, spool
from .modules import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any, Iterator

MOST_STEPS = 200_000  # of all functions together; then the program runs free
KEPT = 200  # the last steps of each function
_NODES = 30
_LONGEST_PATH = 1000 + 4096  # cut when it is clean

_wanted: dict[str, Any] = {"names": None}
_history: dict[Any, Any] = {}  # id(code) -> [code, [(line, changes)], {name: signature}, id of the frame]
_count: dict[str, Any] = {"steps": 0}


def wants(code: CodeType) -> Any:
    """Say whether *code* is one of the functions to follow."""
    names = _wanted["names"]
    if names is None:
        names = _wanted["names"] = _read()
    return bool(names) and (code.co_filename, code.co_name) in names and code.co_name != "<module>"


def has_any() -> Any:
    """Say whether there is anything to follow."""
    if _wanted["names"] is None:
        _wanted["names"] = _read()
    return bool(_wanted["names"])


def _read() -> Any:
    """Return (file, name) of the functions to follow."""
    path = boot.words.get("focus")
    try:
        if path:
            lines = _bytes(path).decode("utf-8", "surrogateescape").split("\n")
            pairs = [line.split("\t") for line in lines]
            return {(pair[0], pair[1].rpartition(".")[2]) for pair in pairs if len(pair) >= 2}
        return set(_of_attempt_before())
    except (OSError, ValueError, ImportError):
        return set()


def _of_attempt_before() -> Iterator[Any]:
    """Yield the functions on the stacks of the attempt before this one."""
    folder, _, number = spool.state["folder"].decode("utf-8", "surrogateescape").rpartition("/")
    before = f"{folder}/{int(number) - 1}"
    for name in posix.listdir(before):
        if name.startswith("spool-"):
            records = own("wire").read_bytes(_bytes(before + "/" + name))[0]
            for record in records:
                failure = record.get("failure") or {}
                for frame in failure.get("frames", ()):
                    if frame.get("in_app"):
                        yield frame.get("file"), frame.get("function")


def _bytes(path: Any) -> Any:
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        return posix.read(fd, 16 << 20)
    finally:
        posix.close(fd)


def step(code: CodeType, line: int, frame: FrameType) -> bool:
    """Note that *line* is about to run, and what has changed since the step before; say whether to go on."""
    _count["steps"] += 1
    if _count["steps"] > MOST_STEPS:
        return False
    entry: Any = _history.get(id(code))
    if entry is None:
        entry = _history[id(code)] = [code, [], {}, 0]
    if entry[3] != id(frame):
        entry[2], entry[3] = {}, id(frame)
    changes: dict[Any, Any] = {}
    for name, value in own("frames").local_variables(frame).items():
        signature = _signature(value)
        if entry[2].get(name) != signature:
            entry[2][name] = signature
            changes[name] = _shown(name, value)
    steps = entry[1]
    if len(steps) >= 2 * KEPT:
        del steps[:KEPT]
    steps.append((line, changes))
    return True


def _signature(value: Any) -> Any:
    """Return what tells a changed value without asking it: identity, and of a container size and members."""
    kind = type(value)
    if kind is list or kind is tuple:
        return id(value), len(value), [id(item) for item in value[-5:]]
    if kind is dict:
        return id(value), len(value), [id(item) for item in list(value.values())[-5:]] if len(value) < 200 else 0
    if kind is set:
        return id(value), len(value)
    fields = own("values").instance_dict(value) if kind.__flags__ & 1 << 9 else None  # a class made in Python
    return (id(value), [id(item) for item in list(fields.values())[:20]]) if fields else id(value)


def _shown(name: str, value: Any) -> Any:
    capture = own("capture")
    if capture.is_strict():
        return own("values").shape(value)
    record, _ = own("values").picture(value, name, capture.redactor_of_process(), _NODES, _far())
    return own("redact").before_mark(record["value"], 300)


def _far() -> Any:
    import time

    return time.monotonic() + 0.05


def record() -> Any:
    """Return the record of all that was followed, or None."""
    found: list[Any] = []
    for code, steps, _, _ in _history.values():
        lines = [{"line": line, "changed": changes} for line, changes in steps[-KEPT:]]
        name = getattr(code, "co_qualname", code.co_name)
        found.append({"file": code.co_filename, "function": code.co_name, "qualname": name, "steps": lines})
    return {"kind": "focus", "functions": found} if found else None


def file_state(path: Any) -> Any:
    """Return a file's state for the audit ring."""
    try:
        seen = posix.stat(path)
    except (OSError, ValueError):
        return {"path": path[:_LONGEST_PATH], "size": None}
    return {"path": path[:_LONGEST_PATH], "size": seen.st_size, "mtime": seen.st_mtime}
