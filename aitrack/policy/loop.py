"""The order of a session, as one generator without any input or output of its own.

    breaker admit -> attempt -> classify -> breaker record -> (ok: end)
        -> stop rules -> remedy -> wait -> next;  after the last attempt -> fallbacks

It yields requests; whoever drives it (processes in `supervise`, calls in `api`) carries each
out and sends back the reply named in the request's docstring. The last request is
`Finish`, after which the generator returns. A driver decides nothing.

    steps = session(plan, elapsed=..., random=...)
    request = next(steps)
    while not isinstance(request, Finish):
        request = steps.send(carry_out(request))
"""

from __future__ import annotations

from aitrack.policy import retry
from aitrack.policy.breaker import BreakerPolicy, seconds
from aitrack.policy.ended import Ended, matches
from aitrack.policy.frozen import Frozen
from aitrack.policy.requests import (
    Admit,
    Admitted,
    Finish,
    Heal,
    Healed,
    Learn,
    Recall,
    Record,
    Refused,
    Start,
    TakeBudget,
    TryFallback,
    Wait,
)
from aitrack.policy.retry import History, RetryPolicy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from typing import Any, TypeAlias

    from aitrack.policy.budget import Budget
    from aitrack.policy.fallback import Fallback
    from aitrack.policy.remedy import Remedy
    from aitrack.policy.requests import Request

    Steps: TypeAlias = Generator[Request, Any, None]

__all__ = [
    "Admit", "Admitted", "Finish", "Heal", "Healed", "Learn", "Plan", "Recall", "Record", "Refused", "Request", "Start",
    "TakeBudget", "TryFallback", "Wait", "session",
]  # fmt: skip

_REJECTED = "breaker_open"  # the word of filters for a refusal
_HALF_OPEN_LOOK_S = 0.5  # how often a waiting run looks whether the probe is over; nobody tells it
_ADMISSION_SLACK_S = 0.02  # clocks of two calls: rather a little late than refused again


class Plan(Frozen):
    """All policies of one session. Without any of them there is one attempt and nothing else.

    *breakers* is a tuple of (name, policy), all of which must admit.
    """

    __slots__ = ("breakers", "budget", "fallbacks", "remedies", "retry")

    def __init__(
        self,
        retry: RetryPolicy | None = None,
        *,
        breakers: Sequence[tuple[str, BreakerPolicy]] = (),
        budget: Budget | None = None,
        fallbacks: Sequence[Fallback] = (),
        remedies: Sequence[Remedy] = (),
    ) -> None:
        self.retry = retry or RetryPolicy()
        self.breakers = tuple(breakers)
        self.budget = budget
        self.fallbacks = tuple(fallbacks)
        self.remedies = tuple(remedies)

    @classmethod
    def from_settings(cls, settings: Any, breaker_names: Sequence[str] | None = None) -> Plan:
        """Return the policies that *settings* ask for; *breaker_names* replaces `breaker.use`, `auto` resolved."""
        from aitrack.policy.budget import Budget

        ways_out: tuple[Fallback, ...] = ()
        cures: tuple[Remedy, ...] = ()
        if settings.value("fallback"):  # an open breaker should answer at once: load what is asked for
            from aitrack.policy import fallback

            ways_out = fallback.from_settings(settings)
        if settings.value("heal"):
            from aitrack.policy import remedy

            cures = remedy.from_settings(settings)
        names = settings.value("breaker.use") if breaker_names is None else breaker_names
        return cls(
            RetryPolicy.from_settings(settings),
            breakers=[(name, BreakerPolicy.from_settings(settings, name)) for name in names],
            budget=Budget.from_settings(settings),
            fallbacks=ways_out,
            remedies=cures,
        )

    @property
    def max_attempts(self) -> int | None:
        """The number of attempts at most; None when only the deadline limits it."""
        if self.retry.retries == 0 and self.remedies:
            return None  # each remedy may start one, `shrink` several
        return None if self.retry.retries is None else self.retry.retries + 1

    @property
    def needs_store(self) -> bool:
        """Whether the shared state must be opened before the first attempt."""
        return bool(self.breakers or self.budget)


# ---- the loop ----


