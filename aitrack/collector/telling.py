"""What the trail tells beyond first executions: operations, log records, swallowed exceptions, ways out.

Everything here is called from the callbacks of `trail`, reads only exact built-in types and raw instance
dictionaries, and keeps neither exceptions nor frames.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import posix
import sys
import time
from _thread import get_ident

from . import trail
from .modules import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

MOST_RAISED = 5000  # then handling is not watched any more
MOST_RING = 256
MOST_STACKS = 2  # of one place that raises
MOST_KEPT = 400
MOST_LOGGED = 5000
# Texts are kept longer than they are shown, and cut when their secrets are hidden: a cut one is no longer known.
_LONGEST_PATH = 1000 + 4096
_LONGEST_TEXT = 2000 + 4096
_MOST_SIGNS = 20_000  # of a command

# What runs the tasks of a pool of processes: an exception goes from there to the parent, without its frames.
_POOLS = {"_process_worker": "/concurrent/futures/process.py", "worker": "/multiprocessing/pool.py"}
_DISABLE = trail.monitoring.DISABLE
_traceback_of = BaseException.__dict__["__traceback__"].__get__
_args_of = BaseException.__dict__["args"].__get__
_counts: dict[str, Any] = {"log": 0}


def _record(kind: Any, first: Any, frame: FrameType) -> None:
    """Note one operation, with as much as is known without asking the program's objects."""
    if kind == "exit":
        if first != 0:
            own("capture").before_exit(first)
        return
    data = _DESCRIBE[kind](first)
    if data is not None and not (kind == "open" and _is_furniture(data["path"])):
        _keep(kind, frame, data)


def _is_furniture(path: str) -> bool:
    """Say whether a file is the interpreter's own or a package's: imports and their data say nothing of the program."""
    return "/site-packages/" in path or "/lib/python3" in path or path.endswith((".pyc", ".so")) or path == "/dev/null"


