"""The part of a source line that failed, and the names and accesses that it is made of.

Scanned by hand: `ast` and `tokenize` cost more than all of a diagnosis, and
a line is rarely a whole statement.
"""

from __future__ import annotations

from aitrack.diagnose import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.diagnose.record import Record

_LENGTH_LIMIT, _DEPTH_LIMIT = 500, 8
_SPAN_LIMIT = 20  # lines of one statement that are looked at


def expression(frame: Record) -> str:
    """Return the part of the line that failed, or the whole line when the interpreter does not tell."""
    code = record.text(frame, "code").rstrip()
    span = frame.get("span")  # from text: relative to the stripped line
    if record.is_array(span) and len(span) == 2 and all(isinstance(end, int) for end in span):
        return (code[span[0] : span[1]] or code.strip())[:200]
    source = _source_line(frame) or code
    col, end = record.integer(frame, "col"), record.integer(frame, "end_col")
    if (
        col is not None
        and end is not None
        and 0 <= col < end <= len(source)
        and record.integer(frame, "end_line") in (None, record.integer(frame, "line"))
    ):
        return source[col:end][:200]
    return (code or source).strip()[:200]


def statement(frame: Record) -> str:
    """Return the lines that the failing statement is known to span."""
    context = record.mapping(frame, "context")
    lines, start, line = context.get("lines"), record.integer(context, "start"), record.integer(frame, "line")
    last = record.integer(frame, "end_line")
    if not record.is_array(lines) or start is None or line is None or last is None or not start <= line < last:
        return record.text(frame, "code")
    return "\n".join(str(part) for part in lines[line - start : min(last - start, line - start + _SPAN_LIMIT) + 1])


def _source_line(frame: Record) -> str:
    """Return the line of the frame as it stands in the file: columns count from its margin."""
    context = record.mapping(frame, "context")
    lines, start, line = context.get("lines"), record.integer(context, "start"), record.integer(frame, "line")
    if not record.is_array(lines) or start is None or line is None or not 0 <= line - start < len(lines):
        return ""
    found = lines[line - start]
    return found if isinstance(found, str) else ""


def accesses(code: str, depth: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Yield (name, accessors) of each chain like `row["a"].b[i]` in *code*; arguments come after their call."""
    index = 0
    code = code[:_LENGTH_LIMIT]
    while index < len(code):
        sign = code[index]
        if sign in "'\"":
            index = _past_string(code, index)
        elif sign.isidentifier():
            name, index = _name_at(code, index)
            accessors, inside, index = _accessors_at(code, index)
            yield name, accessors
            for inner in inside if depth < _DEPTH_LIMIT else ():
                yield from accesses(inner, depth + 1)
        else:
            index += 1


def _past_string(code: str, index: int) -> int:
    quote, index = code[index], index + 1
    while index < len(code) and code[index] != quote:
        index += 2 if code[index] == "\\" else 1
    return index + 1


def _name_at(code: str, index: int) -> tuple[str, int]:
    start = index
    while index < len(code) and (code[index].isalnum() or code[index] == "_"):
        index += 1
    return code[start : max(index, start + 1)], max(index, start + 1)


def _accessors_at(code: str, index: int) -> tuple[list[str], list[str], int]:
    """Return (accessors, what stands between brackets, the index after them)."""
    accessors: list[str] = []
    brackets: list[str] = []
    while index < len(code):
        if code[index] == "." and code[index + 1 : index + 2].isidentifier():
            name, index = _name_at(code, index + 1)
            accessors.append("." + name)
        elif code[index] in "[(":
            sign = code[index]
            inside, index = bracketed(code, index)
            brackets.append(inside)
            accessors.append(inside if sign == "[" else "()")
        else:
            break
    return accessors, brackets, index


def bracketed(code: str, index: int) -> tuple[str, int]:
    """Return (what stands between the brackets that open at *index*, the index after them)."""
    start, depth = index + 1, 0
    while index < len(code):
        if code[index] in "'\"":
            index = _past_string(code, index)
            continue
        depth += (code[index] in "([{") - (code[index] in ")]}")
        index += 1
        if depth == 0:
            return code[start : index - 1].strip(), index
    return code[start:].strip(), len(code)
