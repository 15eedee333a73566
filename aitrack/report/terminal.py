"""The first screen of `inspect`: 24 lines, the answer in the first three."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aitrack.report import failure as words
from aitrack.report import surroundings
from aitrack.report.history import history_lines
from aitrack.report.text import ago, cut, plural, safe, seconds, width
from aitrack.report.trail import led_here

if TYPE_CHECKING:
    from aitrack.analysis.explanation import Explanation
    from aitrack.analysis.swallowed import Swallowed
    from aitrack.model import Attempt, Failure, Session
    from aitrack.report.output import Output
    from aitrack.store.bundle import Bundle

LINES = 24
_LABEL = 11
_GOOD = ("passed", "running")


def first_screen(explanation: Explanation, out: Output) -> list[str]:
    """Return the lines that answer "what happened, and why"."""
    bundle = explanation.bundle
    attempt = bundle.last_failed or (bundle.attempts[-1] if bundle.attempts else None)
    lines = [headline(bundle, attempt, out)]
    failure = attempt.failure if attempt else None
    if failure and attempt and bundle.status != "passed":
        lines += _failure(bundle, attempt, failure, out)
    elif bundle.status not in _GOOD:
        lines += _without_failure(bundle, attempt, out)
    elif failure:
        lines += _labelled("overcame", f"{words.title(failure)} (attempt {attempt.n if attempt else '?'})", out)
    after = _facts(explanation, attempt, out)
    room = LINES - len(after)
    if len(lines) > room:
        lines = [*lines[: room - 1], out.paint("  … more: --all", "dim")]
    return lines + after


def headline(bundle: Bundle, attempt: Attempt | None, out: Output) -> str:
    """Return the line that says which session this is and how it ended."""
    session = bundle.session
    good = bundle.status in _GOOD
    mark = "✓" if bundle.status == "passed" else "…" if bundle.status == "running" else "✗"
    ending = _ending(bundle, attempt)
    right = "   ".join(part for part in (ending, ago(session.started_at), bundle.id[-6:]) if part)
    told = f"{_told(bundle)}"
    room = out.columns - width(right) - width(told) - 8
    name = cut(name_of(session), max(8, room))
    line = f"{mark} {name}   {told}"
    gap = max(3, out.columns - width(line) - width(right))
    plain = cut(f"{line}{' ' * gap}{right}", out.columns)
    return out.paint(plain, "bold", "green" if good else "red")


def name_of(session: Session) -> str:
    """Return how a session is called: its name, else the script's or command's last part."""
    command = session.command
    if session.name:
        return safe(session.name)
    if command.form == "module" and command.script:
        return f"-m {safe(command.script)}"
    if command.form == "code":
        return "-c …"
    named = command.script or (command.argv[0] if command.argv else "")
    return safe(os.path.basename(named.rstrip("/")) or named or "(unknown command)")


def _told(bundle: Bundle) -> str:
    session = bundle.session
    attempts = len([a for a in bundle.attempts if a.role != "fallback"])
    took = seconds(session.duration_s)
    match bundle.status:
        case "passed" if session.recovered:
            return f"recovered after {plural(attempts, 'attempt')}, {took}"
        case "passed":
            return f"passed in {took}"
        case "running":
            return f"running for {took}"
        case "rejected":
            return "rejected, not run"
        case "degraded":
            return f"degraded: a fallback answered, {took}"
        case status:
            after = f"{plural(attempts, 'attempt')}, {took}" if attempts > 1 else took
            return f"{safe(status)} after {after}"


def _ending(bundle: Bundle, attempt: Attempt | None) -> str:
    if attempt and attempt.timed_out:
        return "timed out"
    if attempt and attempt.signal and bundle.status != "degraded":
        core = " (core)" if attempt.signal.core else ""
        return safe(attempt.signal.name or f"signal {attempt.signal.number}") + core
    code = bundle.session.exit_code
    return "" if code is None else f"exit {code}"


def _failure(bundle: Bundle, attempt: Attempt, failure: Failure, out: Output) -> list[str]:
    """Return the exception, why it came about, the place, the source, the values."""
    cwd = bundle.session.command.cwd
    told = words.title(failure)
    blame = failure.blame
    why = safe(blame.why) if blame and blame.why and blame.why != "unsure" else ""
    lines = _beside(told, why, out)
    known, frame = words.blamed(failure)
    if failure.exceptions:
        lines += _members(failure, out)
    elif reason := words.because(failure, known):
        lines += _labelled("because", reason, out)
    if failure.thread and not failure.thread.main:
        lines += _labelled("thread", safe(failure.thread.task or failure.thread.name), out)
    lines += [_line("note: " + safe(note), out) for note in failure.notes[:2]]
    if frame:
        lines += words.location(frame, cwd, out)
        lines += words.callers([known, failure], frame, cwd, out)
        lines += words.variables(frame, out, 6)
    elif failure.syntax and failure.syntax.text:
        where = f"{safe(os.path.basename(failure.syntax.file or ''))}:{failure.syntax.line}"
        lines += [_line(f"{where}      {safe(failure.syntax.text.strip())}", out)]
    else:
        lines += output_tail(bundle, attempt, out, 8)
    return lines


def _members(failure: Failure, out: Output) -> list[str]:
    """Return the members of an exception group, one line each."""
    titles = [words.title(member) for member in failure.exceptions]
    lines = [line for title in titles[:3] for line in _labelled("member", title, out)]
    return lines + (_labelled("", f"and {len(titles) - 3} more: --section chain", out) if len(titles) > 3 else [])


def _without_failure(bundle: Bundle, attempt: Attempt | None, out: Output) -> list[str]:
    session = bundle.session
    lines: list[str] = []
    reason = session.reason or (attempt.reason if attempt else None)
    if reason:
        lines.append(_line(safe(reason), out, "bold"))
    elif bundle.status == "interrupted":
        lines.append(_line("the run ended without a word: aitrack or the machine was stopped", out, "bold"))
    if attempt:
        lines += output_tail(bundle, attempt, out, 8)
    return lines


def output_tail(bundle: Bundle, attempt: Attempt, out: Output, limit: int) -> list[str]:
    """Return the last lines that the program wrote, stderr before stdout."""
    for stream in ("stderr", "stdout"):
        kept = [line.rstrip() for line in bundle.output(attempt.n, stream).split("\n")]
        told = [safe(line) for line in kept if line.strip()][-limit:]
        if told:
            return [out.paint(f"  last of {stream}", "dim"), *[_line("| " + line, out) for line in told]]
    return []


def _facts(explanation: Explanation, attempt: Attempt | None, out: Output) -> list[str]:
    """Return what stands below the answer: how it came there, history, the next step."""
    bundle = explanation.bundle
    session = bundle.session
    lines: list[str] = []
    for one in explanation.caught[:2]:
        lines += _labelled("caught", _swallowed(one), out)
    if attempt and (trail := led_here(bundle, attempt, out.columns - 2 - _LABEL)):
        lines += _labelled("led here", trail, out)
    lines += [line for told in _others(attempt)[:2] for line in _labelled("also", told, out)]
    lines += [line for label, text in history_lines(explanation) for line in _labelled(label, text, out)]
    lines += [line for warning in session.warnings[:3] for line in _labelled("warning", safe(warning.text), out)]
    for line in surroundings.left_out(session):
        lines += _labelled("settings", line, out)
    if session.privacy.mode == "full":
        lines += _labelled("privacy", "recorded in full: values are not redacted", out)
    if attempt and attempt.not_captured and bundle.status != "passed":
        lines += _labelled("output", f"not captured ({safe(attempt.not_captured)}): --capture all", out)
    if attempt and attempt.collector.state != "active" and attempt.collector.reason and bundle.status != "passed":
        lines += _labelled("inside", f"not seen: {safe(attempt.collector.reason)}", out)
    if blind := surroundings.untracked(session):
        lines += _labelled("tracking", blind, out)
    if bundle.problems:
        more = f" (and {len(bundle.problems) - 1} more)" if len(bundle.problems) > 1 else ""
        lines += _labelled("damaged", safe(bundle.problems[0]) + more, out)
    return [*lines, *_labelled("next", _next_step(explanation), out)]


def _others(attempt: Attempt | None) -> list[str]:
    """Return the failures that did not end the run, without those that stand on the screen already."""
    if attempt is None:
        return []
    shown = {words.title(one) for one in [attempt.failure, *attempt.failure.chain]} if attempt.failure else set[str]()
    return list(dict.fromkeys(told for error in attempt.errors if (told := words.title(error)) not in shown))


def _swallowed(one: Swallowed) -> str:
    """Return an exception that the program caught before it failed, with its place."""
    times = f", {one.count} times" if one.count > 1 else ""
    message = f": {one.message}" if one.message else ""
    return safe(f"{one.type}{message}  at {os.path.basename(one.file)}:{one.line} in {one.function}{times}")


def _next_step(explanation: Explanation) -> str:
    bundle = explanation.bundle
    short, is_ours = safe(bundle.short), bundle.history is None
    if bundle.status == "running":
        return f"aitrack inspect {short} --follow"
    if bundle.status == "passed":
        return f"aitrack inspect {short} --all"
    steps = [f"aitrack inspect {short} --all"]
    if explanation.last_success and is_ours:
        steps.insert(0, f"aitrack diff {short}")
    attempt = bundle.last_failed
    if attempt and attempt.failure and attempt.failure.frames:
        steps.insert(0, f"aitrack debug {short}")
    if is_ours and explanation.pattern and explanation.pattern["count"] > 1:
        steps.append(f"aitrack patterns {explanation.pattern['id']}")
    return " · ".join(steps)


def _beside(left: str, right: str, out: Output) -> list[str]:
    """Return two texts on one line where they fit, else on two."""
    room = out.columns - 2
    if right and width(left) + 4 + width(right) <= room:
        gap = room - width(left) - width(right)
        return ["  " + out.paint(left, "bold") + " " * gap + right]
    lines = [_line(left, out, "bold")] if width(left) <= room else _wrapped(left, out)
    return [*lines, _line(right, out)] if right else lines


def _wrapped(text: str, out: Output) -> list[str]:
    """Return a long title on up to three lines."""
    room = out.columns - 2
    lines: list[str] = []
    while text and len(lines) < 2 and width(text) > room:
        head = cut(text, room + 1)[:-1]
        at = head.rfind(" ")
        head = head[:at] if at > room // 2 else head
        lines.append(head)
        text = text[len(head) :].lstrip()
    lines.append(text)
    return [_line(line, out, "bold") for line in lines]


def _labelled(label: str, text: str, out: Output) -> list[str]:
    room = out.columns - 2 - _LABEL
    first, rest = text, ""
    if width(text) > room:
        head = cut(text, room + 1)[:-1]
        at = head.rfind(" ")
        if at > room // 2:
            first, rest = head[:at], text[at + 1 :]
    lines = ["  " + out.paint(label.ljust(_LABEL), "dim") + cut(first, room)]
    return [*lines, " " * (2 + _LABEL) + cut(rest, room)] if rest else lines


def _line(text: str, out: Output, *colours: str) -> str:
    return "  " + out.paint(cut(text, out.columns - 2), *colours)
