"""`aitrack config trust`: look at what a project's settings file reaches for, and allow it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from aitrack.errors import NotFound, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.config.sources import Source

_NAMES = {"aitrack.toml": "project", "pyproject.toml": "pyproject"}


def trust(file: str | None, yes: bool) -> int:
    """Show what each file would do, or what has changed in it, and ask; status 1 when the answer is no."""
    from aitrack.config.trust import keep_trust, pinned, trusted_content

    folder = _own_folder()
    status = 0
    for source in _sources(file):
        before, now = trusted_content(folder, source.path), pinned(source)
        if before == now:
            print(f"`{source.path}` is trusted already")
            continue
        _show(source, before, now)
        if not yes and not _agreed(source.path):
            status = 1
            continue
        try:
            keep_trust(folder, source.path, now)
        except OSError as error:
            raise StoreError(f"`{error.filename or folder}`: {error.strerror}") from None
        print(f"`{source.path}` is trusted until it changes")
    return status


def distrust(file: str | None) -> int:
    """Forget that the files were trusted; status 1 when none was."""
    from aitrack.config.trust import forget_trust

    folder = _own_folder()
    was_any = False
    for path in _paths(file):
        try:
            was_trusted = forget_trust(folder, path)
        except OSError as error:
            raise StoreError(f"`{error.filename or folder}`: {error.strerror}") from None
        if was_trusted:
            print(f"`{path}` is no longer trusted")
        was_any = was_any or was_trusted
    if not was_any:
        raise NotFound(f"`{file or os.getcwd()}`: nothing there is trusted by `aitrack config trust`")
    return 0


def _own_folder() -> str:
    """Return the folder of the user's own file: what is trusted is kept beside it."""
    from aitrack.config import user_file

    path = user_file(os.environ)
    if path is None:
        raise UsageError("there is no place for what you trust", hint="set HOME or XDG_CONFIG_HOME to a full path")
    return os.path.dirname(path)


def _paths(file: str | None) -> Iterator[str]:
    """Return the paths that a run would look for: of one file, or all that may lie in a folder."""
    path = os.path.join(os.getcwd(), file or "")
    if os.path.isdir(path):
        real = os.path.realpath(path)
        yield from (os.path.join(real, name) for name in _NAMES)
        return
    if os.path.basename(path) not in _NAMES:
        names = " or ".join(f"`{name}`" for name in _NAMES)
        raise UsageError(
            f"`{file}` is no file that a run looks for by itself, which is {names}", hint="name it with `--config FILE`"
        )
    yield os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def _sources(file: str | None) -> list[Source]:
    """Open and parse the files; an error when there is none."""
    from aitrack.config import open_candidate
    from aitrack.config.parsed import tree_of
    from aitrack.config.sources import read

    found: list[Source] = []
    for path in _paths(file):
        kind = _NAMES[os.path.basename(path)]
        try:
            source = read(kind, path, open_candidate(path, follow=False))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UsageError(f"cannot read `{path}`: {error.strerror}") from None
        if source is None:
            continue
        source.tree = tree_of(source, None)
        if source.tree:
            found.append(source)
    if not found:
        raise NotFound(f"`{file or os.getcwd()}`: there are no settings of a project")
    return found


def _show(source: Source, before: bytes | None, now: bytes) -> None:
    """Print what *source* reaches for; of a file that was trusted, what is different since."""
    from aitrack.report.text import safe

    print(safe(f"{source.path}{'' if source.why == 'not trusted' else ': ' + source.why}"))
    if before is None:
        from aitrack.config.layers import needs_trust

        lines = needs_trust(source) or ["nothing in it needs trust"]
    else:
        from difflib import unified_diff

        old, new = (text.decode("utf-8", "replace").splitlines() for text in (before, now))
        lines = list(unified_diff(old, new, "trusted", "now", lineterm="", n=1))
    for line in lines:
        print(f"  {safe(line)}")


def _agreed(path: str) -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"`{path}` is not trusted: there is nobody to ask", hint="say `--yes` when you have read it")
    try:
        answer = input("Obey it from now on? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")
