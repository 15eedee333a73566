"""Which calls and which functions of the standard library tell what a program does.

A code object that mentions one of `NAMES` gets call events; of the functions called, those in `FUNCTIONS` are
operations. The functions in `WATCHED` tell by their own start: a thread that dies, a log record, a connection.
"""

import builtins
import posix
import sys
import time
from _thread import get_ident

from .modules import own

MOST_KEPT = 400
MOST_LOGGED = 5000

stat = posix.stat
NAMES = frozenset(
    ("open", "fork_exec", "_fork_exec", "system", "_exit", "connect", "execve", "execv", "posix_spawn", "unlink", "remove",
     "rename", "replace", "FileIO", "monitoring", "use_tool_id", "mkdir", "rmdir", "truncate", "exit", "quit", "SystemExit")
)  # fmt: skip
FUNCTIONS = {
    id(builtins.open): "open",
    id(posix.open): "open",
    id(posix.unlink): "delete",
    id(posix.remove): "delete",
    id(posix.rename): "rename",
    id(posix.replace): "rename",
    id(posix.system): "exec",
    id(posix.execve): "exec",
    id(posix.execv): "exec",
    id(posix._exit): "exit",
    id(sys.exit): "leave",
    id(SystemExit): "leave",
}
for _name in ("exit", "quit"):  # of `site`
    if hasattr(builtins, _name):
        FUNCTIONS[id(getattr(builtins, _name))] = "leave"
firsts = []  # (code, line), 0 for the call: the order of first executions
events = []  # (t_ns, thread, kind, code, line, data, place among the firsts): operations and log records, in order
app = {}  # file name -> whether it is the program's
prefixes = []  # folders of files that are not
_counts = {"log": 0}
_Builtin = type(len)


def late(function):
    """Return what a function of a C module does that a bare interpreter has not loaded."""
    if type(function) is _Builtin and function.__name__ == "connect" and function.__module__ == "_sqlite3":
        FUNCTIONS[id(function)] = "sql"
        return "sql"
    return None


def record(kind, first, frame):
    """Note one operation, with as much as is known without asking the program's objects."""
    if kind == "exit":
        if first != 0:
            own("capture").before_exit(first)
        return
    data = _DESCRIBE[kind](first)
    if data is not None:
        keep(kind, frame, data)


def keep(kind, frame, data):
    """Add an event; the oldest but the first hundred give way."""
    if len(events) >= MOST_KEPT:
        del events[100 : MOST_KEPT // 2 + 50]
    above = frame
    for _ in range(30):
        if above is None:
            break
        if is_app(above.f_code.co_filename):
            frame = above
            break
        above = above.f_back
    events.append((time.monotonic_ns(), get_ident(), kind, frame.f_code, frame.f_lineno, data, len(firsts)))


def is_app(file):
    """Say whether *file* is the program's own."""
    found = app.get(file)
    if found is None:
        if file[:1] == "<":
            found = file == "<stdin>" or (file == "<string>" and "-c" in sys.orig_argv)
        else:
            found = not file.startswith(tuple(prefixes)) and "/site-packages/" not in file and "/dist-packages/" not in file
        if len(app) < 20_000:
            app[file] = found
    return found


def _path_of(value):
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


def _file(value):
    path = _path_of(value)
    if path is None:
        return None
    try:
        seen = stat(path)
    except (OSError, ValueError):
        return {"path": path[:1000], "size": None}
    return {"path": path[:1000], "size": seen.st_size, "mtime": seen.st_mtime}


def _named(value):
    path = _path_of(value)
    return None if path is None else {"path": path[:1000]}


def _command(value):
    if type(value) is str or type(value) is bytes:
        return {"argv": [_path_of(value)[:2000]]}
    if type(value) is list or type(value) is tuple:
        return {"argv": [(_path_of(word) or "?")[:500] for word in value[:50]]}
    return None


def _database(value):
    return {"path": _path_of(value) or "?", "database": "sqlite"}


_DESCRIBE = {"open": _file, "delete": _named, "rename": _named, "exec": _command, "sql": _database}


# -- functions that tell by their start ------------------------------------------------------------------------------


def _thread_died(frame):
    error = sys.exc_info()[1]
    if error is not None:
        own("capture").in_thread(error, frame)


def _task_died(frame):
    context = frame.f_locals.get("context")
    error = context.get("exception") if type(context) is dict else None
    if error is not None:
        own("capture").in_task(error, context)


def _printed(frame):
    """`multiprocessing` prints what ended its child, and then leaves by `os._exit`."""
    above = frame.f_back
    error = sys.exc_info()[1]
    if error is not None and above is not None and above.f_code.co_name == "_bootstrap":
        own("capture").in_process(error)


def _logged(frame):
    _counts["log"] += 1
    if _counts["log"] > MOST_LOGGED:
        return False
    record = frame.f_locals.get("record")
    fields = object.__getattribute__(record, "__dict__") if type(record).__name__ == "LogRecord" else None
    if type(fields) is dict and type(fields.get("levelno")) is int and fields["levelno"] >= 30:
        data = {"level": fields["levelno"], "logger": fields.get("name"), "text": _log_text(fields), "line": fields.get("lineno")}
        data["file"] = fields.get("pathname")
        error = fields.get("exc_info")
        if type(error) is tuple and len(error) == 3 and error[1] is not None:
            data["exception"] = type.__dict__["__name__"].__get__(error[0])
        keep("log", frame, data)
    return None


def _log_text(fields):
    """Return the message of a log record, filled in where all its parts are built-in."""
    text, args = fields.get("msg"), fields.get("args")
    if type(text) is not str:
        return "<%s object>" % type.__dict__["__name__"].__get__(type(text))
    if type(args) is tuple and args and all(id(type(item)) in _SIMPLE for item in args):
        try:
            text = text[:2000] % args
        except (TypeError, ValueError):
            pass
    return text[:2000]


_SIMPLE = frozenset(id(kind) for kind in (str, int, float, bool, type(None)))


def _connected(frame):
    names = frame.f_locals
    address = names.get("address")
    if type(address) is tuple and len(address) >= 2:
        host, port = address[0], address[1]
    else:
        host, port = names.get("host"), names.get("port")
    if type(host) is str:
        keep("connect", frame, {"host": host[:200], "port": port if type(port) is int else None})


def _requested(frame):
    names = frame.f_locals
    method, url = names.get("method"), names.get("url")
    fields = object.__getattribute__(names.get("self"), "__dict__")
    host = fields.get("host") if type(fields) is dict else None
    if type(method) is str and type(url) is str:
        data = {"method": method[:20], "url": url[:500], "host": host if type(host) is str else None}
        keep("http", frame, data)


def _spawned(frame):
    argv = frame.f_locals.get("args")
    data = _command(argv)
    if data is not None:
        keep("exec", frame, data)


WATCHED = {
    "invoke_excepthook": ("/threading.py", _thread_died, ""),
    "call_exception_handler": ("/asyncio/base_events.py", _task_died, ""),
    "print_exc": ("/traceback.py", _printed, ""),
    "handle": ("/logging/__init__.py", _logged, "Logger.handle"),
    "create_connection": ("/socket.py", _connected, ""),
    "putrequest": ("/http/client.py", _requested, ""),
    "_execute_child": ("/subprocess.py", _spawned, ""),
    "sock_connect": ("/asyncio/selector_events.py", _connected, ""),
}
