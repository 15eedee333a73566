"""What the user named: a program for Python, or a command; and which Python.

Before any `--`, a name that ends in .py, .pyw or .pyc, an existing file that is not executable, a folder or a zip
is Python's, also when it is missing or broken: Python itself says so, in its own words.
"""

from __future__ import annotations

import posix
import sys

from aitrack.store.layout import decode

_PYTHON_SUFFIXES = (".py", ".pyw", ".pyc")
_END_OF_ZIP = b"PK\5\6"
_END_OF_ZIP_REACH = 65_557  # the record's 22 bytes and the longest comment
_FOLDER, _FILE, _KIND = 0o040000, 0o100000, 0o170000
DEFAULT_PATH = "/bin:/usr/bin"  # what execvp(3) takes when PATH is not set


def is_for_python(name: str) -> bool:
    """Say whether *name*, which did not stand behind a `--`, is a program for Python."""
    if name.endswith(_PYTHON_SUFFIXES):
        return True
    try:
        found = posix.stat(name)
    except (OSError, ValueError):
        return False
    if found.st_mode & _KIND == _FOLDER:
        return True
    if found.st_mode & _KIND != _FILE:
        return False
    return not posix.access(name, posix.X_OK) or _is_zip(name, found.st_size) or _starts_with_us(name)


def _read(name: str, at: int, count: int) -> bytes:
    try:
        descriptor = posix.open(name, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return posix.pread(descriptor, count, at)
    except OSError:
        return b""
    finally:
        posix.close(descriptor)


def _is_zip(name: str, size: int) -> bool:
    return _END_OF_ZIP in _read(name, max(0, size - _END_OF_ZIP_REACH), _END_OF_ZIP_REACH)


def _starts_with_us(name: str) -> bool:
    """Say whether the file's first line is `#!... aitrack run`: as a command it would start us again, for ever."""
    first = _read(name, 0, 256).partition(b"\n")[0]
    return first.startswith(b"#!") and b"aitrack" in first and b" run" in first


def interpreter(environ: dict[bytes, bytes], chosen: str | None) -> str:
    """Return the path of the Python that is active where the user stands.

    *chosen* (`--python`), else `$VIRTUAL_ENV`, else `python3` or `python` on PATH, else our own. A symlink stays
    one, since a virtual environment is found by the path. The result may be missing when it was *chosen*.
    """
    if chosen:
        return chosen if "/" in chosen else find_on_path(chosen, environ) or chosen
    if folder := environ.get(b"VIRTUAL_ENV"):
        inside = f"{decode(folder)}/bin/python"
        if _is_executable(inside):
            return inside
    return find_on_path("python3", environ) or find_on_path("python", environ) or sys.executable


def search_path(environ: dict[bytes, bytes]) -> list[str]:
    """Return the folders in which a command is looked for, as execvp(3) reads PATH."""
    path = environ.get(b"PATH")
    return [folder or "." for folder in (DEFAULT_PATH if path is None else decode(path)).split(":")]


def find_on_path(name: str, environ: dict[bytes, bytes]) -> str | None:
    """Return the full path of the command *name*, or None."""
    for folder in search_path(environ):
        path = f"{folder}/{name}"
        if _is_executable(path):
            return path
    return None


def _is_executable(path: str) -> bool:
    try:
        return posix.access(path, posix.X_OK) and posix.stat(path).st_mode & _KIND == _FILE
    except (OSError, ValueError):
        return False
