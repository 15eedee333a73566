"""Failures that tools report in one line: compilers, make, test runners, shells.

They rank below an uncaught failure of a language: a compiler's line explains
`make: *** Error 2`, and a traceback explains both.
"""

from __future__ import annotations

from aitrack.diagnose import record
from aitrack.diagnose.foreign import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.diagnose.record import Record
    from aitrack.diagnose.tracebacks import Found

_RANK_SAID, _RANK_REPORT = 2, 0  # the failure itself; the report that something else failed
_ERROR_MARKS = (": fatal error: ", ": error: ", ": error TS", " - error TS", ": error CS")
_BASH = ": line "


def find(lines: list[str]) -> list[Found]:
    """Return what tools reported in *lines*; of several errors in a row the first, which caused the others."""
    found: list[Found] = []
    places: dict[str, int] = {}
    for index, line in enumerate(lines):
        rank, failure = _read(lines, index, line, places)
        if failure is None:
            continue
        if found and rank == _RANK_SAID and found[-1][2]["qualified"] == failure["qualified"] and rank == found[-1][0]:
            found[-1] = (rank, index, found[-1][2])  # one report of many errors: it ends here
        else:
            found.append((rank, index, failure))
    return found


def _read(lines: list[str], index: int, line: str, places: dict[str, int]) -> tuple[int, Record | None]:
    if line.startswith(("make", "gmake")) and ": *** " in line:
        return _RANK_REPORT, _make(line)
    if line.startswith("npm ERR! ") and line.startswith("code ", 9):
        return _RANK_REPORT, record.failure("npm", line[9:])
    if line.startswith(("FAILED ", "ERROR ")) and ("::" in line or " - " in line):
        return _RANK_SAID, _pytest(line, places)
    if line.lstrip().startswith("--- FAIL: "):
        return _RANK_SAID, _go_test(lines, index, line)
    if line.startswith("not ok "):
        return _RANK_SAID, record.failure("TestFailure", line.partition(" - ")[2] or line[7:])
    if line.startswith("error") and line[5:7] in ("[E", ": ") and index + 1 < len(lines):
        return _RANK_SAID, _rustc(lines, index, line)
    for mark in _ERROR_MARKS:
        if mark in line:
            return _RANK_SAID, _compiler(line, mark)
    if line.endswith(("Error", "Exception")) and ".py:" in line:
        file, number, _ = place(
            line.partition(": ")[0]
        )  # pytest: `tests/test_x.py:12: AssertionError`, above its summary
        places.update({file: number} if number is not None else {})
    if ".go:" in line:
        return _RANK_SAID, _go_compiler(line)
    if _BASH in line:
        return _RANK_SAID, _bash(line)
    return _RANK_SAID, _short_shell(line)


def _make(line: str) -> Record:
    said = line.partition(": *** ")[2]
    inside = said.partition("[")[2].partition("]")[0]
    where, _, target = inside.rpartition(": ")
    file, number, _ = place(where)
    return record.failure("make", said, [record.frame(file, number, target)] if file else [])


def _pytest(line: str, places: dict[str, int]) -> Record | None:
    node, _, said = line.partition(" ")[2].partition(" - ")
    file, _, test = node.partition("::")
    if not file or not file.endswith((".py", ".md", ".rst", ".txt")):
        return None
    type_, _, message = said.partition(": ")
    if not type_.replace(".", "").isidentifier():
        type_, message = ("AssertionError", said) if line.startswith("FAILED ") else ("Error", said)
    frame = record.frame(file, places.get(file), test.replace("::", "."))
    return record.failure(type_, message, [frame])


def _go_test(lines: list[str], index: int, line: str) -> Record:
    test = line.partition("FAIL: ")[2].partition(" (")[0]
    after = lines[index + 1].strip() if index + 1 < len(lines) else ""
    where, _, message = after.partition(": ")
    file, number, _ = place(where)
    return record.failure("TestFailure", message or test, [record.frame(file if number else "", number, test)])


def _rustc(lines: list[str], index: int, line: str) -> Record | None:
    where = lines[index + 1].strip()
    if not where.startswith("--> "):
        return None
    code = line[6:].partition("]")[0] if line.startswith("error[") else ""
    return _compile_error(where[4:], line.partition(": ")[2], code)


def _compiler(line: str, mark: str) -> Record | None:
    where, _, message = line.partition(mark)
    code = ""
    if mark.endswith(("TS", "CS")):
        code, _, message = message.partition(": ")
        code = mark[-2:] + code
    where = where.strip()
    if where.endswith(")"):  # `src/x.ts(3,5)`
        where = where[:-1].replace("(", ":").replace(",", ":")
    return _compile_error(where, message, code)


def _go_compiler(line: str) -> Record | None:
    where, _, message = line.partition(": ")
    return (
        _compile_error(where, message, "") if where.endswith(tuple("0123456789")) and where[:1] not in "\t " else None
    )


def _compile_error(where: str, message: str, code: str) -> Record | None:
    file, number, column = place(where)
    if number is None or not message or " " in file:
        return None
    more = {} if column is None else {"col": max(column - 1, 0)}
    return record.failure(
        "CompileError", f"{message} [{code}]" if code else message, [record.frame(file, number, "", **more)]
    )


def _bash(line: str) -> Record | None:
    """Read `FILE: line N: command: message`."""
    file, _, rest = line.partition(_BASH)
    number, _, said = rest.partition(": ")
    if not number.isascii() or not number.isdigit() or len(number) > 9 or not said or " " in file.strip():
        return None
    return _shell_error(file, int(number), said)


def _short_shell(line: str) -> Record | None:
    """Read dash's `FILE: N: command: not found`."""
    file, _, rest = line.partition(": ")
    number, _, said = rest.partition(": ")
    if not number.isascii() or not number.isdigit() or len(number) > 6 or not said or not file or " " in file:
        return None
    return _shell_error(file, int(number), said)


def _shell_error(file: str, number: int, said: str) -> Record:
    command, _, _ = said.partition(": ")
    return record.failure("ShellError", said, [record.frame(file, number, command)])
