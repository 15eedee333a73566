"""Records of other tools made into ours: neutral JSON lines and JUnit XML.

Nothing in them is trusted: each value is taken by its type, text is redacted
like our own, and the failure is blamed and fingerprinted by our own rules.
"""

from __future__ import annotations

import codecs
import os
import time
from typing import TYPE_CHECKING, Any

from aitrack.errors import UsageError
from aitrack.model import is_list, is_object
from aitrack.store.imports import Writer
from aitrack.store.records import decode
from aitrack.store.trimming import is_decodable
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    from aitrack.analysis.junit_cases import Case
    from aitrack.collector.redact import Redactor
    from aitrack.store.index import SqliteIndex

_BATCH = 5000
_KNOWN = {
    *("id", "start", "duration", "script", "argv", "cwd", "host", "python", "max_rss_kb", "exit_code", "status"),
    *("failure", "environment", "signal"),
}
_FRAMES = 120
_LINKS = 60
_TEXT = 20_000
_LONGEST_LINE = 8 << 20  # bytes; a session of ours has as many
_SKIPPED = 1 << 20


class Count:
    """How an import went."""

    def __init__(self) -> None:
        self.added = 0
        self.known = 0
        self.bad = 0
        self.first_bad = ""


def import_records(
    index: SqliteIndex,
    records: Iterable[tuple[str, dict[str, Any] | str]],
    redactor: Redactor,
    name: str,
    tick: Callable[[int], None] = lambda done: None,
) -> Count:
    """Take *records* ((where, record or what is wrong)) into the store; those known by id are passed over."""
    count = Count()
    writer = Writer(index.home, name)
    try:
        waiting: set[str] = set()
        for where, raw in records:
            record = raw if isinstance(raw, str) else ours(raw, redactor)
            if isinstance(record, str):
                count.bad += 1
                count.first_bad = count.first_bad or f"{where}: {record}"
            elif record["id"] in waiting or index.query("SELECT 1 FROM session WHERE id = ?", (record["id"],)):
                count.known += 1
            else:
                writer.add(record)
                waiting.add(record["id"])
                count.added += 1
            if len(waiting) >= _BATCH:
                _take_in(index, writer, waiting)
            tick(1)
        _take_in(index, writer, waiting)
    finally:
        writer.close()
    return count


def _take_in(index: SqliteIndex, writer: Writer, waiting: set[str]) -> None:
    writer.flush()
    index.update()
    waiting.clear()


