"""Open files so that nothing that somebody else may have put there can make us wait, follow a link, or believe.

A name says nothing about a file: between a look by path and the opening it can become another one. So a file is
opened once, in a way that neither waits (a FIFO) nor follows a link, and is judged by its descriptor. Imported by
every run, so it uses the C modules only; the collector, which may import nothing of ours, keeps its own copy of the
rule, and a test equates the two.
"""

from __future__ import annotations

import _thread
import errno
import posix

_KIND, _REGULAR, _FOLDER = 0o170000, 0o100000, 0o040000
_GROUP_WRITES, _OTHERS_WRITE = 0o020, 0o002
_CHUNK = 1 << 16
SMALL = 64 << 10  # bytes; facts of a machine or of a checkout are smaller


def is_ours(facts: posix.stat_result, *, or_roots: bool = False) -> bool:
    """Say whether *facts* are of something that is ours, and that nobody else may write.

    Where a user has a group of their own name and number (most distributions), a umask of 002 lets that group write:
    it has one member, so this is no one else. With *or_roots* root's things are as good as ours.
    """
    user = posix.geteuid()
    if facts.st_uid != user and not (or_roots and facts.st_uid == 0):
        return False
    if facts.st_mode & _OTHERS_WRITE:
        return False
    return not facts.st_mode & _GROUP_WRITES or facts.st_gid == facts.st_uid == user


def is_ours_alone(facts: posix.stat_result) -> bool:
    """Say whether *facts* are of something that is ours and that no group may write: what we make is always so."""
    return facts.st_uid == posix.geteuid() and not facts.st_mode & (_GROUP_WRITES | _OTHERS_WRITE)


def open_regular(path: str, *, limit: int | None = None, follow: bool = False) -> tuple[int, posix.stat_result]:
    """Open the regular file at *path* for reading; return its descriptor and what fstat says of it.

    `OSError` for anything else than a regular file, for more than *limit* bytes, and for a link unless *follow*.
    """
    return _opened(path, posix.O_RDONLY, limit, follow)


def open_ours(path: str, flags: int = posix.O_RDONLY, *, limit: int | None = None) -> int:
    """Open a regular file of our own at *path*; `PermissionError` if it is somebody else's, or others may write it.

    With `O_CREAT` in *flags* it is made for the user alone. `O_TRUNC` is taken after the file has been judged.
    """
    descriptor, facts = _opened(path, flags & ~posix.O_TRUNC, limit, False)
    try:
        if not is_ours_alone(facts):
            raise PermissionError(errno.EPERM, "it is not ours alone", path)
        if flags & posix.O_TRUNC:
            posix.ftruncate(descriptor, 0)
    except OSError:
        posix.close(descriptor)
        raise
    return descriptor


def _opened(path: str, flags: int, limit: int | None, follow: bool) -> tuple[int, posix.stat_result]:
    flags |= posix.O_CLOEXEC | posix.O_NONBLOCK | posix.O_NOCTTY | (0 if follow else posix.O_NOFOLLOW)
    descriptor = posix.open(path, flags, 0o600)
    try:
        facts = posix.fstat(descriptor)
        if facts.st_mode & _KIND == _FOLDER:
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        if facts.st_mode & _KIND != _REGULAR:
            raise OSError(errno.EINVAL, "not a regular file", path)
        if limit is not None and facts.st_size > limit:
            raise OSError(errno.EFBIG, f"larger than {limit >> 10} KiB", path)
    except OSError:
        posix.close(descriptor)
        raise
    return descriptor, facts


def read_regular(path: str, limit: int, *, follow: bool = False) -> bytes:
    """Return the content of the regular file at *path*, whoever owns it, if it has at most *limit* bytes."""
    descriptor, _ = open_regular(path, limit=limit, follow=follow)
    return read_and_close(descriptor, limit)


def read_start(path: str, limit: int) -> bytes:
    """Return the first *limit* bytes of the regular file at *path*, whoever owns it."""
    descriptor, _ = open_regular(path)
    return read_and_close(descriptor, limit)


def read_ours(path: str, limit: int) -> bytes:
    """Return the content of a file of our own at *path*, if it has at most *limit* bytes."""
    return read_and_close(open_ours(path, limit=limit), limit)


def read_and_close(descriptor: int, limit: int) -> bytes:
    """Return what can be read from *descriptor*, at most *limit* bytes (a file of /proc has no size), and close it."""
    parts: list[bytes] = []
    try:
        while limit > 0 and (part := posix.read(descriptor, min(limit, _CHUNK))):
            parts.append(part)
            limit -= len(part)
    finally:
        posix.close(descriptor)
    return b"".join(parts)


def open_folder(path: str) -> tuple[int, posix.stat_result]:
    """Open the folder at *path*, which may be a link; return its descriptor and what fstat says of it."""
    descriptor = posix.open(path, posix.O_RDONLY | posix.O_DIRECTORY | posix.O_CLOEXEC | posix.O_NONBLOCK)
    return descriptor, posix.fstat(descriptor)


def replace(path: str, content: bytes, *, sync: bool = False, is_shared: bool = False) -> None:
    """Replace the file at *path* by *content*: a reader sees the old one or the new one, whatever happens between.

    Where several may write the same file at once, *is_shared*, each writes a temporary file of its own.
    """
    temporary = f"{path}.{posix.getpid()}-{_thread.get_ident():x}.tmp" if is_shared else f"{path}.tmp"
    try:
        write(temporary, content, sync=sync)
        posix.rename(temporary, path)
    except OSError:
        try:
            posix.unlink(temporary)
        except OSError:
            pass
        raise


def write(path: str, content: bytes, *, sync: bool = False) -> None:
    """Write *content* into the file at *path*, which is made for the user alone."""
    descriptor = posix.open(
        path, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC | posix.O_NOFOLLOW, 0o600
    )
    try:
        while content:
            content = content[posix.write(descriptor, content) :]
        if sync:
            posix.fsync(descriptor)
    finally:
        posix.close(descriptor)


def names_in(folder: str) -> list[str]:
    """Return the names in *folder*, none when it cannot be listed."""
    try:
        return posix.listdir(folder)
    except OSError:
        return []
