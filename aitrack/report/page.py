"""What the page of a session shows, as plain values: the template adds nothing but markup.

The order is that of the first screen of `inspect`.  Sizes are bounded here, so
that a page stays small whatever a program wrote; what is left out is said.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.report import failure as words
from aitrack.report import surroundings
from aitrack.report.ansi import Span, coloured
from aitrack.report.charts import Bar, Chart, bars, charts
from aitrack.report.history import change_text, history_lines
from aitrack.report.output import Output
from aitrack.report.processes import tree
from aitrack.report.sections import words_of
from aitrack.report.spans import operations, walk
from aitrack.report.steps import history_of
from aitrack.report.terminal import name_of
from aitrack.report.text import moment, plural, safe, seconds, size
from aitrack.report.trail import describe, led_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Attempt, Event, Failure, Frame, Link, Local
    from aitrack.store.bundle import Bundle

_HEAD, _TAIL = 16 << 10, 64 << 10  # of each output, in signs
_LONG_LINE = 2_000
_VALUE = 4_000
_EVENTS = 20_000
_SHOWN_ELSEWHERE = {"span", "tally", "counts"}
_OPERATIONS, _SNAPSHOTS, _STEPS = 1_000, 100, 300
_CLOSED = 60  # frames with source and values; further ones are named only
_WIDE = 10_000  # columns: the browser wraps


@dataclass(frozen=True)
class Line:
    """A line of source: its number and text, the failing part in the middle."""

    number: int
    before: str
    marked: str
    after: str
    is_failing: bool


@dataclass(frozen=True)
class FrameView:
    """A frame that can be opened."""

    place: str
    called: str
    in_app: bool
    is_open: bool
    stale: bool
    omitted: int
    lines: list[Line]
    locals: list[Local]


@dataclass(frozen=True)
class ChainView:
    """An exception of the chain, with the sentence that stands between it and the next."""

    title: str
    relation: str
    notes: list[str]
    frames: list[FrameView]
    members: list[ChainView]


@dataclass(frozen=True)
class OutputView:
    """One output of an attempt: pieces of one style each, line by line."""

    name: str
    facts: str
    lines: list[list[Span]]


@dataclass(frozen=True)
class AttemptView:
    """One attempt: how it went, and everything that it left."""

    n: int
    role: str
    waited: str
    took: str
    ended: str
    title: str
    why: str
    chain: list[ChainView]
    also: list[str]
    outputs: list[OutputView]
    charts: list[Chart]
    processes: list[tuple[int, str, str, str]]  # (depth, pid, end, argv)
    resources: list[str]


@dataclass(frozen=True)
class EventView:
    """One event: when, what kind, in words."""

    at: str
    kind: str
    words: str


@dataclass(frozen=True)
class OperationView:
    """One operation of the script: how deep it lies, how long it took, how it ended."""

    depth: int
    name: str
    category: str
    began: str
    took: str
    failed: bool
    words: str


@dataclass(frozen=True)
class SnapshotView:
    """A named picture of values, and what changed since the one before."""

    at: str
    name: str
    values: list[tuple[str, str]]
    changed: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Page:
    """All that a page shows."""

    title: str
    name: str
    told: str
    status: str
    is_good: bool
    ended: str
    started: str
    id: str
    answer: str
    why: str
    because: str
    notes: list[str]
    frame: FrameView | None
    tail: list[str]
    facts: list[tuple[str, str]]
    bars: list[Bar]
    attempts: list[AttemptView]
    operations: list[OperationView]
    snapshots: list[SnapshotView]
    history: list[tuple[str, str, str]]  # (line, variable, value) where the failing function was followed
    events: list[EventView]
    events_left_out: int
    changes: list[str]
    suspects: list[str]
    pattern: dict[str, Any] | None
    environment: list[str]
    policy: list[str]
    redactions: list[str]
    problems: list[str]


def page_of(explanation: Explanation) -> Page:
    """Return what the page of *explanation* shows."""
    bundle = explanation.bundle
    session = bundle.session
    attempt = bundle.last_failed or (bundle.attempts[-1] if bundle.attempts else None)
    failure = attempt.failure if attempt and bundle.status != "passed" else None
    known, frame = words.blamed(failure) if failure else (None, None)
    blame = failure.blame if failure else None
    cwd = session.command.cwd
    attempts = [_attempt(bundle, one, frame) for one in bundle.attempts]
    events = [event for one in bundle.attempts for event in bundle.events(one.n)]
    told = [event for event in events if event.kind not in _SHOWN_ELSEWHERE]
    out = _wide()
    return Page(
        title=f"{name_of(session)}: {bundle.status}",
        name=name_of(session),
        told=_told(bundle),
        status=bundle.status,
        is_good=bundle.status in ("passed", "running"),
        ended=_ended(attempt) if attempt else "",
        started=moment(session.started_at),
        id=bundle.id,
        answer=words.title(failure) if failure else _without(bundle, attempt),
        why=blame.why if blame and blame.why and blame.why != "unsure" else "",
        because=words.because(failure, known) if failure else "",
        notes=failure.notes[:4] if failure else [],
        frame=_frame(frame, cwd, is_open=True) if frame else None,
        tail=_tail(bundle, attempt) if attempt and frame is None and not session_is_good(bundle) else [],
        facts=_facts(explanation, attempt),
        bars=bars(session, bundle.attempts, [f"attempt {one.n}: {one.ended} after {one.took}" for one in attempts]),
        attempts=attempts,
        operations=_operations(bundle),
        snapshots=[_snapshot(event) for event in events if event.kind == "snapshot"][-_SNAPSHOTS:],
        history=history_of(bundle, attempt.n, frame)[-_STEPS:] if attempt and frame else [],
        events=[_event(event) for event in told[-_EVENTS:]],
        events_left_out=max(0, len(told) - _EVENTS),
        changes=[change_text(change) for change in explanation.changes],
        suspects=[words_of(suspect) for suspect in explanation.suspects],
        pattern=explanation.pattern,
        environment=[line.strip() for line in surroundings.environment(explanation, out)],
        policy=[line.strip() for line in surroundings.policy(explanation, out)],
        redactions=[line.strip() for line in surroundings.redactions(explanation, out)],
        problems=bundle.problems,
    )


def session_is_good(bundle: Bundle) -> bool:
    """Whether there is nothing to explain."""
    return bundle.status in ("passed", "running")


def _wide() -> Output:
    out = Output(io.StringIO())
    out.columns, out.coloured = _WIDE, False
    return out


def _told(bundle: Bundle) -> str:
    attempts = len([one for one in bundle.attempts if one.role != "fallback"])
    status = "recovered" if bundle.session.recovered else bundle.status
    after = f" after {plural(attempts, 'attempt')}" if attempts > 1 else ""
    return f"{status}{after}, {seconds(bundle.session.duration_s)}"


def _without(bundle: Bundle, attempt: Attempt | None) -> str:
    reason = bundle.session.reason or (attempt.reason if attempt else None)
    if bundle.status == "interrupted" and not reason:
        return "the run ended without a word: aitrack or the machine was stopped"
    return "" if reason is None or session_is_good(bundle) else reason


def _ended(attempt: Attempt) -> str:
    if attempt.timed_out:
        return "timed out"
    if attempt.signal:
        return attempt.signal.name or f"signal {attempt.signal.number}"
    return "did not end" if attempt.exit_code is None else f"exit {attempt.exit_code}"


def _facts(explanation: Explanation, attempt: Attempt | None) -> list[tuple[str, str]]:
    """Return what stands below the answer on the first screen."""
    bundle = explanation.bundle
    facts: list[tuple[str, str]] = []
    failure = attempt.failure if attempt and not session_is_good(bundle) else None
    known, frame = words.blamed(failure) if failure else (None, None)
    if failure and known and frame:
        told = words.callers([known, failure], frame, bundle.session.command.cwd, _wide())
        facts += [("called by", line.strip().removeprefix("called by ")) for line in told]
    facts += [("caught", f"{one.type}: {one.message} at {one.file}:{one.line}") for one in explanation.caught[:4]]
    if attempt and (trail := led_here(bundle, attempt, 1_000)):
        facts.append(("led here", trail))
    facts += [("also", words.title(error)) for error in (attempt.errors[:4] if attempt else [])]
    facts += history_lines(explanation)
    facts += [("warning", warning.text) for warning in bundle.session.warnings]
    if bundle.session.privacy.mode == "full":
        facts.append(("privacy", "recorded in full: values are not redacted; think before you share this page"))
    if attempt and attempt.not_captured:
        facts.append(("output", f"not captured ({attempt.not_captured})"))
    if attempt and attempt.collector.state != "active" and attempt.collector.reason:
        facts.append(("inside", f"not seen: {attempt.collector.reason}"))
    return facts


def _attempt(bundle: Bundle, attempt: Attempt, blamed: Frame | None) -> AttemptView:
    failure = attempt.failure
    cwd = bundle.session.command.cwd
    links: list[Failure] = [*reversed(failure.chain), failure] if failure else []
    why = failure.blame.why if failure and failure.blame and failure.blame.why else ""
    used = attempt.resources
    resources = [
        f"{seconds(used.cpu_user_s)} CPU in the program, {seconds(used.cpu_sys_s)} in the system"
        if used.cpu_user_s is not None
        else "",
        f"{size(used.max_rss_bytes)} of memory at most" if used.max_rss_bytes is not None else "",
        f"{size(used.io_read_bytes)} read, {size(used.io_write_bytes)} written"
        if used.io_read_bytes is not None
        else "",
    ]
    return AttemptView(
        n=attempt.n,
        role=attempt.role,
        waited=f"{seconds(attempt.delay_before_s)} {attempt.delay_reason or ''}" if attempt.delay_before_s else "",
        took=seconds(attempt.duration_s),
        ended=_ended(attempt),
        title=words.title(failure) if failure else "",
        why="" if why == "unsure" else why,
        chain=[_link(link, cwd, blamed) for link in links],
        also=[words.title(error) for error in attempt.errors],
        outputs=[view for name in ("stdout", "stderr") if (view := _output(bundle, attempt, name))],
        charts=charts(attempt),
        processes=_processes(attempt),
        resources=[text for text in resources if text],
    )


def _link(link: Failure | Link, cwd: str | None, blamed: Frame | None) -> ChainView:
    relation: str = getattr(link, "relation", "")
    told = {"cause": "was the direct cause of", "context": "was being handled when there came"}.get(relation, "")
    frames = link.frames
    deep = (
        set(range(len(frames)))
        if len(frames) <= _CLOSED
        else {*range(10), *range(len(frames) - _CLOSED + 10, len(frames))}
    )
    views = [
        _frame(frame, cwd, is_open=frame is blamed, is_named=number not in deep) for number, frame in enumerate(frames)
    ]
    members = [_link(member, cwd, blamed) for member in link.exceptions[:50]]
    return ChainView(words.title(link), told, link.notes, views, members)


def _frame(frame: Frame, cwd: str | None, *, is_open: bool, is_named: bool = False) -> FrameView:
    context = frame.context
    stale = bool(context and context.stale)
    return FrameView(
        place=words.place(frame, cwd, 200),
        called=words.called(frame),
        in_app=frame.in_app,
        is_open=is_open,
        stale=stale,
        omitted=frame.omitted or 0,
        lines=[] if stale or is_named else source_lines(frame),
        locals=[] if is_named else [local for local in frame.locals if local.name[:1] not in ("", ".")],
    )


def source_lines(frame: Frame) -> list[Line]:
    """Return the lines around the failing one, with the failing part set apart."""
    context = frame.context
    if context is None or not context.lines:
        return [Line(frame.line or 0, "", cut(frame.code, _LONG_LINE), "", True)] if frame.code else []
    return [
        _line(frame, number, cut(text.rstrip(), _LONG_LINE)) for number, text in enumerate(context.lines, context.start)
    ]


def _line(frame: Frame, number: int, text: str) -> Line:
    first, last = frame.line or 0, frame.end_line or frame.line or 0
    start, end = frame.col, frame.end_col
    if not first <= number <= last or start is None or end is None:
        return Line(number, text, "", "", number == first)
    indent = len(text) - len(text.lstrip())
    start = start if number == first else indent
    end = end if number == last else len(text)
    return Line(number, text[:start], text[start:end], text[end:], number == first)


def cut(text: str, most: int) -> str:
    """Return *text*, its middle left out when it is longer than *most* signs."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} ‹{len(text) - 2 * half} signs left out› {text[-half:]}"


