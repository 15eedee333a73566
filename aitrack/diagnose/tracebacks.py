"""Python tracebacks read from text, for interpreters without a collector inside.

All printed forms from 2.7 to 3.14: chains, groups, notes, marker lines, syntax errors,
threads, tasks, `faulthandler`. One pass over lines, no regular expression,
so that ten hostile megabytes cost ten megabytes.
"""

from __future__ import annotations

from aitrack.diagnose import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from aitrack.diagnose.record import Record

    Found: TypeAlias = tuple[int, int, Record]  # rank, index of the last line, the failure

HEADER = "Traceback (most recent call last):"
_GROUP_HEADER = "Exception Group " + HEADER
_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"
_SYNTAX = ("SyntaxError", "IndentationError", "TabError")
_GROUP_MARGIN = "  + Exception Group "
_CUT_LINES = 4  # so far below a cut the first whole frame begins
_BAR = 2  # the column of a group's outermost bar
_FRAME_LIMIT = 120
_NOTE_LIMIT = 40
_FATAL_SIGNALS = {
    "Segmentation fault": "SIGSEGV",
    "Aborted": "SIGABRT",
    "Bus error": "SIGBUS",
    "Floating point exception": "SIGFPE",
    "Floating-point exception": "SIGFPE",
    "Illegal instruction": "SIGILL",
}
# How much a failure found in text says about the end of the program: see `parse` in foreign.py.
RANK_ENDED, RANK_ASIDE = 3, 1


def find(lines: list[str]) -> list[Found]:
    """Return each failure that Python printed in *lines*, in order."""
    found: list[Found] = []
    index, item = _read_beheaded(lines, 0)
    if item is not None:
        found.append((_rank(item), index - 1, item))
    while index < len(lines):
        line = lines[index]
        if HEADER in line:
            index, item = _read_chain(lines, index)
        elif line.startswith("Fatal Python error: "):
            index, item = _read_fatal(lines, index)
        elif line.startswith("‹gap: "):
            index, item = _read_beheaded(lines, index + 1)
        elif line.startswith('  File "'):
            index, item = _read_bare_syntax_error(lines, index)
        elif "─ Traceback (most recent call last) ─" in line:
            index, item = _read_boxed(lines, index)
        else:
            index, item = index + 1, None
        if item is not None:
            found.append((_rank(item), index - 1, item))
    return found


def _rank(failure: Record) -> int:
    return RANK_ASIDE if failure.pop("aside", False) else RANK_ENDED


def _read_beheaded(lines: list[str], start: int) -> tuple[int, Record | None]:
    """Read a traceback whose beginning was cut off: only the tail of the output is kept."""
    for index in range(start, min(start + _CUT_LINES, len(lines))):
        line = lines[index]
        if HEADER in line or line.startswith("‹gap: "):
            break
        if line.startswith('  File "') and ", in " in line:
            following, failure = _read_chain(lines, index, beheaded=True)
            if failure is not None and failure["frames"] and failure["message_source"] and not failure.get("torn"):
                return following, {**failure, "beheaded": True}
            break
    return start, None


def _read_chain(lines: list[str], start: int, *, beheaded: bool = False) -> tuple[int, Record | None]:
    """Read the traceback at *start* and those that its connectors join to it."""
    older: list[Record] = []
    relations: list[str] = []
    index, margin = start, "" if beheaded else lines[start].partition(HEADER)[0].removesuffix(_GROUP_MARGIN)
    where = _where(lines, start)
    while True:
        if beheaded and not older:
            index, failure = _read_block(lines, index - 1, "")
        elif lines[index].endswith(_GROUP_HEADER):
            index, failure = _read_group(lines, index, margin)
        else:
            index, failure = _read_block(lines, index, margin)
        if failure is None:
            break
        older.append(failure)
        relation, following = _connector(lines, index, margin)
        if following is None:
            break
        relations.append(relation)
        index = following
    if not older:
        return max(index, start + 1), None
    newest = older.pop()
    del relations[len(older) :]  # one that led to nothing readable
    return index, _placed(record.linked(newest, list(zip(reversed(relations), reversed(older), strict=False))), where)


