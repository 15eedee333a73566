"""Whose a store is: only one that is ours alone is written, any other is only read.

Under sudo with HOME kept, or in a container over somebody's folder, root could write into somebody else's store and
lock its owner out of it; and whoever can write a store can lay links into it that lead to our files. Imported by
every run, so it uses the C modules only.
"""

from __future__ import annotations

import errno
import posix

from aitrack.errors import StoreError
from aitrack.system import files

_KIND, _REGULAR, _FOLDER = 0o170000, 0o100000, 0o040000


def problem(home: str) -> tuple[str, str]:
    """Return why the store at *home* is not to be written and what would help, or two empty texts."""
    try:
        descriptor, facts = files.open_folder(home)
    except FileNotFoundError:
        return _problem_of_new(home)
    except NotADirectoryError:
        return "it is not a folder", "set AITRACK_HOME"
    except OSError as error:
        return error.strerror or "it cannot be opened", "set AITRACK_HOME"
    posix.close(descriptor)
    if facts.st_uid != posix.geteuid():
        return "it belongs to another user", "run as that user, `chown` it, or set AITRACK_HOME"
    if not files.is_ours_alone(facts):
        return "others may write it", f"`chmod go-w {home}`, or set AITRACK_HOME"
    return "", ""


def _problem_of_new(home: str) -> tuple[str, str]:
    """A store that is not there may be made below what is ours, root's or everybody's."""
    try:
        posix.lstat(home)
        return "it is a link that leads nowhere", "set AITRACK_HOME"
    except OSError:
        pass
    above = home
    while True:
        above = above.rpartition("/")[0] or "/"
        try:
            found = posix.stat(above)
        except OSError:
            if above == "/":
                return "", ""
            continue
        if found.st_uid in (posix.geteuid(), 0) or found.st_mode & 0o002:
            return "", ""
        return "it would lie in another user's folder", "set AITRACK_HOME"


def is_ours(home: str) -> bool:
    """Say whether the store at *home* may be written."""
    return not problem(home)[0]


def require(home: str) -> None:
    """Raise `StoreError` unless the store at *home* may be written: for commands that change it."""
    why, help_ = problem(home)
    if why:
        raise StoreError(f"the store `{home}` is only read: {why}", hint=help_)


def check_databases(home: str) -> None:
    """Raise `PermissionError` unless SQLite may open the databases in *home*.

    SQLite takes a path, follows it, and plays any journal that lies beside it; so the folder guards them. It must be
    ours alone, and every `*.db*` in it a regular file of ours that has no second name elsewhere. (A folder of such a
    name leads nowhere, and whoever meets it moves it aside.)
    """
    why, help_ = problem(home)
    if why:
        raise PermissionError(errno.EPERM, f"{why}: {help_}", home)
    for name in files.names_in(home):
        if ".db" in name and not _is_plain(f"{home}/{name}"):
            raise PermissionError(errno.EPERM, f"`{name}` in it is not a plain file of ours", home)


def _is_plain(path: str) -> bool:
    try:
        found = posix.lstat(path)
    except FileNotFoundError:
        return True  # a journal that another process has just ended
    if found.st_mode & _KIND == _FOLDER:
        return True
    return found.st_mode & _KIND == _REGULAR and found.st_nlink == 1 and files.is_ours_alone(found)
