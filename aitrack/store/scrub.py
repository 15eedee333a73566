"""Old sessions rewritten with the redaction rules of today."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from aitrack.store.records import decode
from aitrack.store.redaction import mapped
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.collector.redact import Redactor

_LIMIT = 32 << 20


def scrub(folder: str, redactor: Redactor) -> int:
    """Redact every file of the session in *folder*; return how many files changed.

    Each is replaced by a rename: a reader sees the old or the new one.
    """
    changes = list(_changes(folder, redactor))
    for path, new in changes:
        files.replace(path, new, sync=True)
    return len(changes)


def count_changes(folder: str, redactor: Redactor) -> int:
    """Return how many files `scrub` would change."""
    return sum(1 for _ in _changes(folder, redactor))


def _changes(folder: str, redactor: Redactor) -> Iterator[tuple[str, bytes]]:
    for below, _, names in os.walk(folder):
        for name in sorted(names):
            path = f"{below}/{name}"
            try:
                old = files.read_ours(path, _LIMIT)
            except OSError:
                continue  # no record: those are regular files of ours
            new = scrubbed(old, redactor)
            if new != old:
                yield path, new


def scrubbed(data: bytes, redactor: Redactor) -> bytes:
    """Return the content of a file, redacted: JSON by its strings, anything else as text."""
    try:
        value = decode(data)
    except ValueError:
        lines = data.split(b"\n")
        return b"\n".join(_line(line, redactor) for line in lines)
    new = mapped(value, redactor.text)
    return data if new == value else json.dumps(new).encode() + b"\n"


def _line(line: bytes, redactor: Redactor) -> bytes:
    if line[:1] == b"{":
        try:
            value = decode(line)
        except ValueError:
            return redactor.data(line)
        new = mapped(value, redactor.text)
        return line if new == value else json.dumps(new).encode()
    return redactor.data(line)
