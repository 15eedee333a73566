"""A session with all that is known about it: the value that every view of `inspect` shows."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aitrack.analysis import changes as changed
from aitrack.analysis.consequences import consequences, first_after
from aitrack.analysis.history import current_index
from aitrack.analysis.modified import installed, modified
from aitrack.analysis.origins import giver, origins
from aitrack.analysis.patterns import Report
from aitrack.analysis.suspects import Trace, from_stack, rank
from aitrack.analysis.swallowed import Swallowed, swallowed, with_swallowed
from aitrack.model import History, plain, view
from aitrack.store.bundle import Bundle, failure_of
from aitrack.store.coverage import Function, Place, functions_of, lines_of
from aitrack.store.facts import stack_of
from aitrack.store.imported import ImportedBundle
from aitrack.store.summary import last_failure, summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from aitrack.analysis.patterns import Pattern
    from aitrack.model import Event
    from aitrack.store.index import SqliteIndex

_COMPARED = 12  # passing runs of the program that are looked at
_KEPT = 10
Stack = tuple[tuple[str, str, int | None], ...]  # innermost first
_FAILED = 8  # members of a pattern whose executed lines are looked at
_BUDGET = 0.5  # seconds for bringing the index up to date; the rest is left to `patterns`


@dataclass
class Explanation:
    """One session, and what the history of its program adds."""

    bundle: Bundle
    suspects: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    caught: list[Swallowed] = field(default_factory=list["Swallowed"])
    changes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    pattern: dict[str, Any] | None = None
    last_success: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the document that `inspect --json` prints."""
        bundle = self.bundle
        document: dict[str, Any] = {
            "schema": 1,
            "session": bundle.record,
            "attempts": bundle.attempt_records,
            "remedies": bundle.session.remedies,
            "suspects": self.suspects,
            "changes": self.changes,
            "pattern": self.pattern,
        }
        if bundle.problems:
            document["problems"] = bundle.problems
        return document


def explain(home: str, bundle: Bundle) -> Explanation:
    """Return *bundle* with what the history of its program adds; without history, the session alone."""
    explanation = Explanation(bundle)
    attempt = bundle.last_failed
    if attempt and attempt.failure and bundle.status != "passed":
        explanation.caught = swallowed(bundle.events(attempt.n), attempt.failure)
    if bundle.history is not None:
        return _told(explanation, bundle.history)
    if bundle.status in ("passed", "running", "rejected"):
        return explanation
    try:
        with current_index(home, within=_BUDGET) as index:
            _add_history(explanation, home, index)
    except sqlite3.Error:
        pass  # the session is shown all the same
    return explanation


def _told(explanation: Explanation, raw: dict[str, Any]) -> Explanation:
    """Add what the sender's history knew: the runs of this machine are others."""
    history = view(History, raw, explanation.bundle.problems, "history")
    explanation.suspects = [plain(one) for one in history.suspects]
    explanation.changes = [plain(one) for one in history.changes]
    explanation.pattern = plain(history.pattern) if history.pattern else None
    explanation.last_success = plain(history.last_success) if history.last_success else None
    return explanation


def _add_history(explanation: Explanation, home: str, index: SqliteIndex) -> None:
    bundle = explanation.bundle
    report = Report(index, home, session=bundle.id)
    pattern = report.of_session(bundle.id)
    if pattern:
        explanation.pattern = {
            "id": pattern.id,
            "title": report.title(pattern),
            "count": pattern.count,
            "first_seen": pattern.first,
            "last_seen": pattern.last,
            "recovery": report.recovered(pattern),
        }
        found = suspects_of(report, pattern, bundle)
        explanation.suspects = with_swallowed(found, explanation.caught, message_of(bundle))
    success = last_success(index, bundle)
    if success:
        explanation.last_success = success
        explanation.changes = changes_of(index, home, bundle, success)


def last_success(index: SqliteIndex, bundle: Bundle) -> dict[str, Any] | None:
    """Return the summary of the passing run to compare with: the nearest before with the same shape of arguments."""
    rows = _runs(index, bundle, "s.status = 'passed'", _COMPARED)
    argv = summarise(bundle)["argv"]
    near = [row for row in rows if row["argv"] == argv] or [row for row in rows if _shape(row["argv"]) == _shape(argv)]
    chosen = near or rows
    return chosen[0] if chosen else None


def _shape(argv: list[str]) -> tuple[str, ...]:
    """Return what stays the same when only values differ: options by name, the others by count."""
    return tuple(word.partition("=")[0] if word.startswith("-") else "" for word in argv[1:])


