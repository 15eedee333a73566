"""The collector's own imports, apart from the program's.

Our modules run from cached code objects under a private `__import__` and a copy of the builtins. Whatever the program
does to the builtins or to `sys.modules` does not reach them, and nothing that they import becomes visible to it.
What is needed only after a failure stands in `library`.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# Types stand in comments: in the code objects they would cost each start of a program their reading.
# pyright: reportTypeCommentUsage=false, reportUnknownParameterType=false

import marshal
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401  # in type comments


PACKAGE = "_aitrack_collector"

_Module = type(sys)
pristine = globals()["__builtins__"]  # given by sitecustomize: a copy that the program cannot change
program_import = pristine["__import__"]
lock = sys.modules["_thread"].RLock()
_codes = {}  # type: dict[Any, Any]  # name -> code of our modules
loaded = {}  # type: dict[Any, Any]  # our modules that have run
place = {}  # type: dict[Any, Any]  # the folders of the collector and of the store


def read_ours(path):
    # type: (Any) -> bytes
    """Return the content of a file that is ours alone, as `aitrack.system.files` does; a test equates the rules."""
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK | posix.O_NOFOLLOW)
    try:
        seen = posix.fstat(fd)
        if not is_ours_alone(seen):
            raise PermissionError(1, "it is not ours alone")
        return bytes(posix.read(fd, seen.st_size))
    finally:
        posix.close(fd)


def is_ours_alone(seen):
    # type: (Any) -> bool
    """Say whether *seen* is a regular file of ours which neither a group nor others may write."""
    return bool(seen.st_mode & 0o170022 == 0o100000 and seen.st_uid == posix.geteuid())


def start(collector, home, spool, codes):
    # type: (str, bytes, Any, Any) -> None
    """Run the beginning of the collector."""
    _codes.update(codes)
    place.update(collector=collector, home=home)
    pristine["__import__"] = private_import
    loaded["modules"] = this = _Module(PACKAGE + ".modules")
    this.__dict__.update(globals())
    package = _Module(PACKAGE, "The collector of aitrack, at work in this process.")  # type: Any
    loaded[""] = package
    package.modules = loaded
    own("boot").start(spool)
    sys.modules[PACKAGE] = package


def own(name):
    # type: (str) -> Any
    """Return our module *name*, run at its first use; two threads may fail at the same moment."""
    module = loaded.get(name)
    if module is None:
        held = lock.acquire(True, 2.0)  # not for ever: after a fork its owner may be gone
        try:
            module = loaded.get(name) or _run(name)
        finally:
            if held:
                lock.release()
    return module


def _run(name):
    # type: (str) -> Any
    if name not in _codes:
        _codes.update(own("rare").codes_of("failure", place["collector"], place["home"]))
    code = _codes[name]
    if type(code) is bytes:
        code = marshal.loads(code)
    module = _Module(PACKAGE + "." + name)
    module.__dict__.update({"__builtins__": pristine, "__package__": PACKAGE})
    exec(code, module.__dict__)
    loaded[name] = module
    return module


def private_import(name, globals=None, locals=None, fromlist=(), level=0):
    # type: (str, Any, Any, tuple[str, ...], int) -> Any
    """Import for the collector's modules; what is not ours comes from `library`."""
    package = globals.get("__package__") if globals else None
    if package == PACKAGE:
        if level:
            return own(name) if name else _siblings(fromlist)
        if name == "sys":
            return sys
        if AT_HAND.get(name) is not None:
            return AT_HAND[name]
        if name == "__future__":
            return _FUTURE
    return own("library").imported(name, package, fromlist, level)


def _siblings(names):
    # type: (Any) -> Any
    package = loaded[""]
    for name in names:
        setattr(package, name, own(name))
    return package


AT_HAND = {
    name: sys.modules.get(name) for name in ("posix", "time", "_imp", "marshal", "_thread", "_weakref", "builtins")
}
_FUTURE = _Module("__future__")  # type: Any
_FUTURE.annotations = None
