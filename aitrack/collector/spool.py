"""The file that this process writes: one, append-only, reached without any code of the program.

A descriptor is kept above 255 from the start, since a program may run out of descriptors, change its root or drop its
rights before it fails. It is checked before each use: the program may have closed it and opened another.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# Types stand in comments: in the code objects they would cost each start of a program their reading.
# pyright: reportTypeCommentUsage=false, reportUnknownParameterType=false

import posix
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401  # in type comments


_FLAGS = posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT | posix.O_CLOEXEC | posix.O_NOFOLLOW
MOST = 256  # files of processes in one attempt
LEFT_OUT = b"left-out"  # the file that has one byte for each process beyond them
_NUMBERS = (941, 509, 307)  # tried in this order: `ulimit -n` may be low

state = {"fd": -1, "file": None, "pid": 0, "folder": b"", "torn": False, "full": False}  # type: dict[str, Any]


def open_spool(folder):
    # type: (bytes) -> Any
    """Open the spool of this process and say whether that worked."""
    state["folder"] = folder
    return reopen(posix.getpid())


def reopen(pid):
    # type: (int) -> bool
    """Open the file of process *pid*, and keep a descriptor of it high up; say whether there is room for one more."""
    if is_full(pid):
        state.update(fd=-1, pid=pid, full=True)
        return False
    fd = posix.open(state["folder"] + b"/spool-%d" % pid, _FLAGS, 0o600)
    held = fd
    for number in _NUMBERS:
        if _is_free(number):
            try:
                held = posix.dup2(fd, number, False)
                break
            except OSError:
                continue
    if held != fd:
        posix.close(fd)
    seen = posix.fstat(held)
    if held == fd:
        posix.close(fd)  # a low number would show: open it anew when there is something to write
        held = -1
    state.update(fd=held, file=(seen.st_dev, seen.st_ino), pid=pid)
    return True


def is_full(pid):
    # type: (int) -> bool
    """Say whether so many processes of this attempt have left a file that *pid* is only counted.

    A run may start ten thousand interpreters; what failed in them is known from the first few hundred.
    """
    names = posix.listdir(state["folder"])
    if len(names) < MOST or b"spool-%d" % pid in names:
        return False
    if sum([name.startswith(b"spool-") for name in names]) < MOST:
        return False
    fd = posix.open(state["folder"] + b"/" + LEFT_OUT, _FLAGS, 0o600)
    try:
        posix.write(fd, b".")
    finally:
        posix.close(fd)
    return True


def _is_free(number):
    # type: (int) -> bool
    try:
        posix.fstat(number)
    except OSError:
        return True
    return False


def write(data):
    # type: (bytes) -> bool
    """Append whole lines; return whether all was written."""
    pid = posix.getpid()
    if pid != state["pid"]:
        leave_parent()
        state["full"] = False
        if reopen(pid):
            write_first(pid)
    if state["full"]:
        return False
    fd = state["fd"]
    if state["torn"]:  # a full disk took half a line: let the next one begin on its own
        data = b"\n" + data
    if fd >= 0 and _is_still_ours(fd):
        return _whole(fd, data)
    fd = posix.open(state["folder"] + b"/spool-%d" % pid, _FLAGS, 0o600)
    try:
        return _whole(fd, data)
    finally:
        posix.close(fd)


def _whole(fd, data):
    # type: (int, bytes) -> bool
    state["torn"] = True
    state["torn"] = posix.write(fd, data) != len(data)
    return not state["torn"]


def write_first(pid):
    # type: (int) -> None
    """Write the record by which a reader knows that this process had a collector."""
    data = b'{"wire":1,"kind":"process","pid":%d,"ppid":%d,"started_ns":%d}\n' % (
        pid,
        posix.getppid(),
        time.monotonic_ns(),
    )
    state["pid"] = pid
    write(data)


def leave_parent():
    # type: () -> None
    """After a fork: the descriptor is the parent's file."""
    fd = state["fd"]
    if fd >= 0 and _is_still_ours(fd):
        posix.close(fd)
    state["fd"] = -1


def _is_still_ours(fd):
    # type: (Any) -> bool
    try:
        seen = posix.fstat(fd)
    except OSError:
        return False
    return bool((seen.st_dev, seen.st_ino) == state["file"])
