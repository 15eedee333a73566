"""What ran for the first time, what was called, what was raised: on 3.12 and later, through `sys.monitoring`.

Nothing is patched and each event switches itself off: library code reports its first call, user code its first 64
calls and the first execution of each line. What is told beyond that is put into words by `telling`, loaded when
something first is to be told: a start reads this file alone.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false
# Types stand in comments: in the code objects they would cost each start of a program their reading.
# pyright: reportTypeCommentUsage=false, reportUnknownParameterType=false

import posix
import sys

from .modules import own, place, pristine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType  # noqa: F401  # in type comments
    from typing import Any  # noqa: F401  # in type comments


MOST_CALLS = 64  # a function of the program
MOST_ROUNDS = 1000  # of the loops in one function or module
MOST_FIRSTS = 12_000  # lines and functions that ran for the first time
_MOST_FOREIGN = 5000  # exceptions that no code of the program saw
_SOON_DULL = 100  # of them in one function, which then is not asked what it handles
MOST_CODES = 3000  # functions of the program that are known by name
_MOST_NOTHINGS = 2000

monitoring = getattr(sys, "monitoring")  # type: Any  # noqa: B009  # 3.12 and later: types are checked for 3.8
_events = monitoring.events
_DISABLE = monitoring.DISABLE
_LINE, _JUMP, _CALL, _RETURN = _events.LINE, _events.JUMP, _events.CALL, _events.PY_RETURN
_traceback_of = BaseException.__dict__["__traceback__"].__get__
_Builtin = type(len)
_set_local = monitoring.set_local_events

state = {"tool": None, "why_not": None, "raised": 0, "foreign": 0, "operations": 0, "off": False, "dull": 0}  # type: dict[str, Any]
state["mask"] = 0  # the global events that are on
firsts = []  # type: list[Any]  # (code, line), 0 for the call: the order of first executions
events = []  # type: list[Any]  # (t_ns, thread, kind, code, line, data, place among the firsts): operations and log records, in order
ring = []  # type: list[Any]  # (t_ns, thread, code, offset, type, args, stack): what was raised last, by code of the program or into it
handled = {}  # type: dict[Any, Any]  # (id(code), offset) of what raised -> (code, offset) of the handler in the program
_foreign = {}  # type: dict[int, Any]  # id(code) -> (code, exceptions that it handled and that are not the program's)
_dull = {}  # type: dict[int, Any]  # the same, of those that handle nothing else
sites = {}  # type: dict[Any, Any]  # (id(code), offset) -> how often it raised
modules = {}  # type: dict[Any, Any]  # file -> (mtime_ns, size) when it was imported
nothings = []  # type: list[Any]  # (code, offset, code and offset of the caller) of each `return` that gave None, in order
exits = []  # type: list[Any]  # the last sys.exit: (status, stack, t_ns)
called = []  # type: list[Any]  # code objects with CALL events
_lasting = {}  # type: dict[Any, Any]  # id(code) -> its local events that stay when its lines are switched off
tracked = {}  # type: dict[Any, Any]  # id(code) -> what `spans` knows of it: each of its calls is told
_calls = {}  # type: dict[Any, Any]  # id(code) -> calls left
_rounds = {}  # type: dict[Any, Any]  # id(code) -> rounds of its loops
_paused = []  # type: list[Any]  # the module of a library that is being imported: starts are not seen meanwhile
app = {}  # type: dict[Any, Any]  # file name -> whether it is the program's
# What runs when the interpreter makes the loader of the program's first file. To watch from there on spares the rest of
# the start-up, in which each function that runs would be rewritten for its events: 1.5 % of an empty script.
_gate = []  # type: list[Any]
focused = {}  # type: dict[Any, Any]  # id(code) -> lines that ran, of the functions that are followed line by line
second_look = []  # type: list[Any]  # holds something when functions are to be followed
_prefixes = []  # type: list[Any]  # folders of files that are not

# A code object that mentions one of these gets call events.
NAMES = frozenset(
    ("open", "system", "_exit", "connect", "execve", "execv", "unlink", "remove", "rename", "replace", "exit", "quit",
     "SystemExit", "use_tool_id")
)  # fmt: skip
# What those functions do; other calls are switched off at once.
FUNCTIONS = {
    id(open): "open",
    id(posix.open): "open",
    id(posix.unlink): "delete",
    id(posix.remove): "delete",
    id(posix.rename): "rename",
    id(posix.replace): "rename",
    id(posix.system): "exec",  # pyright: ignore[reportDeprecated]  # what programs call
    id(posix.execve): "exec",
    id(posix.execv): "exec",
    id(posix._exit): "exit",
    id(sys.exit): "leave",
    id(SystemExit): "leave",
    id(pristine.get("exit")): "leave",  # of `site`
    id(pristine.get("quit")): "leave",
}
# Functions of the standard library that tell by their own start.
WATCHED = {
    "invoke_excepthook": "/threading.py",
    "call_exception_handler": "/asyncio/base_events.py",
    "print_exc": "/traceback.py",
    "handle": "/logging/__init__.py",
    "create_connection": "/socket.py",
    "putrequest": "/http/client.py",
    "_execute_child": "/subprocess.py",
    "sock_connect": "/asyncio/selector_events.py",
    "__init__": "/bdb.py",
}
_TELLING = frozenset(("<module>", *WATCHED))
# Qualified names of functions that `spans` may know.
TRACKED = {
    "Completions.create", "AsyncCompletions.create", "Responses.create", "AsyncResponses.create", "Messages.create",
    "AsyncMessages.create", "Models.generate_content", "AsyncModels.generate_content", "completion", "acompletion",
    "Client.send", "AsyncClient.send", "Session.send", "urlopen", "run", "Popen.__init__", "Stream.__stream__",
    "AsyncStream.__stream__", "BaseClient._process_response_data",
}  # fmt: skip


def start():
    # type: () -> None
    """Take a free tool id and watch; without one, do without."""
    for tool in (4, 3):
        if monitoring.get_tool(tool) is None:
            monitoring.use_tool_id(tool, "aitrack")
            break
    else:
        state["why_not"] = "no monitoring id was free"
        return
    state["tool"] = tool
    _prefixes[:] = (
        str(sys.modules["os"].__file__).rpartition("/")[0] + "/",
        place["collector"].rpartition("/")[0] + "/",
        "<frozen",
    )
    register = monitoring.register_callback
    register(tool, _events.PY_START, _on_start)
    register(tool, _LINE, _on_line)
    register(tool, _JUMP, _on_jump)
    register(tool, _events.EXCEPTION_HANDLED, _on_handled)
    register(tool, _CALL, _on_call)
    register(tool, _RETURN, _on_return)
    if "-c" in sys.orig_argv or sys.orig_argv[-1] == "-" or len(sys.orig_argv) == 1:
        _watch()
    else:
        _gate[:] = [sys.modules["_frozen_importlib_external"].FileLoader.__init__.__code__]
        _set_local(tool, _gate[0], _events.PY_START)


def _watch():
    # type: () -> None
    listen(_events.PY_START | _events.EXCEPTION_HANDLED, 0)


def listen(more, less):
    # type: (Any, Any) -> None
    """Switch global events on and off."""
    if not state["off"]:
        state["mask"] = (state["mask"] | more) & ~less
        monitoring.set_events(state["tool"], state["mask"])


def stop():
    # type: () -> None
    """Give the tool id back: the end has come, or the program wants to monitor itself."""
    tool = state["tool"]
    if tool is not None and not state["off"]:
        state["off"] = True
        monitoring.set_events(tool, 0)
        for event in (_events.PY_START, _LINE, _JUMP, _events.EXCEPTION_HANDLED, _CALL, _RETURN):
            monitoring.register_callback(tool, event, None)
        for event in (_events.PY_YIELD, _events.PY_RESUME, _events.PY_UNWIND) if tracked else ():
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)


def is_app(file):
    # type: (str) -> Any
    """Say whether *file* is the program's own."""
    found = app.get(file)
    if found is None:
        if file[:1] == "<":
            found = file == "<stdin>" or (file == "<string>" and "-c" in sys.orig_argv)
        else:
            found = (
                not file.startswith(tuple(_prefixes))
                and "/site-packages/" not in file
                and "/dist-packages/" not in file
            )
        if len(app) < 20_000:
            app[file] = found
    return found


