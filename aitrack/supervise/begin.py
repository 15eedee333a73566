"""Begin one attempt with all that belongs to it: environment, streams, time limit, records."""

from __future__ import annotations

from aitrack.store import layout
from aitrack.supervise import say
from aitrack.supervise.attempts import Attempt
from aitrack.supervise.streams import Streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from aitrack.supervise.clean import Origin
    from aitrack.supervise.plan import RunPlan
    from aitrack.supervise.session import Session
    from aitrack.supervise.stdin import Feed

    Result = TypeVar("Result")

INJECTED = __file__.rpartition("/supervise/")[0] + "/collector/inject"
FLUSH_SECONDS = 1.0
BUG = OSError(0, "recording failed")  # the trouble that is ours


class Manner:
    """How an attempt is started beyond its plan.

    *extra* goes into the environment (None unsets), *limit_s* ends it, *level* says how closely the collector looks,
    *held* takes its stdout, *feed* gives its stdin; *is_alone* says that nothing may follow it.
    """

    __slots__ = ("extra", "feed", "focus", "held", "is_alone", "level", "limit_s")

    def __init__(
        self,
        *,
        extra: Mapping[str, str | None] | None = None,
        limit_s: float | None = None,
        level: int = 1,
        held: int = -1,
        feed: Feed | None = None,
        is_alone: bool = True,
    ) -> None:
        self.extra = extra or {}
        self.limit_s = limit_s
        self.level = level
        self.held = held
        self.feed = feed
        self.is_alone = is_alone
        self.focus = ""  # the file that names the functions to follow


def begin(session: Session, plan: RunPlan, number: int, origin: Origin, manner: Manner) -> Attempt:
    """Start *plan* as attempt *number*; it runs when this returns, and its first record is written."""
    settings = plan.settings
    streams = Streams(
        settings.value("capture") if "capture" in settings else "auto",
        pty_for_stderr=not manner.is_alone,
        feed=manner.feed,
        hold=manner.held,
        hold_in=session.journal.home,
        needed_again=not manner.is_alone,
    )
    session.journal.add_attempt(number)
    if "collect.focus" in settings:
        from aitrack.supervise.focus import write_focus

        manner.focus = write_focus(session, number, settings.value("collect.focus"))
    attempt = Attempt(number, streams)
    attempt.start(plan, environment(session, plan, number, manner), origin)
    _limit(session, attempt, plan, manner)
    guarded(session, lambda: session.describe(attempt))
    attempt.watch.timers.append((attempt.zero + FLUSH_SECONDS, _flush(session, attempt)))
    return attempt


def _limit(session: Session, attempt: Attempt, plan: RunPlan, manner: Manner) -> None:
    """Set the limits that are asked for; whoever reaches one is asked where it is before it is ended."""
    settings = plan.settings
    spool = f"{session.journal.folder}/attempts/{attempt.number}"
    if manner.limit_s is not None:
        attempt.limit(manner.limit_s, settings.value("retry.kill_after"), spool)
    if "collect.max_rss" in settings:
        attempt.limit_memory(settings.value("collect.max_rss"), spool)
    if _listens(plan, manner):
        attempt.answer_quit(spool)


def _listens(plan: RunPlan, manner: Manner) -> bool:
    """Say whether the collector shall listen for our signal: only where we may have to send it."""
    return manner.limit_s is not None or "collect.max_rss" in plan.settings


def _flush(session: Session, attempt: Attempt) -> Callable[[float], float | None]:
    """Return the timer that writes the output so far; it is loaded when it first fires."""
    flush: list[Callable[[float], float]] = []

    def fire(now: float) -> float | None:
        if not flush:
            from aitrack.supervise.output import Flush

            flush.append(Flush(session, attempt))
        following = guarded(session, lambda: flush[0](now))
        return following if session.is_recorded else None

    return fire


def environment(session: Session, plan: RunPlan, number: int, manner: Manner) -> dict[bytes, bytes]:
    """Return the environment of the program: the caller's, our names, and the collector on PYTHONPATH."""
    environ = dict(plan.environ)
    if session.is_recorded:
        inherited = environ.get(b"PYTHONPATH")
        injected = layout.encode(INJECTED)
        environ[b"PYTHONPATH"] = injected + b":" + inherited if inherited else injected
        environ[b"AITRACK_SESSION"] = session.journal.session_id.encode()
        environ[b"AITRACK_ATTEMPT"] = b"%d" % number
        environ[b"AITRACK_SPOOL"] = layout.encode(f"{session.journal.folder}/attempts/{number}")
        environ[b"AITRACK_TAINT_KEY"] = session.taint_key.hex().encode()
        if words := _collector_words(plan, manner):
            environ[b"AITRACK_COLLECT"] = words.encode()
    for name, value in manner.extra.items():
        if value is None:
            environ.pop(name.encode(), None)
        else:
            environ[name.encode()] = layout.encode(value)
    return environ


def _collector_words(plan: RunPlan, manner: Manner) -> str:
    """Return what the collector is told: only what differs from its defaults."""
    words = [f"escalate={manner.level}"] if manner.level > 1 else []
    if _listens(plan, manner):
        from aitrack.supervise.dump import SIGNAL

        words.append(f"stacks={SIGNAL}")
    settings = plan.settings
    for key, word in (("privacy", "privacy"), ("collect.trace", "trace")):
        if key in settings:
            words.append(f"{word}={settings.value(key)}")
    if "collect.native" in settings and settings.value("collect.native"):
        words.append("native=1")
    if manner.focus:
        words.append(f"focus={manner.focus}")
    if "track.off" in settings and settings.value("track.off"):
        words.append("track=off")
    elif "track.functions" in settings:
        words.append("track=" + " ".join(settings.value("track.functions")))
    if "collect.no_locals" in settings:
        words.append("no_locals=" + " ".join(settings.value("collect.no_locals")))
    for key, word in (("redact.extra", "extra"), ("redact.safe_keys", "safe")):
        if key in settings:
            words.append(f"{word}=" + " ".join(map(_escaped, settings.value(key))))
    return ",".join(words)


def _escaped(pattern: str) -> str:
    """Return *pattern* as one word among those for the collector."""
    return pattern.replace("%", "%25").replace(" ", "%20").replace(",", "%2c")


def guarded(session: Session, record: Callable[[], Result]) -> Result | None:
    """Let *record* fail without harm: a bug of ours costs the record, never the run."""
    try:
        return record()
    except Exception as error:
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}" if frame else "?"
        session.journal.trouble = session.journal.trouble or BUG
        say.line(f"recording failed in {place}: {type(error).__name__}: {error}")
        return None
