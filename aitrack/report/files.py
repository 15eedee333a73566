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
    """Write *data* to *path*: the old file or the new one, never a half.

    A new file is for the user alone, since it holds what a program had in its variables; one that was there keeps
    its mode, by which the user has said who may read it.
    """
    try:
        if os.path.isdir(path):
            raise IsADirectoryError(21, "is a folder")
        if os.path.exists(path) and not os.path.isfile(path):  # a device, a pipe
            with open(path, "wb") as file:
                file.write(data)
        else:
            _replace(os.path.realpath(path), data)
    except OSError as error:
        raise UsageError(f"cannot write `{path}`: {error.strerror}") from None


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.urandom(6).hex()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            if os.path.exists(path):
                os.fchmod(file.fileno(), os.stat(path).st_mode & 0o777)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
