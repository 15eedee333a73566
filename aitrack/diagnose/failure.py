"""From the evidence of one ended attempt to its failure: chosen, blamed, classified, fingerprinted.

Three witnesses are heard: what the interpreters of the process tree wrote themselves, what
was printed, and the wait status. The first that speaks of the end of the program wins.
Evidence is read without trust: a spool may be damaged, hostile or from a newer version.
"""

from __future__ import annotations

from aitrack.diagnose import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from aitrack.diagnose.record import Record

_ERROR_LIMIT = 50


class Evidence:
    """All that is known of an attempt that ended. See `diagnose`."""

    __slots__ = (
        "aborted", "argv", "cwd", "duration_s", "exit_code", "memory_fraction", "native", "now", "oom_kill",
        "processes", "rules", "sent_signals", "signal", "stderr_tail", "target_pid", "timed_out",
    )  # fmt: skip

    def __init__(
        self,
        *,
        exit_code: int | None = None,
        signal: Record | None = None,
        timed_out: bool = False,
        aborted: bool = False,
        stderr_tail: str = "",
        processes: Sequence[Record] = (),
        target_pid: int | None = None,
        sent_signals: Sequence[Any] = (),
        oom_kill: bool = False,
        duration_s: float = 0.0,
        cwd: str = "",
        argv: Sequence[str] = (),
        rules: Sequence[Record] = (),
        memory_fraction: float | None = None,
        now: float | None = None,
        native: str = "",
    ) -> None:
        """Take what the supervisor saw.

        *memory_fraction* is the highest share of its memory limit that the tree used; *now* (epoch
        seconds) stands in for a missing `Date` header when a server names a moment to wait for. *native* is what
        `faulthandler` wrote. A process may hold `stacks` and `exit`, the last records of those kinds that it wrote.
        """
        self.exit_code = exit_code
        self.signal = signal
        self.timed_out = timed_out
        self.aborted = aborted
        self.stderr_tail = stderr_tail
        self.processes = [process for process in processes if record.is_object(process)]
        self.target_pid = target_pid
        self.sent_signals = sent_signals
        self.oom_kill = oom_kill
        self.duration_s = duration_s
        self.cwd = cwd
        self.argv = argv
        self.rules = [rule for rule in rules if record.is_object(rule)]
        self.memory_fraction = memory_fraction
        self.now = now
        self.native = native


def diagnose(evidence: Evidence) -> tuple[Record | None, list[Record]]:
    """Return (the failure that ended the attempt or None, the failures that did not).

    Each has `category`, `kind`, `verdict`, `template`, `fingerprint`, `blame`, `confidence`
    and `retry_after_s` beside what its witness said. A success has no failure.
    """
    from aitrack.diagnose.witness import choose

    chosen, others = choose(evidence)
    errors = [completed(other, _as_error(evidence)) for other in others[:_ERROR_LIMIT]]
    if chosen is None:
        return None, errors
    return completed(chosen, evidence), errors


def _as_error(evidence: Evidence) -> Evidence:
    """An error that did not end the run is judged by itself, not by how the run ended."""
    return Evidence(cwd=evidence.cwd, rules=evidence.rules, now=evidence.now)


def completed(failure: Record, evidence: Evidence) -> Record:
    """Return *failure* with everything that is found out about it."""
    from aitrack.diagnose.blame import blame
    from aitrack.diagnose.category import classify
    from aitrack.diagnose.fingerprint import fingerprint
    from aitrack.diagnose.origin import origin, with_origin
    from aitrack.diagnose.template import template

    blamed, exception = blame(failure)
    verdict = classify(evidence, failure)
    nothings = [place for process in evidence.processes for place in record.records(process, "nothings")]
    source = origin(exception, nothings)
    if source is not None:
        blamed.update(origin=source, why=with_origin(record.text(blamed, "why"), source))
    failure.update(
        category=verdict["category"],
        kind=verdict["kind"],
        confidence=verdict["confidence"],
        retry_after_s=verdict["retry_after_s"],
        verdict=verdict,
        blame=blamed,
        template=template(record.text(exception, "message").partition("\n")[0]),
        fingerprint=fingerprint(failure, exception, evidence.cwd, source),
    )
    return failure