def _placed(failure: Record, where: Record) -> Record:
    failure.update(where)
    return failure


def _where(lines: list[str], start: int) -> Record:
    """Return what the lines before a traceback say about where it happened."""
    before = lines[start - 1] if start else ""
    if before.startswith("Exception in thread "):
        return {"thread": {"name": before[20:].rstrip(":")[:200], "main": False}, "aside": True}
    if before.startswith(("Exception ignored in", "Exception ignored on", "Exception ignored while")):
        return {"handled": True, "aside": True}
    if before.startswith(("future: <", "task: <")) or (start > 1 and "was never retrieved" in lines[start - 2]):
        return {"thread": {"name": "MainThread", "main": True, "task": before[:200]}, "aside": True}
    return {}


def _connector(lines: list[str], index: int, margin: str) -> tuple[str, int | None]:
    """Return (relation, index of the header that follows) when the next lines join two tracebacks."""
    index = _skip_blank(lines, index, margin, 2)
    said = _inside(lines, index, margin).strip()
    if said not in (_CAUSE, _CONTEXT):
        return "", None
    header = _skip_blank(lines, index + 1, margin, 2)
    if header < len(lines) and HEADER in lines[header]:
        return ("cause" if said == _CAUSE else "context"), header
    return "", None


def _skip_blank(lines: list[str], index: int, margin: str, most: int) -> int:
    while most and index < len(lines) and _inside(lines, index, margin).strip(" |") == "":
        index, most = index + 1, most - 1
    return index


def _inside(lines: list[str], index: int, margin: str) -> str:
    """Return line *index* without the margin that a log or a multiplexer put before it."""
    if index >= len(lines):
        return ""
    line = lines[index]
    return line[len(margin) :] if margin and line.startswith(margin) else line


def _read_block(lines: list[str], start: int, margin: str) -> tuple[int, Record | None]:
    """Read one traceback: header, frames, the exception line, what follows of its message."""
    frames: list[Record] = []
    index = start + 1
    while index < len(lines):
        line = _inside(lines, index, margin)
        if line.startswith('  File "'):
            frames.append(_frame(line))
        elif line.startswith("  [Previous line repeated ") and frames:
            frames[-1]["repeated"] = _leading_number(line[26:])
        elif line.startswith("    ") and frames:
            _add_source(frames[-1], line[4:])
        elif not line.strip() or not line.startswith(" "):
            break
        index += 1
    return _read_exception(lines, index, margin, frames)


def _read_exception(lines: list[str], index: int, margin: str, frames: list[Record]) -> tuple[int, Record | None]:
    head = _inside(lines, index, margin)
    type_, message = split_exception(head)
    if not type_:
        return index, _torn(frames)
    syntax = _syntax(frames.pop(), frames) if frames and frames[-1]["function"] == "" else None
    index, rest, notes = _continuation(lines, index + 1, margin, message)
    failure = record.failure(type_, "\n".join([message, *rest]), _shortened(frames))
    if notes:
        failure["notes"] = notes
    if syntax:
        failure["syntax"] = syntax
    return index, failure


def _torn(frames: list[Record]) -> Record | None:
    """A traceback whose last line never came (killed, cut off): its frames are still worth it."""
    return record.failure("Exception", "", _shortened(frames), torn=True) if frames else None


def split_exception(line: str) -> tuple[str, str]:
    """Return (type, message) of a line like `pkg.Error: text`; ("", "") when it is none.

    >>> split_exception("json.decoder.JSONDecodeError: Expecting value")
    ('json.decoder.JSONDecodeError', 'Expecting value')
    """
    name, colon, message = line.partition(":")
    name = name.strip()
    if not name or len(name) > 200 or name[0].isdigit() or not _is_dotted(name) or line[0] in " \t":
        return "", ""
    if colon and message and message[0] != " ":
        return "", ""
    return name, message[1:]


