"""`aitrack run`: plan, start, watch, record, and leave as the program left."""

from __future__ import annotations

import _signal
import posix
import time

from aitrack.errors import AitrackError
from aitrack.store import layout
from aitrack.supervise import arguments, launch, say
from aitrack.supervise.begin import BUG, FLUSH_SECONDS, Manner, begin, guarded
from aitrack.supervise.plan import Exited, NotStarted, Outcome, RunPlan, Signalled
from aitrack.supervise.session import Session, attempt_record, status_code
from aitrack.supervise.signals import end_as

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrack.policy.loop import Plan as Policies
    from aitrack.supervise.attempts import Attempt
    from aitrack.supervise.clean import Origin

_ASK_FOR_POLICIES = (
    "retry.retries",
    "retry.deadline",
    "retry.output",
    "retry.budget.name",
    "breaker.use",
    "fallback",
    "heal",
    "lock",
    "on_failure",
    "template",
)
_BEFORE = ("preflight",)
_AFTER = ("ci", "junit", "export")
TIMED_OUT = 124
_A_DAY = 86400.0
_HARMLESS = frozenset({_signal.SIGCHLD, _signal.SIGCONT, _signal.SIGURG, _signal.SIGWINCH})


def run(
    words: list[str], origin: Origin, before: Callable[[RunPlan], None], after: Callable[[RunPlan, str], None]
) -> int:
    """Run the command line *words*; return the exit status, or end by the program's signal.

    *before* is called with the plan, *after* with the plan and the session's folder, when the settings ask for what
    the floors above do; *before* may raise `AitrackError`, and then nothing is started.
    """
    try:
        plan = arguments.parse(words, origin.environ)
        for warning in plan.settings.warnings:
            if not plan.settings.value("quiet"):
                say.line(warning)
        if any(key in plan.settings for key in (*_BEFORE, *_AFTER)):
            before(plan)
        if origin.environ.get(b"AITRACK_DISABLE") == b"1":
            return _become(plan, origin)
        return _supervise(plan, origin, after)
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


def _supervise(plan: RunPlan, origin: Origin, after: Callable[[RunPlan, str], None]) -> int:
    _hold_standard_descriptors()
    policies = _policies(plan)
    home = layout.home(plan.environ)
    if "collect.focus" in plan.settings:
        from aitrack.supervise.focus import resolve

        wanted = plan.settings["collect.focus"]
        wanted.value = resolve(home, wanted.value)
    session = Session(plan, home)
    session.open()
    if plan.settings.left_out:
        from aitrack.supervise.left_out import announce

        announce(session)
    if ending := _asked_to_end():
        session.journal.discard()
        return end_as(ending)
    if policies is not None:
        return _recover(session, policies, origin, after)
    settings = plan.settings
    limit = settings.value("retry.attempt_timeout") if settings.given else None
    attempt = begin(session, plan, 1, origin, Manner(limit_s=limit))
    attempt.finish()
    guarded(session, lambda: conclude(session, attempt))
    if session.journal.trouble is BUG:  # what is known without what failed is written all the same
        guarded(session, lambda: _conclude_plainly(session, attempt))
    _go_on(session, after)
    return leave(attempt.outcome)


def _go_on(session: Session, after: Callable[[RunPlan, str], None]) -> None:
    """Do what comes after the end of the program, when its status is known already."""
    _tell_all(session)
    if session.plan.settings.left_out:
        from aitrack.supervise.left_out import remind

        remind(session)
    if session.is_recorded and any(key in session.plan.settings for key in _AFTER):
        guarded(session, lambda: after(session.plan, session.journal.folder))
    _sweep(session)


def _tell_all(session: Session) -> None:
    """With `--verbose`, say where the record is, whatever came of the run."""
    if session.is_recorded and "verbose" in session.plan.settings and session.plan.settings.value("verbose"):
        say.line(f"{session.summary}; recorded in `{session.journal.folder}`")


def _sweep(session: Session) -> None:
    """Once a day, delete whole days that are over; a store that takes no records is not looked at."""
    if not session.is_recorded:
        return
    home, now = session.journal.home, time.time()
    try:
        if now - posix.stat(f"{home}/cache/swept").st_mtime < _A_DAY:
            return
    except OSError:
        pass
    from aitrack.store.sweep import sweep

    settings = session.plan.settings
    if "store.max_age" in settings:
        guarded(session, lambda: sweep(home, now, settings.value("store.max_age")))
    else:
        guarded(session, lambda: sweep(home, now))


def _policies(plan: RunPlan) -> Policies | None:
    """Return the policies that are asked for, or None: then one attempt is made and none of their code is loaded."""
    if "template" in plan.settings and plan.settings.value("template"):
        from aitrack.supervise.template import refuse_code

        refuse_code(plan)
    if not any(key in plan.settings for key in _ASK_FOR_POLICIES):
        return None
    from aitrack.supervise.recover import policies

    return policies(plan)


def _recover(session: Session, policies: Policies, origin: Origin, after: Callable[[RunPlan, str], None]) -> int:
    from aitrack.supervise.recover import Recovery
    from aitrack.supervise.recover import leave as leave_recovered

    if "lock" in session.plan.settings:
        from aitrack.supervise.around import take_lock

        take_lock(session)
    recovery = Recovery(session, policies, origin)
    if guarded(session, recovery.run) is None:  # a bug of ours: the program's own status is what is left
        return leave(recovery.last.outcome) if recovery.last else AitrackError.exit_code
    if "on_failure" in session.plan.settings:
        from aitrack.supervise.around import after_failure

        guarded(session, lambda: after_failure(session, origin))
    _say_trouble(session)
    _go_on(session, after)
    return leave_recovered(recovery)


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
    else:
        _say_trouble(session)


def _say_trouble(session: Session) -> None:
    """Say once that the store took no record, unless no report is wanted."""
    trouble = session.journal.trouble
    if trouble is not None and not (session.plan.settings.given and session.plan.settings.value("quiet")):
        say.line(f"not recorded: `{trouble.filename or session.journal.home}`: {trouble.strerror}")


def _conclude_plainly(session: Session, attempt: Attempt) -> None:
    session.journal.trouble = None
    record = attempt_record(attempt)
    session.write_attempt(attempt, record)
    session.end("passed" if record["exit_code"] == 0 else "failed", status_code(record))


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
