"""What led to the end, put into records: operations and log records in order, what was raised, what ran first."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from . import python, sources
from .frames import clean_line, position_of, source_around, source_line
from .library import standard
from .messages import text_of_arguments
from .modules import loaded, own
from .redact import before_mark
from .values import class_name, qualified_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator

    from .redact import Redactor

    Record = Dict[str, Any]

_LAST_FIRSTS = 120  # lines of the program that ran for the first time just before the end
_LAST_RAISED = 40
_LAST_EVENTS = 300
_SHOWN_RAISED, _SHOWN_FRAMES = 3, 3  # of what was raised last: with the source around the innermost frames
_LAST_NOTHINGS = 200
_LONGEST = {"host": 200, "method": 20, "url": 500, "text": 2000}
_LONGEST_MESSAGE = 1000
_IS_GENERATOR = 0x20 | 0x200  # flags of code that ends by None whatever it gave


def records(redactor: Redactor) -> Iterator[Record]:
    """Yield the records of this process's trail, oldest first within each kind."""
    trail = loaded.get("trail")
    if trail is None:
        return
    yield from _in_order(trail, redactor)
    yield from _raised(trail, redactor)
    yield from nothings()
    followed = loaded["focus"].record() if "focus" in loaded else None
    if followed is not None:
        yield followed
    for reason in ("why_not", "why_short"):
        if trail.state.get(reason):
            yield {"kind": "note", "text": "trail: " + trail.state[reason]}


def _in_order(trail: Any, redactor: Redactor) -> Iterator[Record]:
    """Yield operations, log records and first executions as one sequence."""
    found = [(place, 1, record) for place, record in _events(trail, redactor)]
    found += [(place, 0, record) for place, record in _firsts(trail)]
    found.sort(key=_by_place)
    for number, (_, _, record) in enumerate(found):
        record["seq"] = number
        yield record


def _by_place(entry: Any) -> Any:
    return entry[:2]


def _events(trail: Any, redactor: Redactor) -> Iterator[Any]:
    for at, thread, kind, code, line, data, place in list(trail.events)[-_LAST_EVENTS:]:
        shown = {name: _clean(name, value, redactor) for name, value in data.items()}
        shown.update(file=data.get("file") or code.co_filename, line=data.get("line") or line, function=code.co_name)
        if kind == "open":
            shown["mode"] = _mode(code, line)
        yield place, {"kind": "event", "t_ns": at, "tid": thread, "event": {"kind": kind, "data": shown}}


def _clean(name: str, value: Any, redactor: Redactor) -> Any:
    if name in ("argv", "text", "url") and own("capture").is_strict():
        return value[:1] if name == "argv" else ""
    if name == "argv":
        longest = 2000 if len(value) == 1 else 500
        return [before_mark(word, longest) for word in redactor.arguments(value)]
    return redactor.cut(value, _LONGEST.get(name, 1000)) if type(value) is str else value


def _mode(code: Any, line: int) -> str:
    """Return the mode of the `open` on a line, as far as the line says it."""
    text = source_line(code.co_filename, line)
    place = text.find("open(")
    for quote in ("'", '"'):
        for word in text[place + 5 :].split(quote)[1::2] if place >= 0 else ():
            if word and len(word) <= 4 and set(word) <= set("rwaxbt+U") and set(word) & set("rwax"):
                return word
    return "r"


def _raised(trail: Any, redactor: Redactor) -> Iterator[Record]:
    """Yield what was raised last, one record a place, the newest last."""
    latest: dict[Any, Any] = {}
    for entry in trail.ring:
        place = (id(entry[2]), entry[3])
        known = latest.pop(place, None)
        if known is not None and entry[6] is None:
            entry = (*entry[:5], known[5], known[6])
        latest[place] = entry
    entries = list(latest.values())[-_LAST_RAISED:]
    for left, (at, thread, code, offset, kind, args, stack) in zip(range(len(entries), 0, -1), entries):
        if class_name(kind) in ("StopIteration", "GeneratorExit", "StopAsyncIteration"):
            continue
        failure: Record = {
            "type": class_name(kind),
            "qualified": qualified_name(kind),
            "message": ""
            if own("capture").is_strict()
            else redactor.cut(text_of_arguments(kind, args or ()), _LONGEST_MESSAGE),
            "message_source": "args",
            "frames": _frames(code, offset, stack or []),
            "source": "collector",
        }
        if left <= _SHOWN_RAISED:
            _add_sources(failure["frames"], redactor)
        handler = trail.handled.get((id(code), offset))
        caught = _handler(*handler) if handler else None
        if caught is None and class_name(kind) in ("SystemExit", "KeyboardInterrupt"):
            continue  # it only passed through a `finally`
        count = trail.sites.get((id(code), offset), 1)
        yield {"kind": "raised", "at_ns": at, "tid": thread, "count": count, "handled": caught, "failure": failure}


