"""When to try again, and how long to wait before: the arithmetic of waits, limits and history."""

from __future__ import annotations

from aitrack.policy.ended import check_items
from aitrack.policy.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

BACKOFFS = ("full", "decorrelated", "equal", "exponential", "constant")
IDEMPOTENT = ("yes", "guard", "no")
_HERD_SPREAD = 0.1  # of a Retry-After: all who were turned away together must not come back together
_GUARD_SECONDS = 1.0  # `idempotent = no`: a program that has run for so long has done something
_HOPELESS, _HELPFUL = 0.10, 0.50  # bounds of the share of retries that helped
_ENOUGH = 8  # observations before an unknown failure is retried because retries helped
_TRIAL = 20  # every so many sessions a hopeless failure is retried all the same
_USUAL_SHARE = 0.10  # an attempt with less than this share of its usual time left is not begun


class RetryPolicy(Frozen):
    """The settings of `[retry]`; durations in seconds, `retries` None is unlimited."""

    __slots__ = (
        "attempt_timeout_s", "backoff", "deadline_s", "delay_s", "escalate", "factor", "idempotent", "kill_after_s",
        "learn", "max_delay_s",
        "max_retry_after_s", "never", "on", "retries",
    )  # fmt: skip

    def __init__(
        self,
        *,
        retries: int | None = 0,
        on: Sequence[str] = ("transient", "overload", "timeout"),
        never: Sequence[str] = (),
        backoff: str = "full",
        delay_s: float = 1.0,
        max_delay_s: float = 60.0,
        factor: float = 2.0,
        attempt_timeout_s: float | None = None,
        kill_after_s: float = 5.0,
        deadline_s: float | None = None,
        max_retry_after_s: float = 300.0,
        idempotent: str = "yes",
        learn: bool = True,
        escalate: bool = True,
        own_kinds: Sequence[str] = (),
    ) -> None:
        """Check and keep the settings; *own_kinds* are kinds of the user's own rules, allowed in `on` and `never`."""
        _check(retries, backoff, idempotent, deadline_s, factor, {"delay": delay_s, "max_delay": max_delay_s})
        self.retries = retries
        self.on = check_items(on, "on", own_kinds)
        self.never = check_items(never, "never", own_kinds)
        self.backoff = backoff
        self.delay_s = delay_s
        self.max_delay_s = max_delay_s
        self.factor = factor
        self.attempt_timeout_s = attempt_timeout_s
        self.kill_after_s = kill_after_s
        self.deadline_s = deadline_s
        self.max_retry_after_s = max_retry_after_s
        self.idempotent = idempotent
        self.learn = learn
        self.escalate = escalate

    @classmethod
    def from_settings(cls, settings: Any) -> RetryPolicy:
        """Return the policy that *settings* (of `aitrack.config`) ask for."""
        return cls(
            retries=settings.value("retry.retries"),
            on=settings.value("retry.on"),
            never=settings.value("retry.never"),
            backoff=settings.value("retry.backoff"),
            delay_s=settings.value("retry.delay"),
            max_delay_s=settings.value("retry.max_delay"),
            factor=settings.value("retry.backoff_factor"),
            attempt_timeout_s=settings.value("retry.attempt_timeout"),
            kill_after_s=settings.value("retry.kill_after"),
            deadline_s=settings.value("retry.deadline"),
            max_retry_after_s=settings.value("retry.max_retry_after"),
            idempotent=settings.value("retry.idempotent"),
            learn=settings.value("retry.learn"),
            escalate=settings.value("retry.escalate") != "off",
            own_kinds=[rule["kind"] for rule in settings.value("retry.rule") if rule.get("kind")],
        )


def _check(
    retries: int | None,
    backoff: str,
    idempotent: str,
    deadline_s: float | None,
    factor: float,
    durations: dict[str, float],
) -> None:
    if retries is None and deadline_s is None:
        raise ValueError("`retries` may be `unlimited` only with a `deadline`")
    if retries is not None and retries < 0:
        raise ValueError("`retries` must not be negative")
    if backoff not in BACKOFFS:
        raise ValueError(f"`backoff` must be one of {', '.join(BACKOFFS)}, not `{backoff}`")
    if idempotent not in IDEMPOTENT:
        raise ValueError(f"`idempotent` must be one of {', '.join(IDEMPOTENT)}, not `{idempotent}`")
    if factor < 1:
        raise ValueError("`backoff_factor` must be at least 1")
    for name, seconds in durations.items():
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"`{name}` must be a duration, not {seconds}")


# ---- waits ----


class _Call:
    """What tenacity's strategies ask of a call: its number, its age, the wait before it."""

    __slots__ = ("attempt_number", "seconds_since_start", "upcoming_sleep")

    def __init__(self, attempt_number: int, seconds_since_start: float = 0.0, upcoming_sleep: float = 0.0) -> None:
        self.attempt_number = attempt_number
        self.seconds_since_start = seconds_since_start
        self.upcoming_sleep = upcoming_sleep


