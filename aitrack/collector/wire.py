"""The record format between the two interpreters: one JSON object a line, one append-only file a process.

The writer has its own encoder, since the program may have a `json` of its own, and writes strict JSON whatever it is
given. The reader takes what it can: a torn last line, an unknown kind or a newer version is skipped and counted.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

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
LONGEST_SPOOL = 64 << 20  # bytes that are read of what one interpreter wrote
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
    return (_encoded(record, 0) + "\n").encode("utf-8", "replace")


def _encoded(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return quote(value)
    if value is None or depth > _DEEPEST:
        return "null"
    if kind is int:
        return str(value) if -_BIGGEST < value < _BIGGEST else "null"
    if kind is dict:
        deeper = depth + 1
        pairs = [quote(key) + ":" + _encoded(item, deeper) for key, item in list(value.items()) if type(key) is str]
        return "{" + ",".join(pairs) + "}"
    if kind is list or kind is tuple:
        deeper = depth + 1
        return "[" + ",".join([_encoded(item, deeper) for item in list(value)]) + "]"
    if kind is bool:
        return "true" if value else "false"
    return _number(value) if kind is float else "null"


def _number(value: float) -> str:
    text = repr(value)
    return "null" if "n" in text else text  # nan, inf


def quote(text: str) -> str:
    """Return *text* as a JSON string."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return '"' + text + '"'
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return '"' + text.translate(_ESCAPES) + '"'


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