def value_of(local: Local) -> str:
    """Return the picture of a value, bounded."""
    return cut(local.value or "", _VALUE)


def _output(bundle: Bundle, attempt: Attempt, name: str) -> OutputView | None:
    seen = attempt.output.stdout if name == "stdout" else attempt.output.stderr
    text = bundle.output(attempt.n, name)
    if not text and not (seen and seen.bytes):
        return None
    facts = f"{size(seen.bytes)}, {plural(seen.lines or 0, 'line')}" if seen and seen.bytes is not None else ""
    gap = f", {size(seen.gap)} not kept" if seen and seen.gap else ""
    if len(text) > _HEAD + _TAIL:
        gap += f", {size(len(text) - _HEAD - _TAIL)} not shown here"
        text = f"{text[:_HEAD]}\n‹{len(text) - _HEAD - _TAIL} signs left out›\n{text[-_TAIL:]}"
    text = "\n".join(cut(line, _LONG_LINE) for line in text.rstrip("\n").split("\n"))
    return OutputView(name, facts + gap, coloured(text))


def _tail(bundle: Bundle, attempt: Attempt | None) -> list[str]:
    for name in ("stderr", "stdout"):
        kept = [line for line in bundle.output(attempt.n, name).split("\n") if line.strip()] if attempt else []
        if kept:
            return [cut(line, _LONG_LINE) for line in kept[-8:]]
    return []