def _runs(index: SqliteIndex, bundle: Bundle, which: str, most: int) -> list[dict[str, Any]]:
    script = bundle.session.command.script or ""
    where = f"s.script = (SELECT id FROM word WHERE text = ?) AND s.started < ? AND s.id != ? AND {which}"
    values = (script, bundle.record["started_at"], bundle.id)
    found: list[dict[str, Any]] = []
    for row in index.rows(where, values):
        found.append(row)
        if len(found) == most:
            break
    return found


def changes_of(index: SqliteIndex, home: str, bundle: Bundle, success: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the differences from *success*, most decisive first."""
    found = open_session(index, home, success["id"])
    if found is None:
        return []
    others = [row for which in ("passed", "failed") for row in _runs(index, bundle, f"s.status = '{which}'", _COMPARED)]
    history: list[changed.Run] = []
    for row in others:
        other = open_session(index, home, row["id"]) if row["id"] != success["id"] else None
        if other:
            history.append(changed.Run(changed.facts_of(other), row["status"] != "passed"))
    failures: list[dict[str, Any]] = [raw["failure"] for raw in bundle.attempt_records if raw["failure"]]
    failure = last_failure(bundle) or (failures[-1] if failures else {})
    words = changed.words_of(failure)
    ranked = changed.rank(changed.facts_of(bundle), changed.facts_of(found), history, words)
    attempt = bundle.last_failed
    events = bundle.events(attempt.n) if attempt else []
    start = float(bundle.record["started_at"])
    known = {change["name"].partition("::")[0] for change in ranked if change["what"] in ("code", "file")}
    files = modified(failure, events, success["started_at"], start, bundle.session.command.cwd, words)
    python = bundle.session.python
    prefix, loaded = (python.prefix if python else None), bundle.session.packages
    files += installed(prefix, loaded, success["started_at"], start)
    files = [change for change in files if change["name"] not in known]
    return sorted(ranked + files, key=lambda change: -change["score"])


def open_session(index: SqliteIndex, home: str, name: str) -> Bundle | None:
    """Return the session *name*, of this store or imported."""
    rows = index.query("SELECT day FROM session WHERE id = ?", (name,))
    if not rows:
        return None
    if ":" in rows[0][0]:
        return ImportedBundle(home, rows[0][0])
    return Bundle(f"{home}/sessions/{rows[0][0]}/{name}")


def message_of(bundle: Bundle) -> str:
    """Return the message of the failure that a session is about."""
    failure = failure_of(bundle)
    return (failure.message or "") if failure else ""


def suspects_of(report: Report, pattern: Pattern, bundle: Bundle) -> list[dict[str, Any]]:
    """Return the probable places of a pattern: its runs against passing runs of the program."""
    index, home = report.index, report.home
    rows = _runs(index, bundle, "s.status = 'passed'", _COMPARED)
    root = _root(bundle)
    passing = [ran for row in rows if (ran := _functions(index, home, row["id"], root)[0])]
    now, stack = _functions(index, home, bundle.id, root)
    failure = last_failure(bundle)
    if not passing or not now:
        return from_stack(stack_of(failure), giver(failure))
    others = [name for name in pattern.sessions if name != bundle.id][:_FAILED]
    failing = [(now, stack), *(_functions(index, home, name, root) for name in others)]
    failing = [one for one in failing if is_complete(*one)]
    start = float(bundle.record["started_at"])
    late = consequences(stack, start)
    late |= first_after(_events_of(bundle), late)
    mixed = {place for functions, _ in failing for place in functions if _is_changed(functions[place], now.get(place))}
    traces = [Trace(aligned(functions, now, mixed), stack, late) for functions, stack in failing if functions]
    compared = [Trace(aligned(functions, now, mixed)) for functions in passing]
    changed_now = {place for place, function in now.items() if _is_changed(function, passing[0].get(place))}
    found = rank(traces, compared, frozenset(changed_now - mixed), origins(failure), giver(failure))
    return found or from_stack(stack_of(failure), giver(failure))


def _events_of(bundle: Bundle) -> list[Event]:
    return bundle.events(bundle.attempt_numbers[-1]) if bundle.attempt_numbers else []


def is_complete(functions: dict[Place, Function], stack: Stack) -> bool:
    """Whether a failing run told what it executed where it failed: a worker that was killed may not have."""
    executed: dict[str, set[str]] = {}
    for file, function in functions:
        executed.setdefault(file, set()).add(function.rpartition(".")[2])
    told = [(file, function) for file, function, _ in stack if file in executed]
    return bool(functions) and (not told or told[0][1].rpartition(".")[2] in executed[told[0][0]])


def _suspects_of(pattern: Pattern) -> Callable[[Report, Bundle], list[dict[str, Any]]]:
    return lambda report, bundle: suspects_of(report, pattern, bundle)


def _is_changed(function: Function, before: Function | None) -> bool:
    return before is not None and before.digest != function.digest


def aligned(
    functions: dict[Place, Function], now: dict[Place, Function], mixed: Container[Place] = ()
) -> dict[Place, frozenset[int]]:
    """Return the executed lines of a run by the line numbers of the run *now*.

    Functions that moved are the same.  Of one that was changed since nothing can
    be said, unless it failed in both forms (*mixed*): then the change made no
    difference, and the run may have executed all that *now* did.
    """
    found: dict[Place, frozenset[int]] = {}
    for place, function in functions.items():
        present = now.get(place)
        if present is None or present.digest == function.digest:
            found[place] = lines_of((present or function).first, function.bits)
        elif place in mixed:
            found[place] = lines_of(present.first, present.bits)
    return found


def _root(bundle: Bundle) -> str:
    """Return the folder that the program lives in."""
    command = bundle.session.command
    return (command.cwd or "").rstrip("/")


def _functions(index: SqliteIndex, home: str, name: str, root: str) -> tuple[dict[Place, Function], Stack]:
    """Return what a session executed, and its stack when it failed, as if it had run in the folder *root*."""
    bundle = open_session(index, home, name)
    numbers = bundle.attempt_numbers if bundle else []
    if bundle is None or not numbers:
        return {}, ()
    stack = [(frame["file"], str(frame["function"]), frame["line"]) for frame in stack_of(last_failure(bundle))]
    functions = functions_of(bundle.attempt_files(numbers[-1]))
    own = _root(bundle)
    if own == root or own.count("/") < 2 or root.count("/") < 2:
        return functions, tuple(stack)
    moved = {(_moved(file, own, root), function): known for (file, function), known in functions.items()}
    return moved, tuple((_moved(file, own, root), function, line) for file, function, line in stack)


def _moved(file: str, own: str, root: str) -> str:
    """Return where *file* of another checkout stands in this one."""
    return root + file[len(own) :] if file.startswith(own + "/") else file


def described(
    report: Report, patterns: list[Pattern], within: float
) -> Iterator[tuple[Pattern, list[dict[str, Any]], list[dict[str, Any]]]]:
    """Yield each pattern with what was different at its first occurrence, and its suspects.

    Sessions are read for this, so each answer is kept in the index; what is
    not kept is worked out for *within* seconds, then left to the next report.
    """
    until = time.monotonic() + within
    for pattern in patterns:
        first, last = _ends(pattern)
        changes = _kept(report, f"changes:{first}", first, until, _changes_at)
        suspects = _kept(report, f"suspects:{last}", last, until, _suspects_of(pattern))
        yield pattern, changes or [], suspects or report.suspects(pattern)


def _ends(pattern: Pattern) -> tuple[str, str]:
    """Return the oldest and the newest member; ids within a chunk are in their order of time."""
    chunks = sorted(pattern.chunks)
    oldest = min((chunk.partition(",")[0] for day, chunk in chunks if day == chunks[0][0]), default="")
    newest = max((chunk.rpartition(",")[2] for day, chunk in chunks if day == chunks[-1][0]), default="")
    return oldest, newest


def _kept(
    report: Report,
    key: str,
    session: str,
    until: float,
    work_out: Callable[[Report, Bundle], list[dict[str, Any]]],
) -> list[dict[str, Any]] | None:
    """Return the kept answer to *key*, else work it out from *session* while there is time."""
    kept = report.index.query("SELECT text FROM note WHERE key = ?", (key,))
    if kept:
        found: list[dict[str, Any]] = json.loads(kept[0][0])
        return found
    if time.monotonic() > until:
        return None
    imported = report.index.query("SELECT 1 FROM session WHERE id = ? AND day LIKE '%:%'", (session,))
    bundle = None if imported else open_session(report.index, report.home, session)
    if bundle is None:
        return None  # imported records tell neither surroundings nor executed lines
    found = work_out(report, bundle)
    _keep(report.index, key, json.dumps(found))
    return found


def _changes_at(report: Report, bundle: Bundle) -> list[dict[str, Any]]:
    success = last_success(report.index, bundle)
    return changes_of(report.index, report.home, bundle, success)[:_KEPT] if success else []


def _keep(index: SqliteIndex, key: str, text: str) -> None:
    try:
        index.base.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (key, text))
    except sqlite3.OperationalError:
        pass  # another reader writes: worked out again next time
