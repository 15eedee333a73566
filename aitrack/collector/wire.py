"""The record format between the two interpreters: one JSON object a line, one append-only file a process.

The writer has its own encoder, since the program may have a `json` of its own, and writes strict JSON whatever it is
given. The reader takes what it can: a torn last line, an unknown kind or a newer version is skipped and counted.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    Record = Dict[str, Any]

VERSION = 1
KINDS = frozenset(
    (
        "process", "failure", "taint", "packages", "event", "raised", "exit", "end", "armed", "stacks", "coverage",
        "files",
        "focus", "note", "nothing",
    )
)  # fmt: skip
PREFIX = "spool-"
_DEEPEST = 60
_LONGEST_LINE = 8 << 20
_BIGGEST = 1 << 63
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(32), 0x7F, 0x2028, 0x2029)}
_ESCAPES.update({8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"})


def spool_name(pid: int) -> str:
    """Return the name of the file that process *pid* writes."""
    return PREFIX + str(pid)


def encode(record: object) -> bytes:
    """Return *record* as one line of strict JSON.

    Only exact built-in types are written; anything else becomes null, so that no code of the program runs. A lone
    surrogate is written as its escape inside the text (`\\\\udcff`), a number that JSON does not have as null.
    """
    pieces: list[str] = []
    _encode(record, pieces, 0)
    pieces.append("\n")
    return "".join(pieces).encode("utf-8", "replace")


def _encode(value: object, pieces: list[str], depth: int) -> None:
    kind = type(value)
    if kind is str:
        pieces.append(quote(value))  # type: ignore[arg-type]  # an exact str: `type` narrows nothing
    elif value is None or depth > _DEEPEST:
        pieces.append("null")
    elif kind is bool:
        pieces.append("true" if value else "false")
    elif kind is int:
        pieces.append(_whole_number(value))  # type: ignore[arg-type]  # as above
    elif kind is float:
        pieces.append(_number(value))  # type: ignore[arg-type]  # as above
    elif kind is dict:
        _encode_object(value, pieces, depth)  # type: ignore[arg-type]  # as above
    elif kind is list or kind is tuple:
        _encode_array(value, pieces, depth)  # type: ignore[arg-type]  # as above
    else:
        pieces.append("null")


def _encode_object(value: Record, pieces: list[str], depth: int) -> None:
    pieces.append("{")
    first = True
    for key, item in list(value.items()):
        if type(key) is not str:
            continue
        if not first:
            pieces.append(",")
        first = False
        pieces.append(quote(key))
        pieces.append(":")
        _encode(item, pieces, depth + 1)
    pieces.append("}")


def _encode_array(value: list[object], pieces: list[str], depth: int) -> None:
    pieces.append("[")
    for index, item in enumerate(list(value)):
        if index:
            pieces.append(",")
        _encode(item, pieces, depth + 1)
    pieces.append("]")


def _whole_number(value: int) -> str:
    return str(value) if -_BIGGEST < value < _BIGGEST else "null"


def _number(value: float) -> str:
    text = repr(value)
    return "null" if "n" in text else text  # nan, inf


def quote(text: str) -> str:
    """Return *text* as a JSON string."""
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return '"' + text.translate(_ESCAPES) + '"'


def read(path: str) -> tuple[list[Record], int]:
    """Return the records of the spool at *path*, and how many lines could not be read."""
    with open(path, "rb") as file:
        return read_bytes(file.read())


def read_bytes(data: bytes) -> tuple[list[Record], int]:
    """Return the records in *data*, and how many lines could not be read.

    What a newer writer wrote is skipped, line by line: it may mean something else by the same words.
    """
    records: list[Record] = []
    damaged = 0
    newer = False
    for line in data.split(b"\n"):
        if not line.strip(b"\0 \r\t"):
            continue
        record = _decode(line)
        if "wire" in record:
            newer = not _is_known_version(record["wire"])
        if newer or not _is_known(record):
            damaged += 1
        else:
            records.append(record)
    return records, damaged


def _decode(line: bytes) -> Record:
    import json

    if len(line) > _LONGEST_LINE:
        return {}
    try:
        record: Record = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return {}
    return record if type(record) is dict else {}


def _no_constant(name: str) -> None:
    """NaN is not JSON: read as nothing."""


def _is_known_version(version: object) -> bool:
    return type(version) is int and 0 < version <= VERSION


def _is_known(record: Record) -> bool:
    kind = record.get("kind")
    return isinstance(kind, str) and kind in KINDS
