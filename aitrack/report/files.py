"""Pages and exports written to files: in one step, or to stdout for `-`."""

from __future__ import annotations

import os
import sys

from aitrack.errors import UsageError


def write(path: str, text: str) -> None:
    """Write a page or an export to *path* in one step; UsageError when that cannot be."""
    data = text.encode("utf-8", "backslashreplace")
    if path in ("-", "/dev/stdout"):
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    write_bytes(path, data)


def write_bytes(path: str, data: bytes) -> None:
    """Write *data* to *path*: the old file or the new one, never a half."""
    special = os.path.exists(path) and not os.path.isfile(path)
    target = path if special else f"{os.path.realpath(path)}.{os.getpid()}.tmp"
    try:
        if os.path.isdir(path):
            raise IsADirectoryError(21, "is a folder")
        with open(target, "wb") as file:
            file.write(data)
        if not special:
            os.replace(target, os.path.realpath(path))
    except OSError as error:
        if not special and os.path.exists(target):
            os.unlink(target)
        raise UsageError(f"cannot write `{path}`: {error.strerror}") from None
