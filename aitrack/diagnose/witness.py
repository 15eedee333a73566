"""Which failure ended the program: by its processes' own words, by what was printed, by its status."""

from __future__ import annotations

from aitrack.diagnose import record
from aitrack.diagnose.blame import is_report
from aitrack.diagnose.leaving import caught_before_exit, exit_frames
from aitrack.diagnose.standing import where_it_stood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from aitrack.diagnose.failure import Evidence
    from aitrack.diagnose.record import Record

_ENDING = ("main", "process")
_SURVIVED = ("handled", "worker")  # by the process that tells
_DEPTH = 50  # of the process tree
_SIGNALS_WITH_WORDS = ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGINT")


class _Spoken:
    """One failure that a process wrote down itself."""

    __slots__ = ("at_ns", "failure", "process", "where")

    def __init__(self, process: Record, entry: Record) -> None:
        self.process = process
        self.where = record.text(entry, "where") or "main"
        self.at_ns = record.number(entry, "at_ns") or 0
        self.failure = dict(record.mapping(entry, "failure"))
        self.failure.setdefault("source", "collector")
        self.failure["where"] = self.where
        if self.where == "handled":
            self.failure["handled"] = True
            if record.mapping(entry, "handled"):
                self.failure["caught_at"] = record.mapping(entry, "handled")


def choose(evidence: Evidence) -> tuple[Record | None, list[Record]]:
    """Return (the failure that ended the attempt, the others that were seen)."""
    spoken = [item for process in evidence.processes for item in _spoken(process)]
    if evidence.exit_code == 0 and not evidence.signal and not evidence.timed_out:
        return None, [_told(item, evidence) for item in spoken if item.where not in _SURVIVED]
    chosen = _by_processes(evidence, spoken)
    failure = (
        _as_printed(_joined(chosen, spoken, evidence), evidence)
        if chosen
        else _by_text(evidence) or _by_status(evidence)
    )
    others = [_told(item, evidence) for item in spoken if item is not chosen and item.where not in _SURVIVED]
    return failure, others


def _spoken(process: Record) -> Iterable[_Spoken]:
    entries = record.records(process, "failures")
    return [_Spoken(process, entry) for entry in entries if record.text(record.mapping(entry, "failure"), "type")]


# ---- the processes' own words ----


def _by_processes(evidence: Evidence, spoken: list[_Spoken]) -> _Spoken | None:
    own = _own_end(evidence, spoken)
    if evidence.timed_out or (own is None and (evidence.aborted or _killed(evidence))):
        return None
    if own is not None:
        return own
    # The program left by a status without an exception of its own: what it had caught, or a child's end.
    candidates = [item for item in spoken if item.where == "handled" and _is_target(item.process, evidence)]
    candidates += [item for item in spoken if item.where in _ENDING and not _is_target(item.process, evidence)]
    caught = caught_before_exit(evidence)
    candidates += [_Spoken(process, {**entry, "where": "handled"}) for process, entry in caught]
    if not candidates and any(_is_target(process, evidence) for process in evidence.processes):
        candidates = [item for item in spoken if item.where in ("thread", "task")]
    return max(candidates, key=lambda item: item.at_ns, default=None)


def _is_target(process: Record, evidence: Evidence) -> bool:
    return process.get("pid") == evidence.target_pid


def _killed(evidence: Evidence) -> bool:
    name = record.text(evidence.signal, "name") if evidence.signal else ""
    return bool(evidence.signal) and name not in _SIGNALS_WITH_WORDS


def _own_end(evidence: Evidence, spoken: list[_Spoken]) -> _Spoken | None:
    """Return the exception that escaped from the target itself."""
    own = [item for item in spoken if item.where in _ENDING and _is_target(item.process, evidence)]
    return own[-1] if own else None


def _joined(chosen: _Spoken, spoken: list[_Spoken], evidence: Evidence) -> Record:
    """Return the chosen failure; when it only reports a child's, that one is linked to it as `child`."""
    failure = _with_workers(_told(chosen, evidence), spoken)
    if record.text(failure, "type") == "SystemExit":
        failure = _behind_exit(failure)
    below = chosen
    for _ in range(_DEPTH):
        if not is_report(below.failure):
            return failure
        child = _child(below, spoken)
        if child is None:
            break
        failure["chain"] = record.records(failure, "chain") + _as_links(_told(child, evidence))
        below = child
    return _with_printed_child(failure, evidence)