def backoff_s(policy: RetryPolicy, retry: int, previous_s: float | None, random: Callable[[], float]) -> float:
    """Return the wait before retry number *retry* (from 1); *random* gives numbers in [0, 1).

    *previous_s* is the wait before, which the decorrelated backoff grows from.
    The growth with its cap is tenacity's; its jitter draws from a global source, so ours is added here.
    """
    if policy.delay_s == 0 or policy.max_delay_s == 0:
        return 0.0
    if policy.backoff == "constant":
        return policy.delay_s
    if policy.backoff == "decorrelated":
        previous = policy.delay_s if previous_s is None else max(previous_s, policy.delay_s)
        return min(policy.max_delay_s, policy.delay_s + random() * (3 * previous - policy.delay_s))
    top = top_s(policy, retry)
    if policy.backoff == "full":
        return random() * top
    return top / 2 + random() * top / 2 if policy.backoff == "equal" else top


def top_s(policy: RetryPolicy, retry: int) -> float:
    """Return `min(max_delay, delay * factor ** (retry - 1))`."""
    from tenacity.wait import wait_exponential

    grows = wait_exponential(multiplier=policy.delay_s, max=policy.max_delay_s, exp_base=policy.factor)
    call: Any = _Call(retry)  # tenacity asks it for `attempt_number` only
    return float(grows(call))


def wait_s(backoff: float, retry_after: float | None, random: Callable[[], float]) -> float:
    """Return the wait that honours both; a server's word is never shortened, and spread against herds."""
    if retry_after is None:
        return backoff
    return max(backoff, retry_after) + random() * _HERD_SPREAD * retry_after


# ---- limits ----


def is_last(policy: RetryPolicy, retry: int) -> bool:
    """Return whether no retry may follow retry number *retry* (0 is the first attempt)."""
    if policy.retries is None:
        return False
    if policy.retries == 0:
        return True
    from tenacity.stop import stop_after_attempt

    call: Any = _Call(retry + 1)  # tenacity asks it for `attempt_number` only
    return bool(stop_after_attempt(policy.retries + 1)(call))


def crosses_deadline(policy: RetryPolicy, elapsed_s: float, wait: float, usual_s: float | None) -> bool:
    """Return whether an attempt after *wait* would begin too late to be worth it."""
    if policy.deadline_s is None:
        return False
    left = policy.deadline_s - elapsed_s - wait
    return left <= 0 or (usual_s is not None and left < _USUAL_SHARE * usual_s)


def attempt_limit_s(policy: RetryPolicy, elapsed_s: float) -> tuple[float | None, str]:
    """Return (seconds that an attempt may run, which setting says so)."""
    left = None if policy.deadline_s is None else max(policy.deadline_s - elapsed_s, 0.0)
    limit = policy.attempt_timeout_s
    if left is not None and (limit is None or left < limit):
        return left, "deadline"
    return limit, "attempt_timeout" if limit is not None else ""


def guard_reason(policy: RetryPolicy, duration_s: float, outward: bool) -> str:
    """Return why a second run would not be safe, or ""."""
    if policy.idempotent == "guard" and outward:
        return "it had acted on the outside world"
    if policy.idempotent == "no" and duration_s >= _GUARD_SECONDS:
        return f"not idempotent, and it had run for {duration_s:.3g}s"
    return ""


# ---- history ----


class History(Frozen):
    """What is known of one group of failures: how often a retry followed, how often that helped.

    *skipped* counts the sessions that were not retried because of it; *usual_s* is the
    median duration of a successful attempt of the same script, when known.
    """

    __slots__ = ("helped", "retried", "skipped", "usual_s")

    def __init__(self, retried: int = 0, helped: int = 0, skipped: int = 0, usual_s: float | None = None) -> None:
        self.retried = retried
        self.helped = min(helped, retried)
        self.skipped = skipped
        self.usual_s = usual_s


def wilson(helped: int, tried: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share of which *helped* of *tried* were seen (Wilson's score)."""
    if tried <= 0:
        return 0.0, 1.0
    share = helped / tried
    centre = share + z * z / (2 * tried)
    spread = z * ((share * (1 - share) + z * z / (4 * tried)) / tried) ** 0.5
    scale = 1 + z * z / tried
    return max(min((centre - spread) / scale, share), 0.0), min(max((centre + spread) / scale, share), 1.0)


def is_hopeless(history: History) -> bool:
    """Return whether retries of this failure almost never helped."""
    return wilson(history.helped, history.retried)[1] < _HOPELESS


def is_trial(history: History) -> bool:
    """Return whether this session tries all the same, so that a mended world is noticed."""
    return (history.skipped + 1) % _TRIAL == 0


def is_helpful(history: History) -> bool:
    """Return whether retries helped so often that an unknown failure deserves one."""
    return history.retried >= _ENOUGH and wilson(history.helped, history.retried)[0] > _HELPFUL
