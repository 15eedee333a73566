"""What kind of failure an attempt ended in: the first of seven questions that has an answer.

The questions are asked by strength of evidence: the user's own rules, the wrapper's own
doing, the program's explicit word, its exceptions, the signal, the exit code, its
text. `verdict["reason"]` says which one decided, so that `aitrack explain` can.
"""

from __future__ import annotations

from aitrack.diagnose import known, record, retry_after
from aitrack.diagnose.expression import statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from aitrack.diagnose.failure import Evidence
    from aitrack.diagnose.known import Meaning
    from aitrack.diagnose.record import Record

_TEXT_LIMIT = 4096
_MEMORY_FULL = 0.9  # of its limit: a process that was killed there was killed for it
_SEVERITY = (
    "ok",
    "unknown",
    "overload",
    "transient",
    "timeout",
    "resource",
    "killed",
    "crash",
    "permanent",
    "bug",
    "abort",
)
_FETCH = ("fetch failed", "terminated", "Failed to fetch")  # what `fetch` of JavaScript makes of any network error
_LOCK_WORDS = (".lock", ".lck", ".pid", "lockfile", "/lock")
_WRITE_MARKS = (
    "'w",
    '"w',
    "'a",
    '"a',
    "'x",
    '"x',
    ".write_",
    "FileHandler(",
    "touch(",
    "dump(",
    "mkdir(",
    ".to_csv(",
    ".to_",
    "savefig(",
    ".save(",
    "mkstemp(",
    "copy(",
    "rename(",
    "O_CREAT",
)


def classify(evidence: Evidence, failure: Record | None) -> Record:
    """Return the verdict on an attempt: category, kind, reason, source, retry_after_s, confidence.

    *failure* is the record to judge, None when the end left nothing but a status.
    """
    verdict = _by_rule(evidence, failure) or _by_strength(evidence, failure)
    verdict["retry_after_s"] = _retry_after(evidence, failure, verdict["category"])
    return verdict


def _by_strength(evidence: Evidence, failure: Record | None) -> Record:
    if evidence.aborted:
        return _verdict(("abort", "interrupted"), "ended by the user", "wrapper", 1.0)
    if evidence.timed_out:
        return _verdict(("timeout", "timeout"), "ended by the attempt timeout", "wrapper", 1.0)
    if failure is not None and failure.get("handled"):
        told = _by_exit_code(evidence)  # who catches and then leaves by 75 has said what it means
        if told is not None:
            return told
    if failure is not None and not failure.get("status_only"):
        told = _by_exception(failure) or _by_reported_child(failure, evidence.stderr_tail)
        if told is not None:
            return told
    for question in (_by_signal, _by_exit_code):
        told = question(evidence)
        if told is not None:
            return told
    if failure is None or failure.get("status_only"):
        told = _by_text(evidence.stderr_tail)
        if told is not None:
            return told
    if evidence.exit_code == 0:
        return _verdict(("ok", "ok"), "exit 0", "exit", 1.0)
    return _verdict(("unknown", "unknown"), f"exit {evidence.exit_code} and nothing that tells why", "none", 0.0)


def _verdict(meaning: Meaning, reason: str, source: str, confidence: float) -> Record:
    category, kind = meaning
    return {"category": category, "kind": kind, "reason": reason, "source": source, "confidence": confidence}


def _retry_after(evidence: Evidence, failure: Record | None, category: str) -> float | None:
    if failure is not None:
        seconds = retry_after.from_failure(failure, evidence.now)
        if seconds is not None:
            return seconds
    if category not in ("overload", "transient", "unknown"):
        return None
    text = evidence.stderr_tail or (record.text(failure, "message") if failure else "")
    return retry_after.from_text(text, evidence.now) if text else None


# ---- the user's rules ----


def _by_rule(evidence: Evidence, failure: Record | None) -> Record | None:
    """The first rule whose every condition holds; what it does not say is judged as usual."""
    for index, rule in enumerate(evidence.rules):
        match = record.mapping(rule, "match")
        if not match or not all(_holds(key, wanted, match, evidence, failure) for key, wanted in match.items()):
            continue
        usual = _by_strength(evidence, failure)
        category = record.text(rule, "category") or usual["category"]
        verdict = _verdict(
            (category, record.text(rule, "kind") or usual["kind"]), f"rule {index + 1}: {_shown(match)}", "rule", 1.0
        )
        verdict["rule"] = {key: rule[key] for key in ("delay", "max") if key in rule} | {"index": index}
        return verdict
    return None


def _shown(match: Record) -> str:
    return ", ".join(f"{key}={value}" for key, value in match.items())[:200]


