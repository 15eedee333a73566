"""Start the program: a fork, the caller's signal state, and an exec.

Between fork and exec the child undoes what our interpreter changed, asks to die with us, and takes its streams.
"""

from __future__ import annotations

import _signal
import errno
import posix

from aitrack.store.layout import decode, encode
from aitrack.supervise import kernel
from aitrack.supervise.target import search_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.clean import Origin
    from aitrack.supervise.plan import RunPlan

_SHELL = b"/bin/sh"


class Child:
    """A started process: its pid, and where it would have written why its exec failed."""

    __slots__ = ("pid", "report")

    def __init__(self, pid: int, report: int) -> None:
        self.pid = pid
        self.report = report

    def start_error(self) -> tuple[int, str] | None:
        """Return the status (126 or 127) and the reason when the exec failed; to be asked once, after its end."""
        text = posix.read(self.report, 4096)
        posix.close(self.report)
        if not text:
            return None
        number, _, name = text.partition(b" ")
        reason = posix.strerror(int(number))
        missing = int(number) in (errno.ENOENT, errno.ENOTDIR)
        return (127 if missing else 126), f"`{decode(name)}`: {reason[0].lower()}{reason[1:]}"


def start(plan: RunPlan, environ: dict[bytes, bytes], origin: Origin, streams: dict[int, int]) -> Child:
    """Start *plan* with *environ*; *streams* says which descriptors of ours become its 0, 1 or 2."""
    read_end, write_end = posix.pipe2(posix.O_CLOEXEC | posix.O_NONBLOCK)
    supervisor = posix.getpid()
    pid = posix.fork()
    if pid == 0:
        _become(plan, environ, origin, streams, supervisor, write_end)
    posix.close(write_end)
    return Child(pid, read_end)


def _become(
    plan: RunPlan, environ: dict[bytes, bytes], origin: Origin, streams: dict[int, int], supervisor: int, report: int
) -> None:
    """Turn the calling process into the program; never returns."""
    problem = OSError(errno.EIO, "")
    try:
        kernel.die_with_parent(_signal.SIGKILL)
        if posix.getppid() != supervisor:
            posix.kill(posix.getpid(), _signal.SIGKILL)
        for wanted, descriptor in streams.items():
            posix.dup2(descriptor, wanted, True)
        origin.restore()
        execute(plan, environ)
    except OSError as error:
        problem = error
    finally:
        name = encode(plan.executable or plan.argv[0])
        posix.write(report, b"%d %s" % (problem.errno or errno.EIO, name))
        posix._exit(127)  # pyright: ignore[reportPrivateUsage]  # its name as the C module has it


def execute(plan: RunPlan, environ: dict[bytes, bytes]) -> None:
    """Exec *plan* by the rules of execvp(3); raises the `OSError` that says why not."""
    argv = [encode(word) for word in plan.argv]
    name = plan.executable or plan.argv[0]
    if "/" in name:
        _execute_file(encode(name), argv, environ)
    denied: OSError | None = None
    missing: OSError = FileNotFoundError(errno.ENOENT, posix.strerror(errno.ENOENT))
    for folder in search_path(environ):
        try:
            _execute_file(encode(f"{folder}/{name}"), argv, environ)
        except PermissionError as error:
            denied = error
        except (FileNotFoundError, NotADirectoryError) as error:
            missing = error
    raise denied or missing


def _execute_file(path: bytes, argv: list[bytes], environ: dict[bytes, bytes]) -> None:
    try:
        posix.execve(path, argv, environ)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        # a text file without a #! line runs with the shell
        posix.execve(_SHELL, [b"sh", path, *argv[1:]], environ)
