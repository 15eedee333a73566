"""From the content of a settings file to its tree; what was parsed is kept for the next run.

Parsing costs more than all else that a run does before its program.  What is kept
is found by the content itself: a stamp of path, time and size can be made to look
the same, and says nothing of who wrote the file.
"""

from __future__ import annotations

import posix

from aitrack.config import LIMIT
from aitrack.config.values import is_list, is_table
from aitrack.errors import ConfigError
from aitrack.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from aitrack.config.sources import Source

_KEPT_LIMIT = LIMIT * 2


def tree_of(source: Source, cache: str | None) -> dict[str, Any]:
    """Return what *source* sets, as TOML has it; an empty tree when it says nothing to us."""
    if source.is_pyproject and b"aitrack" not in source.content:
        return {}
    kept = _kept(cache, source)
    if kept is None:
        kept = _parse(source)
        _keep(cache, source, kept)
    return kept


def _parse(source: Source) -> dict[str, Any]:
    import tomllib

    path = source.path
    try:
        tree: Any = tomllib.loads(source.content.decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigError(f"`{path}` is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"`{path}` is not valid TOML: {str(error)[:200]}") from None
    if source.is_pyproject:
        tool = tree.get("tool", {})
        tree = tool.get("aitrack", {}) if is_table(tool) else {}
    if not is_table(tree):
        raise ConfigError(f"`{path}`: `tool.aitrack` must be a table")
    return tree


def digest(*parts: bytes) -> bytes:
    """Return 32 bytes that stand for *parts*."""
    import _blake2

    return _blake2.blake2b(b"".join([b"%d:" % len(part) + part for part in parts]), digest_size=32).digest()


def as_bytes(path: str) -> bytes:
    """Return *path* as the kernel knows it."""
    return path.encode("utf-8", "surrogateescape")


def _place(cache: str, path: str) -> str:
    return f"{cache}/config-{digest(as_bytes(path)).hex()[:16]}"


def _mark(source: Source) -> bytes:
    return digest(b"part" if source.is_pyproject else b"whole", source.content)


def _kept(cache: str | None, source: Source) -> dict[str, Any] | None:
    """Return the tree that an earlier run made of the same content."""
    if cache is None:
        return None
    import marshal

    try:
        mark, tree = marshal.loads(files.read_ours(_place(cache, source.path), _KEPT_LIMIT))
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return tree if mark == _mark(source) and is_table(tree) else None


def _keep(cache: str | None, source: Source, tree: dict[str, Any]) -> None:
    """Keep *tree* for the next run; a cache that cannot be written costs time, nothing else.

    A tree in which anything looks like a secret is not kept: the store holds none.
    """
    if cache is None or not _is_plain(tree):
        return
    import marshal

    target = _place(cache, source.path)
    temporary = f"{target}.{posix.getpid()}"  # of our own: many runs may write at once
    try:
        files.write(temporary, marshal.dumps((_mark(source), tree)))  # dates and such cannot be kept: ValueError
        posix.rename(temporary, target)
    except (OSError, ValueError):
        pass


def _is_plain(tree: dict[str, Any]) -> bool:
    """Say whether nothing in *tree* looks like a secret."""
    from aitrack.collector.plain import plainly_clean

    words = _words(tree)
    if all(plainly_clean(word) for word in words):
        return True
    from aitrack.collector.redact import Redactor

    redactor = Redactor(b"")
    return redactor.arguments(words) == words and not redactor.counts


def _words(value: Any, name: str = "") -> list[str]:
    """Return all text in *value* by words; where a user chose the *name*, it tells what its value is."""
    if is_table(value):
        from aitrack.config.keys import PARTS

        return [word for key, part in value.items() for word in _words(part, "" if key in PARTS else f"{name}{key}=")]
    if is_list(value):
        return [word for part in value for word in _words(part, name)]
    return (name + value).split() if isinstance(value, str) else [f"{name}{value}"]
