"""What a process leaves behind in any case: which lines of the program ran, and which files it touched.

Kept for runs that pass too, a few kilobytes each: a failure is explained by its difference from the successes before.
"""

from __future__ import annotations

import _imp
import posix

from . import trail
from .modules import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List

    Record = Dict[str, Any]

_MOST_FILES = 100
_MOST_FUNCTIONS = 1500


def lines() -> bytes:
    """Return the records of coverage and files, encoded: the encoder itself is loaded only where it is needed."""
    found = [_coverage_line()] if trail.firsts else []
    if trail.events:
        touched = list(_files())
        if touched:
            found.append(own("wire").encode({"kind": "files", "files": touched}))
    return b"".join(found)


def _coverage_line() -> bytes:
    files = []
    for file, functions in _coverage().items():
        entries = ",".join(['[%s,%d,"%s","%s"]' % (_quoted(entry[0]), *entry[1:]) for entry in functions])
        files.append(_quoted(file) + ":[" + entries + "]")
    return ('{"kind":"coverage","files":{%s}}\n' % ",".join(files)).encode("utf-8", "replace")


def _quoted(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return '"' + text + '"'
    return own("wire").quote(text)  # type: ignore[no-any-return]  # a str


def _coverage() -> Dict[str, List[List[Any]]]:
    """Return for each file its functions: qualified name, first line, hash, and a bit for each line that ran."""
    bits: Dict[int, int] = {}
    codes: Dict[int, Any] = {}
    for code, line in trail.firsts:
        number = id(code)
        if number not in codes:
            if len(codes) >= _MOST_FUNCTIONS:
                continue
            codes[number] = code
            bits[number] = 0
        if line >= code.co_firstlineno and line - code.co_firstlineno < 4000:
            bits[number] |= 1 << (line - code.co_firstlineno)
    found: Dict[str, List[List[Any]]] = {}
    for number, code in codes.items():
        entry = [getattr(code, "co_qualname", code.co_name), code.co_firstlineno, _hash(code), "%x" % bits[number]]
        found.setdefault(code.co_filename, []).append(entry)
    return found


def _hash(code: Any) -> str:
    """Return a hash of what a function does, the same wherever in its file it stands."""
    parts = [code.co_code, repr(code.co_names).encode("utf-8", "surrogatepass")]
    for constant in code.co_consts:
        kind = type(constant)
        if kind is str or kind is int or kind is float or kind is bytes or constant is None:
            parts.append(repr(constant).encode("utf-8", "surrogatepass"))
    return _imp.source_hash(0, b"\0".join(parts)).hex()  # type: ignore[no-any-return]  # bytes


def _files() -> Iterator[Record]:
    """Yield the files that the program opened, with their state before and now."""
    first: Dict[str, Record] = {}
    for _, _, kind, code, line, data, _ in trail.events:
        path = data.get("path")
        if kind in ("open", "delete", "rename") and path and path not in first and len(first) < _MOST_FILES:
            first[path] = dict(data, op=kind, file=code.co_filename, line=line)
    for path, data in first.items():
        size, mtime = _state(path)
        record: Record = {"path": _clean(path), "op": data["op"], "file": data["file"], "line": data["line"]}
        record.update(size_before=data.get("size"), mtime_before=data.get("mtime"), size=size, mtime=mtime)
        record["change"] = _change(data, size, mtime)
        yield record


def _clean(path: str) -> str:
    return path if own("plain").plainly_clean(path) else own("capture").redactor_of_process().text(path)  # type: ignore[no-any-return]  # a str


def _state(path: str) -> Any:
    try:
        seen = posix.stat(path)
    except (OSError, ValueError):
        return None, None
    return seen.st_size, seen.st_mtime


def _change(data: Record, size: Any, mtime: Any) -> str:
    """Say in a word what became of a file."""
    if data["op"] != "open":
        return "deleted" if size is None else "replaced"
    if data.get("size") is None:
        return "missing" if size is None else "created"
    if size is None:
        return "deleted"
    return "written" if (size, mtime) != (data["size"], data.get("mtime")) else "read"
