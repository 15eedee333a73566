"""What the loop asks of whoever drives it, and what it hears back. See `loop`."""

from __future__ import annotations

from aitrack.policy.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeAlias

    from aitrack.policy.breaker import BreakerPolicy
    from aitrack.policy.budget import Budget
    from aitrack.policy.ended import Ended
    from aitrack.policy.fallback import Fallback
    from aitrack.policy.remedy import Change, Remedy


# ---- requests ----


class Admit(Frozen):
    """May it start? Reply: an `Admitted` or a `Refused`.

    All names at once: a later refusal gives the earlier permits back.
    """

    __slots__ = ("breakers",)

    def __init__(self, breakers: tuple[tuple[str, BreakerPolicy], ...]) -> None:
        self.breakers = breakers


class Start(Frozen):
    """Run the target once. Reply: an `Ended`.

    *n* counts from 1; *level* is how closely to look (1, 2, 3 = everything); *limit_s* ends the attempt,
    *limit_by* says which setting asks for it; *env* holds what remedies set (None unsets); *hint* is None
    for the first attempt; *delay_s* and *delay_reason* (`backoff`, `retry_after`, `remedy`) tell what was
    waited before.
    """

    __slots__ = (
        "delay_reason",
        "delay_s",
        "env",
        "hint",
        "is_last",
        "level",
        "limit_by",
        "limit_s",
        "max_attempts",
        "n",
    )

    def __init__(
        self,
        n: int,
        *,
        max_attempts: int | None,
        level: int,
        is_last: bool,
        limit_s: float | None,
        limit_by: str,
        env: Mapping[str, str | None],
        hint: dict[str, Any] | None,
        delay_s: float,
        delay_reason: str,
    ) -> None:
        self.n = n
        self.max_attempts = max_attempts
        self.level = level
        self.is_last = is_last
        self.limit_s = limit_s
        self.limit_by = limit_by
        self.env = dict(env)
        self.hint = hint
        self.delay_s = delay_s
        self.delay_reason = delay_reason


class Record(Frozen):
    """Tell the breakers how it went. Reply: the name of one that is open now, or "".

    The permits of the last `Admit` go back. *retry_after_s* is kept as `not_before` of each name.
    """

    __slots__ = ("breakers", "ended", "retry_after_s")

    def __init__(
        self, breakers: tuple[tuple[str, BreakerPolicy], ...], ended: Ended, retry_after_s: float | None
    ) -> None:
        self.breakers = breakers
        self.ended = ended
        self.retry_after_s = retry_after_s


class Recall(Frozen):
    """What is known of failures with this fingerprint? Reply: a `History` (an empty one when nothing is)."""

    __slots__ = ("fingerprint",)

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint


class Learn(Frozen):
    """Remember what a retry after a failure with *fingerprint* was worth. Reply: None.

    *helped*: it did (True), it did not (False), it was left out because of what is known (None).
    """

    __slots__ = ("fingerprint", "helped")

    def __init__(self, fingerprint: str, helped: bool | None) -> None:
        self.fingerprint = fingerprint
        self.helped = helped


class TakeBudget(Frozen):
    """Take one from the shared budget, *kind* `first` (always given) or `retry`. Reply: whether it was given."""

    __slots__ = ("budget", "kind")

    def __init__(self, budget: Budget, kind: str) -> None:
        self.budget = budget
        self.kind = kind


class Heal(Frozen):
    """Carry out *change* of *remedy*. Reply: a `Healed`."""

    __slots__ = ("change", "index", "remedy")

    def __init__(self, remedy: Remedy, index: int, change: Change) -> None:
        self.remedy = remedy
        self.index = index
        self.change = change


class Wait(Frozen):
    """Wait *seconds*. Reply: True when the time is over, False when a signal ended it.

    *says* is the line for people, or "".
    """

    __slots__ = ("reason", "says", "seconds")

    def __init__(self, seconds: float, reason: str, says: str = "") -> None:
        self.seconds = seconds
        self.reason = reason
        self.says = says


class TryFallback(Frozen):
    """Try one way out. Reply: True when it gave an answer (a command: exit 0), False when not.

    None when a signal ended it.
    """

    __slots__ = ("ended", "fallback", "index", "reason")

    def __init__(self, fallback: Fallback, index: int, reason: str, ended: Ended | None) -> None:
        self.fallback = fallback
        self.index = index
        self.reason = reason
        self.ended = ended


class Finish(Frozen):
    """The end. No reply.

    *status*: passed, failed, degraded, rejected, aborted; *recovered* when an attempt had failed before;
    *reason* says why it stopped; *fallback* is {index, kind, reason} of the one that answered;
    *says* is the line for people, or "". The program's status is that of the last
    attempt; 0 when degraded, 75 when rejected.
    """

    __slots__ = ("attempts", "fallback", "reason", "recovered", "says", "status", "waits_s")

    def __init__(
        self,
        status: str,
        *,
        attempts: int,
        reason: str = "",
        recovered: bool = False,
        fallback: dict[str, Any] | None = None,
        says: str = "",
        waits_s: float = 0.0,
    ) -> None:
        self.status = status
        self.attempts = attempts
        self.reason = reason
        self.recovered = recovered
        self.fallback = fallback
        self.says = says
        self.waits_s = waits_s


# ---- replies ----


class Admitted(Frozen):
    """All breakers let it pass; the driver keeps the permits."""

    __slots__ = ()


class Refused(Frozen):
    """A breaker refused: its *name*, its *state*, the seconds left if known, and the line that says it."""

    __slots__ = ("left_s", "name", "says", "state")

    def __init__(self, name: str, state: str, *, left_s: float | None = None, says: str = "") -> None:
        self.name = name
        self.state = state
        self.left_s = left_s
        self.says = says


class Healed(Frozen):
    """What came of a remedy: done or not, and what it sets for the next attempts."""

    __slots__ = ("env", "ok", "says")

    def __init__(self, ok: bool, *, env: Mapping[str, str | None] | None = None, says: str = "") -> None:
        self.ok = ok
        self.env = dict(env or {})
        self.says = says


if TYPE_CHECKING:
    Request: TypeAlias = Admit | Start | Record | Recall | Learn | TakeBudget | Heal | Wait | TryFallback | Finish