def _holds(key: str, wanted: Any, match: Record, evidence: Evidence, failure: Record | None) -> bool:
    if key == "exit":
        return any(_is_status(evidence.exit_code, item) for item in _listed(wanted))
    if key == "signal":
        return any(_signal_name(str(item)) == _signal_of(evidence) for item in _listed(wanted))
    if key == "status":
        statuses = {_status(exception) for exception in record.everyone(failure or {})}
        return any(item in statuses for item in _listed(wanted))
    if key == "stderr":
        return _found(wanted, evidence.stderr_tail)
    if key == "exception":
        return any(True for _ in _named(wanted, failure))
    if key == "message":
        exceptions = _named(match["exception"], failure) if "exception" in match else record.everyone(failure or {})
        return any(_found(wanted, record.text(exception, "message")) for exception in exceptions)
    return False


def _listed(value: Any) -> list[Any]:
    return value if record.is_array(value) else [value]


def _is_status(code: int | None, item: Any) -> bool:
    first, dash, last = str(item).partition("-")
    if code is None or not first.isdecimal():
        return False
    return int(first) <= code <= int(last) if dash and last.isdecimal() else code == int(first)


def _found(pattern: Any, text: str) -> bool:
    import re

    try:
        return re.search(str(pattern), text) is not None
    except re.error:  # said once by the reader of the configuration
        return False


def _named(wanted: Any, failure: Record | None) -> Iterator[Record]:
    names = [str(name).removeprefix("builtins.") for name in _listed(wanted)]
    for exception in record.everyone(failure or {}):
        qualified = record.text(exception, "qualified").removeprefix("builtins.").removeprefix("__main__.")
        if any(name in (qualified, record.text(exception, "type")) or qualified.endswith("." + name) for name in names):
            yield exception


# ---- exceptions ----


def _by_exception(failure: Record, depth: int = 0) -> Record | None:
    """Ask the exception, then what caused it; a generic one passes the question on."""
    path = [failure, *_causes(failure)]
    for exception in path:
        members = record.records(exception, "exceptions") if depth < record.DEPTH_LIMIT else []
        told = _worst(members, depth) if members else _of_exception(exception)
        if told is not None:
            return told
    for exception in path:
        told = _by_message(exception)
        if told is not None:
            return told
    for exception in path:
        name, meaning = _looked_up(known.WRAPPERS, exception)
        if meaning is not None:
            return _verdict(meaning, f"type {name}", "exception", 0.8)
    return None


def _causes(failure: Record) -> Iterator[Record]:
    for _, link in record.links(failure):
        yield link


def _worst(members: list[Record], depth: int) -> Record | None:
    verdicts = [told for member in members if (told := _by_exception(member, depth + 1)) is not None]
    if not verdicts:
        return None
    return max(verdicts, key=lambda told: _SEVERITY.index(told["category"]) if told["category"] in _SEVERITY else 0)


def _of_exception(exception: Record) -> Record | None:
    for question in (_by_declaration, _by_status, _by_tls, _by_errno, _by_code, _by_type):
        told = question(exception)
        if told is not None:
            return told
    return None


def _by_declaration(exception: Record) -> Record | None:
    """The program's own word: `aitrack_category`, `aitrack.transient(...)`, `x-should-retry`."""
    declared = record.mapping(exception, "facts").get("declared")
    if isinstance(declared, str) and declared:
        category = declared if declared in known.CATEGORIES else "permanent"
        return _verdict((category, declared), f"declared {declared} by the program", "declared", 1.0)
    headers = {
        str(name).lower(): value
        for name, value in record.mapping(record.mapping(exception, "facts"), "headers").items()
    }
    asked = str(headers.get("x-should-retry", "")).lower()
    if asked not in ("true", "false"):
        return None
    usual = known.of_status(_status(exception) or 0)
    if asked == "false":
        return _verdict(("permanent", usual[1] if usual else "server_error"), "x-should-retry: false", "declared", 1.0)
    meaning = (
        usual
        if usual and usual[0] in ("overload", "transient")
        else ("transient", usual[1] if usual else "server_error")
    )
    return _verdict(meaning, "x-should-retry: true", "declared", 1.0)


def _status(exception: Record) -> int | None:
    """Return the HTTP status that an exception carries, or says when its type is an HTTP error's."""
    status = record.integer(record.mapping(exception, "facts"), "http_status")
    if status is not None:
        return status
    if record.text(exception, "type").endswith(known.HTTP_TYPES):
        return _status_in(record.text(exception, "message"))
    return None


def _status_in(message: str) -> int | None:
    for word in message[:200].replace("'", " ").replace(":", " ").replace(",", " ").replace("(", " ").split():
        if len(word) == 3 and word.isascii() and word.isdigit() and 400 <= int(word) < 600:
            return int(word)
    return None


