"""JSON for programs: strict, stable, and harmless on a terminal.

No NaN, no lone surrogate (written as the text `\\udcff`), and no control or
reordering sign in raw form: those are escaped, as JSON allows.
"""

from __future__ import annotations

from typing import Any

import msgspec

from aitrack.model import is_list, is_object
from aitrack.report.text import HOSTILE

_ESCAPED = {sign: f"\\u{sign:04x}" for sign in HOSTILE if sign > 0x7F} | {0x7F: "\\u007f"}


def dumps(document: Any, *, pretty: bool = False) -> str:
    """Return *document* as one JSON text, without a newline at the end."""
    try:
        data = msgspec.json.encode(document)
    except (UnicodeEncodeError, RecursionError, OverflowError, TypeError):
        data = msgspec.json.encode(clean(document))
    if pretty:
        data = msgspec.json.format(data, indent=2)
    text = data.decode()
    return text if text.isascii() and "\x7f" not in text else text.translate(_ESCAPED)


def clean(value: Any, depth: int = 0) -> Any:
    """Return *value* with only what strict JSON can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -(1 << 63) <= value < 1 << 64 else str(value)
    if depth > 200:
        return None
    if is_object(value):
        return {clean(str(key)): clean(item, depth + 1) for key, item in value.items()}
    if is_list(value):
        return [clean(item, depth + 1) for item in value]
    return value