def _as_printed(failure: Record, evidence: Evidence) -> Record:
    """A type with a `__str__` of its own was not asked for its text; what was printed of it is that text."""
    links = [dict(link) for link in record.records(failure, "chain")]
    unasked = [one for one in (failure, *links) if one.get("custom_str") or record.text(one, "type") == "HTTPError"]
    if not unasked:
        return failure
    from aitrack.diagnose.stderr import failures

    printed: dict[str, str] = {}
    for found in failures(evidence.stderr_tail) if evidence.stderr_tail else ():
        for one in record.everyone(found):
            if record.text(one, "message"):
                printed[record.text(one, "type")] = record.text(one, "message")
    for one in unasked:
        said = printed.get(record.text(one, "type")) or _status_line(one, evidence.stderr_tail)
        if said:
            one.update(message=said, message_source="stderr")
    return {**failure, "chain": links} if links else failure


def _status_line(exception: Record, printed: str) -> str:
    """Return what a program printed of an HTTP error that it had caught, else what is known of it."""
    if record.text(exception, "type") != "HTTPError" or record.text(exception, "message"):
        return ""
    _, words, rest = printed.rpartition("HTTP Error ")
    status = record.integer(record.mapping(exception, "facts"), "http_status")
    known = f"HTTP Error {status}" if status else ""
    return (words + rest).partition("\n")[0].rstrip()[:200] if words else known


def _behind_exit(failure: Record) -> Record:
    """`sys.exit()` inside a handler: what was handled is the failure."""
    chain = record.records(failure, "chain")
    if not chain:
        return failure
    behind = {key: value for key, value in chain[0].items() if key != "relation"}
    return {**behind, "chain": chain[1:], "handled": True, "source": failure["source"], "where": failure["where"]}


def _child(parent: _Spoken, spoken: list[_Spoken]) -> _Spoken | None:
    """Return the child's failure that *parent* reports: by its command line, then the first to fail."""
    pid = parent.process.get("pid")
    children = [
        item
        for item in spoken
        if item.where in (*_ENDING, "worker") and item is not parent and _descends(item.process, pid, spoken)
    ]
    message = record.text(parent.failure, "message")
    named = [item for item in children if _names(message, item.process)]
    return min(named or children, key=lambda item: item.at_ns, default=None)


def _descends(process: Record, pid: object, spoken: list[_Spoken]) -> bool:
    parents = {
        item.process.get("pid"): item.process.get("ppid") for item in spoken if isinstance(item.process.get("pid"), int)
    }
    current = process.get("ppid")
    for _ in range(_DEPTH):
        if current == pid:
            return pid is not None and process.get("pid") != pid
        current = parents.get(current) if isinstance(current, int) else None
        if current is None:
            return False
    return False


def _names(message: str, process: Record) -> bool:
    argv = process.get("argv")
    words = [word for word in argv[1:] if isinstance(word, str) and len(word) > 2] if record.is_array(argv) else []
    return bool(words) and all(word in message for word in words[:4])


def _as_links(child: Record) -> list[Record]:
    return [_as_link(child, "child"), *record.records(child, "chain")]


def _as_link(failure: Record, relation: str) -> Record:
    """Return what was written as a failure of its own as a link of a chain, where `suppressed` is another thing."""
    return {**{key: failure[key] for key in failure if key not in ("chain", "suppressed")}, "relation": relation}


def _with_printed_child(failure: Record, evidence: Evidence) -> Record:
    """The reported child left no spool: what it printed may still be in stderr, before the parent's own words."""
    from aitrack.diagnose.stderr import failures

    printed = [
        found
        for found in failures(evidence.stderr_tail)
        if not is_report(found) and record.text(found, "type") != record.text(failure, "type")
    ]
    if printed and not any(relation == "child" for relation, _ in record.links(failure)):
        failure["chain"] = record.records(failure, "chain") + _as_links(printed[-1])
    return failure