def _by_status(exception: Record) -> Record | None:
    status = _status(exception)
    meaning = known.of_status(status) if status is not None else None
    if meaning is None:
        return None
    said = record.text(exception, "message") + str(record.mapping(exception, "facts").get("code", ""))
    if status in (429, 403) and ("insufficient_quota" in said or "exceeded your current quota" in said):
        meaning = ("permanent", "quota")
    elif status == 400 and (
        "context_length" in said or "maximum context length" in said or "prompt is too long" in said
    ):
        meaning = ("permanent", "context_length")
    return _verdict(meaning, f"HTTP {status}", "exception", 0.95)


def _by_tls(exception: Record) -> Record | None:
    """Errors of TLS carry numbers of their own in `errno`, which mean other things there."""
    if record.text(exception, "type") != "SSLError":
        return None
    message = record.text(exception, "message")
    if "CERTIFICATE" in message or "certificate" in message or "WRONG_VERSION" in message or "HANDSHAKE" in message:
        return _verdict(("permanent", "tls"), "a TLS error that stays", "exception", 0.9)
    if "EOF" in message or "timed out" in message:
        return _verdict(("transient", "reset"), "a TLS connection that broke off", "exception", 0.8)
    return None


def _by_errno(exception: Record) -> Record | None:
    type_ = record.text(exception, "type")
    if type_.startswith("SSL"):
        return None
    number = _errno(exception)
    if number is None:
        return None
    is_lookup = type_ in ("gaierror", "herror")  # numbers of their own
    meaning = known.GAI.get(-abs(number)) if is_lookup else _of_errno(abs(number), exception)
    return _verdict(meaning, f"errno {_errno_name(number)}", "exception", 0.9) if meaning else None


def _errno(exception: Record) -> int | None:
    """Return the errno of an exception: a fact, a name like node's, or the `[Errno 111]` of its message."""
    facts = record.mapping(exception, "facts")
    number = record.integer(facts, "errno")
    if number is not None:
        return number
    code = facts.get("code", facts.get("errno"))
    if isinstance(code, str) and code in known.NAME_TO_ERRNO:
        return known.NAME_TO_ERRNO[code]
    message = record.text(exception, "message")
    if message.startswith(("[Errno ", "<urlopen error [Errno ")):
        digits = message.partition("[Errno ")[2].partition("]")[0]
        return int(digits) if len(digits) < 6 and digits.removeprefix("-").isdecimal() else None
    return None


def _errno_name(number: int) -> str:
    return next((name for name, value in known.NAME_TO_ERRNO.items() if value == abs(number)), str(number))


def _of_errno(number: int, exception: Record) -> Meaning | None:
    meaning = known.ERRNO.get(number)
    return None if meaning is None else _finer(meaning, exception)


def _finer(meaning: Meaning, exception: Record) -> Meaning:
    """Tell apart what one errno or type means: a lock that is held, a folder that is missing."""
    if meaning[1] == "exists" and any(word in record.text(exception, "message").lower() for word in _LOCK_WORDS):
        return "permanent", "lock_held"
    if meaning[1] == "missing_file" and _means_to_write(exception):
        return "permanent", "missing_directory"
    return meaning


def _means_to_write(exception: Record) -> bool:
    """Return whether the failing line was about to write: then the folder is missing, not the file."""
    for frame in reversed(record.records(exception, "frames")):
        if frame.get("in_app", True):
            code = statement(frame)
            return any(mark in code for mark in _WRITE_MARKS)
    return False


def _by_code(exception: Record) -> Record | None:
    """A word that a cloud library puts into its message: AWS error codes, gRPC statuses."""
    message = record.text(exception, "message")
    code = message.partition("An error occurred (")[2].partition(")")[0]
    if code in known.CODES:
        return _verdict(known.CODES[code], f"error code {code}", "exception", 0.9)
    grpc = message.partition("StatusCode.")[2].partition("\n")[0].split(",")[0].split(" ")[0].strip(">)")
    if grpc in known.GRPC:
        return _verdict(known.GRPC[grpc], f"gRPC status {grpc}", "exception", 0.9)
    return None


def _looked_up(table: dict[str, Meaning], exception: Record) -> tuple[str, Meaning | None]:
    """Return (name, meaning) of the type, or of the nearest of its bases that *table* knows."""
    bases = exception.get("bases", record.mapping(exception, "facts").get("bases"))
    names = [record.text(exception, "qualified"), record.text(exception, "type")]
    names += [base.rpartition(".")[2] for base in bases if isinstance(base, str)] if record.is_array(bases) else []
    for name in names:
        if name in table:
            return name, table[name]
        if name in known.GENERIC or name in known.WRAPPERS:
            break  # a nearer base says nothing: a farther one must not speak for it
    return names[1], None


