"""One session: its records on disk, from the first one (no user text yet) to the last."""

from __future__ import annotations

import posix
import time

from aitrack import __version__
from aitrack.store.journal import Journal
from aitrack.store.layout import decode
from aitrack.supervise import facts, privacy
from aitrack.supervise.plan import Exited, NotStarted, Signalled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from aitrack.collector.redact import Redactor
    from aitrack.collector.redact_taints import Taint
    from aitrack.supervise.attempts import Attempt
    from aitrack.supervise.plan import RunPlan
    from aitrack.supervise.streams import Stream


class Session:
    """What is known of one `aitrack run`, and the journal that it goes to."""

    __slots__ = (
        "_known",
        "_redactor",
        "_zero",
        "journal",
        "plan",
        "seconds_to_redact",
        "started_at",
        "status",
        "taint_key",
    )

    def __init__(self, plan: RunPlan, home: str) -> None:
        self.plan = plan
        self.journal = Journal(home)
        self.started_at = time.time()
        self.status = "running"
        self.seconds_to_redact = 0.6  # of output, after the end: for all attempts together
        self.taint_key = posix.urandom(16)  # for the secrets that its processes tell us: gone with this process
        self._redactor: Redactor | None = None
        self._zero = time.monotonic()
        self._known: dict[str, Any] = {
            "schema": 1,
            "id": self.journal.session_id,
            "status": "running",
            "started_at": self.started_at,
            "started_monotonic": self._zero,
            "supervisor": facts.supervisor(__version__),
        }

    @property
    def privacy(self) -> str:
        """Return `strict`, `standard` or `full`."""
        settings = self.plan.settings
        return str(settings.value("privacy")) if "privacy" in settings else "standard"

    @property
    def redactor(self) -> Redactor:
        """Return what hides secrets, knowing those in the environment and on the command line."""
        if self._redactor is None:
            self._redactor = self._make_redactor(())
        return self._redactor

    def learn_secrets(self, taints: Iterable[Taint]) -> None:
        """Hide from now on what the program's own processes knew to be secret."""
        self._redactor = self._make_redactor(taints)

    def _make_redactor(self, taints: Iterable[Taint]) -> Redactor:
        from aitrack.collector.redact import Redactor

        settings = self.plan.settings
        redactor = Redactor(
            self.journal.key,
            taints,
            safe_keys=settings.value("redact.safe_keys") if settings.given else (),
            extra=settings.value("redact.extra") if settings.given else (),
            taint_key=self.taint_key,
        )
        redactor.learn_environment({decode(name): decode(value) for name, value in self.plan.environ.items()})
        redactor.learn_arguments(self.plan.argv)
        return redactor

    def open(self) -> None:
        """Make the bundle, before the program starts."""
        self.journal.open(self._known)

    @property
    def summary(self) -> str:
        """Return the session in one line, for a command that reports it."""
        reason = self._known.get("reason")
        return f"{self.plan.script}: {self.status}" + (f" ({reason})" if reason else "")

    @property
    def where_to_look(self) -> str:
        """Return how a line ends that sends people to the record; nothing when there is none."""
        return f"; see `aitrack inspect {self.journal.session_id}`" if self.is_recorded else ""

    @property
    def is_recorded(self) -> bool:
        """Whether the store still takes what is written."""
        return self.journal.trouble is None

    def describe(self, attempt: Attempt) -> None:
        """Add the facts that may be looked up while the program runs already."""
        if not self.is_recorded:
            return
        if "command" not in self._known:
            self._known["pid"] = attempt.child.pid
            self._describe()
            self._write()
            return  # of the first attempt nothing else is known yet
        self.write_attempt(
            attempt,
            {"n": attempt.number, "role": attempt.role, "pid": attempt.child.pid, "started_at": attempt.started_at},
        )

    def write_attempt(self, attempt: Attempt, record: dict[str, Any], *, sync: bool = False) -> None:
        """Replace the record of *attempt*."""
        self.write(f"attempts/{attempt.number}/attempt.json", record, sync=sync)

    def without_known_secrets(self, value: Any) -> Any:
        """Return a record of the collector's, or what was made of some, without the secrets that we know by value.

        It has applied all rules to its texts itself; what it cannot know are secrets of ours and of other processes.
        """
        if self.privacy == "full":
            return value
        from aitrack.store.redaction import mapped

        return mapped(value, self.redactor.known)

    def learn(self, **facts_found: object) -> None:
        """Add facts that were found out later."""
        self._known |= facts_found

    def known(self, name: str) -> object:
        """Return one fact."""
        return self._known.get(name)

    def end(self, status: str, exit_code: int | None, **facts_found: object) -> None:
        """Write the last record."""
        self.status = status
        if self.is_recorded and "command" not in self._known:  # refused: nothing was started
            self._describe()
        self._known |= facts_found
        self._known |= {
            "status": status,
            "ended_at": time.time(),
            "duration_s": round(time.monotonic() - self._zero, 6),
            "exit_code": exit_code,
        }
        self._write(sync=status == "failed")

    def _describe(self) -> None:
        environ = self.plan.environ
        secret = privacy.secret_names(environ)
        self._known |= facts.described(self.plan, self.journal.key, secret)
        is_sure = "redact.extra" not in self.plan.settings and privacy.is_clean(self._known, environ, secret)
        if self.privacy != "full" and not is_sure:
            _ = self.redactor  # from now on all records go through it

    def _write(self, *, sync: bool = False) -> None:
        self.write("session.json", self._known, sync=sync)

    def write(self, name: str, record: dict[str, Any], *, sync: bool = False) -> None:
        """Replace the file *name* of the session by *record*, without the secrets in its texts.

        A run of which nothing gives reason to look has loaded no rules, and its records need none.
        """
        if self._redactor is not None and self.privacy != "full":
            from aitrack.store.redaction import redacted

            record = redacted(record, self._redactor)
            if "privacy" in record:
                record["privacy"] = {**record["privacy"], "redactions": dict(self._redactor.counts)}
        self.journal.write(name, record, sync=sync)


