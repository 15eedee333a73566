"""What ran for the first time, what was called, what was raised: on 3.12 and later, through `sys.monitoring`.

Nothing is patched and each event switches itself off: library code reports its first call, user code its first 64
calls and the first execution of each line. What costs more than it tells is turned off for good.
"""

import sys
import time
from _thread import get_ident

from . import tables
from .modules import collector_folder

MOST_CALLS = 64  # a function of the program
MOST_FIRSTS = 12_000  # lines and functions that ran for the first time
MOST_CODES = 3000  # functions of the program that are known by name
MOST_RAISED = 5000  # then raising is not watched any more
MOST_RING = 256
MOST_STACKS = 2  # of one place that raises
MOST_EVENTS = 400

_monitoring = sys.monitoring
_events = _monitoring.events
_DISABLE = _monitoring.DISABLE
_getframe = sys._getframe
_now = time.monotonic_ns
_thread = get_ident
_traceback_of = BaseException.__dict__["__traceback__"].__get__
_args_of = BaseException.__dict__["args"].__get__

state = {"tool": None, "why_not": None, "raised": 0, "operations": 0, "off": False}
firsts = tables.firsts
events = tables.events
ring = []  # (t_ns, thread, code, offset, type, args, stack): what was raised last, by code of the program or into it
handled = {}  # (id(code), offset) of what raised -> (code, offset) of the handler in the program
sites = {}  # (id(code), offset) -> how often it raised
modules = {}  # file -> (mtime_ns, size) when it was imported
exits = []  # the last SystemExit: [code value, stack]
_called = []  # code objects with CALL events
_calls = {}  # id(code) -> calls left


def start(lines_too=True):
    """Take a free tool id and watch; without one, do without."""
    for tool in (4, 3):
        if _monitoring.get_tool(tool) is None:
            _monitoring.use_tool_id(tool, "aitrack")
            break
    else:
        state["why_not"] = "no monitoring id was free"
        return
    state["tool"] = tool
    tables.prefixes[:] = (sys.modules["os"].__file__.rpartition("/")[0] + "/", collector_folder() + "/")
    register = _monitoring.register_callback
    register(tool, _events.PY_START, _on_start)
    register(tool, _events.LINE, _on_line)
    register(tool, _events.EXCEPTION_HANDLED, _on_handled)
    register(tool, _events.CALL, _on_call)
    _monitoring.set_events(tool, _events.PY_START | _events.EXCEPTION_HANDLED)


def stop():
    """Give the tool id back: the program wants to monitor itself, or the end has come."""
    tool = state["tool"]
    if tool is not None and not state["off"]:
        state["off"] = True
        _monitoring.set_events(tool, 0)
        for event in (_events.PY_START, _events.LINE, _events.EXCEPTION_HANDLED, _events.CALL):
            _monitoring.register_callback(tool, event, None)
        for code in {id(code): code for code in [place[0] for place in firsts] + _called}.values():
            _monitoring.set_local_events(tool, code, 0)
        _monitoring.free_tool_id(tool)


is_app = tables.is_app
_app = tables.app


def _on_start(code, offset):
    left = _calls.get(id(code))
    if left is not None:
        return _another_call(code, left)
    try:
        return _first_call(code)
    except Exception:  # ours, never the program's
        return _DISABLE


def _first_call(code):
    file = code.co_filename
    if file in _app:
        app = _app[file]
    else:
        app = is_app(file)
    if file.startswith(tables.prefixes[1]):
        return _DISABLE
    names = code.co_names
    if not _OPERATIONS.isdisjoint(names):
        if "monitoring" in names or "use_tool_id" in names:
            stop()
            state["why_not"] = "the program uses sys.monitoring"
            return _DISABLE
        local = _events.CALL
        if len(_called) < MOST_CODES:
            _called.append(code)
    else:
        local = 0
    if not app:
        if local:
            _monitoring.set_local_events(state["tool"], code, local)
        watch = _WATCHED.get(code.co_name)
        if watch is not None and file.endswith(watch[0]) and (not watch[2] or code.co_qualname == watch[2]):
            return _watched(watch, code)
        return _DISABLE
    name = code.co_name
    if name == "<module>":
        _imported(file)
    if len(firsts) < MOST_FIRSTS and len(_calls) < MOST_CODES:
        firsts.append((code, 0))  # keeps the code, so that its id stays its own
        _monitoring.set_local_events(state["tool"], code, local | _events.LINE)
        if name[0] != "<":  # of a module, a lambda, a comprehension the lines tell enough
            _calls[id(code)] = MOST_CALLS
            return None
    elif local:
        _monitoring.set_local_events(state["tool"], code, local)
    return _DISABLE


