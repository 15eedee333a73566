"""How interpreters differ, and where their standard library is."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import posix
import sys

from .modules import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HAS_MONITORING = sys.version_info >= (3, 12)  # PEP 669: events that can be switched off one by one
HAS_POSITIONS = sys.version_info >= (3, 11)  # PEP 657: columns for each instruction
HAS_LIVE_LOCALS = sys.version_info >= (3, 13)  # PEP 667: reading a frame's locals writes nothing into it
HAS_GROUPS = sys.version_info >= (3, 11)  # PEP 654
HAS_LAST_EXC = sys.version_info >= (3, 12)
ATEXIT_IS_GLOBAL = sys.version_info >= (3, 10)  # before, a second copy of the module replaces the first one's callbacks

_Module = type(sys)
_module_dict: Any = vars(_Module)["__dict__"].__get__


def stdlib_folder() -> str:
    """Return the folder of the standard library."""
    file = _module_dict(sys.modules["os"]).get("__file__") if "os" in sys.modules else None
    return file.rpartition("/")[0] if type(file) is str else ""


STDLIB = stdlib_folder()
_start = {"folder": ""}


def started_in(folder: str) -> None:
    """Tell the folder in which the process began, from which relative file names count."""
    _start["folder"] = folder


def start_folder() -> str:
    """Return the folder in which the process began."""
    return _start["folder"]


def module_dict(name: str) -> dict[str, Any] | None:
    """Return the namespace of a loaded module, if it is a real one."""
    module = sys.modules.get(name)
    return _module_dict(module) if type(module) is _Module else None


def is_site(file: str) -> bool:
    """Say whether *file* belongs to an installed package."""
    return "/site-packages/" in file or "/dist-packages/" in file


def is_in_app(file: str) -> bool:
    """Say whether *file* is the program's own: not the standard library's, an installed package's, or aitrack's."""
    if file.startswith(("<frozen", place["collector"].rpartition("/")[0] + "/")):
        return False
    if file.startswith("<"):
        return True
    return (
        not is_site(file)
        and not (STDLIB and file.startswith(STDLIB + "/"))
        and not file.startswith(sys.base_prefix + "/lib/python3")
    )


def original_arguments() -> list[str]:
    """Return the command line of this process, the interpreter's options included."""
    found = getattr(sys, "orig_argv", None)
    if type(found) is list and all(type(word) is str for word in found):
        return list(found)
    try:
        fd = posix.open("/proc/self/cmdline", posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            data = posix.read(fd, 1 << 20)
        finally:
            posix.close(fd)
    except OSError:
        return []
    return [word.decode("utf-8", "surrogateescape") for word in data.split(b"\0")[:-1]]
