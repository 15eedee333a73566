"""A clean start of our own: what the interpreter changed, noted so that the program gets it back.

CPython ignores SIGPIPE and SIGXFSZ and handles SIGINT. The launcher parks stderr, so that a signal in the
first milliseconds ends us by that signal and not with a traceback.
"""

from __future__ import annotations

import _signal
import posix
import sys

EVERY_SIGNAL = frozenset(range(1, 65)) - {32, 33, _signal.SIGKILL, _signal.SIGSTOP}  # 32 and 33 belong to the C library


class Origin:
    """The caller's signal mask and dispositions, and the environment as the kernel handed it over."""

    __slots__ = ("environ", "ignored", "mask")

    def __init__(self, mask: frozenset[int], ignored: frozenset[int], environ: dict[bytes, bytes]) -> None:
        self.mask = mask
        self.ignored = ignored
        self.environ = environ

    def undo(self) -> None:
        """Return to what a command that reads expects: stderr, Python's handler of Ctrl-C, an open mask."""
        if sys.stderr is None:
            sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)
        if _signal.SIGINT not in self.ignored:
            _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self.mask)

    def restore(self) -> None:
        """Give the calling process the caller's dispositions and mask; for the moment before an exec."""
        for number in (_signal.SIGPIPE, _signal.SIGXFSZ, _signal.SIGINT, _signal.SIGCHLD):
            _signal.signal(number, _signal.SIG_IGN if number in self.ignored else _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self.mask)


def clean_start(note: str) -> Origin:
    """Block every signal, take stderr back, and return what must be restored.

    *note* comes from the launcher, which says there what it is: `pipe,xfsz,stderr,keeper`; empty under
    `python -m aitrack`.
    """
    mask = frozenset(map(int, _signal.pthread_sigmask(_signal.SIG_BLOCK, EVERY_SIGNAL)))
    pipe, xfsz, parked, keeper = note.split(",") if note else ("default", "default", "none", "")
    if parked.isdigit():
        posix.dup2(int(parked), 2)
        posix.close(int(parked))
    ignored = {number for number in (_signal.SIGINT, _signal.SIGCHLD) if _signal.getsignal(number) is _signal.SIG_IGN}
    if pipe == "ignored" and _signal.SIGPIPE not in mask:
        ignored.add(_signal.SIGPIPE)
    if xfsz == "ignored" and _signal.SIGXFSZ not in mask:
        ignored.add(_signal.SIGXFSZ)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # an ignored SIGCHLD would lose the program's status
    if _signal.SIGINT not in ignored:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    return Origin(mask, frozenset(ignored), _environment(int(keeper) if keeper else -1))


def _environment(keeper: int) -> dict[bytes, bytes]:
    """Return the caller's environment: the kept one, else that of our exec, else Python's own copy.

    Python may have added LC_CTYPE to its copy (PEP 538).
    """
    pid = _kept_shell(keeper) if keeper >= 0 else 0
    try:
        block = _read_all(f"/proc/{pid or 'self'}/environ")
    except OSError:
        block = b""
    if keeper >= 0:
        posix.close(keeper)
    if pid:
        posix.kill(pid, _signal.SIGKILL)
        try:
            posix.waitpid(pid, 0)
        except ChildProcessError:
            pass
    found: dict[bytes, bytes] = {}
    for entry in block.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals:
            found.setdefault(name, value)
    return found or dict(posix.environ)


def _kept_shell(keeper: int) -> int:
    """Return the pid of the launcher's copy, which holds the other end of *keeper*; 0 when its shell made none."""
    try:
        pipe = posix.readlink(f"/proc/self/fd/{keeper}")
        for pid in reversed(_read_all("/proc/thread-self/children").split()):
            folder = f"/proc/{pid.decode()}/fd"
            if any(posix.readlink(f"{folder}/{name}") == pipe for name in posix.listdir(folder)):
                return int(pid)
    except OSError:
        pass
    return 0


def _read_all(path: str) -> bytes:
    descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        parts: list[bytes] = []
        while part := posix.read(descriptor, 1 << 16):
            parts.append(part)
        return b"".join(parts)
    finally:
        posix.close(descriptor)
