"""JSON for programs: strict, stable, and harmless on a terminal.

No NaN, no lone surrogate (written as the text `\\udcff`), and no control or
reordering sign in raw form: those are escaped, as JSON allows.
"""

from __future__ import annotations

from typing import Any

import msgspec

from aitrack.report.text import HOSTILE
from aitrack.store.records import strict

_ESCAPED = {sign: f"\\u{sign:04x}" for sign in HOSTILE if sign > 0x7F} | {0x7F: "\\u007f"}


def dumps(document: Any, *, pretty: bool = False) -> str:
    """Return *document* as one JSON text, without a newline at the end."""
    try:
        data = msgspec.json.encode(document)
    except (UnicodeEncodeError, RecursionError, OverflowError, TypeError):
        data = msgspec.json.encode(strict(document))
    if pretty:
        data = msgspec.json.format(data, indent=2)
    text = data.decode()
    return text if text.isascii() and "\x7f" not in text else text.translate(_ESCAPED)