def _keep(kind: str, frame: FrameType, data: dict[str, Any]) -> None:
    """Add an event; the oldest but the first hundred give way."""
    if len(trail.events) >= MOST_KEPT:
        del trail.events[100 : MOST_KEPT // 2 + 50]
    above: Any = frame
    for _ in range(30):
        if above is None:
            break
        if trail.is_app(above.f_code.co_filename):
            frame = above
            break
        above = above.f_back
    trail.events.append((time.monotonic_ns(), get_ident(), kind, frame.f_code, frame.f_lineno, data, len(trail.firsts)))


def _path_of(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return value
    if kind is bytes:
        return value.decode("utf-8", "surrogateescape")
    if kind.__name__ in ("PosixPath", "WindowsPath") and kind.__module__.startswith("pathlib"):
        for name in ("_str", "_raw_paths"):
            try:
                found = object.__getattribute__(value, name)
            except AttributeError:
                continue
            if type(found) is str:
                return found
            if type(found) is list and all(type(piece) is str for piece in found):
                return "/".join(found)
    return None


def _file(value: Any) -> Any:
    path = _path_of(value)
    if path is None:
        return None
    try:
        seen = posix.stat(path)
    except (OSError, ValueError):
        return {"path": path[:_LONGEST_PATH], "size": None}
    return {"path": path[:_LONGEST_PATH], "size": seen.st_size, "mtime": seen.st_mtime}


def _named(value: Any) -> Any:
    path = _path_of(value)
    return None if path is None else {"path": path[:_LONGEST_PATH]}


def _command(value: Any) -> Any:
    if type(value) is str or type(value) is bytes:
        return {"argv": [_path_of(value)[:_LONGEST_TEXT]]}
    if type(value) is list or type(value) is tuple:
        return {"argv": _bounded([_path_of(word) or "?" for word in value[:50]])}
    return None


def _bounded(words: list[str]) -> list[str]:
    """Return the words of a command, as many signs of each as can be kept of many commands."""
    left = _MOST_SIGNS
    kept: list[str] = []
    for word in words:
        kept.append(word[: min(_LONGEST_PATH, left)] if left > 0 else "…")
        left -= len(word)
    return kept


def _database(value: Any) -> Any:
    return {"path": _path_of(value) or "?", "database": "sqlite"}


_DESCRIBE = {"open": _file, "delete": _named, "rename": _named, "exec": _command, "sql": _database}


# -- functions that tell by their start ------------------------------------------------------------------------------


def _thread_died(frame: FrameType) -> None:
    error = sys.exc_info()[1]
    if error is not None:
        own("capture").in_thread(error, frame)


def _task_died(frame: FrameType) -> None:
    context = frame.f_locals.get("context")
    error = context.get("exception") if type(context) is dict else None
    if error is not None:
        own("capture").in_task(error, context)


def _printed(frame: FrameType) -> None:
    """`multiprocessing` prints what ended its child, and then leaves by `os._exit`."""
    above = frame.f_back
    error = sys.exc_info()[1]
    if error is not None and above is not None and above.f_code.co_name == "_bootstrap":
        own("capture").in_process(error)


def _logged(frame: FrameType) -> Any:
    _counts["log"] += 1
    if _counts["log"] > MOST_LOGGED:
        return False
    record = frame.f_locals.get("record")
    fields = object.__getattribute__(record, "__dict__") if type(record).__name__ == "LogRecord" else None
    if type(fields) is dict and type(fields.get("levelno")) is int and fields["levelno"] >= 30:
        data = {
            "level": fields["levelno"],
            "logger": fields.get("name"),
            "text": _log_text(fields),
            "line": fields.get("lineno"),
        }
        data["file"] = fields.get("pathname")
        error = fields.get("exc_info")
        if type(error) is tuple and len(error) == 3 and error[1] is not None:
            data["exception"] = type.__dict__["__name__"].__get__(error[0])
        _keep("log", frame, data)
    return None


def _log_text(fields: Any) -> Any:
    """Return the message of a log record, filled in where all its parts are built-in."""
    text, args = fields.get("msg"), fields.get("args")
    if type(text) is not str:
        return "<{} object>".format(type.__dict__["__name__"].__get__(type(text)))
    if type(args) is tuple and args and all(id(type(item)) in _SIMPLE for item in args):
        try:
            text = text[:_LONGEST_TEXT] % args
        except (TypeError, ValueError):
            pass
    return text[:_LONGEST_TEXT]


_SIMPLE = frozenset(id(kind) for kind in (str, int, float, bool, type(None)))


def _connected(frame: FrameType) -> None:
    names = frame.f_locals
    address = names.get("address")
    if type(address) is tuple and len(address) >= 2:
        host, port = address[0], address[1]
    else:
        host, port = names.get("host"), names.get("port")
    if type(host) is str:
        _keep("connect", frame, {"host": host[:_LONGEST_PATH], "port": port if type(port) is int else None})


def _requested(frame: FrameType) -> None:
    names = frame.f_locals
    method, url = names.get("method"), names.get("url")
    fields = object.__getattribute__(names.get("self"), "__dict__")
    host = fields.get("host") if type(fields) is dict else None
    if type(method) is str and type(url) is str:
        data = {"method": method[:20], "url": url[:_LONGEST_PATH], "host": host if type(host) is str else None}
        _keep("http", frame, data)


def _spawned(frame: FrameType) -> None:
    argv = frame.f_locals.get("args")
    data = _command(argv)
    if data is not None:
        _keep("exec", frame, data)


# -- what was raised, and how the program left ----------------------------------------------------------------------


def handled_by(code: CodeType, offset: int, error: BaseException) -> None:
    trail.state["raised"] += 1
    if trail.state["raised"] > MOST_RAISED:
        trail.state["why_short"] = f"exceptions were watched up to the first {MOST_RAISED}"
        trail.listen(0, trail.monitoring.events.EXCEPTION_HANDLED)
        return
    file = code.co_filename
    if _POOLS.get(code.co_name) and file.endswith(_POOLS[code.co_name]):
        own("capture").in_worker(error)
    in_app = trail.is_app(file)
    traceback = _traceback_of(error)
    origin = None
    steps = 0
    while traceback is not None and steps < 60:
        origin, traceback = traceback, traceback.tb_next
        in_app = in_app or trail.is_app(origin.tb_frame.f_code.co_filename)
        steps += 1
    if origin is None or not in_app:
        return
    raised_in = origin.tb_frame.f_code
    place = (id(raised_in), origin.tb_lasti)
    count = trail.sites.get(place, 0)
    if count:
        trail.sites[place] = count + 1
    elif len(trail.sites) < trail.MOST_CODES:
        trail.sites[place] = 1
        trail.handled[place] = (code, offset)
    if len(trail.ring) >= MOST_RING:
        del trail.ring[: MOST_RING // 2]
    if count < MOST_STACKS:
        own("confided").note(_traceback_of(error))
        trail.ring.append(
            (
                time.monotonic_ns(),
                get_ident(),
                raised_in,
                origin.tb_lasti,
                type(error),
                small_args(error),
                _stack_of(error),
            )
        )
    else:
        trail.ring.append((time.monotonic_ns(), get_ident(), raised_in, origin.tb_lasti, type(error), None, None))


def _stack_of(error: BaseException) -> Any:
    """Return the places of a traceback below its first frame and of the frames above it, innermost first."""
    found: list[Any] = []
    traceback = _traceback_of(error)
    first = traceback.tb_frame
    while traceback is not None and len(found) < 40:
        found.append((traceback.tb_frame.f_code, traceback.tb_lineno))
        traceback = traceback.tb_next
    found.reverse()
    above = first.f_back
    while above is not None and len(found) < 24:
        found.append((above.f_code, above.f_lineno))
        above = above.f_back
    return found[:24]


def _left(value: Any, frame: FrameType | None) -> None:
    """Note that `sys.exit` or SystemExit was called with *value*."""
    kind = type(value)
    status = value if value is None or kind is int or kind is str else 0 if kind is bool and not value else 1
    found: list[Any] = []
    while frame is not None and len(found) < 12:
        found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    trail.exits[:] = [(status, found, time.monotonic_ns())]


def small_args(error: BaseException) -> Any:
    """Return short built-in arguments; no exception, nor anything of the program, is kept alive."""
    args = _args_of(error)
    kept: list[Any] = []
    for item in args[:3] if type(args) is tuple else ():
        kind = type(item)
        if kind is str:
            kept.append(item[:_LONGEST_PATH])
        elif kind is int or kind is float or kind is bool or item is None:
            kept.append(item)
        else:
            kept.append(Ellipsis)
    return tuple(kept)


def _debugged(frame: FrameType) -> Any:
    """Make way for a debugger: with events of ours in a function it would stop at another line."""
    if frame.f_code.co_qualname == "Bdb.__init__":
        trail.state["why_not"] = "a debugger runs the program"
        forget()
    return False


_STARTED = {
    "invoke_excepthook": _thread_died,
    "call_exception_handler": _task_died,
    "print_exc": _printed,
    "handle": _logged,
    "create_connection": _connected,
    "putrequest": _requested,
    "_execute_child": _spawned,
    "sock_connect": _connected,
    "__init__": _debugged,
}


def started(code: CodeType, frame: FrameType) -> Any:
    """Answer the start of a function of the standard library that tells about the program."""
    if code.co_name == "handle" and code.co_qualname != "Logger.handle":
        return _DISABLE
    return _DISABLE if _STARTED[code.co_name](frame) is False else None


def called(operation: Any, first: Any, frame: FrameType) -> Any:
    """Answer the call of an operation."""
    trail.state["operations"] += 1
    if trail.state["operations"] > MOST_KEPT * 10:
        return _DISABLE
    if operation == "leave":
        _left(None if first is trail.monitoring.MISSING else first, frame)
    else:
        _record(operation, first, frame)
    return None


def forget() -> None:
    """Leave no event of ours in any code, so that another tool may take our id."""
    tool = trail.state["tool"]
    for code in {id(code): code for code in [place[0] for place in trail.firsts] + trail.called}.values():
        trail.monitoring.set_local_events(tool, code, 0)
    trail.stop()
