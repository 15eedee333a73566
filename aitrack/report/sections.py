"""The parts of `inspect`, each complete: failure, chain, frames, locals, timeline, output ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitrack.report import failure as words
from aitrack.report import surroundings
from aitrack.report.history import change_text
from aitrack.report.text import cut, moment, pad, safe, safe_lines, seconds, size, width
from aitrack.report.trail import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Attempt, Failure, Frame
    from aitrack.report.output import Output

    Part = Callable[[Explanation, Output], list[str]]

_STEPS_SHOWN = 60
_RELATIONS = {
    "cause": "The above exception was the direct cause of the following exception:",
    "context": "During handling of the above exception, another exception occurred:",
}


def sections(explanation: Explanation, names: Sequence[str], out: Output) -> list[str]:
    """Return the sections *names*, each below its heading; an empty one says so only when asked for alone."""
    lines: list[str] = []
    for name in names:
        body = _PARTS[name](explanation, out)
        if not body and len(names) > 1:
            continue
        lines += ["", out.paint(f"── {name} {'─' * (out.columns - len(name) - 4)}", "cyan")]
        lines += body or ["  nothing was recorded"]
    return lines[1:] if len(names) == 1 else lines


def _each_failure(explanation: Explanation) -> list[tuple[Attempt, Failure]]:
    return [(attempt, attempt.failure) for attempt in explanation.bundle.attempts if attempt.failure]


def _failure(explanation: Explanation, out: Output) -> list[str]:
    lines: list[str] = []
    for attempt, failure in _each_failure(explanation):
        lines.append(f"  attempt {attempt.n}: {words.title(failure)}")
        lines += [f"    {line}" for line in safe_lines(failure.message or "")[1:]]
        lines += [f"    note: {line}" for note in failure.notes for line in safe_lines(note)]
        facts = [("category", failure.category), ("kind", failure.kind), ("seen by", failure.source)]
        lines += [f"    {label:<10} {safe(str(value))}" for label, value in facts if value]
        if failure.blame and failure.blame.why:
            lines.append(f"    {'why':<10} {safe(failure.blame.why)}")
        if failure.thread and not failure.thread.main:
            lines.append(f"    {'thread':<10} {safe(failure.thread.name)}")
        if failure.fingerprint:
            lines.append(f"    {'site':<10} {safe(failure.fingerprint.site or failure.fingerprint.l1)}")
        lines += [f"    also: {words.title(error)}" for error in attempt.errors]
    lines += [f"  suspect   {words_of(suspect)}" for suspect in explanation.suspects]
    lines += [f"  changed   {change_text(change)}" for change in explanation.changes]
    return lines


def words_of(suspect: dict[str, object]) -> str:
    """Return a suspect with its evidence."""
    return safe(
        f"{suspect.get('file')}:{suspect.get('line')} {suspect.get('function')}  "
        f"score {suspect.get('score')}  {suspect.get('evidence') or ''}"
    )


def _chain(explanation: Explanation, out: Output) -> list[str]:
    lines: list[str] = []
    for attempt, failure in _each_failure(explanation):
        if failure.chain or failure.exceptions:
            lines.append(f"  attempt {attempt.n}")
        relations = [link.relation for link in failure.chain]
        for link, relation in zip(reversed(failure.chain), reversed(relations), strict=True):
            hidden = " (suppressed)" if link.suppressed else ""
            lines += [f"    {words.title(link)}{hidden}", out.paint(f"      {_RELATIONS.get(relation, '')}", "dim")]
        if failure.chain:
            lines.append(f"    {words.title(failure)}")
        lines += _members(failure, 2)
    return lines


def _members(failure: Failure, depth: int) -> list[str]:
    lines: list[str] = []
    for number, member in enumerate(failure.exceptions, 1):
        lines.append(f"{'  ' * depth}{number}. {words.title(member)}")
        lines += _members(member, depth + 1)
    return lines


def _frames(explanation: Explanation, out: Output) -> list[str]:
    cwd = explanation.bundle.session.command.cwd
    lines: list[str] = []
    for attempt, failure in _each_failure(explanation):
        for link in [*reversed(failure.chain), failure]:
            if link.frames:
                lines.append(f"  attempt {attempt.n}: {words.title(link)}")
            for frame in link.frames:
                lines += _frame(frame, cwd, out)
    return lines


def _frame(frame: Frame, cwd: str | None, out: Output) -> list[str]:
    if frame.omitted:
        return [f"    … {frame.omitted} frames omitted"]
    mark = ">" if frame.in_app else " "
    lines = [cut(f"  {mark} {words.place(frame, cwd, 60)}  in {words.called(frame)}", out.columns)]
    context = frame.context
    if context and context.stale:
        return [*lines, "        (the file has changed since: source not shown)"]
    if context and frame.in_app:
        for number, line in enumerate(context.lines, context.start):
            pointer = "->" if number == frame.line else "  "
            lines.append(cut(f"    {pointer} {number:>5}  {safe(line.rstrip())}", out.columns))
        return lines
    code, carets = words.source(frame)
    return [
        *lines,
        *([cut(f"        {code}", out.columns)] if code else []),
        *([f"        {carets}"] if carets else []),
    ]


def _locals(explanation: Explanation, out: Output) -> list[str]:
    cwd = explanation.bundle.session.command.cwd
    lines: list[str] = []
    for attempt, failure in _each_failure(explanation):
        for frame in reversed(failure.frames):
            if not frame.locals:
                continue
            lines.append(f"  attempt {attempt.n}, {words.place(frame, cwd)} in {words.called(frame)}")
            column = min(max(width(safe(local.name)) for local in frame.locals), 24)
            lines += [f"    {words.variable(local, column)}" for local in frame.locals]
    return lines


def _timeline(explanation: Explanation, out: Output) -> list[str]:
    bundle = explanation.bundle
    lines = [f"  {moment(bundle.session.started_at)}  session {bundle.id} starts"]
    for attempt in bundle.attempts:
        waited = f" after {seconds(attempt.delay_before_s)} ({attempt.delay_reason})" if attempt.delay_before_s else ""
        role = " (fallback)" if attempt.role == "fallback" else ""
        lines.append(f"  attempt {attempt.n}{role} starts{waited}")
        for event in bundle.events(attempt.n):
            lines.append(cut(f"    +{event.t_ns / 1e9:9.3f} s  {describe(event)}", out.columns))
        lines.append(f"  attempt {attempt.n} ends after {seconds(attempt.duration_s)}: {_end(attempt)}")
    if bundle.session.ended_at:
        lines.append(f"  {moment(bundle.session.ended_at)}  session ends: {bundle.status}")
    return lines


def _end(attempt: Attempt) -> str:
    if attempt.timed_out:
        return "timed out"
    if attempt.signal:
        return safe(attempt.signal.name or str(attempt.signal.number))
    return "unknown" if attempt.exit_code is None else f"exit {attempt.exit_code}"


def _output(explanation: Explanation, out: Output) -> list[str]:
    bundle = explanation.bundle
    lines: list[str] = []
    for attempt in bundle.attempts:
        for name, seen in (("stdout", attempt.output.stdout), ("stderr", attempt.output.stderr)):
            text = bundle.output(attempt.n, name)
            if seen is None and not text:
                continue
            if seen and seen.same_as:
                lines.append(f"  attempt {attempt.n}, {name}: in one channel with {safe(seen.same_as)}")
                continue
            if seen and seen.bytes is None and not text:
                lines.append(f"  attempt {attempt.n}, {name}: not recorded")
                continue
            facts = f"{size(seen.bytes)}, {seen.lines if seen.lines is not None else '?'} lines" if seen else ""
            gap = f", {size(seen.gap)} left out" if seen and seen.gap else ""
            lines.append(f"  attempt {attempt.n}, {name}: {facts}{gap}")
            lines += [f"    | {line}" for line in safe_lines(text.rstrip("\n"))] if text else []
    return lines


def _history(explanation: Explanation, out: Output) -> list[str]:
    """The functions that were followed line by line, with the values that each step found changed."""
    lines: list[str] = []
    for number in explanation.bundle.attempt_numbers:
        for function in explanation.bundle.followed(number):
            place = safe(f"{function.file}  in {function.qualname or function.function}")
            lines.append(cut(f"  attempt {number}, {place}", out.columns))
            for step in function.steps[-_STEPS_SHOWN:]:
                changed = ", ".join(f"{name} = {value}" for name, value in step.changed.items())
                lines.append(cut(f"    before line {step.line!s:<5} {safe(changed)}".rstrip(), out.columns))
    return lines


def _processes(explanation: Explanation, out: Output) -> list[str]:
    lines: list[str] = []
    for attempt in explanation.bundle.attempts:
        for process in attempt.processes:
            ended = safe(process.signal.name) if process.signal else process.exit_code
            told = pad(f"  attempt {attempt.n}  {process.pid} <- {process.ppid}", 30) + f"exit {ended}"
            lines.append(cut(f"{told}  {safe(' '.join(process.argv))}", out.columns))
    return lines


_PARTS: dict[str, Part] = {
    "failure": _failure,
    "chain": _chain,
    "frames": _frames,
    "locals": _locals,
    "history": _history,
    "timeline": _timeline,
    "output": _output,
    "processes": _processes,
    "resources": surroundings.resources,
    "environment": surroundings.environment,
    "policy": surroundings.policy,
    "redactions": surroundings.redactions,
}