def attempt_record(attempt: Attempt) -> dict[str, Any]:
    """Return the record of an attempt that ended, without its failure."""
    outcome = attempt.outcome
    signal = None
    exit_code: int | None = None
    if isinstance(outcome, Exited | NotStarted):
        exit_code = outcome.code
    elif isinstance(outcome, Signalled):
        signal = signal_record(outcome.signal, outcome.core)
    elif posix.WIFSIGNALED(outcome.status):
        signal = signal_record(posix.WTERMSIG(outcome.status), posix.WCOREDUMP(outcome.status))
    else:
        exit_code = posix.WEXITSTATUS(outcome.status)
    return {
        "n": attempt.number,
        "role": attempt.role,
        "pid": attempt.child.pid,
        "started_at": attempt.started_at,
        "duration_s": round(attempt.duration, 6),
        "exit_code": exit_code,
        "signal": signal,
        "timed_out": attempt.timed_out,
        "outgrew": attempt.outgrew,
        "reason": outcome.reason if isinstance(outcome, NotStarted) else None,
        "resources": resources(attempt),
        "output": {stream.name: _counts(stream) for stream in attempt.streams.both},
        "samples": attempt.samples.rows if attempt.samples else [],
        **attempt.note,
    }


def status_code(record: dict[str, Any]) -> int | None:
    """Return the exit status of an attempt's record as the caller will see it, None after a signal."""
    code: int | None = record["exit_code"]
    return 124 if record["timed_out"] else code


def signal_record(number: int, core: bool) -> dict[str, object]:
    """Return a signal as it is stored."""
    return {"number": number, "name": signal_name(number), "core": core}


def signal_name(number: int) -> str:
    """Return the name of a signal, such as `SIGSEGV`."""
    import _signal

    for name, value in vars(_signal).items():
        if (
            value == number
            and name.startswith("SIG")
            and "_" not in name
            and name not in ("SIGCLD", "SIGPOLL", "SIGIOT")
        ):
            return name
    return f"SIGRTMIN+{number - _signal.SIGRTMIN}" if number >= _signal.SIGRTMIN else f"SIG{number}"


def resources(attempt: Attempt) -> dict[str, object]:
    """Return what the kernel says the program used, with the children that it waited for."""
    usage = attempt.watch.rusage
    return {
        "cpu_user_s": usage[0],
        "cpu_sys_s": usage[1],
        "max_rss_bytes": int(usage[2]) * 1024,
        "io_read_bytes": int(usage[9]) * 512,
        "io_write_bytes": int(usage[10]) * 512,
        "ctx_switches": int(usage[14]) + int(usage[15]),
        "children": max((int(row[4]) - 1 for row in attempt.samples.rows), default=0) if attempt.samples else None,
    }


def _counts(stream: Stream) -> dict[str, object]:
    ends = stream.ends
    if stream.same_as is not None:
        return {"kind": stream.kind, "same_as": stream.same_as.name}
    if stream.kind == "file":
        return {"kind": stream.kind, "bytes": stream.added_to_file(), "lines": None, "gap": None}
    if ends is None:
        return {"kind": stream.kind, "bytes": None, "lines": None, "gap": None}
    return {"kind": stream.kind, "bytes": ends.total, "lines": ends.lines, "gap": 0}