def neutral(path: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Yield (line, record or what is wrong) of a file with one JSON object per line."""
    with _opened(path) as file:
        for number, line in enumerate(_lines(file, path), 1):
            if not line.strip():
                continue
            if len(line) > _LONGEST_LINE:
                yield f"line {number}", f"longer than {_LONGEST_LINE >> 20} MiB"
                continue
            if not is_decodable(line):
                yield f"line {number}", "more values than a session has"
                continue
            try:
                value = decode(line)
            except ValueError:
                yield f"line {number}", "not JSON"
                continue
            yield f"line {number}", value if is_object(value) else "not an object"


def _lines(file: IO[bytes], path: str) -> Iterator[bytes]:
    """Yield each line of *file*; of one that is too long only so much that this can be seen."""
    start = file.read(3)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UsageError(f"`{path}` is UTF-16: records are read as UTF-8")
    if start != codecs.BOM_UTF8:
        file.seek(0)
    while line := file.readline(_LONGEST_LINE + 1):
        yield line
        while line and not line.endswith(b"\n"):
            line = file.readline(_SKIPPED)


def _opened(path: str) -> IO[bytes]:
    """Open a regular file: a FIFO or a device would never end."""
    try:
        return open(files.open_regular(path, follow=True)[0], "rb")
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror or error}") from None


def ours(raw: dict[str, Any], redactor: Redactor) -> dict[str, Any] | str:
    """Return our record of *raw*, or what is wrong with it."""
    identity = raw.get("id")
    if not isinstance(identity, (str, int)) or isinstance(identity, bool) or not str(identity):
        return "no `id`"
    start = raw.get("start")
    if not isinstance(start, (int, float)) or isinstance(start, bool) or not -1e11 < start < 1e11:
        return "no `start` in epoch seconds"
    status = raw.get("status")
    if status not in ("ok", "failed"):
        return "`status` is neither `ok` nor `failed`"
    argv: Any = raw.get("argv")
    words = [str(word)[:_TEXT] for word in argv if isinstance(word, (str, int, float))] if is_list(argv) else []
    code = raw.get("exit_code")
    record: dict[str, Any] = {
        "id": str(identity)[:200],
        "started_at": float(start),
        "duration_s": raw.get("duration"),
        "script": _text(raw, "script", redactor),
        "argv": redactor.arguments(words),
        "cwd": _text(raw, "cwd", redactor),
        "host": _text(raw, "host", redactor),
        "python": _text(raw, "python", redactor),
        "environment": _text(raw, "environment", redactor),
        "signal": _text(raw, "signal", redactor),
        "max_rss_kb": raw.get("max_rss_kb"),
        "exit_code": code if isinstance(code, int) and not isinstance(code, bool) else None,
        "status": "failed" if status == "failed" else "ok",
    }
    if status == "failed":
        record["failure"] = _failure(raw.get("failure"), record, redactor)
    extra = {name: _redacted(value, redactor) for name, value in raw.items() if name not in _KNOWN}
    return record | ({"extra": extra} if extra else {})


def _failure(raw: Any, record: dict[str, Any], redactor: Redactor) -> dict[str, Any] | None:
    if not is_object(raw):
        return None
    from aitrack.diagnose.failure import Evidence, completed

    failure = _link(raw, redactor)
    chain: Any = raw.get("chain")
    links = [_link(link, redactor) for link in chain[:_LINKS] if is_object(link)] if is_list(chain) else []
    if links and (links[0]["type"], links[0]["message"]) == (failure["type"], failure["message"]):
        failure["frames"] = failure["frames"] or links[0]["frames"]
        links = links[1:]  # outermost first: the first is the failure itself
    failure["chain"] = links
    failure["source"] = "import"
    evidence = Evidence(exit_code=record["exit_code"], cwd=record["cwd"] or "", argv=record["argv"])
    return completed(failure, evidence)


def _link(raw: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    """Return one exception; whether it was the cause is not told, so the stricter rule for contexts holds."""
    qualified = str(raw.get("type") or "failure")[:500]
    message: Any = raw.get("message")
    frames: Any = raw.get("frames")
    taken = [_frame(frame) for frame in frames if is_object(frame)] if is_list(frames) else []
    return {
        "type": qualified.rpartition(".")[2] or qualified,
        "qualified": qualified,
        "message": redactor.text(str(message)[:_TEXT]) if message is not None else "",
        "frames": taken[-_FRAMES:],
        "relation": raw["relation"] if raw.get("relation") in ("cause", "context") else "context",
    }


def _frame(raw: dict[str, Any]) -> dict[str, Any]:
    from aitrack.diagnose.record import is_app_file

    file = str(raw.get("file") or "")[:4000]
    line = raw.get("line")
    given = raw.get("in_app")
    return {
        "file": file,
        "line": line if isinstance(line, int) and not isinstance(line, bool) else None,
        "function": str(raw.get("function") or "")[:500],
        "in_app": given if isinstance(given, bool) else is_app_file(file),
    }


def _text(raw: dict[str, Any], name: str, redactor: Redactor) -> str | None:
    value = raw.get(name)
    return redactor.text(str(value)[:_TEXT]) if isinstance(value, (str, int, float)) else None


def _redacted(value: Any, redactor: Redactor, depth: int = 0) -> Any:
    if isinstance(value, str):
        return redactor.text(value[:_TEXT])
    if depth > 6:
        return None
    if is_list(value):
        return [_redacted(item, redactor, depth + 1) for item in value[:1000]]
    if is_object(value):
        return {str(name)[:200]: _redacted(item, redactor, depth + 1) for name, item in list(value.items())[:1000]}
    return value


def junit(path: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Yield a record for each test case of a JUnit XML file; one with a document type is refused."""
    from hashlib import blake2b

    from aitrack.analysis.junit_cases import cases

    with _opened(path) as file:
        fallback = os.fstat(file.fileno()).st_mtime
        try:
            for case in cases(file):
                name = f"{case.own.get('classname', '')}.{case.own.get('name', '')}".strip(".")
                stamp = _stamp(case.own.get("timestamp") or case.suite.get("timestamp", ""), fallback)
                identity = f"{case.suite.get('name')}|{name}|{stamp}".encode("utf-8", "backslashreplace")
                yield name, _case(case, name, stamp, f"junit-{blake2b(identity, digest_size=8).hexdigest()}")
        except UsageError as error:
            raise UsageError(f"`{path}` is not taken: {error}") from None


def _case(case: Case, name: str, stamp: float, identity: str) -> dict[str, Any]:
    problem = case.problem
    record: dict[str, Any] = {
        "id": identity,
        "start": stamp,
        "duration": _seconds(case.own.get("time", "")),
        "script": case.own.get("file") or name,
        "argv": [name],
        "host": case.suite.get("hostname"),
        "exit_code": 0 if problem is None else 1,
        "status": "ok" if problem is None else "failed",
    }
    if problem is not None:
        record["failure"] = _from_text(problem.text, problem.own.get("type"), problem.own.get("message"))
    return record


def _from_text(text: str, kind: str | None, message: str | None) -> dict[str, Any]:
    from aitrack.diagnose.stderr import parse

    found = parse(text) or {}
    named = (kind and kind != "AssertionError") or not found
    shown = (message or "").partition(":")[2].strip() if not kind and message else message
    return {
        "type": (kind or found.get("type") or (message or "").partition(":")[0] or "failure")
        if named
        else found["type"],
        "message": found.get("message") or shown or "",
        "frames": found.get("frames") or [],
        "chain": found.get("chain") or [],
    }


def _stamp(text: str, fallback: float) -> float:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return min(fallback, time.time())


def _seconds(text: str) -> float | None:
    try:
        found = float(text.replace(",", ""))
    except ValueError:
        return None
    return found if 0 <= found < 1e9 else None