def _on_start(code, offset):
    # type: (CodeType, int) -> Any
    if tracked and id(code) in tracked:
        return own("spans").began(code, sys._getframe(1))
    left = _calls.get(id(code))
    if left is not None:
        if left <= 0:
            _cool(code)
            return _DISABLE
        _calls[id(code)] = left - 1
        return None
    # Most are functions of a library that do nothing of interest: they leave by the shortest way.
    if (
        app.get(code.co_filename) is False
        and code.co_name not in _TELLING
        and NAMES.isdisjoint(code.co_names)
        and code.co_qualname not in TRACKED
    ):
        return _DISABLE
    try:
        found = _first_call(code)
        return own("spans").began(code, sys._getframe(1)) if id(code) in tracked else found
    except Exception:  # ours, never the program's
        return _DISABLE


def _first_call(code):
    # type: (CodeType) -> Any
    if _gate and code is _gate[0]:
        del _gate[:]
        _set_local(state["tool"], code, 0)
        _watch()
        return _DISABLE
    file = code.co_filename
    in_app = app[file] if file in app else is_app(file)
    if in_app and file == "<string>" and sys._getframe(2).f_globals.get("__name__") != "__main__":
        in_app = False  # made by a library: named tuples, data classes
    local = 0
    if not NAMES.isdisjoint(code.co_names) and not file.startswith(_prefixes[1]):
        if "use_tool_id" in code.co_names:
            state["why_not"] = "the program uses sys.monitoring"
            own("telling").forget()
            return _DISABLE
        local = _CALL
    if code.co_qualname in TRACKED and len(called) < MOST_CODES:
        local |= own("spans").wanted(code, sys._getframe(2))
    if id(code) in _lasting:
        local = 0  # it tells by each start, and has its events
    elif local and len(called) < MOST_CODES:
        called.append(code)  # keeps it, as below
        _lasting[id(code)] = local
    name = code.co_name
    if not in_app:
        if name == "<module>" and _is_imported(sys._getframe(2)):
            _pause(code)
            return _DISABLE
        if local:
            _set_local(state["tool"], code, local)
        if name in WATCHED and file.endswith(WATCHED[name]):
            return own("telling").started(code, sys._getframe(2))
        return _DISABLE
    if name == "<module>":
        _imported(file)
    if len(firsts) < MOST_FIRSTS and len(_calls) < MOST_CODES:
        firsts.append((code, 0))  # keeps the code, so that its id stays its own
        is_named = name[0] != "<"  # of a module, a lambda, a comprehension the lines tell enough
        _set_local(state["tool"], code, local | _LINE | _JUMP | (_RETURN if is_named else 0))
        if second_look and own("focus").wants(code):
            focused[id(code)] = set()
            return _DISABLE
        if is_named:
            _calls[id(code)] = MOST_CALLS
            return None
    elif local:
        _set_local(state["tool"], code, local)
    return _DISABLE


