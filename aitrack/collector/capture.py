"""The moment of a failure: from a live exception to records in the spool, in half a second at most."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

from __future__ import annotations

import posix
import sys
import time
from _thread import get_ident

from . import boot, frames, patterns, python, sources, spool, story, wire
from .failure import SECONDS, failure, traceback_of
from .modules import loaded, lock, place, read_ours
from .redact import Redactor
from .values import class_name, instance_dict, know_standard_types, mro

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any, Dict

    Record = Dict[str, Any]

_state: dict[str, Any] = {"redactor": None, "described": 0, "written": 0, "seconds": SECONDS, "in_worker": 0}
_MOST_FAILURES = 50
_MOST_IN_WORKER = 3


def at_exit(error: BaseException) -> None:
    """Write the exception that ended the main thread."""
    where = "main" if _ended_the_program(error) else "handled"
    write_failure(error, where, {"name": "MainThread", "ident": None, "main": True, "task": None})
    write_story()


def in_thread(error: BaseException, frame: FrameType) -> None:
    """Write what ended a thread; called where the standard library would print it."""
    write_failure(error, "thread", dict(_thread(), main=False))


def in_task(error: BaseException, context: dict[str, Any]) -> None:
    """Write what an event loop reports: a task whose exception nobody asked for, a callback that failed."""
    if any(base is BaseException for base in mro(type(error))):
        task = context.get("task", context.get("future"))
        fields = instance_dict(task) or {}
        name = fields.get("_name")
        write_failure(error, "task", dict(_thread(), task=name if type(name) is str else class_name(type(task))))


def in_process(error: BaseException) -> None:
    """Write what ends a child of `multiprocessing`, which leaves without exit handlers."""
    write_failure(error, "process", {"name": "MainThread", "ident": None, "main": True, "task": None})
    write_story()


def in_worker(error: BaseException) -> None:
    """Write what failed in a worker of a pool, which lives on: its parent gets the exception without its frames."""
    if _state["in_worker"] < _MOST_IN_WORKER:
        _state["in_worker"] += 1
        write_failure(error, "worker", _thread())
        spool.write(b"".join([wire.encode(record) for record in story.nothings()]))


def before_exit(status: Any) -> None:
    """`os._exit` is about to be called: nothing comes after it."""
    redactor = redactor_of_process()
    describe(redactor)
    stack = [_place(frame.f_code, frame.f_lineno) for frame, _, _ in frames.stack(sys._getframe(3))[0][-12:]]
    spool.write(
        wire.encode(
            {
                "kind": "exit",
                "at_ns": time.monotonic_ns(),
                "value": status if type(status) is int else None,
                "frames": stack,
            }
        )
    )
    write_story()


def _place(code: CodeType, line: int) -> Record:
    return {
        "file": code.co_filename,
        "line": line,
        "function": code.co_name,
        "in_app": python.is_in_app(code.co_filename),
    }


def _thread() -> Record:
    """Return name and number of the thread that runs."""
    ident = get_ident()
    name, main = thread_names().get(ident, (None, False))
    return {"name": name, "ident": ident, "main": main, "task": None}


def without_traceback() -> bool:
    """Write how the program left by `sys.exit` with a failure; say whether it did."""
    found = story.exit_record(Redactor(b""))
    if found is None:
        return False
    redactor = redactor_of_process()
    describe(redactor)
    python.started_in(boot.state["cwd"])
    spool.write(wire.encode(story.exit_record(redactor)))
    write_story()
    return True


def write_story() -> None:
    """Write what led here, what is secret, and which packages took part."""
    redactor = redactor_of_process()
    lines = [wire.encode(record) for record in story.records(redactor)]
    lines.append(wire.encode({"kind": "taint", "hashes": redactor.taints(), "counts": redactor.counts}))
    lines.append(wire.encode({"kind": "packages", "packages": packages()}))
    if "spans" in loaded:
        lines.append(loaded["spans"].lines())
    spool.write(b"".join(lines))
    patterns.keep()


def prepare() -> None:
    """Make ready for pictures: which types and files this process has."""
    know_standard_types(sys.modules)
    python.started_in(boot.state["cwd"])
    trail = loaded.get("trail")
    if trail is not None:
        sources.saw(trail.modules)


def is_strict() -> bool:
    """Say whether values must not be recorded at all."""
    return boot.words.get("privacy") == "strict"


def hidden_names() -> list[str]:
    """Return the names of variables whose values must not be recorded."""
    return str(boot.words.get("no_locals", "")).split()


def thread_names() -> dict[int, Any]:
    """Return name and whether it is the main one for each thread that `threading` knows."""
    names = python.module_dict("threading") or {}
    active, main = names.get("_active"), names.get("_main_thread")
    found: dict[int, Any] = {}
    for ident, thread in list(active.items()) if type(active) is dict else ():
        name = (instance_dict(thread) or {}).get("_name")
        found[ident] = (name if type(name) is str else None, thread is main)
    return found


def write_failure(error: BaseException, where: str, thread: Record | None) -> None:
    """Write one failure, and before it what a reader needs to know about this process; one thread at a time."""
    held = lock.acquire(True, 2.0)
    try:
        _write_failure(error, where, thread)
    finally:
        if held:
            lock.release()


def _write_failure(error: BaseException, where: str, thread: Record | None) -> None:
    if _state["written"] >= _MOST_FAILURES:
        return
    _state["written"] += 1
    at = time.monotonic_ns()
    prepare()
    redactor = redactor_of_process()
    left = max(0.05, _state["seconds"])
    try:
        record = failure(error, redactor, thread, seconds=left, strict=is_strict(), hidden=hidden_names())
    finally:
        describe(redactor)  # its arguments, which may hold what the frames have shown to be secret
    took = (time.monotonic_ns() - at) / 1e9
    _state["seconds"] -= took
    record["handled"] = where == "handled"
    lines = [
        wire.encode({"kind": "failure", "where": where, "at_ns": at, "seconds": took, "failure": record}),
        wire.encode({"kind": "taint", "hashes": redactor.taints(), "counts": redactor.counts}),
    ]
    spool.write(b"".join(lines))


def redactor_of_process() -> Redactor:
    """Return the one redactor of this process, which knows its environment and arguments."""
    found: Redactor | None = _state["redactor"]
    if found is None:
        found = _state["redactor"] = Redactor(
            _key(), safe_keys=_patterns("safe"), extra=_patterns("extra"), taint_key=_taint_key()
        )
        environment = {_text(name): _text(value) for name, value in posix.environ.items()}
        found.learn_environment(environment)
        found.learn_arguments(python.original_arguments())
    if "confided" in loaded:
        loaded["confided"].tell(found)
    return found


def _taint_key() -> bytes:
    told = posix.environ.get(b"AITRACK_TAINT_KEY", b"")
    try:
        return bytes.fromhex(told.decode("ascii")) or posix.urandom(16)
    except ValueError:
        return posix.urandom(16)


def _patterns(word: str) -> list[str]:
    """Return names that the settings make secret, or not, as the supervisor wrote them down."""
    asked = str(boot.words.get(word, "")).split()
    return [name.replace("%20", " ").replace("%2c", ",").replace("%25", "%") for name in asked]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _key() -> bytes:
    """Return the store's key; without one that can be trusted, one of this process alone: no hash is open to all."""
    try:
        key = read_ours(place["home"] + b"/key")[:64]
    except OSError:
        key = b""
    return key if len(key) >= 16 else posix.urandom(32)


