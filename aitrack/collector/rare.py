"""What the beginning and the end of a process need only rarely; a start carries it as bytes, unread."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import marshal
import posix
import sys

from . import spool
from .modules import loaded, own, pristine, read_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEAD_ROOM = 1000  # frames


def codes_of(group: str, collector: str, cache: Any) -> Any:
    """Return the code objects of *group* from the cache, or have them compiled by `library`."""
    path = b"%s/cache/%s-%s-%d" % (
        cache,
        group.encode(),
        sys.implementation.cache_tag.encode(),
        posix.stat(collector).st_ino,
    )
    try:
        states, codes = marshal.loads(read_ours(path))
        for source, size, changed in states:
            seen = posix.stat(source)
            if seen.st_size != size or seen.st_mtime_ns != changed:
                raise ValueError
    except (OSError, ValueError, EOFError, TypeError):
        names: dict[str, Any] = {
            "__name__": "_aitrack_collector.library",
            "__builtins__": dict(pristine, __import__=_at_hand),
        }
        source = collector + "/library.py"
        exec(compile(_bytes(source), source, "exec", 0, True), names)
        codes = names["compiled"](group, collector, path)
    return codes


def _at_hand(name: str, *rest: Any) -> Any:
    """Import for `library` before it runs as one of ours."""
    from .modules import AT_HAND

    return sys if name == "sys" else AT_HAND[name]


def _bytes(path: Any) -> Any:
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        return posix.read(fd, posix.fstat(fd).st_size)
    finally:
        posix.close(fd)


def failed(error: BaseException) -> None:
    """Write the exception that ended the main thread, with room made for it."""
    limit = sys.getrecursionlimit()
    if limit < _HEAD_ROOM:
        sys.setrecursionlimit(_HEAD_ROOM)
    try:
        _lend_descriptor()
        own("capture")
        _take_descriptor_back()
        own("capture").at_exit(error)
    finally:
        if limit < _HEAD_ROOM:
            sys.setrecursionlimit(limit)


def _lend_descriptor() -> None:
    """Give up our descriptor for a while when the program has used up its own: a file must be opened."""
    try:
        posix.close(posix.open("/", posix.O_RDONLY | posix.O_CLOEXEC))
    except OSError as error:
        if error.errno == 24:  # EMFILE
            spool.leave_parent()


def _take_descriptor_back() -> None:
    """Open the spool again after `_lend_descriptor`."""
    if spool.state["fd"] < 0 and spool.state["pid"] == posix.getpid():
        try:
            spool.reopen(spool.state["pid"])
        except OSError:
            pass


def asked_for(words: dict[str, str]) -> None:
    """Do what the supervisor asks for beyond the usual."""
    number = words.get("stacks", "")
    if number.isdigit() and 0 < int(number) < 65:
        own("stacks").arm(int(number))
    again = words.get("escalate", "0")
    closer = "focus" in words or (again.isdigit() and int(again) > 1)
    if closer or words.get("native", "0") != "0":
        own("stacks").arm_crashes()
    if words.get("trace") == "off":
        return
    if sys.version_info >= (3, 12):
        if words.get("track") == "off":
            own("trail").TRACKED.clear()
        elif words.get("track"):
            own("spans").asked_for(words["track"])
        if closer and own("focus").has_any():
            own("trail").second_look.append(True)
    elif (closer or words.get("trace") in ("calls", "lines")) and sys.gettrace() is None:
        loaded["trail"] = own("tracing")
        own("tracing").start()