def _handler(code: Any, offset: int) -> Record | None:
    """Return the `except` that took an exception; a `finally` and the compiler's own handlers take none."""
    if not hasattr(code, "co_lines") or code.co_code[offset] != standard("opcode").opmap.get("PUSH_EXC_INFO"):
        return None  # what clears the name of an `except ... as name`, or ends a generator
    for start, _, line in code.co_lines():
        if start >= offset and line:
            text = source_line(code.co_filename, line).strip()
            return _frame(code, line) if text.startswith("except") or "suppress(" in text else None
    return None


def _frames(code: Any, offset: int, stack: list[Any]) -> list[Record]:
    """Return light frame records, outermost first."""
    if not stack:
        return [_frame(code, position_of(code, offset))]
    return [_frame(above, line) for above, line in reversed(stack)]


def _add_sources(frames: list[Record], redactor: Redactor) -> None:
    """Show the source around the innermost of the program's own frames."""
    own_frames = [frame for frame in frames if frame["in_app"]][-_SHOWN_FRAMES:]
    for frame in [] if own("capture").is_strict() else own_frames:
        lines, _ = sources.lines_of(frame["file"], {})
        if lines is not None and 0 < frame["line"] <= len(lines):
            frame["context"] = source_around(lines, frame["line"], redactor)


def _frame(code: Any, line: int) -> Record:
    file = code.co_filename
    return {
        "file": file,
        "line": line,
        "function": code.co_name,
        "qualname": getattr(code, "co_qualname", code.co_name),
        "in_app": python.is_in_app(file),
        "code": _shown(source_line(file, line).strip()),
    }


def _shown(code: str) -> str:
    """Return a line of source as it may be written."""
    capture = own("capture")
    return "" if capture.is_strict() else clean_line(code, capture.redactor_of_process())


def _firsts(trail: Any) -> Iterator[Any]:
    places = trail.firsts[-_LAST_FIRSTS:]
    base = len(trail.firsts) - len(places)
    for index, (code, line) in enumerate(places):
        name = getattr(code, "co_qualname", code.co_name)
        data: Record = {"file": code.co_filename, "function": name, "line": line or code.co_firstlineno}
        data["what"] = "line" if line else "call"
        yield base + index, {"kind": "event", "t_ns": None, "tid": None, "event": {"kind": "first", "data": data}}


def nothings() -> Iterator[Record]:
    """Yield a record of where None was returned, in order, and to whom: from functions that exist to give a value."""
    trail = loaded.get("trail")
    places = [] if trail is None else _nothings(trail)
    if places:
        yield {"kind": "nothing", "places": places}


def _nothings(trail: Any) -> list[Record]:
    found: list[Record] = []
    procedures: dict[Any, Any] = {}
    for code, offset, *to in getattr(trail, "nothings", ())[-_LAST_NOTHINGS:]:
        if code.co_flags & _IS_GENERATOR or (to and _is_dropped(*to)):
            continue
        line = position_of(code, offset)
        text = source_line(code.co_filename, line).strip()
        if not text.startswith("return ") and code not in procedures:
            procedures[code] = not any(_gives(code, at) for at in range(0, len(code.co_code), 2))
        if text.startswith("return ") or not procedures[code]:
            place = {"file": code.co_filename, "line": line, "function": code.co_qualname, "code": _shown(text)}
            found.append(place)
            if to:
                place["to"] = _receiver(*to)
    return found


def _receiver(code: Any, offset: int) -> Record:
    line = position_of(code, offset)
    text = _shown(source_line(code.co_filename, line).strip())
    return {"file": code.co_filename, "function": code.co_qualname, "line": line, "code": text}


def _is_dropped(code: Any, offset: int) -> bool:
    """Say whether the caller at *offset* does nothing with what it gets."""
    following = [operation for operation in code.co_code[offset + 2 : offset + 40 : 2] if operation]  # 0: a cache
    return following[:1] == [standard("opcode").opmap["POP_TOP"]]


def _gives(code: Any, at: int) -> bool:
    """Say whether the instruction at *at* returns something that is not always None."""
    names = standard("opcode").opmap
    operation, argument = code.co_code[at], code.co_code[at + 1]
    if operation == names.get("RETURN_CONST"):
        return code.co_consts[argument] is not None
    if operation != names["RETURN_VALUE"]:
        return False
    before, constant = code.co_code[at - 2], code.co_code[at - 1]
    return not (before == names["LOAD_CONST"] and code.co_consts[constant] is None)


def exit_record(redactor: Redactor) -> Record | None:
    """Return the `sys.exit` that ended the program with a failure, as a failure record's place."""
    trail = loaded.get("trail")
    if trail is None or not trail.exits:
        return None
    value, stack, at = trail.exits[0]
    if value is None or value == 0:
        return None
    frames = [_frame(code, line) for code, line in reversed(stack)]
    shown = redactor.cut(value, 4000) if type(value) is str else value
    return {"kind": "exit", "at_ns": at, "value": shown, "frames": frames}
