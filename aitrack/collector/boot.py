"""The collector's beginning and end in a process: one exit handler, and what the interpreter tells on the way."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# Types stand in comments: in the code objects they would cost each start of a program their reading.
# pyright: reportTypeCommentUsage=false, reportUnknownParameterType=false

import _imp
import posix
import sys

from . import spool
from .modules import loaded, own, program_import

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401  # in type comments


_SPARE = 8 << 20  # bytes

_mro = type.__dict__["__mro__"].__get__
words = {}  # type: dict[Any, Any]  # what the supervisor asks for, by name
state = {"cwd": ""}  # type: dict[str, Any]


def start(folder):
    # type: (bytes) -> None
    """Begin to record into *folder*, an attempt's; do nothing at all when it cannot be written."""
    if not spool.open_spool(folder):
        return
    spool.write_first(posix.getpid())
    try:
        state["cwd"] = posix.getcwd()
    except OSError:
        pass
    asked = posix.environ.get(b"AITRACK_COLLECT")
    if asked:
        for word in asked.decode("utf-8", "replace").split(","):
            name, _, value = word.partition("=")
            words[name.strip()] = value.strip()
    _at_exit()
    if sys.version_info >= (3, 12) and words.get("trace") != "off":
        own("trail").start()
    if words:
        own("rare").asked_for(words)


def _at_exit():
    # type: () -> None
    """Register the one callback: first of all, so that it runs last."""
    state["atexit"] = module = _atexit()  # before 3.10 the interpreter would call into it after its end
    module.register(_finish)
    # Given back at a failure: a program that is out of memory leaves none for its record. Never touched, it costs
    # address space alone.
    state["spare"] = bytes(_SPARE)


def _atexit():
    # type: () -> Any
    """Return `atexit`, made without the search that an import statement costs."""
    known = sys.modules.get("atexit")
    if known is not None or "atexit" not in sys.builtin_module_names:
        return known or program_import("atexit")
    bootstrap = sys.modules["_frozen_importlib"]
    spec = bootstrap.ModuleSpec("atexit", bootstrap.BuiltinImporter, origin="built-in")
    module = _imp.create_builtin(spec)
    if sys.version_info < (3, 10):
        # The callbacks belong to the module, and a second copy of it would replace ours by its own: it stays visible.
        # Later they belong to the interpreter, and a copy that nobody sees will do.
        bootstrap._init_module_attrs(spec, module)
        sys.modules["atexit"] = module
    _imp.exec_builtin(module)
    return module


def _finish():
    # type: () -> None
    try:
        trail = loaded.get("trail")
        if trail is not None:
            trail.stop()
        failed = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        if any(base is BaseException for base in _mro(type(failed))):
            state["spare"] = None
            own("rare").failed(failed)
            failed = True
        elif trail is not None and trail.exits and trail.exits[0][0] not in (None, 0):
            failed = own("capture").without_traceback()
        if trail is not None and trail.firsts:
            spool.write(own("ledger").lines())
        if "spans" in loaded:
            spool.write(own("spans").lines())
        spool.write(b'{"kind":"end","failed":%s}\n' % (b"true" if failed is True else b"false"))
    except BaseException:  # whatever it is: the program's status is decided
        pass
