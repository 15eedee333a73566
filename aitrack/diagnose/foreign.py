"""Failures of other languages, read from what they print: node, Java, .NET, Go, Rust, Ruby, Perl, PHP, C++ ...

Each reader is given the lines and the index of a line that begins like one of its
failures, and returns the index after it. Places are cut with string methods: lines are
hostile, and a pattern with two open ends would take quadratic time on them.
"""

from __future__ import annotations

from aitrack.diagnose import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from aitrack.diagnose.record import Record
    from aitrack.diagnose.tracebacks import Found

    Read: TypeAlias = tuple[int, Record | None]

_RUNTIMES = ("java.", "javax.", "jdk.", "sun.", "com.sun.", "kotlin.", "scala.", "org.junit.", "System.", "Microsoft.")
_STACK_LIMIT = 120
_BACK = 12  # lines of a message before its stack
_RANK_ENDED, _RANK_SAID = 3, 2  # an uncaught failure; a line that may be a warning only


def find(lines: list[str]) -> list[Found]:
    """Return each failure that a language other than Python printed in *lines*, in order."""
    found: list[Found] = []
    index = 0
    while index < len(lines):
        rank, reader = _reader(lines[index])
        if reader is None:
            index += 1
            continue
        following, failure = reader(lines, index)
        index = max(following, index + 1)
        if failure is not None:
            found.append((rank, index - 1, failure))
    return found


def _reader(line: str) -> tuple[int, Callable[[list[str], int], Read] | None]:
    """Return who can read a failure that begins with *line*."""
    start = line.lstrip()
    if start.startswith("at ") and line is not start and (":" in line or "(" in line):
        return _RANK_ENDED, _read_stack
    if start.startswith(("panic: ", "fatal error: ")) and line is start:
        return _RANK_ENDED, _read_go
    if start.startswith("thread '") and " panicked at " in start:
        return _RANK_ENDED, _read_rust_panic
    if "(" in line and line.endswith(")") and ":in " in line:
        return _RANK_ENDED, _read_ruby
    if "Fatal error: " in line or "Parse error: " in line:
        return _RANK_ENDED, _read_php
    if line.startswith("** ("):
        return _RANK_ENDED, _read_elixir
    if line.startswith("terminate called after throwing"):
        return _RANK_ENDED, _read_cpp
    if line.endswith("failed.") and ": Assertion `" in line:
        return _RANK_ENDED, _read_c_assertion
    if "ERROR: AddressSanitizer: " in line or "ERROR: LeakSanitizer: " in line:
        return _RANK_ENDED, _read_sanitizer
    if " line " in line and line.endswith((".", ">")) and " at " in line:
        return _RANK_SAID, _read_perl
    return 0, None


def place(text: str) -> tuple[str, int | None, int | None]:
    """Return (file, line, column from 1) of `FILE:LINE`, `FILE:LINE:COL` or a bare name.

    >>> place("/srv/a.js:3:9")
    ('/srv/a.js', 3, 9)
    """
    head, colon, last = text.rpartition(":")
    if not colon or not _is_number(last):
        return text, None, None
    file, colon, before = head.rpartition(":")
    if colon and _is_number(before):
        return file, int(before), int(last)
    return head, int(last), None


def _is_number(text: str) -> bool:
    return 0 < len(text) < 10 and text.isascii() and text.isdigit()


def _frame(where: str, function: str) -> Record:
    file, line, column = place(where.removeprefix("file://"))
    more = {} if column is None else {"col": max(column - 1, 0)}
    return record.frame(file, line, function, **more)


# ---- stacks of `at` lines: node, Java and .NET ----


def _read_stack(lines: list[str], start: int) -> Read:
    """Read a stack whose first `at` line is *start*; its message stands above, its causes below."""
    type_, message = _head(lines, start)
    if not type_:
        return _past_stack(lines, start), None
    index, frames = _at_lines(lines, start)
    failure = record.failure(type_, message, frames)
    if index + 1 < len(lines) and lines[index].startswith("Emitted '"):  # node: where nobody listened to an event
        index, _ = _at_lines(lines, index + 1)
    causes: list[tuple[str, Record]] = []
    holders = [failure] if lines[index - 1].endswith(" {") else []  # whose fields follow, innermost last
    while index < len(lines) and len(causes) < 60:
        line = lines[index].strip()
        if line.startswith(("Caused by: ", "[cause]: ")):
            index, cause = _cause(lines, index, line.partition(": ")[2])
            causes.append(("cause", cause))
            holders += [cause] if lines[index - 1].endswith(" {") else []
        elif holders and line.startswith("}"):
            holders.pop()
            index += 1
        elif holders and line:
            _property(holders[-1], line)
            index += 1
        elif line.startswith(("...", "Suppressed: ", "at ")) or line == "}":
            index += 1
        else:
            break
    return index, record.linked(failure, causes)


