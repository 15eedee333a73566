"""The circuit breaker: one pure step per question, on a value that a store keeps.

`admit` asks for leave to start, `record` tells how it ended, `operate` is the operator's
hand. The store makes each step atomic between processes; who lives, what time
it is and how many calls the window holds are arguments.
"""

from __future__ import annotations

from aitrack.policy.frozen import Frozen
from aitrack.policy.words import CATEGORIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

CLOSED, OPEN, HALF_OPEN, FORCED_OPEN, DISABLED = "closed", "open", "half_open", "forced_open", "disabled"
STATES = (CLOSED, OPEN, HALF_OPEN, FORCED_OPEN, DISABLED)
ACTIONS = {"trip": FORCED_OPEN, "reset": CLOSED, "enable": CLOSED, "disable": DISABLED}
_COUNTS = ("transient", "overload", "timeout", "resource", "crash", "killed", "unknown")


class BreakerPolicy(Frozen):
    """The settings of `[breaker.NAME]`; a window of calls or of seconds, durations in seconds."""

    __slots__ = (
        "counts", "max_open_for_s", "min_calls", "open_for_s", "probes", "rate", "slow_rate", "slow_s", "wait_s",
        "window_calls", "window_s",
    )  # fmt: skip

    def __init__(
        self,
        *,
        window_calls: int | None = 100,
        window_s: float | None = None,
        rate: float = 50.0,
        min_calls: int = 10,
        open_for_s: float = 30.0,
        max_open_for_s: float | None = None,
        probes: int = 1,
        slow_s: float | None = None,
        slow_rate: float = 100.0,
        counts: Sequence[str] = _COUNTS,
        wait_s: float = 0.0,
    ) -> None:
        _check(rate=rate, slow_rate=slow_rate, min_calls=min_calls, probes=probes, open_for=open_for_s)
        for category in counts:
            if category not in CATEGORIES:
                raise ValueError(f"`breaker counts`: `{category}` is none of {', '.join(sorted(CATEGORIES))}")
        self.window_s = window_s
        self.window_calls = None if window_s is not None else max(window_calls or 100, 1)
        self.rate = rate
        # A window of fewer calls than the minimum could never fill: it judges when it is full.
        self.min_calls = min_calls if self.window_calls is None else min(min_calls, self.window_calls)
        self.open_for_s = open_for_s
        self.max_open_for_s = max(max_open_for_s or open_for_s, open_for_s)
        self.probes = probes
        self.slow_s = slow_s
        self.slow_rate = slow_rate
        self.counts = tuple(counts)
        self.wait_s = wait_s

    @classmethod
    def from_settings(cls, settings: Any, name: str) -> BreakerPolicy:
        """Return the policy that *settings* (of `aitrack.config`) hold for the breaker *name*."""
        found = {key: setting.value for key, setting in settings.breaker(name).items()}
        unit, size = found["window"]
        return cls(
            window_calls=int(size) if unit == "calls" else None,
            window_s=float(size) if unit == "seconds" else None,
            rate=found["rate"],
            min_calls=found["min_calls"],
            open_for_s=found["open_for"],
            max_open_for_s=found["max_open_for"],
            probes=found["probes"],
            slow_s=found["slow"],
            slow_rate=found["slow_rate"],
            counts=found["counts"],
            wait_s=found["wait"],
        )

    def digest(self) -> str:
        """Return a short hash, so that runs that disagree about one breaker can be told."""
        from binascii import crc32  # hashlib asks OpenSSL, and an open breaker should answer at once

        return f"{crc32(repr(self.replaced(wait_s=0.0)).encode()):08x}"


def _check(*, rate: float, slow_rate: float, min_calls: int, probes: int, open_for: float) -> None:
    for field, value in (("rate", rate), ("slow_rate", slow_rate)):
        if not 0 < value <= 100:
            raise ValueError(f"`breaker {field}` must be a percentage above 0, up to 100, not {value}")
    for field, number in (("min_calls", min_calls), ("probes", probes)):
        if number < 1:
            raise ValueError(f"`breaker {field}` must be at least 1")
    if open_for < 0:
        raise ValueError("`breaker open_for` must not be negative")


