"""How one attempt ended, as the policies see it: the value that a driver hands to the loop."""

from __future__ import annotations

from aitrack.config.values import is_list, is_table
from aitrack.policy.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Ended(Frozen):
    """The end of one attempt.

    *failure* is the record of `diagnose`, None after a success. *committed* says that the
    program passed its point of no return, *outward* that its trail shows an effect on
    the outside world before the failure, *interrupted* that the user or a signal to
    the wrapper ended it.
    """

    __slots__ = (
        "committed", "duration_s", "exit_code", "failure", "interrupted", "ok", "outward", "signal", "timed_out",
    )  # fmt: skip

    def __init__(
        self,
        *,
        ok: bool,
        failure: dict[str, Any] | None = None,
        exit_code: int | None = None,
        signal: str = "",
        duration_s: float = 0.0,
        timed_out: bool = False,
        committed: bool = False,
        outward: bool = False,
        interrupted: bool = False,
    ) -> None:
        self.ok = ok
        self.failure = failure
        self.exit_code = exit_code
        self.signal = signal
        self.duration_s = duration_s
        self.timed_out = timed_out
        self.committed = committed
        self.outward = outward
        self.interrupted = interrupted

    def _verdict(self) -> dict[str, Any]:
        verdict = self.failure.get("verdict") if self.failure else None
        return verdict if is_table(verdict) else {}

    def _text(self, key: str, default: str) -> str:
        value = self.failure.get(key) if self.failure else None
        return value if isinstance(value, str) and value else default

    @property
    def category(self) -> str:
        """`ok` after a success, else the category of the failure."""
        if self.ok:
            return "ok"
        return "abort" if self.interrupted else self._text("category", "unknown")

    @property
    def kind(self) -> str:
        """The finer kind of the failure."""
        return "ok" if self.ok else self._text("kind", "unknown")

    @property
    def type(self) -> str:
        """The type of the failure, for people."""
        return self._text("type", "a failure")

    @property
    def title(self) -> str:
        """The failure in a word or two: its type, or what there is instead of one."""
        if self.type == "ExitStatus":
            return f"exit status {self.exit_code}" if self.exit_code is not None else "a failure"
        return "a timeout" if self.type == "Timeout" else self.type

    @property
    def fingerprint(self) -> str:
        """The group that the failure belongs to; empty when there is none."""
        found = self.failure.get("fingerprint") if self.failure else None
        value = found.get("l1") if is_table(found) else None
        return value if isinstance(value, str) else ""

    @property
    def retry_after_s(self) -> float | None:
        """How long the other side asked to wait."""
        value = self._verdict().get("retry_after_s")
        return float(value) if isinstance(value, (int, float)) and value >= 0 else None

    @property
    def rule(self) -> dict[str, Any]:
        """`delay` and `max` of the user's rule that decided; empty when none did."""
        rule = self._verdict().get("rule")
        return rule if is_table(rule) else {}

    @property
    def types(self) -> frozenset[str]:
        """The names of all exceptions of the failure, short and qualified."""
        names: set[str] = set()
        chain = self.failure.get("chain") if self.failure else None
        for record in [self.failure, *(chain if is_list(chain) else [])]:
            if is_table(record):
                names.update(str(record.get(key)) for key in ("type", "qualified"))
        return frozenset(names)


def matches(items: tuple[str, ...] | list[str] | frozenset[str], ended: Ended) -> str:
    """Return the first item that *ended* matches, or "".

    Items: a category, a kind, `exit:75`, `exit:10-19`, `signal:SEGV`, `exc:pkg.Type`, `any`.
    """
    return next((item for item in items if _matches(item, ended)), "")


def _matches(item: str, ended: Ended) -> bool:
    if item == "any":
        return not ended.ok
    label, colon, value = item.partition(":")
    if not colon:
        return item in (ended.category, ended.kind)
    if label == "exit":
        return ended.exit_code is not None and _in_range(value, ended.exit_code)
    if label == "signal":
        return bool(ended.signal) and ended.signal.removeprefix("SIG") == value.upper().removeprefix("SIG")
    if label == "exc":
        return any(name == value or name.endswith("." + value) for name in ended.types)
    return False


def _in_range(text: str, number: int) -> bool:
    first, dash, last = text.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()):
        return False
    return int(first) <= number <= int(last or first)


def check_items(items: Iterable[str], field: str, own_kinds: Iterable[str] = ()) -> tuple[str, ...]:
    """Return *items* as they are kept; raise ValueError for one that could never match.

    *own_kinds* are kinds that the user's rules give.
    """
    checked = tuple(items)
    for item in checked:
        label, colon, value = item.partition(":")
        if colon and (label not in ("exit", "signal", "exc") or not value):
            raise ValueError(
                f"`{field}`: `{item}` is none of CATEGORY, KIND, exit:N, exit:N-M, signal:NAME, exc:TYPE, any"
            )
        if label == "exit" and colon and not value.replace("-", "", 1).isdigit():
            raise ValueError(f"`{field}`: `{item}` should be `exit:75` or `exit:10-19`")
        if not colon and item != "any":
            check_word(item, field, own_kinds)
    return checked


def check_word(item: str, field: str, own_kinds: Iterable[str] = ()) -> None:
    """Raise ValueError, with the nearest word, when *item* is neither a category nor a kind."""
    from aitrack.policy.words import CATEGORIES, KINDS

    if item in CATEGORIES or item in KINDS or item in own_kinds:
        return
    from difflib import get_close_matches

    near = get_close_matches(item, sorted(CATEGORIES | KINDS), 1)
    hint = f", did you mean `{near[0]}`?" if near else f"; categories are {', '.join(sorted(CATEGORIES))}"
    raise ValueError(f"`{field}`: there is no category or kind `{item}`{hint}")
