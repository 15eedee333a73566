"""Where a program that hangs or crashes is: the stacks of its threads and tasks, when the supervisor asks.

A handler for one high real-time signal writes them with their locals; the same signal makes `faulthandler` write the
bare lines into a private file, also when no Python code can run any more.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

import posix
import sys
import time

from . import frames, spool
from .library import standard
from .modules import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Dict, Iterator

    Record = Dict[str, Any]

_NATIVE_FD = 943
_SECONDS = 0.45
_MOST_THREADS = 60
_MOST_TASKS = 60
_state: dict[str, Any] = {"native": -1}


def arm(number: int) -> None:
    """Answer signal *number* with the stacks, and tell the supervisor that it may send it."""
    signals = standard("_signal")
    if signals.getsignal(number) != signals.SIG_DFL:
        return  # the program was started with it ignored, or has its own
    signals.signal(number, _answer)
    native = _native_file()
    if native >= 0:
        standard("faulthandler").register(number, file=native, all_threads=True, chain=True)
    spool.write(b'{"kind":"armed","signal":%d,"native":%s}\n' % (number, b"true" if native >= 0 else b"false"))


def arm_crashes() -> None:
    """Let `faulthandler` write Python's lines when the process crashes."""
    handler = standard("faulthandler")
    native = _native_file()
    if native >= 0 and not handler.is_enabled():
        handler.enable(file=native, all_threads=True)
        spool.write(b'{"kind":"note","text":"faulthandler is enabled, into a file of its own"}\n')


def _native_file() -> int:
    if _state["native"] < 0:
        path = spool.state["folder"] + b"/native.txt"
        try:
            fd = posix.open(path, posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT | posix.O_CLOEXEC, 0o600)
            _state["native"] = posix.dup2(fd, _NATIVE_FD, False)
            posix.close(fd)
        except OSError:
            return -1
    return _state["native"]  # type: ignore[no-any-return]  # a number


def _answer(number: int, frame: FrameType | None) -> None:
    try:
        write(frame)
    except BaseException:  # the program goes on, whatever became of its picture
        pass


def write(frame: FrameType | None) -> None:
    """Write the stacks of all threads and tasks; *frame* is where the main thread was interrupted."""
    capture = own("capture")
    capture.prepare()
    redactor = capture.redactor_of_process()
    pictures = frames.Pictures(
        redactor, frames.Budget(4000, time.monotonic() + _SECONDS), capture.is_strict(), capture.hidden_names()
    )
    own("failure").learn_places(_all_places(frame), redactor)
    threads = list(_threads(frame, pictures))
    record: dict[str, Any] = {
        "kind": "stacks",
        "at_ns": time.monotonic_ns(),
        "threads": threads,
        "tasks": list(_tasks(pictures)),
    }
    capture.describe(redactor)  # after the values, which show what is secret in its arguments
    spool.write(own("wire").encode(record))
    capture.write_story()


def _all_places(interrupted: FrameType | None) -> Iterator[Any]:
    """Yield the places of all threads: what one holds secret, another may show."""
    here = standard("_thread").get_ident()
    for ident, frame in sys._current_frames().items():
        yield from frames.stack(interrupted if ident == here else frame)[0]


def _threads(interrupted: FrameType | None, pictures: frames.Pictures) -> Iterator[Record]:
    here = standard("_thread").get_ident()
    names = own("capture").thread_names()
    current = sys._current_frames()
    for ident in sorted(current, key=lambda number: number != here)[:_MOST_THREADS]:
        frame = interrupted if ident == here else current[ident]
        places, omitted = frames.stack(frame)
        name, main = names.get(ident, (None, ident == here))
        yield {"name": name, "ident": ident, "main": main, "frames": pictures.of_places(places, omitted)}


def _tasks(pictures: frames.Pictures) -> Iterator[Record]:
    """Yield the tasks of asyncio that wait, read from its own set."""
    values = own("values")
    names = own("python").module_dict("asyncio.tasks") or {}
    for held in _task_sets(names, values):
        for reference in list(held)[:_MOST_TASKS]:
            task = reference() if type(reference).__name__ in ("ReferenceType", "weakref") else None
            if task is None or values.qualified_name(type(task)) != "_asyncio.Task":
                continue
            places: list[Any] = []
            coroutine = type(task).get_coro(task)
            while coroutine is not None and len(places) < 40:
                frame = getattr(coroutine, "cr_frame", None) if type(coroutine).__name__ == "coroutine" else None
                if frame is None:
                    break
                places.append((frame, frame.f_lasti, frame.f_lineno or 0))
                coroutine = coroutine.cr_await
            yield {"name": type(task).get_name(task), "frames": pictures.of_places(places, 0)}


def _task_sets(names: dict[str, Any], values: Any) -> Iterator[Any]:
    for name in ("_scheduled_tasks", "_eager_tasks", "_all_tasks"):
        data = (values.instance_dict(names.get(name)) or {}).get("data") if names.get(name) is not None else None
        if type(data) is set:
            yield data