class _Session:
    """What the loop remembers between its steps."""

    __slots__ = (
        "all_ended", "delay_reason", "delay_s", "elapsed", "env", "environ", "is_on_trial", "learnt_once", "n",
        "opened", "plan", "previous_wait",
        "random", "rule_retries", "used", "usual_s", "waits_s",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        elapsed: Callable[[], float],
        random: Callable[[], float],
        environ: Mapping[str, str],
        usual_s: float | None,
    ) -> None:
        self.plan = plan
        self.elapsed = elapsed
        self.random = random
        self.environ = dict(environ)
        self.usual_s = usual_s
        self.n = 0
        self.all_ended: list[Ended] = []
        self.env: dict[str, str | None] = {}
        self.used: dict[int, int] = {}
        self.rule_retries: dict[object, int] = {}
        self.previous_wait: float | None = None
        self.delay_s = 0.0
        self.delay_reason = ""
        self.waits_s = 0.0
        self.is_on_trial = False
        self.learnt_once = False
        self.opened = ""

    @property
    def last(self) -> Ended:
        return self.all_ended[-1]

    def environment(self) -> dict[str, str]:
        """What the last attempt had, as far as remedies ask."""
        merged: dict[str, str | None] = {**self.environ, **self.env}
        return {name: value for name, value in merged.items() if value is not None}


def session(
    plan: Plan,
    *,
    elapsed: Callable[[], float],
    random: Callable[[], float],
    environ: Mapping[str, str] | None = None,
    usual_s: float | None = None,
) -> Steps:
    """Yield the requests of one session under *plan*.

    *elapsed* gives the seconds since the session's start on a clock that never jumps, *random* numbers in [0, 1);
    *environ* is what the target starts with (for `shrink`), *usual_s* how long it usually runs.
    """
    state = _Session(plan, elapsed, random, environ or {}, usual_s)
    refused = yield from _admission(state, plan.breakers)
    if refused is not None:
        yield from _rejected(state, refused)
        return
    if plan.budget is not None:
        yield TakeBudget(plan.budget, "first")
    while True:
        ended = yield from _attempt(state)
        if ended.ok:
            yield _passed(state)
            return
        stop = yield from _next(state)
        if stop is not None:
            yield from _stopped(state, stop)
            return


def _admission(
    state: _Session, breakers: tuple[tuple[str, BreakerPolicy], ...]
) -> Generator[Request, Any, Refused | None]:
    """Ask the breakers, for as long as their policies allow to wait for an answer."""
    if not breakers:
        return None
    patience = min(policy.wait_s for _, policy in breakers)
    until = state.elapsed() + patience
    while True:
        answer = yield Admit(breakers)
        if not isinstance(answer, Refused):
            return None
        left = until - state.elapsed()
        wanted = _HALF_OPEN_LOOK_S if answer.left_s is None else answer.left_s + _ADMISSION_SLACK_S
        if left <= 0 or answer.state == "forced_open" or (answer.left_s is not None and wanted > left):
            return answer
        if not (yield Wait(min(wanted, left), "breaker")):
            return Refused(answer.name, "interrupted")


def _attempt(state: _Session) -> Generator[Request, Any, Ended]:
    """Start the target, hear how it ended, and tell the breakers and the memory."""
    policy = state.plan.retry
    state.n += 1
    limit_s, limit_by = retry.attempt_limit_s(policy, state.elapsed())
    before = state.all_ended[-1] if state.all_ended else None
    ended: Ended = yield Start(
        state.n,
        max_attempts=state.plan.max_attempts,
        level=_level(state),
        is_last=state.plan.max_attempts == state.n,
        limit_s=limit_s,
        limit_by=limit_by,
        env=state.env,
        hint=_hint(state, before) if before else None,
        delay_s=state.delay_s,
        delay_reason=state.delay_reason,
    )
    state.all_ended.append(ended)
    if state.plan.breakers:
        state.opened = yield Record(state.plan.breakers, ended, ended.retry_after_s)
    if (
        before is not None
        and policy.learn
        and before.fingerprint
        and not ended.interrupted
        and state.delay_reason != "remedy"
    ):
        yield Learn(before.fingerprint, ended.ok)
    return ended


def _level(state: _Session) -> int:
    if not state.plan.retry.escalate or state.n == 1:
        return 1
    return 3 if state.plan.max_attempts == state.n else 2


def _hint(state: _Session, before: Ended) -> dict[str, Any]:
    from aitrack.policy.hint import hint

    deadline = state.plan.retry.deadline_s
    left = None if deadline is None else max(deadline - state.elapsed(), 0.0)
    return hint(
        before, attempt=state.n, max_attempts=state.plan.max_attempts, history=state.all_ended, deadline_left_s=left
    )


