"""After a failure: gather what three witnesses say - collector, supervisor, kernel - and write why it failed."""

from __future__ import annotations

import _signal
import time

from aitrack.collector import wire
from aitrack.diagnose.failure import Evidence, diagnose
from aitrack.supervise import kernel, say
from aitrack.supervise.output import tail_text, write_all
from aitrack.supervise.plan import Exited, NotStarted, Signalled
from aitrack.supervise.session import attempt_record, status_code
from aitrack.system import files, git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from aitrack.supervise.attempts import Attempt
    from aitrack.supervise.session import Session

_USER_ENDS = frozenset({129, 130, 131, 143})  # 128 + HUP, INT, QUIT, TERM


class Processes:
    """What the collectors of the attempt's processes have written."""

    __slots__ = ("events", "left_out", "native", "packages", "processes", "records", "spools", "taints")

    def __init__(self, folder: str) -> None:
        self.processes: list[dict[str, Any]] = []
        self.taints: list[tuple[int, str, str]] = []
        self.packages: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self.native = _start_of(f"{folder}/native.txt").decode("utf-8", "replace")
        self.left_out = len(_start_of(f"{folder}/left-out"))  # one byte each; see the collector's spool
        self.spools = 0
        for name in sorted(files.names_in(folder)):
            if name.startswith("spool-"):
                self.spools += 1
                self._take(wire.read_bytes(_start_of(f"{folder}/{name}"))[0])

    def _take(self, records: list[dict[str, Any]]) -> None:
        process: dict[str, Any] = {"failures": [], "raised": []}
        for record in records:
            kind = record.get("kind")
            if kind == "process":
                process.update({name: value for name, value in record.items() if name != "kind"})
            elif kind == "failure":
                process["failures"].append(record)
            elif kind == "taint":
                self.taints += [tuple(entry) for entry in record.get("hashes", []) if len(entry) == 3]
            elif kind == "packages":
                self.packages |= record.get("packages", {})
            elif kind == "raised":
                process["raised"].append(record)
            elif kind in ("stacks", "exit"):
                process[kind] = record
            elif kind == "nothing":
                process["nothings"] = record.get("places")
        self.records += records
        self.processes.append(process)


def _start_of(path: str) -> bytes:
    """Return what the program's own processes wrote; they can put anything in the place of their files."""
    try:
        return files.read_start(path, wire.LONGEST_SPOOL)
    except OSError:
        return b""


_OWN_PLACE = ("failures", "raised", "nothings")  # of a process: told elsewhere, or only for the diagnosis


class Examined:
    """What was found out about a failed attempt."""

    __slots__ = ("aborted", "events", "failure", "record")

    def __init__(self, record: dict[str, Any], aborted: bool) -> None:
        self.record = record
        self.aborted = aborted
        self.failure: dict[str, Any] | None = None
        self.events: list[dict[str, Any]] = []


def examine(session: Session, attempt: Attempt) -> Examined:
    """Find out why an attempt failed, and write it into the attempt's folder."""
    found = Examined(attempt_record(attempt), _was_ended_by_the_user(attempt))
    if not session.is_recorded:
        return found
    seen = Processes(f"{session.journal.folder}/attempts/{attempt.number}")
    session.learn_secrets(seen.taints)
    found.events = [record for record in seen.records if record.get("kind") == "event"]
    _write_failure(session, attempt, found, seen)
    session.learn(**_facts(session, seen))
    return found


def conclude_failure(session: Session, attempt: Attempt, *, quiet: bool) -> None:
    """Write everything about a failed session of one attempt, and say one line."""
    found = examine(session, attempt)
    status = "aborted" if found.aborted else "failed"
    session.end(status, status_code(found.record), reason=found.record["reason"])
    if not quiet and status == "failed" and not isinstance(attempt.outcome, NotStarted):
        say.line(report(session, found))


def _was_ended_by_the_user(attempt: Attempt) -> bool:
    """Say whether Ctrl-C, a signal to the wrapper, or a reader that had enough is what ended the program."""
    if isinstance(attempt.outcome, Signalled) and attempt.outcome.signal == _signal.SIGPIPE:
        return True
    if not attempt.watch.asked_to_end or attempt.timed_out:
        return False
    return not isinstance(attempt.outcome, Exited) or attempt.outcome.code in _USER_ENDS


def _write_failure(session: Session, attempt: Attempt, found: Examined, seen: Processes) -> None:
    record = found.record
    folder = f"attempts/{attempt.number}"
    record["output"] = write_all(session, attempt)
    record["not_captured"] = attempt.streams.why_not_captured()
    record["collector"] = _collector_state(session, seen)
    record["processes"] = _processes(session, attempt, record, seen)
    found.failure, errors = diagnose(evidence_of(session, attempt, record, seen, aborted=found.aborted))
    if found.failure is not None:
        found.failure = session.without_known_secrets(found.failure)
        session.journal.write(f"{folder}/failure.json", found.failure)
    if errors:
        session.journal.write(f"{folder}/errors.json", session.without_known_secrets(errors))
    session.write_attempt(attempt, record, sync=True)