def _processes(attempt: Attempt) -> list[tuple[int, str, str, str]]:
    found: list[tuple[int, str, str, str]] = []
    for depth, process in tree(attempt.processes):
        ended = (
            process.signal.name if process.signal else "" if process.exit_code is None else f"exit {process.exit_code}"
        )
        found.append((depth, str(process.pid), ended, cut(" ".join(process.argv), _LONG_LINE)))
    return found


def _event(event: Event) -> EventView:
    return EventView(f"{event.t_ns / 1e9:.3f}", safe(event.kind), describe(event))


def _operations(bundle: Bundle) -> list[OperationView]:
    found: list[OperationView] = []
    for attempt in bundle.attempts:
        for depth, one in walk(operations(bundle.events(attempt.n))):
            told = f"{one.error[0]}: {one.error[1]}" if one.error else ""
            if one.tokens:
                told = f"{told} {one.data.get('model') or ''} {one.tokens[0]} tokens in, {one.tokens[1]} out".strip()
            times = f"{one.begin:.3f}", seconds(one.took)
            found.append(OperationView(depth, one.name, one.category, *times, one.failed, cut(told, _LONG_LINE)))
    return found[:_OPERATIONS]


def _snapshot(event: Event) -> SnapshotView:
    values, changed = event.data.get("values"), event.data.get("changed")
    pairs = [(str(name), cut(str(value), _VALUE)) for name, value in values.items()] if is_object(values) else []
    differing: list[tuple[str, str, str]] = []
    for name, pair in changed.items() if is_object(changed) else ():
        before, after = pair if is_list(pair) and len(pair) == 2 else ("?", "?")
        differing.append((str(name), cut(str(before), _VALUE), cut(str(after), _VALUE)))
    return SnapshotView(f"{event.t_ns / 1e9:.3f}", str(event.data.get("name") or ""), pairs, differing)


def patterns_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the patterns of `patterns --json`, each with its facts in words."""
    return [
        {
            **row,
            "bars": surroundings.sparkline([float(number) for number in row["trend"]["daily"]], 14),
            "first": moment(row["first_seen"]),
            "last": moment(row["last_seen"]),
            "places": [words_of(suspect) for suspect in row["suspects"]],
            "told": [change_text(change) for change in row["changes"]],
            "newest": row["sessions"][:12],
        }
        for row in rows
    ]
