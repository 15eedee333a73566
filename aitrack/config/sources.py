"""The files that settings are read from: each opened once, and judged by what was opened.

Between a look at a path and the reading of it the path can become another file.
So owner and mode are asked of the descriptor that the content comes from, and of
every link on the way to a project's file by a descriptor of the link.
"""

from __future__ import annotations

import errno
import posix

from aitrack.config import LIMIT
from aitrack.config.keys import HARMLESS, NARROWS, REACHES
from aitrack.errors import ConfigError
from aitrack.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# how far what a file says may reach: in the words of the classes of `keys`, with which it is compared
STRANGE, OWN, TRUSTED = NARROWS, HARMLESS, REACHES
_MOST_LINKS = 8
_STRANGERS_LIMIT = files.SMALL  # what a stranger wrote is parsed in each run, and its words go into an environment
_KIND, _LINK = 0o170000, 0o120000


class Source:
    """One settings file: its content, whose it is, and how far its settings may reach.

    *why* says in words what it lacks for more, *by* what it is trusted by. *tree* is what it sets.
    """

    __slots__ = ("by", "content", "identity", "is_of_ours", "kind", "owner", "path", "standing", "tree", "why")

    def __init__(self, kind: str, path: str, content: bytes, facts: posix.stat_result, links_are_ours: bool) -> None:
        self.kind = kind
        self.path = path
        self.content = content
        self.tree: dict[str, Any] = {}
        self.identity = (facts.st_dev, facts.st_ino)
        self.owner = facts.st_uid
        self.is_of_ours = links_are_ours and facts.st_uid in (posix.geteuid(), 0)
        self.why = _lack(facts, links_are_ours)
        self.standing = STRANGE if self.why else TRUSTED if kind == "user" else OWN
        if kind == "named":  # whoever named it answers for it
            self.standing, self.why = TRUSTED, ""
        elif not self.why and kind != "user":
            self.why = "not trusted"
        self.by = {"named": "`--config`", "user": "your own file"}.get(kind, "") if self.standing == TRUSTED else ""

    def is_file(self, other: Source) -> bool:
        """Say whether both are one file, read in the same way."""
        return self.identity == other.identity and self.is_pyproject == other.is_pyproject

    @property
    def is_project(self) -> bool:
        """Whether the file was found in the working folder."""
        return self.kind in ("project", "pyproject")

    @property
    def is_pyproject(self) -> bool:
        """Whether our settings are only a part of the file."""
        return self.kind == "pyproject" or self.path.endswith("/pyproject.toml")


def _lack(facts: posix.stat_result, links_are_ours: bool) -> str:
    """Return why a file is not one of ours, or nothing."""
    if not links_are_ours:
        return "a link of another user leads to it"
    if facts.st_uid not in (posix.geteuid(), 0):
        return f"it belongs to another user (uid {facts.st_uid})"
    if not files.is_ours(facts, or_roots=True):
        return "others may write that file"
    return ""


def read(kind: str, path: str, descriptor: int) -> Source | None:
    """Return the file that `config.candidates` found, closing *descriptor*; None for one that is not there after all.

    `OSError` for one that is there and cannot be read.
    """
    links_are_ours = True
    if descriptor == -errno.ELOOP and kind in ("project", "pyproject"):
        try:
            descriptor, links_are_ours = _through_links(path)
        except FileNotFoundError:
            return None
    if descriptor < 0:
        number = -descriptor
        words = {errno.EFBIG: f"larger than {LIMIT >> 10} KiB", errno.EINVAL: "not a regular file"}
        raise OSError(number, words.get(number) or _says(number), path)
    facts = posix.fstat(descriptor)
    source = Source(kind, path, files.read_and_close(descriptor, LIMIT), facts, links_are_ours)
    if source.standing == STRANGE and len(source.content) > _STRANGERS_LIMIT:
        raise OSError(errno.EFBIG, f"larger than {_STRANGERS_LIMIT >> 10} KiB, and {source.why}", path)
    return source


def read_all(found: list[tuple[str, str, int]], warnings: list[str]) -> list[Source]:
    """Read what `config.candidates` has opened; what cannot be read goes into *warnings*, unless it was asked for."""
    sources: list[Source] = []
    refused: ConfigError | None = None
    for kind, path, descriptor in found:  # to the end in any case: all descriptors are to be closed
        try:
            source = read(kind, path, descriptor)
        except OSError as error:
            if kind == "named":
                refused = ConfigError(f"cannot read `{path}`: {error.strerror}")
            else:
                warnings.append(f"cannot read `{path}`: {error.strerror}; its settings are ignored")
            continue
        if source is not None:
            sources.append(source)
    if refused:
        raise refused
    return sources


def _says(number: int) -> str:
    from os import strerror

    return strerror(number)


def _through_links(path: str) -> tuple[int, bool]:
    """Open the file that the links at *path* lead to; return its descriptor, and whether all links are ours or root's.

    No link is followed that was not looked at; a folder on the way may be one.
    """
    are_ours = True
    for _ in range(_MOST_LINKS):
        try:
            return files.open_regular(path, limit=LIMIT)[0], are_ours
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
        owner, target = _link(path)
        are_ours = are_ours and owner in (posix.geteuid(), 0)
        if target is not None:
            path = target if target[:1] == "/" else f"{path.rpartition('/')[0]}/{target}"
    raise OSError(errno.ELOOP, _says(errno.ELOOP), path)


def _link(path: str) -> tuple[int, str | None]:
    """Return whose the link at *path* is and where it leads; no target when it has become something else meanwhile."""
    if not hasattr(posix, "O_PATH"):  # then by path, twice: the best that such a system has
        return posix.lstat(path).st_uid, posix.readlink(path)
    descriptor = posix.open(path, posix.O_PATH | posix.O_NOFOLLOW | posix.O_CLOEXEC)
    try:
        facts = posix.fstat(descriptor)
        if facts.st_mode & _KIND != _LINK:
            return facts.st_uid, None
        return facts.st_uid, posix.readlink("", dir_fd=descriptor)
    finally:
        posix.close(descriptor)