def _past_stack(lines: list[str], index: int) -> int:
    while index < len(lines) and lines[index].lstrip().startswith("at "):
        index += 1
    return index


def _cause(lines: list[str], index: int, head: str) -> tuple[int, Record]:
    type_, message = exception_head(head)
    following, frames = _at_lines(lines, index + 1)
    return following, record.failure(type_ or "Error", message if type_ else head, frames)


def _property(failure: Record, line: str) -> None:
    """Keep what node prints of an error's own fields: `code: 'ECONNREFUSED',`."""
    name, _, value = line.rstrip(",").partition(": ")
    value = value.strip("'")
    if name in ("code", "errno", "status", "statusCode") and value:
        facts = failure.setdefault("facts", {})
        facts["code" if name == "code" else "errno" if name == "errno" else "http_status"] = (
            int(value) if _is_number(value.lstrip("-")) else value[:80]
        )


def _head(lines: list[str], start: int) -> tuple[str, str]:
    """Return (type, message) from the lines above a stack."""
    for back in range(1, _BACK + 1):
        above = lines[start - back].strip() if start >= back else ""
        if not above or above.startswith("at "):
            break
        type_, message = exception_head(lines[start - back].strip())
        if type_:
            rest = [line.strip() for line in lines[start - back + 1 : start]]
            return type_, "\n".join([message, *rest])
    return "", ""


_PREAMBLES = ("Uncaught ", "Unhandled exception. ", "Unhandled Exception: ", "[cause]: ", "Caused by: ", "(node:")


def exception_head(line: str) -> tuple[str, str]:
    """Return (type, message) of `java.lang.Error: text`, `Error [CODE]: text` or `Exception in thread "x" E: text`."""
    if line.startswith("Exception in thread "):
        line = line[20:].partition('" ')[2]
    for preamble in _PREAMBLES:
        line = line.removeprefix(preamble)
    line = line.removesuffix(" {")
    name, colon, message = line.partition(": ")
    bare, bracket, code = name.rstrip(":").partition(" [")
    if not bare or not bare.replace(".", "").replace("$", "").replace("_", "").isalnum() or bare[0].isdigit():
        return "", ""
    if not (bare.endswith(("Error", "Exception", "Throwable", "Failure")) or bracket or ("." in bare and colon)):
        return "", ""
    return bare, f"{message} [{code.rstrip(']')}]".strip() if bracket else message


def _at_lines(lines: list[str], index: int) -> tuple[int, list[Record]]:
    frames: list[Record] = []
    while index < len(lines):
        line = lines[index].strip()
        if line.startswith("at "):
            if len(frames) < _STACK_LIMIT:
                frames.append(_at_frame(line[3:].removesuffix(" {")))
        elif not line.startswith("--- "):  # .NET: `--- End of stack trace from previous location ---`
            break
        index += 1
    return index, frames[::-1]  # outermost first, as everywhere


def _at_frame(said: str) -> Record:
    said = said.removeprefix("async ")
    if " in " in said and ":line " in said:
        function, _, where = said.rpartition(" in ")
        return _frame(where.replace(":line ", ":"), function.partition("(")[0])
    if not said.endswith(")"):
        return _frame(said, "<anonymous>")
    function, _, where = said[:-1].rpartition("(")
    frame = _frame(where, function.strip().removeprefix("new "))
    if frame["function"].startswith(_RUNTIMES) or where == "Native Method":
        frame["in_app"] = False
    return frame


# ---- Go ----


def _read_go(lines: list[str], start: int) -> Read:
    type_, _, message = lines[start].partition(": ")
    if message.startswith("runtime error: "):
        type_, _, message = message.partition(": ")
    index = start + 1
    while index < len(lines) and not lines[index].startswith("goroutine "):
        if index - start > _BACK:
            return start + 1, None
        index += 1
    if index >= len(lines):
        return start + 1, record.failure(type_, message) if type_ != "fatal error" else None
    index, frames = _go_frames(lines, index + 1)
    return index, record.failure(type_, message, frames)


def _go_frames(lines: list[str], index: int) -> tuple[int, list[Record]]:
    frames: list[Record] = []
    while index + 1 < len(lines) and lines[index + 1].startswith("\t"):
        function = lines[index].removeprefix("created by ").rpartition("(")[0] or lines[index]
        if len(frames) < _STACK_LIMIT and function != "panic":
            where = lines[index + 1].strip().partition(" +0x")[0]
            frames.append(
                {**_frame(where, function), "in_app": "/src/runtime/" not in where and "/pkg/mod/" not in where}
            )
        index += 2
    return index, frames[::-1]


# ---- Rust ----


