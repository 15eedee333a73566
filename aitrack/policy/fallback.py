"""What to do instead, in order: another command, other arguments, the last good output, a text, a file."""

from __future__ import annotations

from aitrack.policy import words
from aitrack.policy.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

REJECTED = "breaker_open"
KINDS = ("run", "args", "env", "cached", "text", "file")


class Fallback(Frozen):
    """One way out. *kind* says which field counts; *on* filters, empty lets all but `abort` through."""

    __slots__ = ("args", "cached_s", "env", "file", "kind", "on", "retries", "run", "text", "timeout_s")

    def __init__(
        self,
        kind: str,
        *,
        on: Sequence[str] = (),
        run: Sequence[str] = (),
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        cached_s: float | None = None,
        text: str = "",
        file: str = "",
        timeout_s: float | None = None,
        retries: int = 0,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"a fallback needs one of {', '.join(KINDS)}, not `{kind}`")
        self.kind = kind
        self.on = tuple(on)
        self.run = tuple(run)
        self.args = tuple(args)
        self.env = dict(env or {})
        self.cached_s = cached_s
        self.text = text
        self.file = file
        self.timeout_s = timeout_s
        self.retries = retries

    @property
    def runs_something(self) -> bool:
        """Whether a process is started for it."""
        return self.kind in ("run", "args", "env")


def from_settings(settings: Any) -> tuple[Fallback, ...]:
    """Return the chain that *settings* (of `aitrack.config`) ask for; texts are `--fallback` options."""
    return tuple(parse(item) if isinstance(item, str) else from_table(item) for item in settings.value("fallback"))


def from_table(table: Mapping[str, Any]) -> Fallback:
    """Return the fallback of one `[[fallback]]`; raise ValueError when it says no way or several."""
    kinds = [kind for kind in KINDS if kind in table]
    if len(kinds) > 1 and "env" in kinds:  # the environment of the command or of the arguments beside it
        kinds.remove("env")
    if len(kinds) != 1:
        raise ValueError(f"a fallback needs exactly one of {', '.join(KINDS)}")
    return Fallback(
        kinds[0],
        on=table.get("on", ()),
        run=split(table["run"]) if "run" in table else (),
        args=split(table["args"]) if "args" in table else (),
        env=table.get("env"),
        cached_s=table.get("cached"),
        text=table.get("text", ""),
        file=table.get("file", ""),
        timeout_s=table.get("timeout"),
        retries=table.get("retries", 0),
    )


def split(command: str | Sequence[str]) -> tuple[str, ...]:
    """Return the words of a command as a POSIX shell splits them; no shell runs."""
    if not isinstance(command, str):
        return tuple(command)
    import shlex

    return tuple(shlex.split(command))


def parse(option: str) -> Fallback:
    """Return the fallback of `--fallback "[CATEGORY|KIND,...:] COMMAND"`.

    A prefix filters only when each of its items is known; else the whole is a command
    (`C:\\tool`, `echo a:b`).

    >>> parse("overload,breaker_open: cat last.json").on
    ('overload', 'breaker_open')
    """
    prefix, colon, command = option.partition(":")
    items = [item.strip() for item in prefix.split(",")]
    if colon and command.strip() and all(is_filter(item) for item in items):
        return Fallback("run", on=items, run=split(command.strip()))
    argv = split(option.strip())
    if not argv:
        raise ValueError("`fallback` is an empty command")
    return Fallback("run", run=argv)


def is_filter(item: str) -> bool:
    """Return whether *item* names a category, a kind or the rejection by a breaker."""
    return item == REJECTED or item in words.CATEGORIES or item in words.KINDS


def applies(fallback: Fallback, category: str, kind: str) -> bool:
    """Return whether *fallback* is meant for a failure of *category* and *kind*."""
    if category == "abort":
        return False
    return not fallback.on or category in fallback.on or kind in fallback.on
