"""The trail before 3.12: `sys.settrace` for the program's own files, and the audit ring for operations.

It costs what it costs, so it runs only on a retry or when asked for. It keeps its findings in the same lists as
`trail`, under whose name the rest of the collector finds it.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

from __future__ import annotations

import sys
import time
from _thread import get_ident

from .modules import own, place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

MOST_CALLS = 64  # of a function, after which its lines are not traced any more
MOST_FIRSTS = 12_000
MOST_CODES = 3000
MOST_RAISED = 5000
MOST_RING = 256
MOST_STACKS = 2
_LONGEST = 1000 + 4096  # cut when it is clean
MOST_EVENTS = 400

state: dict[str, Any] = {"tool": None, "why_not": None, "raised": 0, "off": False}
firsts: list[Any] = []  # (code, line), 0 for the call
events: list[Any] = []
ring: list[Any] = []
handled: dict[Any, Any] = {}
sites: dict[Any, Any] = {}
modules: dict[Any, Any] = {}
exits: list[Any] = []
focused: dict[Any, Any] = {}  # id(code) -> code, of the functions that are followed line by line
_calls: dict[Any, Any] = {}  # id(code) -> calls left
_seen: dict[Any, Any] = {}  # id(code) -> lines that ran
_app: dict[Any, Any] = {}
_prefixes: list[Any] = []
_args_of = BaseException.__dict__["args"].__get__
_mro = type.__dict__["__mro__"].__get__
_AUDITED = {
    "open": "open", "os.remove": "delete", "os.rename": "rename", "subprocess.Popen": "exec", "os.system": "exec",
    "os.exec": "exec",
    "socket.connect": "connect", "sqlite3.connect": "sql",
}  # fmt: skip


def start() -> None:
    """Trace the program's own files from now on; a program that traces itself takes over."""
    _prefixes[:] = (
        str(sys.modules["os"].__file__).rpartition("/")[0] + "/",
        place["collector"].rpartition("/")[0] + "/",
        "<frozen",
    )
    sys.addaudithook(_audited)
    sys.settrace(_on_call)


def stop() -> None:
    """Stop, unless the program has its own tracer by now."""
    state["off"] = True
    if sys.gettrace() is _on_call:
        sys.settrace(None)


def is_app(file: str) -> Any:
    """Say whether *file* is the program's own."""
    found = _app.get(file)
    if found is None:
        if file[:1] == "<":
            found = file in ("<stdin>", "<string>")
        else:
            found = (
                not file.startswith(tuple(_prefixes))
                and "/site-packages/" not in file
                and "/dist-packages/" not in file
            )
        if len(_app) < 20_000:
            _app[file] = found
    return found


def _on_call(frame: FrameType, event: Any, argument: Any) -> Any:
    code = frame.f_code
    left = _calls.get(id(code))
    if left is None:
        if not is_app(code.co_filename) or len(firsts) >= MOST_FIRSTS or len(_calls) >= MOST_CODES:
            return None
        firsts.append((code, 0))  # keeps the code, so that its id stays its own
        _calls[id(code)] = left = MOST_CALLS
        _seen[id(code)] = set()
        if own("focus").wants(code):
            focused[id(code)] = code
    if id(code) in focused:
        return _on_line
    if left <= 0:
        return None
    _calls[id(code)] = left - 1
    return _on_line


def _on_line(frame: FrameType, event: Any, argument: Any) -> Any:
    code = frame.f_code
    if event == "line":
        seen = _seen.get(id(code))
        line = frame.f_lineno
        if seen is not None and line not in seen and len(firsts) < MOST_FIRSTS:
            seen.add(line)
            firsts.append((code, line))
        if id(code) in focused:
            own("focus").step(code, line, frame)
    elif event == "exception":
        if not _was_seen_below(argument[2]):
            _raised(frame, argument[0], argument[1])
    elif event == "return" and id(code) in focused:
        own("focus").step(code, frame.f_lineno, frame)
    return _on_line


def _was_seen_below(traceback: Any) -> bool:
    """Say whether a frame of the program nearer to what raised has told of this exception already."""
    traceback = traceback.tb_next if traceback is not None else None
    while traceback is not None:
        if is_app(traceback.tb_frame.f_code.co_filename):
            return True
        traceback = traceback.tb_next
    return False


def _raised(frame: FrameType, kind: Any, error: BaseException) -> None:
    """Note an exception where the program's code first saw it."""
    state["raised"] += 1
    if state["raised"] > MOST_RAISED or type(kind) is not type:
        return
    code, offset = frame.f_code, frame.f_lasti
    spot = (id(code), offset)
    count = sites.get(spot, 0)
    if count or len(sites) < MOST_CODES:
        sites[spot] = count + 1
    stack = _stack(frame)
    args = _small_args(error) if any(base is BaseException for base in _mro(type(error))) else ()
    if kind is SystemExit:
        value = args[0] if args else None
        exits[:] = [(value if value is None or type(value) in (int, str) else 1, stack, time.monotonic_ns())]
        return
    if len(ring) >= MOST_RING:
        del ring[: MOST_RING // 2]
    shown = count < MOST_STACKS
    if shown:
        own("confided").note_frame(frame)
    ring.append(
        (time.monotonic_ns(), get_ident(), code, offset, kind, args if shown else None, stack if shown else None)
    )


def _small_args(error: BaseException) -> Any:
    """Return short built-in arguments; nothing of the program is kept alive."""
    args = _args_of(error)
    simple = (str, int, float, bool, type(None))
    return tuple(
        (item[:_LONGEST] if type(item) is str else item) if type(item) in simple else Ellipsis for item in args[:3]
    )


def _stack(frame: FrameType | None) -> Any:
    found: list[Any] = []
    while frame is not None and len(found) < 12:
        found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return found


def _audited(event: Any, args: Any) -> None:
    kind = _AUDITED.get(event)
    if kind is None or state["off"] or len(events) >= MOST_EVENTS:
        return
    try:
        _keep(kind, event, args)
    except Exception:  # a hook that raises would stop the program
        pass


def _keep(kind: Any, event: Any, args: Any) -> None:
    frame: Any = sys._getframe(2)
    for _ in range(30):
        if frame is None or is_app(frame.f_code.co_filename):
            break
        if frame.f_code.co_filename.startswith((_prefixes[1], "<frozen importlib")):
            return  # our own work, or an import
        frame = frame.f_back
    if frame is None:
        return
    first = args[0] if args else None
    if kind == "connect":
        address = args[1] if len(args) > 1 else None
        if type(address) is not tuple or len(address) < 2 or type(address[0]) is not str:
            return
        data: dict[str, Any] = {"host": address[0][:_LONGEST], "port": address[1] if type(address[1]) is int else None}
    elif kind == "exec":
        words = args[1] if event == "subprocess.Popen" else first
        listed: Any = words if type(words) in (list, tuple) else [words]
        data = {"argv": [word[:_LONGEST] if type(word) is str else "?" for word in listed[:50]]}
    else:
        if type(first) is not str:
            return
        data = own("focus").file_state(first) if kind == "open" else {"path": first[:_LONGEST]}
    events.append((time.monotonic_ns(), get_ident(), kind, frame.f_code, frame.f_lineno, data, len(firsts)))