def _read_rust_panic(lines: list[str], start: int) -> Read:
    _, _, said = lines[start].partition(" panicked at ")  # since 1.91 a thread id stands before it
    if said.startswith("'"):  # up to 1.72: 'message', file:line:col
        message, _, where = said[1:].rpartition("', ")
        index = start + 1
    else:
        where, message = said.rstrip(":"), lines[start + 1] if start + 1 < len(lines) else ""
        index = start + 2
    frames = [_frame(where, lines[start].lstrip()[8:].partition("'")[0])]
    while index < len(lines) and index < start + 6 and not lines[index].startswith("stack backtrace:"):
        index += 1
    if index < len(lines) and lines[index].startswith("stack backtrace:"):
        index, deeper = _rust_backtrace(lines, index + 1)
        frames = [frame for frame in deeper if frame["in_app"]] or frames
    else:
        index = start + 2
    return index, record.failure("panic", message, frames)


def _rust_backtrace(lines: list[str], index: int) -> tuple[int, list[Record]]:
    frames: list[Record] = []
    while index < len(lines):
        number, colon, function = lines[index].strip().partition(": ")
        if not (colon and _is_number(number)):
            break
        where = lines[index + 1].strip() if index + 1 < len(lines) else ""
        if where.startswith("at "):
            index += 1
            if len(frames) < _STACK_LIMIT:
                inside = "/rustc/" not in where and "/.cargo/" not in where and "/library/" not in where
                frames.append({**_frame(where[3:], function), "in_app": inside})
        index += 1
    return index, frames[::-1]


# ---- Ruby, Perl, PHP, Elixir, C and C++ ----


def _read_ruby(lines: list[str], start: int) -> Read:
    """Read `x.rb:2:in 'f': message (Type)` and the `from` lines below it."""
    where, _, rest = lines[start].partition(":in ")
    function, colon, said = rest.partition(": ")
    message, opening, type_ = said[:-1].rpartition(" (")
    if not (colon and opening and place(where)[1] is not None and type_.replace("::", "").isalnum()):
        return start + 1, None
    frames = [_frame(where, function.strip("`'"))]
    index = start + 1
    while index < len(lines) and lines[index].startswith("\tfrom "):
        outer, _, function = lines[index][6:].partition(":in ")
        if len(frames) < _STACK_LIMIT:
            frames.append(_frame(outer, function.strip("`'")))
        index += 1
    return index, record.failure(type_, message, frames[::-1])


def _read_perl(lines: list[str], start: int) -> Read:
    """Read `message at FILE line N.`"""
    said, _, rest = lines[start].rpartition(" at ")
    file, _, number = rest.rstrip(".").partition(" line ")
    number = number.partition(",")[0].rstrip(".")
    if not (said and _is_number(number)) or " " in file:
        return start + 1, None
    return start + 1, record.failure("die", said.strip(), [record.frame(file, int(number), "")])


def _read_php(lines: list[str], start: int) -> Read:
    said = lines[start].partition("rror: ")[2].strip()
    type_, message = "Error", said
    if said.startswith("Uncaught "):
        type_, _, message = said[9:].partition(": ")
    message, _, where = message.rpartition(" in ")
    where = where.replace(" on line ", ":")
    if not message or place(where)[1] is None:
        return start + 1, None
    return start + 1, record.failure(type_.replace("\\", "."), message, [_frame(where, "")])


def _read_elixir(lines: list[str], start: int) -> Read:
    type_, closing, message = lines[start][4:].partition(") ")
    if not closing or " " in type_:
        return start + 1, None
    frames: list[Record] = []
    index = start + 1
    while index < len(lines) and lines[index].startswith("    "):
        where, _, function = lines[index].strip().rpartition(": ")
        if len(frames) < _STACK_LIMIT:
            frames.append(_frame(where.rpartition(") ")[2], function))
        index += 1
    return index, record.failure(type_, message, frames[::-1])


def _read_cpp(lines: list[str], start: int) -> Read:
    type_ = lines[start].partition("instance of '")[2].rstrip("'") or "exception"
    after = lines[start + 1] if start + 1 < len(lines) else ""
    message = after.partition("what():")[2].strip()
    return start + 1 + bool(message), record.failure(type_, message)


def _read_c_assertion(lines: list[str], start: int) -> Read:
    head, _, condition = lines[start].partition(": Assertion `")
    where, _, function = head.rpartition(": ")
    file, line, _ = place(where.rpartition(": ")[2])
    return start + 1, record.failure(
        "Assertion", "`" + condition, [record.frame(file, line, function.partition("(")[0])]
    )


def _read_sanitizer(lines: list[str], start: int) -> Read:
    tool, _, said = lines[start].partition("ERROR: ")[2].partition(": ")
    return start + 1, record.failure(tool, said.partition(" on ")[0])