def _is_dotted(name: str) -> bool:
    return name.replace(".<locals>.", ".").replace(".", "").isidentifier() and ".." not in name


def _continuation(lines: list[str], index: int, margin: str, message: str) -> tuple[int, list[str], list[str]]:
    """Return (next index, further lines of the message, notes).

    Nothing in the text tells them apart. Indented lines, and all lines of a message that
    announces more (a colon, pydantic's "validation error"), are taken for the message.
    """
    announced = message.rstrip().endswith(":") or "validation error" in message or not message
    rest: list[str] = []
    notes: list[str] = []
    while index < len(lines) and len(rest) + len(notes) < _NOTE_LIMIT:
        line = _inside(lines, index, margin)
        if not line.strip() or _starts_something_else(line):
            break
        (rest if not notes and (announced or line[0] in " \t") else notes).append(line[:1000])
        index += 1
    return index, rest, notes


_OTHERS = (
    "Traceback ", "Exception ignored ", "Exception in thread ", "During handling", "The above exception", "make: ",
    "make[",
    "Error in ", "Task exception", "Future exception", "Fatal Python", "Current thread", "Thread 0x", "aitrack: ",
    "‹gap: ", "npm ERR",
    "FAILED ", "=====", "-----", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "+++", "  + Exception Group",
    "Segmentation fault",
    "sys:1: ", "Process ",
)  # fmt: skip


def _starts_something_else(line: str) -> bool:
    return line.startswith(_OTHERS) or HEADER in line or (line[:4].isdigit() and line[4:5] == "-")


def _shortened(frames: list[Record]) -> list[Record]:
    if len(frames) <= _FRAME_LIMIT:
        return frames
    outer, inner = frames[:40], frames[-80:]
    inner[0]["omitted"] = len(frames) - _FRAME_LIMIT
    return outer + inner


def _frame(line: str) -> Record:
    """Read `  File "PATH", line N, in FUNC`; a path may hold quotes and commas."""
    rest = line[8:]
    path, separator, place = rest.rpartition('", line ')
    if not separator:
        return record.frame(rest.strip('"'), None, "")
    number, _, function = place.partition(", in ")
    function = function.strip() or _after_in(place)  # faulthandler: `line 3 in f`
    return record.frame(path, _leading_number(number), function)


def _after_in(place: str) -> str:
    return place.partition(" in ")[2].strip()


def _leading_number(text: str) -> int | None:
    end = 0
    while end < len(text) and end < 12 and text[end].isascii() and text[end].isdigit():
        end += 1
    return int(text[:end]) if end else None


def _add_source(frame: Record, line: str) -> None:
    """Keep the first source line of a frame, and what the markers below it point at."""
    if "code" not in frame:
        frame["code"] = line
    elif "span" not in frame and line.strip() and not line.strip(" ^~"):
        frame["span"] = _span(line)


def _span(marks: str) -> list[int]:
    """Return [start, end] of the operation that `~~~^^^` marks: operands and operator."""
    return [len(marks) - len(marks.lstrip()), len(marks.rstrip())]


def _syntax(place: Record, frames: list[Record]) -> Record:
    span = place.get("span")
    col = span[0] if record.is_array(span) and span else None
    return {"file": place["file"], "line": place["line"], "col": col, "text": place.get("code", "")}


def _read_bare_syntax_error(lines: list[str], start: int) -> tuple[int, Record | None]:
    """Read what Python prints about a script that it cannot compile: no header, no function."""
    if ", in " in lines[start]:
        return start + 1, None
    for index in range(start + 1, min(start + 5, len(lines))):
        if lines[index].startswith(_SYNTAX):
            place = _frame(lines[start])
            for source in lines[start + 1 : index]:
                _add_source(place, source[4:])
            return _read_exception(lines, index, "", [place])
    return start + 1, None