class Clock(Frozen):
    """What time it is: *boot* counts suspended time too and stands still for no one, *wall* is what people see."""

    __slots__ = ("boot", "boot_id", "wall")

    def __init__(self, boot: float, wall: float, boot_id: str) -> None:
        self.boot = boot
        self.wall = wall
        self.boot_id = boot_id


class Breaker(Frozen):
    """One breaker as it is stored. *trips* counts open spells in a row, *successes* the probes that passed."""

    __slots__ = ("boot_id", "generation", "since_boot", "since_wall", "state", "successes", "trips")

    def __init__(
        self,
        state: str = CLOSED,
        *,
        generation: int = 0,
        since_boot: float = 0.0,
        since_wall: float = 0.0,
        boot_id: str = "",
        successes: int = 0,
        trips: int = 0,
    ) -> None:
        self.state = state
        self.generation = generation
        self.since_boot = since_boot
        self.since_wall = since_wall
        self.boot_id = boot_id
        self.successes = successes
        self.trips = trips


class Window(Frozen):
    """What the calls of the window add up to."""

    __slots__ = ("calls", "failures", "slow")

    def __init__(self, calls: int = 0, failures: int = 0, slow: int = 0) -> None:
        self.calls = calls
        self.failures = failures
        self.slow = slow


class Admission(Frozen):
    """The answer to `admit`: leave to start, or the state that refuses and the time until it may not."""

    __slots__ = ("admitted", "left_s", "probe", "state")

    def __init__(self, admitted: bool, state: str, *, left_s: float | None = None, probe: bool = False) -> None:
        self.admitted = admitted
        self.state = state
        self.left_s = left_s
        self.probe = probe


# ---- time ----


def rebased(breaker: Breaker, clock: Clock, policy: BreakerPolicy) -> Breaker:
    """Return *breaker* with its stamp on this boot's clock.

    After a reboot only the wall clock links the two: its difference is believed within
    [0, open_for]. A stamp from the future counts as now, so that no wait is endless.
    """
    if breaker.boot_id == clock.boot_id:
        if breaker.since_boot <= clock.boot:
            return breaker
        return breaker.replaced(since_boot=clock.boot, since_wall=clock.wall)
    passed = min(max(clock.wall - breaker.since_wall, 0.0), open_for_s(breaker, policy))
    return breaker.replaced(since_boot=clock.boot - passed, since_wall=clock.wall - passed, boot_id=clock.boot_id)


def open_for_s(breaker: Breaker, policy: BreakerPolicy) -> float:
    """Return how long this open spell lasts: doubled per spell that ended in a failed probe."""
    doublings = min(max(breaker.trips - 1, 0), 64)
    return min(policy.open_for_s * 2.0**doublings, policy.max_open_for_s)


def open_left_s(breaker: Breaker, policy: BreakerPolicy, clock: Clock) -> float:
    """Return the seconds until an open breaker lets a probe through."""
    here = rebased(breaker, clock, policy)
    return max(open_for_s(here, policy) - (clock.boot - here.since_boot), 0.0)


# ---- steps ----


def admit(breaker: Breaker, policy: BreakerPolicy, clock: Clock, live_probes: int) -> tuple[Breaker, Admission]:
    """Return the breaker after somebody asked to start, and the answer.

    *live_probes* counts the probes whose process or target still lives, of any generation:
    not more than the permitted number may ever run at once.
    """
    breaker = rebased(breaker, clock, policy)
    if breaker.state in (CLOSED, DISABLED):
        return breaker, Admission(True, breaker.state)
    if breaker.state == FORCED_OPEN:
        return breaker, Admission(False, FORCED_OPEN)
    if breaker.state == OPEN:
        left = open_left_s(breaker, policy, clock)
        if left > 0:
            return breaker, Admission(False, OPEN, left_s=left)
        breaker = moved(breaker, HALF_OPEN, clock)
    if live_probes + breaker.successes < policy.probes:
        return breaker, Admission(True, HALF_OPEN, probe=True)
    return breaker, Admission(False, HALF_OPEN)