def _is_imported(frame):
    # type: (Any) -> Any
    """Say whether the module that begins to run is imported, rather than run as a program."""
    above = frame.f_back
    return above is not None and above.f_code.co_filename[:17] == "<frozen importlib"


def _pause(code):
    # type: (CodeType) -> None
    """See no starts while a library is imported: thousands of functions run once, and none of them is the program's.

    The end of its module ends the pause, or an exception that left it, or the next new line of the program. What ran
    meanwhile is seen when it runs again.
    """
    _paused[:] = [code]
    _set_local(state["tool"], code, _RETURN)
    listen(0, _events.PY_START)


def _resume():
    # type: () -> None
    try:
        code = _paused.pop()
    except IndexError:  # another thread was faster
        return
    listen(_events.PY_START, 0)
    _set_local(state["tool"], code, 0)


def _left_by(code, error):
    # type: (CodeType, BaseException) -> Any
    """Say whether *error* left the module that is being imported, and is handled by *code* around it."""
    traceback = _traceback_of(error)
    while traceback is not None:
        if traceback.tb_frame.f_code is _paused[0]:
            return code is not _paused[0]
        traceback = traceback.tb_next
    return False


def _imported(file):
    # type: (str) -> None
    """Note the state of a source file when its first line runs: later changes make it stale."""
    if len(modules) < 5000 and file not in modules:
        try:
            seen = posix.stat(file)
        except (OSError, ValueError):
            return
        modules[file] = (seen.st_mtime_ns, seen.st_size)


