"""Frames of a traceback as records: place, source context, locals."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from . import python, sources
from .redact import OVER_READ, before_mark
from .values import MOST_NODES_LOCAL, Numbers, class_name, picture, qualified_name, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType, TracebackType
    from typing import Any, Dict, Iterable, Tuple

    from .redact import Redactor

    Record = Dict[str, Any]
    Place = Tuple[FrameType, int, int]  # frame, last instruction, line

OUTERMOST, INNERMOST = 40, 80
_MOST_LOCALS = 60
_CONTEXT = 5  # lines on either side
_LONGEST_LINE = 500
_VIEW = "FrameLocalsProxy"


class Budget:
    """What a capture may still spend: nodes and time."""

    __slots__ = ("deadline", "nodes")

    def __init__(self, nodes: int, deadline: float) -> None:
        self.nodes = nodes
        self.deadline = deadline


class Pictures:
    """Makes frame records; shared by all exceptions of one capture."""

    __slots__ = ("_cwd", "_hidden", "budget", "numbers", "redactor", "strict")

    def __init__(self, redactor: Redactor, budget: Budget, strict: bool = False, hidden: Iterable[str] = ()) -> None:
        self.redactor = redactor
        self.budget = budget
        self.numbers = Numbers()
        self.strict = strict
        self._hidden = frozenset(hidden)
        self._cwd = python.start_folder()

    def frames(self, traceback: TracebackType | None) -> list[Record]:
        """Return the records of a traceback, outermost first; the innermost get their locals first."""
        places, omitted = collect(traceback)
        return self.of_places(places, omitted)

    def of_places(self, places: list[Place], omitted: int) -> list[Record]:
        """Return the records of *places*; *omitted* frames are missing after the outermost ones."""
        records = [self.frame(*place) for place in places]
        if omitted:
            records[min(OUTERMOST, len(records)) - 1]["omitted"] = omitted
        for place, record in reversed(list(zip(places, records))):
            if self.budget.nodes > 0:
                record["locals"] = self.locals(place[0], record["in_app"])
        return records

    def frame(self, frame: FrameType, instruction: int, line: int) -> Record:
        """Return the record of one frame without its locals."""
        code = frame.f_code
        file = self._absolute(code.co_filename)
        namespace = frame.f_globals
        module = namespace.get("__name__") if type(namespace) is dict else None
        record: Record = {
            "file": file,
            "line": line,
            "function": code.co_name,
            "qualname": getattr(code, "co_qualname", code.co_name),
            "module": module if type(module) is str else None,
            "in_app": python.is_in_app(file),
        }
        position = _position(code, instruction)
        lines, missing = sources.lines_of(file, namespace if type(namespace) is dict else {})
        if lines is None or not line or line > len(lines):
            record["context"] = {"start": line, "lines": [], "stale": missing == "stale", "missing": missing or "stale"}
        else:
            self._add_source(record, lines, line, position)
        return record

    def _absolute(self, file: str) -> str:
        if file.startswith(("/", "<")) or not self._cwd:
            return file
        return self._cwd + "/" + file

    def _add_source(
        self, record: Record, lines: list[str], line: int, position: tuple[int, int, int, int] | None
    ) -> None:
        if position is not None and position[0] == line:
            record.update(_columns(lines, position))
        if self.strict:
            return
        record["context"] = context = source_around(lines, line, self.redactor)
        at = line - context["start"]
        record["code"] = context["lines"][at].strip() if at < len(context["lines"]) else ""

    def locals(self, frame: FrameType, in_app: bool) -> list[Record]:
        """Return the pictures of a frame's variables, small ones first in the budget, in their own order."""
        names = self._variables(frame)
        share = max(8, self.budget.nodes // max(4, len(names))) if in_app else 20
        return [self._local(name, value, share) for name, value in names.items()]

    def _local(self, name: str, value: Any, share: int) -> Record:
        record: Record = {"name": name}
        if self.strict:
            record.update(type=class_name(type(value)), value=shape(value))
            return record
        found, spent = picture(value, name, self.redactor, min(MOST_NODES_LOCAL, share), self.budget.deadline)
        self.budget.nodes -= spent
        record.update(found)
        record["id"] = self.numbers.of(value)
        return record

    def _variables(self, frame: FrameType) -> dict[str, Any]:
        is_module = frame.f_code.co_name == "<module>"
        found = local_variables(frame)
        hidden = self._hidden | _hidden_names(frame)
        names: dict[str, Any] = {}
        for name, value in found.items():
            if len(names) >= _MOST_LOCALS:
                break
            if name.startswith("__") and name.endswith("__"):
                continue
            if is_module and _is_furniture(value):
                continue
            names[name] = _HIDDEN if name in hidden else value
        return names


class _Hidden:
    """Stands for a value that the program asked not to be shown."""

    __slots__ = ()


_HIDDEN = _Hidden()


def _hidden_names(frame: FrameType) -> set[str]:
    namespace = frame.f_globals
    names = namespace.get("__aitrack_hide__") if type(namespace) is dict else None
    if type(names) is list or type(names) is tuple:
        return {name for name in names if type(name) is str}
    return set()


def _is_furniture(value: object) -> bool:
    """Say whether a module's variable is an import, a function or a class, which say nothing about its state."""
    return class_name(type(value)) in (
        "module",
        "function",
        "builtin_function_or_method",
        "type",
        "ABCMeta",
        "EnumMeta",
        "EnumType",
    )


def local_variables(frame: FrameType) -> dict[str, Any]:
    """Return the raw variables of *frame*; a namespace of the program's own type is not touched."""
    found: Any = frame.f_locals
    kind = type(found)
    if kind is not dict and not (class_name(kind) == _VIEW and qualified_name(kind) == _VIEW):
        return {}
    names: dict[str, Any] = {}
    for name in list(found):
        if type(name) is str:
            try:
                names[name] = found[name]
            except KeyError:
                continue
    return names


def collect(traceback: TracebackType | None) -> tuple[list[Place], int]:
    """Return the outermost and innermost places of a traceback, and how many lie between."""
    outermost: list[Place] = []
    innermost: list[Place] = []
    omitted = 0
    while traceback is not None:
        place = (traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno or 0)
        if len(outermost) < OUTERMOST:
            outermost.append(place)
        else:
            innermost.append(place)
            if len(innermost) > 2 * INNERMOST:
                omitted += INNERMOST
                del innermost[:INNERMOST]
        traceback = traceback.tb_next
    surplus = max(0, len(innermost) - INNERMOST)
    return outermost + innermost[surplus:], omitted + surplus


def stack(frame: FrameType | None) -> tuple[list[Place], int]:
    """Return the places of a running stack, outermost first, and how many are left out."""
    places: list[Place] = []
    while frame is not None and len(places) < 5000:
        places.append((frame, frame.f_lasti, frame.f_lineno or 0))
        frame = frame.f_back
    places.reverse()
    if len(places) <= OUTERMOST + INNERMOST:
        return places, 0
    return places[:OUTERMOST] + places[-INNERMOST:], len(places) - OUTERMOST - INNERMOST


def _position(code: CodeType, instruction: int) -> tuple[int, int, int, int] | None:
    """Return line, end line, and byte columns of an instruction."""
    if not python.HAS_POSITIONS or instruction < 0:
        return None
    wanted = instruction // 2
    for index, position in enumerate(code.co_positions()):
        if index == wanted:
            line, end_line, column, end_column = position
            if line is None or end_line is None or column is None or end_column is None:
                return None
            return line, end_line, column, end_column
    return None


def position_of(code: CodeType, offset: int) -> int:
    """Return the line of an instruction, by its offset in bytes."""
    if not hasattr(code, "co_lines"):
        return code.co_firstlineno
    for start, end, line in code.co_lines():
        if start <= offset < end:
            return line or code.co_firstlineno
    return code.co_firstlineno


def source_around(lines: list[str], line: int, redactor: Redactor) -> Record:
    """Return the `context` of a frame: a line of a file and those around it."""
    first = max(1, line - _CONTEXT)
    shown = [text[: _LONGEST_LINE + OVER_READ] for text in lines[first - 1 : line + _CONTEXT]]
    clean = redactor.source("\n".join(shown)).split("\n")
    if len(clean) != len(shown):  # a secret of many lines was hidden: its lines are gone
        clean = [redactor.source(text) for text in shown]
    return {"start": first, "lines": [before_mark(text, _LONGEST_LINE) for text in clean], "stale": False}


def clean_line(text: str, redactor: Redactor) -> str:
    """Return a line of source as it may be written."""
    return redactor.cut_source(text, _LONGEST_LINE)


def source_line(file: str, line: int) -> str:
    """Return one line of a source file as it is, or nothing where it cannot be trusted."""
    lines, _ = sources.lines_of(file, {})
    return lines[line - 1][: _LONGEST_LINE + OVER_READ] if lines is not None and 0 < line <= len(lines) else ""


def _columns(lines: list[str], position: tuple[int, int, int, int]) -> Record:
    """Return the span of an instruction in characters; the interpreter counts bytes."""
    line, end_line, column, end_column = position
    if end_line > len(lines):
        return {}
    return {
        "end_line": end_line,
        "col": _characters(lines[line - 1], column),
        "end_col": _characters(lines[end_line - 1], end_column),
    }


def _characters(line: str, column: int) -> int:
    return column if line.isascii() else len(line.encode("utf-8", "replace")[:column].decode("utf-8", "replace"))