def _by_type(exception: Record) -> Record | None:
    type_ = record.text(exception, "type")
    if type_ == "OperationalError":
        return None  # of any database: its words decide
    if type_ == "TypeError" and record.text(exception, "message") in _FETCH:
        return None
    name, meaning = _looked_up(known.TYPES, exception)
    if meaning is None:
        return None
    return _verdict(_finer(meaning, exception), f"type {name}", "exception", 0.9)


# ---- a child that left nothing but its status and its words ----


def _by_reported_child(failure: Record, stderr: str) -> Record | None:
    """`CalledProcessError` of a command without a record of its own: its status, then what it printed."""
    if record.text(failure, "type") != "CalledProcessError":
        return None
    message = record.text(failure, "message")
    number = message.rpartition("returned non-zero exit status ")[2].rstrip(".")
    if number.isascii() and number.isdigit() and len(number) < 4:
        program = message.partition("'")[2].lstrip("[").strip("'").partition("'")[0].partition(" ")[0]
        told = _by_code_of(program.rpartition("/")[2], int(number))
        if told is not None:
            return told
    signal = message.partition("died with <Signals.")[2].partition(":")[0]
    if signal in known.SIGNALS:
        return _verdict(known.SIGNALS[signal], f"signal {signal} of a child", "signal", 0.8)
    return _by_text(stderr.rpartition("Traceback (most recent call last):")[0])


# ---- what is left: words, signals, numbers ----


def _by_message(exception: Record) -> Record | None:
    if _looked_up(known.TYPES, exception)[1] is not None:
        return None
    told = _by_text(record.text(exception, "message"))
    if told is not None:
        told.update(source="exception", confidence=0.6)
    return told


def _signal_name(name: str) -> str:
    name = name.upper()
    if name.isdecimal():
        return known.SIGNAL_NAMES.get(int(name), name)
    return name if name.startswith("SIG") else "SIG" + name


def _signal_of(evidence: Evidence) -> str:
    """Return the name of the signal that ended the program, also by its 128+n, or an empty string."""
    signal = evidence.signal
    if record.is_object(signal):
        name = record.text(signal, "name")
        return _signal_name(name or str(record.integer(signal, "number") or 0))
    code = evidence.exit_code
    return known.SIGNAL_NAMES.get(code - 128, "") if code is not None and 128 < code < 193 else ""


def _by_signal(evidence: Evidence) -> Record | None:
    name = _signal_of(evidence)
    if not name:
        return None
    if name == "SIGKILL" and evidence.oom_kill:
        return _verdict(("resource", "out_of_memory"), "killed by the kernel: out of memory", "signal", 0.95)
    if name == "SIGKILL" and (evidence.memory_fraction or 0.0) > _MEMORY_FULL:
        return _verdict(("resource", "out_of_memory"), "killed above 90 % of its memory limit", "signal", 0.8)
    return _verdict(known.SIGNALS.get(name, ("killed", "signal")), f"signal {name}", "signal", 0.9)


def _by_exit_code(evidence: Evidence) -> Record | None:
    code = evidence.exit_code
    if code is None:
        return None
    if code == 128 and "fatal:" in evidence.stderr_tail:  # git: the words say more than the number
        return _by_text(evidence.stderr_tail) or _verdict(("permanent", "fatal"), "exit 128", "exit", 0.6)
    return _by_code_of(evidence.argv[0].rpartition("/")[2] if evidence.argv else "", code)


def _by_code_of(program: str, code: int) -> Record | None:
    """Return what a status means: by the program's own documentation, else by custom."""
    meaning = known.PROGRAM_EXITS.get(program, {}).get(code) or known.EXITS.get(code)
    return None if meaning is None else _verdict(meaning, f"exit {code}", "exit", 0.7)


def _by_text(text: str) -> Record | None:
    """Return what the last telling line says; lines that are only INFO or DEBUG say nothing."""
    import re

    from aitrack.diagnose.text import lines_of, without_log_prefix

    pattern = _phrases(re.compile)
    for line in reversed(lines_of(text[-_TEXT_LIMIT:])):
        found = pattern.search(line[:1000])
        if found is None or found.lastgroup is None or without_log_prefix(line)[1] in ("INFO", "DEBUG", "TRACE"):
            continue
        _, category, kind = known.PHRASES[int(found.lastgroup[1:])]
        return _verdict((category, kind), f"text `{found.group(0)[:60]}`", "stderr", 0.5)
    return None


_compiled: list[Any] = []  # the pattern of all phrases: made at the first failure, not at import


def _phrases(compile_: Any) -> Any:
    if not _compiled:
        _compiled.append(
            compile_("|".join(f"(?P<p{index}>{phrase})" for index, (phrase, _, _) in enumerate(known.PHRASES)), 2)
        )  # re.IGNORECASE
    return _compiled[0]