def _told(item: _Spoken, evidence: Evidence) -> Record:
    failure = dict(item.failure)
    failure["chain"] = _with_remote_frames(record.records(failure, "chain"))
    if not _is_target(item.process, evidence):
        failure["process"] = {key: item.process.get(key) for key in ("pid", "ppid", "argv")}
    return failure


def _with_workers(failure: Record, spoken: list[_Spoken]) -> Record:
    """Put what a worker of a pool told of its exception in the place of the text that came with it."""
    chain: list[Record] = []
    for relation, link in record.links(failure):
        told = [item.failure for item in spoken if item.where == "worker" and _is_same(item.failure, link)]
        if told and record.text(link, "source") == "stderr":
            chain += [_as_link(told[-1], relation), *record.records(told[-1], "chain")]
        else:
            chain.append(link)
    return {**failure, "chain": chain}


def _is_same(one: Record, other: Record) -> bool:
    """Return whether two records are of one exception: its type, and the functions that it passed last."""
    last = [record.records(each, "frames")[-1:] for each in (one, other)]
    places = [[(record.text(frame, "file"), record.integer(frame, "line")) for frame in frames] for frames in last]
    return record.text(one, "type") == record.text(other, "type") and places[0] == places[1]


def _with_remote_frames(chain: list[Record]) -> list[Record]:
    """A worker's traceback crosses to its parent as text: read it, so that its frames are seen."""
    read: list[Record] = []
    for link in chain:
        if record.text(link, "type") in ("_RemoteTraceback", "RemoteTraceback"):
            from aitrack.diagnose.stderr import parse

            inner = parse(record.text(link, "message").strip().strip('"'))
            link = {**inner, "relation": "cause", "source": "stderr"} if inner else link
        read.append(link)
    return read


# ---- what was printed ----


def _by_text(evidence: Evidence) -> Record | None:
    if evidence.timed_out or _killed(evidence) or not evidence.stderr_tail:
        return None
    from aitrack.diagnose.stderr import failures

    found = failures(evidence.stderr_tail)
    if not found or not _explains(found[-1], evidence):
        return None
    failure = found[-1]
    causes = [other for other in found[:-1] if not is_report(other)]
    if is_report(failure) and causes:
        failure["chain"] = record.records(failure, "chain") + _as_links(causes[-1])
    return failure


def _explains(failure: Record, evidence: Evidence) -> bool:
    """A death by SIGSEGV is explained by a dump or an assertion, not by an exception that was logged before."""
    name = record.text(evidence.signal, "name") if evidence.signal else ""
    if not name or name == "SIGABRT":
        return True
    type_ = record.text(failure, "type")
    return type_ in (name, "FatalError", "AddressSanitizer") or (name == "SIGINT" and type_ == "KeyboardInterrupt")


# ---- the status alone ----


def _by_status(evidence: Evidence) -> Record:
    type_, message = _status_words(evidence)
    failure = record.failure(type_, message, source="status", status_only=True, message_source="status")
    if type_ == "ExitStatus":
        failure["frames"] = exit_frames(evidence)
    else:
        failure.update(where_it_stood(evidence))
    program = _program(evidence.argv)
    if program:
        failure["program"] = program
    return failure


def _status_words(evidence: Evidence) -> tuple[str, str]:
    from aitrack.diagnose.text import telling_line

    said = telling_line(evidence.stderr_tail) if evidence.stderr_tail else ""
    if evidence.timed_out:
        return "Timeout", f"timed out after {evidence.duration_s:.3g}s"
    if evidence.signal:
        name = record.text(evidence.signal, "name") or f"signal {evidence.signal.get('number')}"
        reason = ": out of memory" if evidence.oom_kill else f": {said}" if said and name == "SIGABRT" else ""
        return name, f"killed by {name}{reason}"  # who is killed has no last words, only former ones
    code = "unknown" if evidence.exit_code is None else evidence.exit_code
    return "ExitStatus", f"exit status {code}" + (f": {said}" if said else "")


def _program(argv: Iterable[object]) -> str:
    """Return the name of what ran: the script for an interpreter, the command otherwise."""
    words = [word for word in argv if isinstance(word, str)]
    for word in words[1:]:
        if word.endswith((".py", ".js", ".sh", ".rb", ".pl", ".php")):
            return word.rpartition("/")[2]
    return words[0].rpartition("/")[2] if words else ""
