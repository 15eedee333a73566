"""Whether a project may decide what reaches: commands, interpreters, other files, what runs share.

A folder is entered for many reasons, and whoever made it chose its settings file.
So such a file is obeyed only where the user has said so: by naming it, by trusting
the project for one run, by a list of folders, or by looking at its content, a copy
of which is kept beside the user's own file. Nothing of that lies in the store,
which may be a part of the project.
"""

from __future__ import annotations

import errno
import posix

from aitrack.config import LIMIT, PREFIX
from aitrack.config.parsed import as_bytes, digest
from aitrack.config.sources import TRUSTED, Source
from aitrack.config.values import flag, is_list, is_table
from aitrack.errors import ConfigError
from aitrack.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_FOLDER = "trusted"
_SHOWN_KEYS = 6
# what makes a file hold, by whose it is: no way is named that would not work
_HELP = {
    "any": "`aitrack config trust` or `--trust-project`",
    "strange": "`aitrack config trust` or `--config FILE`",
    "user": "`--config FILE` names it",
    "open": "`chmod go-w` makes it yours alone",
}


class LeftOut:
    """A key that a file sets and that does not hold: what it says, why it is left out, and whether that was told.

    With a *fault*, in words, it stands for the rest of a stranger's file, which is not understood (`key` is `*`).
    """

    __slots__ = ("fault", "is_told", "key", "setting", "source", "value")

    def __init__(self, key: str, value: Any, source: Source, profile: str = "", fault: str = "") -> None:
        self.key = f"{profile}.{key}" if profile else key
        self.fault = fault
        self.setting = key
        self.value = value
        self.source = source
        self.is_told = False

    @property
    def why(self) -> str:
        """Return the reason in words."""
        if self.fault:  # not in its words: they may quote the file
            return f"it is not understood, and {self.source.why}"
        return self.source.why or "only your own file may say so"

    @property
    def help(self) -> str:
        """Return what makes the file hold."""
        if self.source.standing == TRUSTED:
            return "`~/.config/aitrack/config.toml`"
        if not self.source.is_project:
            return _HELP["open" if self.source.is_of_ours else "user"]
        return _HELP["any" if self.source.is_of_ours else "strange"]

    def record(self) -> dict[str, str]:
        """Return it for the session, without the value."""
        return {"key": self.key, "file": self.source.path, "why": self.why}


def told(left_out: Iterable[LeftOut]) -> list[tuple[str, list[LeftOut]]]:
    """Return one line for each file of *left_out*, with what it stands for."""
    by_file: dict[str, list[LeftOut]] = {}
    lines: list[tuple[str, list[LeftOut]]] = []
    for one in left_out:
        if one.fault:
            lines.append((f"{one.fault}; the rest of it is left out: {one.source.why}", [one]))
        else:
            by_file.setdefault(one.source.path, []).append(one)
    for path, ones in by_file.items():
        keys = list(dict.fromkeys(one.key for one in ones))
        shown = ", ".join(f"`{key}`" for key in keys[:_SHOWN_KEYS])
        if len(keys) > _SHOWN_KEYS:
            shown += f" and {len(keys) - _SHOWN_KEYS} more"
        verb = "is" if len(keys) == 1 else "are"
        lines.append((f"{shown} in `{path}` {verb} left out: {ones[0].why}; {ones[0].help}", ones))
    return lines


def asked_for(option: bool | None, variables: Mapping[str, str]) -> bool:
    """Return whether the caller trusts the project: `--trust-project`, else `AITRACK_OPT_TRUST`."""
    try:
        said = flag(variables.get("TRUST", ""))
    except ValueError as error:
        raise ConfigError(f"`{PREFIX}TRUST` = {variables['TRUST']!r}: {error}") from None
    return said if option is None else option


def judge(sources: list[Source], is_asked_for: bool, paths: list[str], folder: str | None) -> None:
    """Give the project's files among *sources* the standing that the user's words give them.

    *paths* are the folders of `[trust] paths`, *folder* holds the user's own file.
    """
    for source in sources:
        if not source.is_project:
            continue
        if is_asked_for and source.is_of_ours:
            source.by = "`--trust-project`"
        elif below := [path for path in paths if _lies_below(source, path)]:
            source.by = f"`trust.paths`, {below[0]}"
        elif folder is not None and trusted_content(folder, source.path) == pinned(source):
            source.by = "`aitrack config trust`"
        if source.by:
            source.standing, source.why = TRUSTED, ""


def _lies_below(source: Source, path: str) -> bool:
    """Say whether *source* lies in or below the folder *path*, and was written by its owner, by us or by root.

    Folders are compared by what they are: either name may lead through a link.
    """
    try:
        wanted = posix.stat(path)
        if not source.is_of_ours and source.owner != wanted.st_uid:
            return False
        above = source.path.rpartition("/")[0]
        while True:
            found = posix.stat(above or "/")
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
            if not above:
                return False
            above = above.rpartition("/")[0]
    except OSError:
        return False


def pinned(source: Source) -> bytes:
    """Return what of *source* is trusted: all of it, or of a pyproject.toml, which changes often, our settings."""
    if not source.is_pyproject:
        return source.content
    return "".join(f"{line}\n" for line in flat(source.tree)).encode("utf-8", "surrogateescape")


def flat(value: Any, name: str = "") -> list[str]:
    """Return a tree as lines that can be compared: `retry.retries = 3`."""
    if is_table(value) and value:
        return [line for key, part in value.items() for line in flat(part, f"{name}.{key}" if name else str(key))]
    if is_list(value) and any(is_table(part) for part in value):
        return [line for at, part in enumerate(value) for line in flat(part, f"{name}[{at}]")]
    return [f"{name} = {value!r}"]


# ---- what was looked at ----


def _record(folder: str, path: str) -> str:
    return f"{folder}/{_FOLDER}/{digest(as_bytes(path)).hex()[:32]}"


def trusted_content(folder: str, path: str) -> bytes | None:
    """Return what was trusted of the file at *path*; None when nothing was, or when others may write what we kept."""
    head = as_bytes(path) + b"\n"
    try:
        descriptor, facts = files.open_folder(f"{folder}/{_FOLDER}")
        posix.close(descriptor)
        kept = files.read_ours(_record(folder, path), LIMIT * 2) if files.is_ours(facts) else b""
    except OSError:
        return None
    return kept[len(head) :] if kept.startswith(head) else None


def keep_trust(folder: str, path: str, content: bytes) -> None:
    """Remember that the user has looked at *content* of the file at *path*; `OSError` when that is not possible."""
    from os import makedirs

    own = f"{folder}/{_FOLDER}"
    makedirs(own, 0o700, exist_ok=True)
    descriptor, facts = files.open_folder(own)
    posix.close(descriptor)
    if not files.is_ours(facts):
        raise PermissionError(errno.EPERM, "it belongs to another user, or others may write it", own)
    files.replace(_record(folder, path), as_bytes(path) + b"\n" + content)


def forget_trust(folder: str, path: str) -> bool:
    """Forget it again; say whether there was something to forget."""
    try:
        posix.unlink(_record(folder, path))
    except FileNotFoundError:
        return False
    return True
