"""Lines of source code, read when something has failed, and never the wrong ones.

A file that is newer than the process, or gone, is said to be so; its lines are not shown as truth.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import posix
import sys
import time

from . import python
from .values import qualified_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional, Tuple

    Source = Tuple[Optional[List[str]], Optional[str]]  # lines, or why there are none

_BIGGEST = 4 << 20
_known: dict[str, Source] = {}
_seen_at_import: dict[str, tuple[int, int]] = {}  # file -> (mtime_ns, size) when its first line ran
_started = time.time()


def started_at(moment: float) -> None:
    """Tell when the process began: an older file is what was run."""
    global _started
    _started = moment


def saw(states: dict[str, tuple[int, int]]) -> None:
    """Tell which state files had when they were imported."""
    _seen_at_import.update(states)


def lines_of(file: str, namespace: dict[str, Any]) -> Source:
    """Return the lines of *file*, or None and the reason."""
    found = _known.get(file)
    if found is None:
        found = _known[file] = _lines_of(file, namespace)
    return found


def _lines_of(file: str, namespace: dict[str, Any]) -> Source:
    if file.startswith("<"):
        text = _made_source(file)
        return (text, None) if text else (None, "no file")
    try:
        state = posix.stat(file)
    except (OSError, ValueError):
        text = _cached(file) or _zipped(file, namespace)
        return (text, None) if text else (None, "missing")
    if state.st_size > _BIGGEST:
        return None, "too big"
    if _is_stale(file, state):
        return None, "stale"
    try:
        return decoded(_read(file)).split("\n"), None
    except OSError:
        return None, "not readable"


def _read(file: str) -> bytes:
    fd = posix.open(file, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK)
    try:
        pieces: list[bytes] = []
        size = 0
        while size <= _BIGGEST:
            piece = posix.read(fd, 1 << 20)
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)
    finally:
        posix.close(fd)


def _is_stale(file: str, state: Any) -> bool:
    seen = _seen_at_import.get(file)
    if seen is not None:
        return seen != (state.st_mtime_ns, state.st_size)
    return bool(state.st_mtime > _started) and not _was_compiled_from(file, state)


def _was_compiled_from(file: str, state: Any) -> bool:
    """Say whether the byte code beside *file* was made from it as it is now: the program wrote and then imported it."""
    folder, _, name = file.rpartition("/")
    try:
        data = _read(f"{folder}/__pycache__/{name[:-3]}.{sys.implementation.cache_tag}.pyc")
    except OSError:
        return False
    stamp = int(state.st_mtime).to_bytes(4, "little") + (state.st_size & 0xFFFFFFFF).to_bytes(4, "little")
    return bool(data[8:16] == stamp)


def decoded(data: bytes) -> str:
    """Return source code as text, by its own declaration as Python would read it."""
    text = None
    for line in data[:1000].split(b"\n")[:2]:
        if line.lstrip().startswith(b"#") and b"coding" in line:
            text = _decoded_as(data, _declared(line))
    if text is None:
        text = data.decode("utf-8", "replace")
    if text.startswith("\ufeff"):
        text = text[1:]
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _declared(line: bytes) -> str:
    rest = line.partition(b"coding")[2].lstrip(b":= \t")
    name = b""
    for index in range(min(len(rest), 30)):
        sign = rest[index : index + 1]
        if not (sign.isalnum() or sign in b"-_."):
            break
        name += sign
    return name.decode("ascii", "ignore")


def _decoded_as(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding, "replace") if encoding else None
    except (LookupError, ValueError):
        return None


def _cached(file: str) -> list[str] | None:
    """Return what the standard library's `linecache` holds for *file*, read without its code."""
    names = python.module_dict("linecache")
    cache = names.get("cache") if names else None
    entry = cache.get(file) if type(cache) is dict else None
    if type(entry) is tuple and len(entry) == 4 and type(entry[2]) is list:
        return [line.rstrip("\r\n") for line in entry[2] if type(line) is str]
    return None


def _made_source(file: str) -> list[str] | None:
    """Return the text of code that has no file: `-c`, or what a library put into `linecache`."""
    text = _cached(file)
    if text is None and file == "<string>":
        arguments = python.original_arguments()
        if "-c" in arguments[:-1]:
            return arguments[arguments.index("-c") + 1].split("\n")
    return text


def _zipped(file: str, namespace: dict[str, Any]) -> list[str] | None:
    """Return the lines of a module in a zip archive."""
    loader = namespace.get("__loader__")
    name = namespace.get("__name__")
    if qualified_name(type(loader)) != "zipimport.zipimporter" or type(name) is not str:
        return None
    try:
        text = loader.get_source(name if name != "__main__" else file.rpartition("/")[2][:-3])  # type: ignore[union-attr]  # checked above
    except Exception:
        return None
    return text.split("\n") if type(text) is str else None
