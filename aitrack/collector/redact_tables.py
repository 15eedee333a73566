"""Values that are named far away from them: by the column list of an INSERT, by the header of a table."""

from __future__ import annotations

from . import redact_names as names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Iterator

    from .redact_extents import Extents
    from .redact_formats import Span
    from .redact_judge import Compiler, Strength

    Judged = Callable[[str, int, int, bool], Iterator[Span]]

_INSERT = (
    r"insert\s{1,20}(?:or\s{1,20}\w{1,20}\s{1,20})?into\s{1,20}[^\s()]{1,200}\s{0,20}"
    r"\(([^()]{1,2000})\)\s{0,40}values\s{0,40}"
)
_CELL = (
    r"\s{0,40}(?:'((?:[^'\\]|\\.|''){0,2000})'|\"((?:[^\"\\]|\\.){0,2000})\""
    r"|([^,()'\"\s][^,()'\"\n]{0,200}))?\s{0,40}([,)])"
)
_PARAMETERS = r"[^\n\[]{0,300}\n?\s{0,20}\[parameters: \[?(?=\()"
_NEXT_ROW = r"\s{0,40},\s{0,40}(?=\()"
_MOST_ROWS = 10_000
_SEPARATORS = (",", "\t", ";", "|")
_MOST_COLUMNS = 200


def insert_spans(text: str, lower: str, pattern: Compiler, judged: Judged) -> Iterator[Span]:
    """Yield the values of an INSERT whose columns have secret names, row by row."""
    place = lower.find("insert")
    while place >= 0:
        match = pattern(_INSERT).match(lower, place)
        if match is None:
            place = lower.find("insert", place + 6)
            continue
        columns = [name.strip(" \t\n\"'`[]\\") for name in text[match.start(1) : match.end(1)].split(",")]
        end = match.end()
        if any(names.strength(name) for name in columns):
            spans, end = _rows(text, end, columns, pattern, judged)
            if not spans:
                parameters = pattern(_PARAMETERS).match(text, end)
                if parameters is not None:
                    spans, end = _rows(text, parameters.end(), columns, pattern, judged)
            yield from spans
        place = lower.find("insert", end)


def _rows(text: str, place: int, columns: list[str], pattern: Compiler, judged: Judged) -> tuple[list[Span], int]:
    found: list[Span] = []
    for _ in range(_MOST_ROWS):
        if text[place : place + 1] != "(":
            break
        place += 1
        for index in range(_MOST_COLUMNS):
            match = pattern(_CELL).match(text, place)
            if match is None:
                return found, place
            place = match.end()
            group = match.lastindex and next((number for number in (1, 2, 3) if match.group(number)), 0)
            if group and index < len(columns) and names.strength(columns[index]):
                found.extend(judged(columns[index], match.start(group), match.end(group), group < 3))
            if match.group(4) == ")":
                break
        following = pattern(_NEXT_ROW).match(text, place)
        if following is None:
            break
        place = following.end()
    return found, place


def column_spans(
    text: str, ends: Extents, first: int, pattern: Compiler, judged: Judged, strength: Strength
) -> Iterator[Span]:
    """Yield the cells of a table under a secret header: CSV, or what a database's client prints.

    *first* is where the first stem of a secret's name stands; the header is the line that holds it.
    """
    begin = text.rfind("\n", max(0, first - 2000), first) + 1
    end = ends.line(first)
    if end - begin > 2000 or end >= len(text) or first - begin > 1990:
        return
    header = text[begin:end]
    separator = next((sign for sign in _SEPARATORS if sign in header), "")
    columns = [name.strip(" \"'") for name in header.split(separator)] if separator else []
    if len(columns) < 2 or not all(name.replace("_", "").replace("-", "").isalnum() or not name for name in columns):
        return
    wanted = [index for index, name in enumerate(columns) if strength(name)]
    if not wanted:
        return
    at = end + 1
    while at < len(text):
        end = ends.line(at)
        cells = text[at:end].split(separator)
        if len(cells) == len(columns):
            place = at
            for index, cell in enumerate(cells):
                body = cell.strip(" \"'\r")
                if index in wanted and body:
                    start = place + cell.find(body)
                    yield from judged(columns[index], start, start + len(body), True)
                place += len(cell) + 1
        elif separator != "|":
            break
        at = end + 1
