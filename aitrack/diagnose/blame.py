"""Who is to blame: the process, the exception of its chain, the frame, the expression, and why.

The escaping exception is often the messenger: a parent that reports its child, a wrapper
around the cause, a clean-up that failed because the work before it had.
"""

from __future__ import annotations

from aitrack.diagnose import record
from aitrack.diagnose.expression import expression
from aitrack.diagnose.fingerprint import last_in_app
from aitrack.diagnose.why import why

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.diagnose.record import Record

_REPORTS = (
    "CalledProcessError",
    "TimeoutExpired",
    "BrokenProcessPool",
    "MaybeEncodingError",
    "ChildProcessError",
    "make",
    "npm",
    "ProcessRaisedException",
)
_HANDLER_FRAMES = 3  # the handler is among the last three functions of the outer traceback
# A program asks by exception whether something is there; what it calls when it is not may fail by itself.
_PROBES = (
    "KeyError", "IndexError", "LookupError", "AttributeError", "ImportError", "ModuleNotFoundError", "StopIteration",
)  # fmt: skip
_CLEANING = (
    "close", "clean", "roll", "release", "abort", "undo", "reset", "remove", "delete", "stop",
    "report", "notify", "log",
)  # fmt: skip
_LINK_LIMIT = 60


def is_report(failure: Record) -> bool:
    """Return whether *failure* only tells that a child process failed."""
    return any(record.text(exception, "type") in _REPORTS for exception in _path(failure))


def _path(failure: Record) -> list[Record]:
    return [
        failure,
        *(link for _, link in zip(range(_LINK_LIMIT), (link for _, link in record.links(failure)), strict=False)),
    ]


# ---- the exception ----


def exception_to_blame(failure: Record) -> tuple[list[str | int], Record]:
    """Return (path within *failure*, record) of the exception at the root.

    Causes are always followed. A context is followed only when the outer exception was raised in the
    handler of the inner one; without that test a failing clean-up steals the group.
    """
    path, blamed = _down_the_chain(failure)
    members = record.records(blamed, "exceptions")
    if not members:
        return path, blamed
    inner_path, leaf = _leaf(blamed, 0)
    return path + inner_path, leaf


def _down_the_chain(failure: Record) -> tuple[list[str | int], Record]:
    current, where = failure, -1
    for index, (relation, link) in enumerate(record.links(failure)):
        if index >= _LINK_LIMIT or (relation == "context" and not _raised_in_handler(current, link)):
            break
        current, where = link, index
    return (["chain", where] if where >= 0 else []), current


def _raised_in_handler(outer: Record, inner: Record) -> bool:
    frames = record.records(inner, "frames")
    last = record.records(outer, "frames")[-_HANDLER_FRAMES:]
    places = [place for place, frame in enumerate(last) if frames and _function(frame) == _function(frames[0])]
    if not places:
        return False
    called = last[places[-1] + 1 :]
    return not (called and len(frames) == 1 and _is_probe(inner) and not _cleans(called[0]))


def _is_probe(exception: Record) -> bool:
    """Return whether *exception* may have been a question: raised by an expression of the function that caught it."""
    return record.text(exception, "type") in _PROBES


def _cleans(frame: Record) -> bool:
    name = record.text(frame, "function").lower()
    return any(word in name for word in _CLEANING)


def _function(frame: Record) -> tuple[str, str]:
    return record.text(frame, "file"), record.text(frame, "function")


def _leaf(group: Record, depth: int) -> tuple[list[str | int], Record]:
    """Return the first leaf with a frame of the user's own, else the first leaf."""
    leaves = list(_leaves(group, [], depth))
    for path, leaf in leaves:
        _, root = _down_the_chain(leaf)
        if _has_own_frame(root):
            inner, blamed = _down_the_chain(leaf)
            return path + inner, blamed
    return leaves[0] if leaves else ([], group)


def _leaves(group: Record, path: list[str | int], depth: int) -> list[tuple[list[str | int], Record]]:
    found: list[tuple[list[str | int], Record]] = []
    for index, member in enumerate(record.records(group, "exceptions")):
        here = [*path, "exceptions", index]
        if depth < record.DEPTH_LIMIT and record.records(member, "exceptions"):
            found += _leaves(member, here, depth + 1)
        else:
            found.append((here, member))
    return found


def blame(failure: Record) -> tuple[Record, Record]:
    """Return (the `blame` record, the exception to blame with frames to place it).

    `type` and `message` are the root's. `path` leads from the failure to the exception that holds the blamed frame,
    `frame` is an index into its frames; the place is repeated, so that a view needs no more. A root that was
    raised inside a library has no frame of the user's own: the nearest exception around it has.
    """
    path, exception = exception_to_blame(failure)
    holder_path, holder = _with_own_frame(failure, path, exception)
    frames = record.records(holder, "frames")
    frame = last_in_app(frames)
    told: Record = {
        "path": holder_path,
        "type": record.text(exception, "type"),
        "message": record.text(exception, "message"),
        **_place(frames, frame),
    }
    reason, better = why(exception, frames, frame)
    if better is not None and better is not frame:
        told.update(_place(frames, better))
    told["why"] = reason or "unsure"
    return told, site_holder(failure, path, exception)


def _with_own_frame(failure: Record, path: list[str | int], exception: Record) -> tuple[list[str | int], Record]:
    """Return the nearest exception around *exception* that has a frame of the user's own, else itself."""
    around = _around(failure, path)
    return next(((where, one) for where, one in reversed(around) if _has_own_frame(one)), (path, exception))


def _around(failure: Record, path: list[str | int]) -> list[tuple[list[str | int], Record]]:
    """Return (path, exception) of all that lead to *path*: outer links of chains, groups, itself."""
    passed: list[tuple[list[str | int], Record]] = [([], failure)]
    here: list[str | int] = []
    current = failure
    for key, index in zip(path[::2], path[1::2], strict=True):
        listed = record.records(current, str(key))
        first = 0 if key == "chain" else int(index)
        for number in range(first, int(index) + 1):
            passed.append(([*here, key, number], listed[number]))
        here, current = [*here, key, index], listed[int(index)]
    return passed


def site_holder(failure: Record, path: list[str | int], exception: Record) -> Record:
    """Return the exception whose frames place *exception*: itself, or what is around one that was never raised."""
    if record.records(exception, "frames") or record.mapping(exception, "syntax"):
        return exception
    framed = [one for _, one in _around(failure, path) if record.records(one, "frames")]
    return {**exception, "frames": framed[-1]["frames"]} if framed else exception


def _has_own_frame(exception: Record) -> bool:
    return any(frame.get("in_app") is True for frame in record.records(exception, "frames"))


def _place(frames: list[Record], frame: Record | None) -> Record:
    return {
        "frame": _index(frames, frame),
        "file": record.text(frame, "file"),
        "line": record.integer(frame, "line"),
        "function": record.text(frame, "function"),
        "expression": expression(frame) if frame else "",
    }


def _index(frames: list[Record], frame: Record | None) -> int | None:
    return next((index for index, other in enumerate(frames) if other is frame), None)
