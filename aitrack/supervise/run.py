"""`aitrack run`: plan, start, watch, record, and leave as the program left."""

from __future__ import annotations

import _signal
import posix

from aitrack.errors import AitrackError
from aitrack.store import layout
from aitrack.supervise import arguments, launch, say
from aitrack.supervise.attempts import Attempt
from aitrack.supervise.plan import Exited, NotStarted, Outcome, RunPlan, Signalled
from aitrack.supervise.session import FLUSH_SECONDS, Session, attempt_record
from aitrack.supervise.signals import end_as
from aitrack.supervise.streams import Streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from aitrack.supervise.clean import Origin

    Result = TypeVar("Result")

INJECTED = __file__.rpartition("/supervise/")[0] + "/collector/inject"
TIMED_OUT = 124
_HARMLESS = frozenset({_signal.SIGCHLD, _signal.SIGCONT, _signal.SIGURG, _signal.SIGWINCH})


def run(words: list[str], origin: Origin) -> int:
    """Run the command line *words*; return the exit status, or end by the program's signal."""
    try:
        plan = arguments.parse(words, origin.environ)
        if origin.environ.get(b"AITRACK_DISABLE") == b"1":
            return _become(plan, origin)
        return _supervise(plan, origin)
    except AitrackError as error:
        say.problem(error)
        return error.exit_code


def _become(plan: RunPlan, origin: Origin) -> int:
    """Exec the program and record nothing."""
    origin.restore()
    try:
        launch.execute(plan, plan.environ)
    except OSError as error:
        say.line(f"`{plan.executable or plan.argv[0]}`: {error.strerror}")
        return 127 if isinstance(error, FileNotFoundError | NotADirectoryError) else 126
    return 126


def _supervise(plan: RunPlan, origin: Origin) -> int:
    _hold_standard_descriptors()
    session = Session(plan, layout.home(plan.environ))
    session.open()
    if ending := _asked_to_end():
        session.journal.discard()
        return end_as(ending)
    attempt = one_attempt(session, 1, origin)
    _guarded(session, lambda: conclude(session, attempt))
    return leave(attempt.outcome)


def _guarded(session: Session, record: Callable[[], Result]) -> Result | None:
    """Let *record* fail without harm: a bug of ours costs the record, never the run."""
    try:
        return record()
    except Exception as error:
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}" if frame else "?"
        session.journal.trouble = session.journal.trouble or OSError(0, "recording failed")
        say.line(f"recording failed in {place}: {type(error).__name__}: {error}")
        return None


def _hold_standard_descriptors() -> None:
    """Keep descriptors of ours out of 0 to 2 where the caller has closed them: the program must find them closed."""
    while (descriptor := posix.open("/dev/null", posix.O_RDWR | posix.O_CLOEXEC)) <= 2:
        pass
    posix.close(descriptor)


def _asked_to_end() -> int:
    """Return the signal that waits to end us, or 0: the program has not begun, so nothing is to be forwarded."""
    for number in _signal.sigpending():
        if number not in _HARMLESS and _signal.getsignal(number) is not _signal.SIG_IGN:
            return int(number)
    return 0


def one_attempt(session: Session, number: int, origin: Origin) -> Attempt:
    """Run the program once, to its end."""
    plan = session.plan
    settings = plan.settings
    streams = Streams(settings.value("capture") if "capture" in settings else "auto", pty_for_stderr=False)
    attempt = Attempt(number, streams)
    attempt.start(plan, environment(session, number), origin)
    if settings.given and (seconds := settings.value("retry.attempt_timeout")) is not None:
        attempt.limit(seconds, settings.value("retry.kill_after"))
    _guarded(session, lambda: session.describe(attempt))
    attempt.watch.timers.append(
        (attempt.zero + FLUSH_SECONDS, lambda _: _guarded(session, lambda: _flush(session, attempt)))
    )
    attempt.finish()
    return attempt


def _flush(session: Session, attempt: Attempt) -> float | None:
    from aitrack.supervise.output import write_so_far

    following = write_so_far(session, attempt)
    return following if session.is_recorded else None


def environment(session: Session, number: int) -> dict[bytes, bytes]:
    """Return the environment of the program: the caller's, our names, and the collector on PYTHONPATH."""
    environ = dict(session.plan.environ)
    if not session.is_recorded:
        return environ
    inherited = environ.get(b"PYTHONPATH")
    injected = layout.encode(INJECTED)
    environ[b"PYTHONPATH"] = injected + b":" + inherited if inherited else injected
    environ[b"AITRACK_SESSION"] = session.journal.session_id.encode()
    environ[b"AITRACK_ATTEMPT"] = b"%d" % number
    environ[b"AITRACK_SPOOL"] = layout.encode(f"{session.journal.folder}/attempts/{number}")
    return environ


def conclude(session: Session, attempt: Attempt) -> None:
    """Write how it ended, and say so in one line when that was not well."""
    outcome = attempt.outcome
    quiet = session.plan.settings.given and session.plan.settings.value("quiet")
    if isinstance(outcome, Exited) and outcome.code == 0:
        _conclude_success(session, attempt)
    else:
        from aitrack.supervise.evidence import conclude_failure

        conclude_failure(session, attempt, quiet=bool(quiet))
    if isinstance(outcome, NotStarted):
        say.line(outcome.reason)
    elif not session.is_recorded and not quiet:
        trouble = session.journal.trouble
        assert trouble is not None
        say.line(f"not recorded: `{trouble.filename or session.journal.home}`: {trouble.strerror}")


def _conclude_success(session: Session, attempt: Attempt) -> None:
    record = attempt_record(attempt)
    settings = session.plan.settings
    if settings.given and settings.value("keep_output"):
        from aitrack.supervise.output import write_all

        record["output"] = write_all(session, attempt)
    elif attempt.duration >= FLUSH_SECONDS:
        for name in ("stdout.log", "stderr.log"):
            session.journal.remove(f"attempts/{attempt.number}/{name}")
    session.write_attempt(attempt, record)
    warnings: list[dict[str, str]] = []
    if attempt.samples:
        from aitrack.supervise.sample import warnings as look

        warnings = look(attempt.samples.rows, int(attempt.watch.rusage[2]) * 1024, session.plan.cwd)
    session.end("passed", 0, warnings=warnings)


def leave(outcome: Outcome) -> int:
    """Return the status for the caller, or end by the signal that ended the program."""
    if isinstance(outcome, Exited | NotStarted):
        return outcome.code
    if isinstance(outcome, Signalled):
        return end_as(outcome.signal)
    return TIMED_OUT