def _read_fatal(lines: list[str], start: int) -> tuple[int, Record | None]:
    """Read a `faulthandler` dump: frames newest first, the current thread's wanted."""
    said = lines[start][20:].strip()
    frames: list[Record] = []
    index = start + 1
    inside = False
    while index < len(lines):
        line = lines[index]
        if line.startswith(("Current thread ", "Thread 0x")):
            inside = line.startswith("Current")
        elif line.startswith('  File "'):
            if inside:
                frames.append(_frame(line))
        elif line.strip() and not line.startswith((" ", "Stack (", "Python runtime state", "Extension modules")):
            break
        index += 1
    type_ = _FATAL_SIGNALS.get(said.partition(":")[0], "FatalError")
    return index, record.failure(type_, said, _shortened(frames[::-1]))


def current_thread(lines: list[str]) -> list[Record]:
    """Return the frames of the thread that a dump of `faulthandler` was made in, outermost first."""
    frames: list[Record] = []
    inside = False
    for line in lines:
        if line.startswith(("Current thread ", "Thread 0x")):
            inside = line.startswith("Current")
            frames = [] if inside else frames  # of several dumps the last
        elif inside and line.startswith('  File "'):
            frames.append(_frame(line))
    return _shortened(frames[::-1])


def _read_boxed(lines: list[str], start: int) -> tuple[int, Record | None]:
    """Read a traceback drawn by `rich`: a box with `│ FILE:LINE in FUNC │` and the exception below."""
    frames: list[Record] = []
    index = start + 1
    while index < len(lines) and lines[index].startswith(("│", "|")):
        place, separator, function = lines[index].strip("│| ").partition(" in ")
        file, colon, number = place.rpartition(":")
        if separator and colon and number.isdecimal() and len(number) < 10:
            frames.append(record.frame(file, int(number), function.strip()))
        index += 1
    if index < len(lines) and lines[index].startswith("╰"):
        index += 1
    following, failure = _read_exception(lines, index, "", frames)
    return max(following, start + 1), failure


def _read_group(lines: list[str], start: int, margin: str) -> tuple[int, Record | None]:
    """Read an `Exception Group Traceback`: its lines hang on a bar in column 2, members deeper."""
    index = start
    while index < len(lines) and _bar(_inside(lines, index, margin)) >= _BAR:
        index += 1
    block = [_inside(lines, number, margin) for number in range(start + 1, index)]
    return index, _group([" " * _BAR + "| " + HEADER, *block], _BAR, 0)


def _bar(line: str) -> int:
    """Return the column of the bar that *line* hangs on; -1 when there is none."""
    column = len(line) - len(line.lstrip(" "))
    return column if line[column : column + 1] in ("|", "+") else -1


def _group(block: list[str], column: int, depth: int) -> Record | None:
    """Read the exception whose own lines hang on *column*; its members hang two signs deeper."""
    own: list[str] = []
    inner: list[list[str]] = []
    for line in block:
        bar = _bar(line)
        if bar == column and line[bar] == "|":
            own.append(line[column + 2 :])
        elif (bar == column and line.startswith("+-+", bar)) or (bar == column + 2 and line.startswith("+--", bar)):
            inner.append([])
        elif inner:
            inner[-1].append(line)
    failure = _from_lines(own)
    if failure is not None and depth < record.DEPTH_LIMIT:
        members = (_group(lines, column + 2, depth + 1) for lines in inner)
        inside = [member for member in members if member is not None]
        failure.update({"exceptions": inside} if inside else {})
    return failure


def _from_lines(own: list[str]) -> Record | None:
    for index, line in enumerate(own):
        if HEADER in line:
            own[index] = HEADER
            return _read_chain(own, index)[1]
    for index, line in enumerate(own):
        if split_exception(line)[0]:
            return _read_exception(own, index, "", [])[1]
    return None