def verdict(policy: BreakerPolicy, category: str) -> str:
    """Return `success`, `failure` or `neutral`: what an attempt of *category* says about the other side."""
    if category == "ok":
        return "success"
    return "failure" if category in policy.counts and category != "abort" else "neutral"


def is_slow(policy: BreakerPolicy, duration_s: float) -> bool:
    """Return whether an attempt of *duration_s* counts as slow."""
    return policy.slow_s is not None and duration_s >= policy.slow_s


def record(
    breaker: Breaker, policy: BreakerPolicy, clock: Clock, *, generation: int, said: str, window: Window
) -> Breaker:
    """Return the breaker after a permitted attempt of *generation* ended.

    *said* is its `verdict`; *window* already holds it. A result of an earlier generation, and a
    neutral one, change nothing: their permit goes back, and that is all.
    """
    breaker = rebased(breaker, clock, policy)
    if generation != breaker.generation or said == "neutral":
        return breaker
    if breaker.state == HALF_OPEN:
        return _after_probe(breaker, policy, clock, said)
    if breaker.state == CLOSED and must_trip(policy, window):
        return moved(breaker, OPEN, clock, trips=1)
    return breaker


def _after_probe(breaker: Breaker, policy: BreakerPolicy, clock: Clock, said: str) -> Breaker:
    if said == "failure":
        return moved(breaker, OPEN, clock, trips=breaker.trips + 1)
    if breaker.successes + 1 >= policy.probes:
        return moved(breaker, CLOSED, clock, trips=0)
    return breaker.replaced(successes=breaker.successes + 1)


def must_trip(policy: BreakerPolicy, window: Window) -> bool:
    """Return whether the window is full enough and bad enough: at the rate or above."""
    if window.calls < policy.min_calls:
        return False
    if window.failures * 100 >= policy.rate * window.calls:
        return True
    return policy.slow_s is not None and window.slow * 100 >= policy.slow_rate * window.calls


def operate(breaker: Breaker, action: str, clock: Clock) -> Breaker:
    """Return the breaker after the operator's *action*: trip, reset, enable, disable."""
    return moved(breaker, ACTIONS[action], clock, trips=0)


def moved(breaker: Breaker, state: str, clock: Clock, *, trips: int | None = None) -> Breaker:
    """Return *breaker* in *state*: a new generation, whose window and probes are empty."""
    return Breaker(
        state,
        generation=breaker.generation + 1,
        since_boot=clock.boot,
        since_wall=clock.wall,
        boot_id=clock.boot_id,
        trips=breaker.trips if trips is None else trips,
    )


def rejection(
    name: str, admission: Admission, window: Window, last_failure: str = "", waiting_s: float | None = None
) -> str:
    """Return the line that tells why nothing ran.

    >>> rejection("db", Admission(False, OPEN, left_s=12.0), Window(10, 6), "ConnectionRefusedError db:5432")
    'breaker "db" is open (6 of 10 failed: ConnectionRefusedError db:5432); next probe in 12s; not run'
    """
    if admission.state == FORCED_OPEN:
        return f'breaker "{name}" is held open by an operator; not run'
    because = f"{window.failures} of {window.calls} failed" if window.calls else ""
    because = ": ".join(part for part in (because, last_failure) if part)
    shown = f" ({because})" if because else ""
    if admission.state == HALF_OPEN:
        return f'breaker "{name}" is half open{shown}; a probe is running; not run'
    if admission.state == "not_before":
        return f'breaker "{name}" was asked to wait{shown}; {seconds(admission.left_s or 0.0)} left; not run'
    return f'breaker "{name}" is open{shown}; next probe in {seconds(admission.left_s or 0.0)}; not run'


def seconds(value: float) -> str:
    """Return a duration for people: `0.8s`, `12s`, `2m 5s`.

    >>> seconds(125)
    '2m 5s'
    """
    if value < 10:
        return f"{value:.1f}s" if value >= 0.05 or value == 0 else f"{value * 1000:.0f}ms"
    if value < 120:
        return f"{value:.0f}s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 120:
        return f"{minutes}m {rest}s" if rest else f"{minutes}m"
    return f"{minutes // 60}h {minutes % 60}m"