def _next(state: _Session) -> Generator[Request, Any, str | None]:
    """Prepare the next attempt after a failure; return the reason when there is none."""
    plan = state.plan
    reason = _must_stop(state)
    if reason is None:
        healed = yield from _heal(state)
        reason = None if healed else (yield from _retry(state))
    if reason is not None:
        return reason
    if plan.breakers:
        refused = yield from _admission(state, plan.breakers)
        if refused is not None:
            return (
                "interrupted"
                if refused.state == "interrupted"
                else f'breaker "{refused.name}" is {refused.state.replace("_", " ")}'
            )
    return None


def _must_stop(state: _Session) -> str | None:
    """The stop rules that hold for retries and remedies alike."""
    plan, ended = state.plan, state.last
    if ended.category == "abort":
        return "aborted"
    if ended.committed:
        return "committed"
    if _is_last(state):
        return "attempts" if state.n > 1 else "no retries"
    if plan.retry.deadline_s is not None and state.elapsed() >= plan.retry.deadline_s:
        return "deadline"
    if state.opened:
        return f'breaker "{state.opened}" opened'
    return retry.guard_reason(plan.retry, ended.duration_s, ended.outward) or None


def _is_last(state: _Session) -> bool:
    if state.n == 1:  # not worth an import
        return state.plan.max_attempts == 1
    return state.plan.max_attempts is not None and retry.is_last(state.plan.retry, state.n - 1)


def _heal(state: _Session) -> Generator[Request, Any, bool]:
    """Try the remedies that fit, until one acts; it replaces the wait, not the budget or the deadline."""
    plan = state.plan
    if not plan.remedies:
        return False
    from aitrack.policy import remedy as remedies

    tried: dict[int, int] = dict(state.used)
    while True:
        chosen = remedies.choose(plan.remedies, state.last, tried, state.environment())
        if chosen is None or retry.crosses_deadline(plan.retry, state.elapsed(), 0.0, state.usual_s):
            return False
        index, change = chosen
        if plan.budget is not None and not (yield TakeBudget(plan.budget, "retry")):
            return False
        healed = yield Heal(plan.remedies[index], index, change)
        state.used[index] = state.used.get(index, 0) + 1
        if isinstance(healed, Healed) and healed.ok:
            state.env.update(change.env)
            state.env.update(healed.env)
            state.delay_s, state.delay_reason = 0.0, "remedy"
            return True
        tried[index] = 1_000_000  # it could not act: not for this failure


def _retry(state: _Session) -> Generator[Request, Any, str | None]:
    """Decide whether to try again after a wait; return the reason when not."""
    policy, ended = state.plan.retry, state.last
    if policy.retries == 0:
        return "no retries"
    reason = yield from _unwanted(state)
    if reason is not None:
        return reason
    asked = ended.retry_after_s
    if asked is not None and asked > policy.max_retry_after_s:
        return f"retry_after beyond max: {seconds(asked)} > {seconds(policy.max_retry_after_s)}"
    wait = _wait_s(state, asked)
    if retry.crosses_deadline(policy, state.elapsed(), wait, state.usual_s):
        return "deadline"
    if state.plan.budget is not None and not (yield TakeBudget(state.plan.budget, "retry")):
        return "budget"
    state.delay_s = wait
    state.delay_reason = "retry_after" if asked is not None and wait >= asked > 0 else "backoff"
    waited = yield Wait(wait, state.delay_reason, _retrying(state, wait))
    state.waits_s += wait
    return None if waited else "interrupted"


def _unwanted(state: _Session) -> Generator[Request, Any, str | None]:
    """Return why this kind of failure is not retried, by what was asked for and by what was learnt."""
    policy, ended = state.plan.retry, state.last
    never = matches(policy.never, ended)
    if never:
        return f"never retried: {never}"
    wanted = matches(policy.on, ended)
    history = History()
    if policy.learn and ended.fingerprint and (wanted or ended.category == "unknown"):
        history = yield Recall(ended.fingerprint)
    if not wanted:
        if ended.category == "unknown" and not state.learnt_once and retry.is_helpful(history):
            state.learnt_once = True
            return None
        return f"not retried: {ended.category}"
    limit = ended.rule.get("max")
    if isinstance(limit, int) and not _rule_allows(state, ended, limit):
        return f"rule allows {limit}"
    return (yield from _hopeless(state, history))


def _rule_allows(state: _Session, ended: Ended, limit: int) -> bool:
    """Count the retries that a user's rule has had; return whether it allows one more."""
    key = ended.rule.get("index")
    used = state.rule_retries.get(key, 0)
    state.rule_retries[key] = used + 1
    return used < limit