def _another_call(code, left):
    """Count one more call of a function of the program; after the last, no call of it is seen."""
    if left <= 0:
        return _DISABLE
    _calls[id(code)] = left - 1
    return None


def _on_line(code, line):
    if len(firsts) < MOST_FIRSTS:
        firsts.append((code, line))
    return _DISABLE


def _on_handled(code, offset, error):
    """Note an exception that a handler took, when the handler or what raised is the program's.

    There is no callback for raising: at full recursion depth it would find no room, and its own RecursionError would
    take the place of the program's. Here the callback itself has room, and what it calls may fail.
    """
    try:
        _handled_by(code, offset, error)
    except BaseException:  # no room below
        pass


def _handled_by(code, offset, error):
    state["raised"] += 1
    if state["raised"] > MOST_RAISED:
        state["why_short"] = "exceptions were watched up to the first %d" % MOST_RAISED
        _monitoring.set_events(state["tool"], _events.PY_START)
        return
    file = code.co_filename
    in_app = _app[file] if file in _app else is_app(file)
    traceback = _traceback_of(error)
    origin = None
    steps = 0
    while traceback is not None and steps < 60:
        origin, traceback = traceback, traceback.tb_next
        in_app = in_app or is_app(origin.tb_frame.f_code.co_filename)
        steps += 1
    if origin is None or not in_app:
        return
    raised_in = origin.tb_frame.f_code
    place = (id(raised_in), origin.tb_lasti)
    count = sites.get(place, 0)
    if count:
        sites[place] = count + 1
    elif len(sites) < MOST_CODES:
        sites[place] = 1
        handled[place] = (code, offset)
    if len(ring) >= MOST_RING:
        del ring[: MOST_RING // 2]
    if count < MOST_STACKS:
        ring.append((_now(), _thread(), raised_in, origin.tb_lasti, type(error), _small_args(error), _stack_of(error)))
    else:
        ring.append((_now(), _thread(), raised_in, origin.tb_lasti, type(error), None, None))


def _stack_of(error):
    """Return the places of a traceback below its first frame and of the frames above it, innermost first."""
    found = []
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


def left(value, frame):
    """Note that `sys.exit` or SystemExit was called with *value*."""
    kind = type(value)
    status = value if value is None or kind is int or kind is str else 0 if kind is bool and not value else 1
    found = []
    while frame is not None and len(found) < 12:
        found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    exits[:] = [(status, found, _now())]


def _small_args(error):
    """Return short built-in arguments; no exception, nor anything of the program, is kept alive."""
    args = _args_of(error)
    kept = []
    for item in args[:3] if type(args) is tuple else ():
        kind = type(item)
        if kind is str:
            kept.append(item[:300])
        elif kind is int or kind is float or kind is bool or item is None:
            kept.append(item)
        else:
            kept.append(Ellipsis)
    return tuple(kept)


def _imported(file):
    """Note the state of a source file when its first line runs: later changes make it stale."""
    if len(modules) < 5000 and file not in modules:
        try:
            seen = tables.stat(file)
        except (OSError, ValueError):
            return
        modules[file] = (seen.st_mtime_ns, seen.st_size)


def _on_call(code, offset, function, first):
    operation = _FUNCTIONS.get(id(function)) or tables.late(function)
    if operation is None:
        return _DISABLE
    state["operations"] += 1
    if state["operations"] > MOST_EVENTS * 10:
        return _DISABLE
    try:
        if operation == "leave":
            left(None if first is _monitoring.MISSING else first, _getframe(1))
        else:
            tables.record(operation, first, _getframe(1))
    except Exception:
        return _DISABLE
    return None


def _watched(watch, code):
    """Answer the start of a function of the standard library that tells about the program."""
    return None if watch[1](_getframe(3)) is not False else _DISABLE


_OPERATIONS = tables.NAMES
_FUNCTIONS = tables.FUNCTIONS
_WATCHED = tables.WATCHED
