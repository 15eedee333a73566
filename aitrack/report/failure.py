"""A failure in words: its title, the place, the source with the span, the variables."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from aitrack.report.text import cut, cut_middle, pad, safe, width

if TYPE_CHECKING:
    from aitrack.model import Failure, Frame, Local
    from aitrack.report.output import Output

_MARGIN = 2


def title(failure: Failure) -> str:
    """Return `Type: message` on one line, as Python says it; of an end without words, how it ended."""
    message = safe((failure.message or "").strip())
    if failure.source == "status" and message:
        return message
    kind = safe(failure.type or "failure")
    return f"{kind}: {message}" if message and message != kind else kind


def root_of(failure: Failure) -> Failure:
    """Return the failure that the chain goes back to: causes always, contexts unless suppressed."""
    links = [link for link in failure.chain if not link.suppressed and link.type]
    for link in reversed(links):
        if link.relation == "cause":
            return link
    return links[-1] if links else failure


def blamed(failure: Failure) -> tuple[Failure, Frame | None]:
    """Return (the failure of the chain that a place is known for, the frame to look at first).

    The blamed frame where one is known, else the innermost frame of the user's
    own code, first of the root cause, then of what escaped.
    """
    place = failure.blame
    root = _down(failure, place.path) if place else None
    if place and root and place.frame is not None and 0 <= place.frame < len(root.frames):
        return root, root.frames[place.frame]
    members = [failure.exceptions[0]] if failure.exceptions else []
    for candidate in (root_of(failure), failure, *members):
        own = [frame for frame in candidate.frames if frame.in_app and frame.file]
        if own:
            return candidate, own[-1]
    for candidate in (root_of(failure), failure, *members):
        frames = [frame for frame in candidate.frames if frame.file]
        if frames:
            return candidate, frames[-1]
    return failure, None


def because(failure: Failure, known: Failure | None) -> str:
    """Return the title of *known*, the one that is blamed, where it says more than that of *failure*."""
    told = title(known) if known and known is not failure else ""
    return told if told != title(failure) else ""


def _down(failure: Failure, path: list[str | int]) -> Failure | None:
    """Return the exception that *path* leads to (`chain`, 2, `exceptions`, 0), if it is there."""
    for name, index in zip(path[::2], path[1::2], strict=False):
        members: list[Failure] = [*failure.chain] if name == "chain" else failure.exceptions
        if not isinstance(index, int) or not 0 <= index < len(members):
            return None
        failure = members[index]
    return failure


def place(frame: Frame, cwd: str | None, columns: int = 40) -> str:
    """Return `load.py:88`, relative to where the run was started when it lies below."""
    path = frame.file
    if cwd and path.startswith(cwd.rstrip("/") + "/"):
        path = path[len(cwd.rstrip("/")) + 1 :]
    home = os.path.expanduser("~")
    if home != "/" and path.startswith(home + "/"):
        path = "~" + path[len(home) :]
    line = "" if frame.line is None else f":{frame.line}"
    return cut_middle(safe(path), columns - len(line)) + line


def called(frame: Frame) -> str:
    """Return the function's name, `<module>` for the file's own level."""
    return safe(frame.qualname or frame.function or "?")


def source(frame: Frame) -> tuple[str, str]:
    """Return (the line of source without its indent, carets below the failing span)."""
    raw = _raw_line(frame)
    if raw is None:
        return "", ""
    raw = raw.rstrip("\r\n")
    code = raw.lstrip()
    if not code:
        return "", ""
    start, end = frame.col, frame.end_col
    if start is None or end is None or (frame.end_line not in (None, frame.line)):
        return safe(code), ""
    indent = len(raw) - len(code)
    start, end = max(0, start - indent), min(len(code), end - indent)
    if end <= start or (start == 0 and end >= len(code.rstrip())):
        return safe(code), ""
    before, span = width(safe(code[:start])), width(safe(code[start:end]))
    return safe(code), " " * before + "^" * span


def _raw_line(frame: Frame) -> str | None:
    context = frame.context
    if context and frame.line is not None and 0 <= frame.line - context.start < len(context.lines):
        return context.lines[frame.line - context.start]
    return frame.code


def location(frame: Frame, cwd: str | None, out: Output) -> list[str]:
    """Return the place and the source line, with the failing part marked."""
    head = f"{place(frame, cwd)}  in {called(frame)}"
    code, carets = source(frame)
    if frame.context and frame.context.stale:
        return [_fit(f"{head}   (the file has changed since)", out)]
    if not code:
        return [_fit(head, out)]
    room = out.columns - _MARGIN
    if width(head) + 6 + width(code) <= room:
        indent = width(head) + 6
        first = f"{out.paint(head, 'cyan')}      {code}"
        return [" " * _MARGIN + first, *_carets(carets, indent, out)]
    return [_fit(head, out, "cyan"), _fit("  " + code, out), *_carets(carets, 2, out)]


def _carets(carets: str, indent: int, out: Output) -> list[str]:
    line = " " * (_MARGIN + indent) + carets
    if not carets or line.index("^") >= out.columns:
        return []
    return [out.paint(line[: out.columns], "red")]


def _fit(text: str, out: Output, *colours: str) -> str:
    return " " * _MARGIN + out.paint(cut(text, out.columns - _MARGIN), *colours)


def callers(failures: list[Failure], frame: Frame, cwd: str | None, out: Output) -> list[str]:
    """Return the user's own calls that led to *frame*, outermost first, on one line.

    A cause's traceback begins where it was caught: the calls above stand in
    that of the exception that was raised from it.
    """
    chain: list[str] = []
    for failure in failures:
        for other in failure.frames:
            if other is frame:
                break
            if other.in_app and (other.file, other.function) != (frame.file, frame.function):
                chain.append(f"{place(other, cwd, 24)} {called(other)}")
        if chain:
            break
    if not chain:
        return []
    told = " > ".join(chain[-3:])
    return [_fit(f"called by {'… > ' if len(chain) > 3 else ''}{told}", out, "dim")]


def variables(frame: Frame, out: Output, limit: int) -> list[str]:
    """Return the variables of *frame*, those of the failing line first, short ones two on a line."""
    wanted = _by_interest(frame)
    column = min(max([len(safe(local.name)) for local in wanted], default=0), 16)
    half = (out.columns - _MARGIN) // 2
    lines: list[str] = []
    waiting = ""
    for local in wanted:
        text = variable(local, column)
        if width(text) > half - 2:
            lines += [waiting] if waiting else []
            lines.append(text)
            waiting = ""
        elif waiting:
            lines.append(pad(waiting, half) + text)
            waiting = ""
        else:
            waiting = text
    lines += [waiting] if waiting else []
    shown = [_fit(line, out) for line in lines[:limit]]
    if len(lines) > limit:
        shown[-1:] = [_fit(f"… {len(lines) - limit + 1} more lines of variables: --section locals", out, "dim")]
    return shown


def variable(local: Local, column: int = 0) -> str:
    """Return `name  type  value`, its parts safe."""
    kind = safe(local.type or "")
    value = safe(local.value) if local.value is not None else ""
    if kind in ("str", "int", "float", "bool", "NoneType", "bytes") or value.startswith("<" + kind):
        kind = "" if value else kind
    return f"{pad(safe(local.name), column)}  {kind}{'  ' if kind and value else ''}{value}".rstrip()


def _by_interest(frame: Frame) -> list[Local]:
    """Return the locals: named in the failing line, then the rest; modules, functions and dunders last."""
    words = set(re.findall(r"[^\W\d]\w*", frame.code or _raw_line(frame) or ""))

    def rank(local: Local) -> tuple[bool, bool]:
        return local.name not in words, (local.type or "") in ("module", "function", "type") or local.name[:2] == "__"

    return sorted((local for local in frame.locals if local.name[:1] not in ("", ".")), key=rank)