def _hopeless(state: _Session, history: History) -> Generator[Request, Any, str | None]:
    """Stop early where retries almost never helped; every twentieth session tries all the same."""
    if state.is_on_trial or not state.plan.retry.learn or not retry.is_hopeless(history):
        return None
    yield Learn(state.last.fingerprint, None)
    if retry.is_trial(history):
        state.is_on_trial = True
        return None
    return f"history, {history.helped} of {history.retried} retries helped"


def _wait_s(state: _Session, asked: float | None) -> float:
    delay = state.last.rule.get("delay")
    policy = state.plan.retry
    if isinstance(delay, (int, float)):  # the user's own word for this failure: as it stands
        backoff = float(delay)
    else:
        backoff = retry.backoff_s(policy, len(state.all_ended), state.previous_wait, state.random)
        state.previous_wait = backoff
    return retry.wait_s(backoff, asked, state.random)


# ---- endings ----


def _passed(state: _Session) -> Finish:
    recovered = state.n > 1
    says = f"recovered: attempt {state.n} passed" if recovered else ""
    return Finish("passed", attempts=state.n, recovered=recovered, says=says, waits_s=state.waits_s)


def _rejected(state: _Session, refused: Refused) -> Steps:
    if refused.state == "interrupted":
        yield Finish("aborted", attempts=0, reason="interrupted")
        return
    reason = f'breaker "{refused.name}" is {refused.state.replace("_", " ")}'
    answer = yield from _fall_back(state, _REJECTED, _REJECTED, reason, None)
    if answer is not None:
        yield answer
        return
    yield Finish("rejected", attempts=0, reason=reason, says=refused.says)


def _stopped(state: _Session, reason: str) -> Steps:
    ended = state.last
    if reason in ("aborted", "interrupted"):
        yield Finish("aborted", attempts=state.n, reason=reason, waits_s=state.waits_s)
        return
    if not ended.committed:
        kind = _REJECTED if reason.startswith("breaker ") else ended.kind
        answer = yield from _fall_back(state, ended.category, kind, reason, ended)
        if answer is not None:
            yield answer
            return
    yield Finish("failed", attempts=state.n, reason=reason, says=_gave_up(state, reason), waits_s=state.waits_s)


def _fall_back(
    state: _Session, category: str, kind: str, reason: str, ended: Ended | None
) -> Generator[Request, Any, Finish | None]:
    """Go down the chain until one way out answers; None when none does."""
    if not state.plan.fallbacks:
        return None
    from aitrack.policy.fallback import applies

    for index, fallback in enumerate(state.plan.fallbacks):
        kinds = {kind, ended.kind} if ended else {kind}
        if not any(applies(fallback, category, one) for one in kinds):
            continue
        for _ in range(1 + (fallback.retries if fallback.runs_something else 0)):
            answer = yield TryFallback(fallback, index, reason, ended)
            if answer is None:
                return Finish("aborted", attempts=state.n, reason="interrupted", waits_s=state.waits_s)
            if answer:
                told = {"index": index, "kind": fallback.kind, "reason": reason}
                says = f"{_trouble(ended, reason)}; fallback {index + 1} ({fallback.kind}) answered"
                return Finish(
                    "degraded", attempts=state.n, reason=reason, fallback=told, says=says, waits_s=state.waits_s
                )
    return None


# ---- words ----


def _of(state: _Session) -> str:
    most = state.plan.max_attempts
    return f"{state.n}/{most}" if most else str(state.n)


def _retrying(state: _Session, wait: float) -> str:
    ended = state.last
    asked = ", as asked" if state.delay_reason == "retry_after" else ""
    return f"attempt {_of(state)} failed: {ended.title} ({ended.category}); retrying in {seconds(wait)}{asked}"


def _trouble(ended: Ended | None, reason: str) -> str:
    """Return what a fallback stands in for."""
    if ended is None:
        return reason
    failed = f"failed with {ended.title} ({ended.category})"
    return failed if reason in ("no retries", "attempts") else f"{failed}, {_WORDS.get(reason, reason)}"


_WORDS = {
    "attempts": "no attempt left",
    "deadline": "the deadline is reached",
    "budget": "the retry budget is spent",
    "committed": "it is past its point of no return",
}


def _gave_up(state: _Session, reason: str) -> str:
    """Return the last line of a session with policies; "" when nothing but one plain attempt was asked for."""
    if reason == "no retries" and state.n == 1:
        return ""
    ended = state.last
    many = f"{state.n} attempt{'' if state.n == 1 else 's'}"
    why = f"{ended.title} ({ended.category}); {_WORDS.get(reason, reason)}"
    return f"gave up after {many} in {seconds(state.elapsed())}: {why}"