def describe(redactor: Redactor) -> None:
    """Write the whole record of this process, once."""
    pid = posix.getpid()
    if _state["described"] == pid:
        return
    _state["described"] = pid
    record: Record = {
        "kind": "process",
        "pid": pid,
        "ppid": posix.getppid(),
        "argv": _arguments(redactor),
        "executable": sys.executable,
        "version": sys.version.partition(" ")[0],
        "implementation": sys.implementation.name,
        "flags": _flags(),
        "prefix": sys.prefix,
        "threads": _thread_count(),
    }
    spool.write(wire.encode(record))


def _arguments(redactor: Redactor) -> list[str]:
    """Return the command line without secrets; in strict mode only what was run, not with which words."""
    words = python.original_arguments()[:200]
    if is_strict():
        return [*words[:2], *[f"\u2039redacted:strict:{len(word)}\u203a" for word in words[2:]]]
    return redactor.arguments(words)


def _flags() -> Record:
    """Return the interpreter's flags that are not at rest."""
    names = (
        "debug",
        "inspect",
        "optimize",
        "isolated",
        "ignore_environment",
        "no_site",
        "dev_mode",
        "utf8_mode",
        "safe_path",
    )
    found: Record = {}
    for name in names:
        value = getattr(sys.flags, name, 0)
        if value:
            found[name] = int(value)
    return found


def _thread_count() -> int:
    return len(sys._current_frames())


def packages() -> Record:
    """Return names and versions of the installed packages that are loaded, from their folders' names."""
    wanted = {}
    for name, module in list(sys.modules.items()):
        if type(module) is not type(sys) or type(name) is not str or "." in name:
            continue
        file = python.module_dict(name) or {}
        path = file.get("__file__")
        if type(path) is str and python.is_site(path):
            wanted[name.replace("-", "_").lower()] = path
    found: Record = {}
    for folder in sorted({_site_of(path) for path in wanted.values()})[:4]:
        found.update(_versions(folder, wanted))
    return found


def _site_of(path: str) -> str:
    for word in ("/site-packages/", "/dist-packages/"):
        place = path.find(word)
        if place >= 0:
            return path[: place + len(word)]
    return path


def _versions(folder: str, wanted: dict[str, str]) -> Record:
    """Read `name-version.dist-info`: the names of folders are enough."""
    try:
        entries = posix.listdir(folder)
    except OSError:
        return {}
    found: Record = {}
    for entry in entries:
        stem, dot, kind = entry.rpartition(".")
        if not dot or kind not in ("dist-info", "egg-info"):
            continue
        name, _, version = stem.partition("-")
        if name.lower() in wanted or _top_levels(folder + entry) & set(wanted):
            found[name] = version.partition("-")[0]
    return found


def _top_levels(folder: str) -> set[str]:
    """Return the import names of a distribution that is not called like its module."""
    try:
        fd = posix.open(folder + "/top_level.txt", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return set()
    try:
        return {word.lower() for word in posix.read(fd, 4096).decode("utf-8", "replace").split()}
    finally:
        posix.close(fd)


def _ended_the_program(error: BaseException) -> bool:
    """Say whether Python itself printed *error* at the end, rather than the program putting it into `sys.last_exc`."""
    traceback = traceback_of(error)
    if traceback is None:
        return True
    frame = traceback.tb_frame
    if frame.f_back is not None:
        return False
    return frame.f_code.co_name != "<module>" or frame.f_lineno == traceback.tb_lineno
