"""What a process leaves behind in any case: which lines of the program ran, and which files it touched.

Kept for runs that pass too, a few kilobytes each: a failure is explained by its difference from the successes before.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# Types stand in comments: in the code objects they would cost each end of a program their reading.
# pyright: reportTypeCommentUsage=false, reportUnknownParameterType=false

import _imp

from . import trail
from .modules import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401  # in type comments


_MOST_FUNCTIONS = 1500


def lines():
    # type: () -> bytes
    """Return the records of coverage and files, encoded: the encoder itself is loaded only where it is needed."""
    found = [_coverage_line()] if trail.firsts else []
    if trail.events:
        found.append(own("touched").line())
    return b"".join(found)


def _coverage_line():
    # type: () -> bytes
    files = []
    for file, functions in _coverage().items():
        entries = [f'[{_quoted(name)},{first},"{digest}","{bits}"]' for name, first, digest, bits in functions]
        files.append(f"{_quoted(file)}:[{','.join(entries)}]")
    return ('{"kind":"coverage","files":{' + ",".join(files) + "}}\n").encode("utf-8", "replace")


def _quoted(text):
    # type: (str) -> str
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return '"' + text + '"'
    return str(own("wire").quote(text))


def _coverage():
    # type: () -> dict[str, list[list[Any]]]
    """Return for each file its functions: qualified name, first line, hash, and a bit for each line that ran."""
    bits = {}  # type: dict[int, int]
    codes = {}  # type: dict[int, Any]
    for code, line in trail.firsts:
        number = id(code)
        if number not in codes:
            if len(codes) >= _MOST_FUNCTIONS:
                continue
            codes[number] = code
            bits[number] = 0
        if line >= code.co_firstlineno and line - code.co_firstlineno < 4000:
            bits[number] |= 1 << (line - code.co_firstlineno)
    found = {}  # type: dict[str, list[list[Any]]]
    for number, code in codes.items():
        entry = [getattr(code, "co_qualname", code.co_name), code.co_firstlineno, _hash(code), f"{bits[number]:x}"]
        found.setdefault(code.co_filename, []).append(entry)
    return found


def _hash(code):
    # type: (Any) -> str
    """Return a hash of what a function does, the same wherever in its file it stands."""
    parts = [code.co_code, repr(code.co_names).encode("utf-8", "surrogatepass")]
    for constant in code.co_consts:
        kind = type(constant)
        if kind is str or kind is int or kind is float or kind is bytes or constant is None:
            parts.append(repr(constant).encode("utf-8", "surrogatepass"))
    return _imp.source_hash(0, b"\0".join(parts)).hex()
