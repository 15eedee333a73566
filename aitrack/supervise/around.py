"""What stands around a session: the lock before it, the command after a failure, the last good output kept."""

from __future__ import annotations

import _signal
import errno
import fcntl
import os
import time

from aitrack.errors import BreakerOpen
from aitrack.store import ownership
from aitrack.supervise import say
from aitrack.supervise.attempts import Attempt
from aitrack.supervise.plan import Exited, RunPlan
from aitrack.supervise.streams import Streams
from aitrack.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from aitrack.supervise.clean import Origin
    from aitrack.supervise.session import Session

ASIDE_SECONDS = 60.0
_CACHE_LIMIT = 64 << 20
_LOOK_SECONDS = 0.05


def lock(home: str, name: str, wait_s: float) -> int:
    """Return the descriptor that holds the lock *name*; it is held until we end.

    Raises `BreakerOpen` when another run holds it for longer than *wait_s*, `OSError` when the store is not there.
    """
    why, help_ = ownership.problem(home)
    if why:
        raise PermissionError(errno.EPERM, f"{why}: {help_}", home)
    folder = f"{home}/locks"
    os.makedirs(folder, 0o700, exist_ok=True)
    safe = "".join(sign if sign.isalnum() or sign in "-_." else f"%{ord(sign):x}" for sign in name)
    descriptor = files.open_ours(f"{folder}/{safe}", os.O_RDWR | os.O_CREAT)
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() >= until:
                os.close(descriptor)
                raise BreakerOpen(f'lock "{name}" is held by another run; not run') from None
            if _signal.sigpending():
                raise
            time.sleep(_LOOK_SECONDS)


def run_aside(plan: RunPlan, argv: list[str], extra: Mapping[str, str], origin: Origin, seconds: float) -> int:
    """Run *argv* beside the session, in the program's folder and environment; return its status, 124 when too slow."""
    environ = dict(plan.environ) | {name.encode(): os.fsencode(value) for name, value in extra.items()}
    aside = RunPlan("command", argv, None, argv[0], plan.cwd, environ, plan.settings)
    attempt = Attempt(0, Streams("none", needed_again=True))
    attempt.start(aside, environ, origin)
    attempt.limit(seconds, 2.0, "")
    outcome = attempt.finish()
    return outcome.code if isinstance(outcome, Exited) else 124


def cache_path(home: str, plan: RunPlan, stdin_hash: str) -> str:
    """Return where the last good output of *plan* lies: the same command, folder and input, in the same store."""
    import _blake2

    own_key = plan.environ.get(b"AITRACK_CACHE_KEY", b"")
    parts = [*map(os.fsencode, plan.argv), os.fsencode(plan.cwd), stdin_hash.encode(), own_key]
    digest = _blake2.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
    return f"{home}/cache/output-{digest}"


def keep_output(path: str, content: bytes) -> None:
    """Keep the output of a success, byte for byte, unless it is too long."""
    folder = os.path.dirname(path)
    if len(content) > _CACHE_LIMIT or not ownership.is_ours(os.path.dirname(folder)):
        return
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        files.replace(path, content, is_shared=True)
    except OSError:
        pass  # a full disk costs the next fallback, not this run


def kept_output(path: str, max_age_s: float) -> bytes | None:
    """Return the last good output if it is young enough; a clock that was set back does not make it younger."""
    try:
        descriptor = files.open_ours(path, limit=_CACHE_LIMIT)
    except OSError:
        return None
    age = time.time() - os.fstat(descriptor).st_mtime
    content = files.read_and_close(descriptor, _CACHE_LIMIT)
    return content if -1 < age <= max_age_s else None


def take_lock(session: Session) -> None:
    """Take the lock that the settings name; a store that is not there locks nothing, which is said."""
    settings = session.plan.settings
    name = settings.value("lock")
    if not name:
        return
    try:
        lock(session.journal.home, name, settings.value("lock_wait"))
    except BreakerOpen as error:
        session.end("rejected", BreakerOpen.exit_code, reason=str(error))
        raise
    except OSError as error:
        if not settings.value("quiet"):
            say.line(f'lock "{name}" is not held: {error.strerror}')


def after_failure(session: Session, origin: Origin) -> None:
    """Run the command of `--on-failure`; its status is ignored."""
    command = session.plan.settings.value("on_failure")
    if not command or session.status not in ("failed", "degraded"):
        return
    extra = {
        "AITRACK_SESSION": session.journal.session_id,
        "AITRACK_SESSION_PATH": session.journal.folder,
        "AITRACK_STATUS": session.status,
        "AITRACK_SUMMARY": session.summary,
        "AITRACK_SCRIPT": session.plan.script,
    }
    run_aside(session.plan, list(command), extra, origin, ASIDE_SECONDS)