def _on_jump(code, offset, target):
    # type: (CodeType, int, int) -> Any
    """Count the rounds of loops: a DISABLEd line event leaves up to 1.35x behind while any event of its code is on."""
    rounds = _rounds.get(id(code), 0)
    if rounds >= MOST_ROUNDS:
        _cool(code)
        return _DISABLE
    _rounds[id(code)] = rounds + 1
    return None


def _cool(code):
    # type: (CodeType) -> None
    """Watch no line of *code* any more: it is hot."""
    if id(code) in focused:
        return
    _set_local(state["tool"], code, _lasting.get(id(code), 0))


def _on_line(code, line):
    # type: (CodeType, int) -> Any
    if _paused:
        try:
            _resume()
        except RecursionError:  # no room below: at the next one
            pass
    if focused and id(code) in focused:
        try:
            if line not in focused[id(code)]:
                focused[id(code)].add(line)
                firsts.append((code, line))
            return None if own("focus").step(code, line, sys._getframe(1)) else _DISABLE
        except Exception:  # ours, never the program's
            return _DISABLE
    if len(firsts) < MOST_FIRSTS:
        firsts.append((code, line))
    return _DISABLE


def _on_return(code, offset, value):
    # type: (CodeType, int, Any) -> Any
    """Note each place that gave None: what met it later is not what made it."""
    if tracked and id(code) in tracked:
        return own("spans").ended(code, value)
    if _paused and code in _paused:
        _resume()
        return _DISABLE
    if value is not None:
        return None
    if len(nothings) < _MOST_NOTHINGS:
        caller = sys._getframe(1).f_back
        nothings.append((code, offset) if caller is None else (code, offset, caller.f_code, caller.f_lasti))
    return _DISABLE


def _on_handled(code, offset, error):
    # type: (CodeType, int, BaseException) -> None
    """Note an exception that a handler took, when the handler or what raised is the program's.

    There is no callback for raising: at full recursion depth it would find no room, and its own RecursionError would
    take the place of the program's. Here the callback itself has room, and what it calls may fail.
    """
    try:
        if id(code) in _dull:
            if not _paused:
                state["dull"] += 1
                if not state["dull"] % 1000 and _costs_too_much():
                    _overlook()
            return
        if _paused and _left_by(code, error):
            _resume()
        file = code.co_filename
        if not (app[file] if file in app else is_app(file)):
            traceback = _traceback_of(error)
            while traceback is not None and not app.get(traceback.tb_frame.f_code.co_filename):
                traceback = traceback.tb_next
            if traceback is None:
                if not _paused:
                    state["foreign"] += 1
                    if state["foreign"] > _MOST_FOREIGN:
                        _overlook()
                seen = _foreign[id(code)] = (code, _foreign.get(id(code), (code, 0))[1] + 1)
                if seen[1] > _SOON_DULL:
                    _dull[id(code)] = _foreign.pop(id(code))
                return
        own("telling").handled_by(code, offset, error)
    except BaseException:  # no room below
        pass


def _costs_too_much():
    # type: () -> bool
    """Say whether exceptions of others have taken more than three thousandths of the program's own time."""
    used = posix.times()
    return bool(state["dull"] * 6e-7 + state["foreign"] * 1.5e-6 > 0.003 * (used[0] + used[1]))


def _overlook():
    # type: () -> None
    state["why_short"] = "exceptions were watched until the libraries' own became too many"
    listen(0, _events.EXCEPTION_HANDLED)


def _on_call(code, offset, function, first):
    # type: (CodeType, int, Any, Any) -> Any
    try:
        operation = FUNCTIONS.get(id(function))
        if operation is None:
            if type(function) is not _Builtin or function.__name__ != "connect" or function.__module__ != "_sqlite3":
                return _DISABLE
            operation = "sql"
        return own("telling").called(operation, first, sys._getframe(1))
    except BaseException:  # no room below
        return _DISABLE