def evidence_of(
    session: Session, attempt: Attempt, record: dict[str, Any], seen: Processes, *, aborted: bool
) -> Evidence:
    """Return all that is known about how the attempt ended."""
    return Evidence(
        exit_code=record["exit_code"],
        signal=record["signal"],
        timed_out=attempt.timed_out,
        aborted=aborted,
        stderr_tail=tail_text(session, attempt),
        processes=seen.processes,
        target_pid=attempt.child.pid,
        sent_signals=attempt.watch.sent,
        oom_kill=attempt.outgrew or kernel.out_of_memory_kills() > attempt.oom_kills,
        duration_s=attempt.duration,
        cwd=session.plan.cwd,
        argv=session.plan.argv,
        native=seen.native,
        now=time.time(),
        memory_fraction=_memory_fraction(record),
        rules=session.plan.settings.value("retry.rule") if "retry.rule" in session.plan.settings else [],
    )


def _memory_fraction(record: dict[str, Any]) -> float | None:
    """Return which part of its memory limit the program held at most; None without a limit."""
    from aitrack.supervise.sample import memory_limit

    limit = memory_limit()
    peak = max([record["resources"]["max_rss_bytes"], *(row[2] for row in record["samples"])])
    return peak / limit if limit else None


def _collector_state(session: Session, seen: Processes) -> dict[str, Any]:
    if seen.spools:
        more = f"{seen.left_out} more processes left no record of their own" if seen.left_out else None
        return {"state": "active", "mode": "failure", "reason": more}
    reason = "no Python process left a record"
    if session.plan.form == "command":
        reason = "the command is not Python, or its Python does not look at PYTHONPATH"
    return {"state": "absent", "mode": None, "reason": reason}


def _processes(session: Session, attempt: Attempt, record: dict[str, Any], seen: Processes) -> list[dict[str, Any]]:
    """Return the processes of the tree: those with a collector, and those only seen from outside."""
    known = {process.get("pid"): process for process in seen.processes}
    found = [{name: value for name, value in p.items() if name not in _OWN_PLACE} for p in seen.processes]
    for process in found:
        if process.get("pid") == attempt.child.pid:
            process |= {"exit_code": record["exit_code"], "signal": record["signal"]}
    for pid, other in (attempt.samples.seen if attempt.samples else {}).items():
        if pid not in known:
            argv = session.redactor.arguments([word.decode("utf-8", "surrogateescape") for word in other.argv])
            times = {
                "seen_from_s": round(other.since - attempt.zero, 3),
                "seen_until_s": round(other.until - attempt.zero, 3),
            }
            found.append({"pid": pid, "ppid": other.parent, "argv": argv, "blind": True, **times})
    return found


def _facts(session: Session, seen: Processes) -> dict[str, Any]:
    """Return what a failed session tells beyond a passed one: versions of packages, the state of the work tree."""
    found: dict[str, Any] = {"packages": seen.packages}
    for process in seen.processes:
        if "version" in process:
            wanted = ("version", "implementation", "executable", "flags", "prefix")
            found["python"] = {name: process[name] for name in wanted if name in process}
            if session.plan.executable:  # as it was started: a passed run knows no other
                found["python"]["executable"] = session.plan.executable
            break
    privacy: dict[str, Any] = {"mode": session.privacy, "redactions": dict(session.redactor.counts)}
    return found | {"privacy": privacy} | _work_tree(session)


def _work_tree(session: Session) -> dict[str, Any]:
    known: Any = session.known("git")
    return {"git": known | {"dirty": git.is_dirty(str(known["root"]))}} if known else {}


def report(session: Session, found: Examined) -> str:
    """Return the one line after a failure."""
    failure, what = found.failure, how_it_ended(found.record)
    if failure and failure.get("type") and failure.get("source") != "status":
        message = str(failure.get("message") or "").strip().partition("\n")[0]
        what = f"{failure['type']}: {message[:160]}" if message else str(failure["type"])
    script = session.plan.script.rpartition("/")[2] or session.plan.script
    return f"`{script}` failed: {what}{session.where_to_look}"


def how_it_ended(record: dict[str, Any]) -> str:
    """Return the end of an attempt in words."""
    if record["outgrew"]:
        return "ended because it held too much memory"
    if record["timed_out"]:
        return f"timed out after {record['duration_s']:.1f} s"
    if record["signal"]:
        return f"ended by {record['signal']['name']}"
    return f"exit status {record['exit_code']}"
