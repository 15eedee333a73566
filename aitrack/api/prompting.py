"""Adaptive prompting: ask a model, and when its answer cannot be used, ask better, by what helped before.

The conversation is one generator that yields what takes time: a call, or a wait. `run` and `arun` carry it out.
"""

from __future__ import annotations

import functools
import inspect
import os
import random
import time
from typing import TYPE_CHECKING, Any, cast

from aitrack.api import adaptations as _more  # registers what text needs
from aitrack.api import arguments, expecting
from aitrack.api.answers import Answer, awhole, whole
from aitrack.api.context import Span, innermost, place_of
from aitrack.api.dialects import Caller, call_message, lifted, tool_schemas
from aitrack.api.driving import asleep, sleep
from aitrack.api.judging import Judged, of_answer, of_error
from aitrack.api.learning import Memory
from aitrack.api.operations import count, finished
from aitrack.api.tokens import Usage
from aitrack.api.trouble import harmless, nothing
from aitrack.policy.prompt import HOPELESS, ORDER, OTHER_MODEL, WAITED_FOR, Request, Trouble, adapted
from aitrack.policy.retry import RetryPolicy, backoff_s, wait_s

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    Conversation = Generator["_Ask | float", "Judged | None", "Answered"]

_seed = os.environ.get("AITRACK_SEED")
_chance = random.Random(_seed) if _seed else random.SystemRandom()
_AGAIN = ("more_tokens", "drop_middle", "cut_middle", "penalty", "warmer")  # may help a second time, further on
__all__ = ["Answered", "Prompting", "PromptingFailed"]
del _more


class PromptingFailed(Exception):  # noqa: N818 - a state of things, in the words of the specification
    """No answer could be used. *kind* is the last trouble, *last* the last answer as it came, if one did."""

    def __init__(self, kind: str, calls: int, adaptations: Sequence[str], last: Any, usage: Usage, detail: str) -> None:
        said = f": {detail[:200]}" if detail else ""
        super().__init__(f"{kind} after {calls} call{'' if calls == 1 else 's'}{said}")
        self.kind = kind
        self.calls = calls
        self.adaptations = list(adaptations)
        self.last = last
        self.usage = usage


class Answered:
    """An answer that can be used, and what it took."""

    __slots__ = ("adaptations", "answer", "calls", "cost_of_failures", "usage", "value")

    def __init__(
        self, value: Any, calls: int, adaptations: Sequence[str], usage: Usage, cost_of_failures: int, answer: Any
    ) -> None:
        self.value = value
        self.calls = calls
        self.adaptations = list(adaptations)
        self.usage = usage
        self.cost_of_failures = cost_of_failures  # tokens of the calls whose answers could not be used
        self.answer = answer

    def __repr__(self) -> str:
        return f"<answered in {self.calls} calls: {self.value!r}>"


class _Ask:
    """Ask now."""

    __slots__ = ("caller", "request")

    def __init__(self, caller: Caller, request: Request) -> None:
        self.caller = caller
        self.request = request


class _Talk:
    """What one conversation remembers."""

    def __init__(
        self, settings: Prompting, caller: Caller, request: Request, given: Mapping[str, Any], as_text: bool
    ) -> None:
        self.settings = settings
        self.caller = caller
        self.request = request
        self.given = given
        self.as_text = as_text
        self.calls = 0
        self.waits = 0
        self.applied: list[str] = []
        self.usage = Usage()
        self.wasted = 0
        self.last: Answer | None = None
        self.texts: list[str] = []
        self.tries: dict[str, int] = {}
        self.orders: dict[str, list[str]] = {}
        self.unusable: set[str] = set()
        self.pending: tuple[str, str, int] | None = None  # kind, adaptation and tokens, until the next answer judges it
        self.others = [Caller(other) for other in settings.fallbacks]
        self.memory = Memory(settings.key, learn=settings.learn)

    def took(self, answer: Answer) -> None:
        """Note an answer that came."""
        self.last = answer
        self.usage = self.usage + answer.usage
        self.caller.learn(answer)

    def failed(self, judged: Judged) -> PromptingFailed:
        """Return the error of a conversation that led to nothing."""
        trouble = judged.trouble or Trouble("unknown")
        last = self.last.raw if self.last is not None and self.last.raw is not None else self.last and self.last.text
        found = PromptingFailed(trouble.kind, self.calls, self.applied, last, self.usage, trouble.detail)
        found.__cause__ = judged.error
        return found


class Prompting:
    """Asks a model until its answer can be used: `Prompting(key="invoice", expect=aitrack.Json(schema)).run(call)`.

    *key* names what is asked, so that what helped is remembered; *expect* says what an answer must be; *fallbacks*
    are other models' calls. *purpose* is one clarification after a refusal, *skeleton* an example of the form,
    *tool* one that must be called, *max_tokens_cap* the model's own limit.
    """

    def __init__(
        self,
        key: str = "default",
        expect: Any = None,
        max_calls: int = 4,
        max_tokens_total: int | None = None,
        fallbacks: Sequence[Callable[..., Any]] = (),
        *,
        purpose: str | None = None,
        skeleton: Any = None,
        tool: str | None = None,
        max_tokens_cap: int | None = None,
        stop: str | Sequence[str] | None = None,
        can_stream: bool = True,
        preempt: bool = False,
        learn: bool = True,
        delay: str | float = "1s",
        max_delay: str | float = "60s",
        max_retry_after: str | float = "5m",
    ) -> None:
        self.key = arguments.text("key", key)
        expecting.check(expect)
        self.expect = expect
        self.max_calls = arguments.whole("max_calls", max_calls, 1)
        self.max_tokens_total = (
            None if max_tokens_total is None else arguments.whole("max_tokens_total", max_tokens_total, 1)
        )
        self.fallbacks = [arguments.function("fallbacks", other) for other in fallbacks]
        self.preempt, self.learn = preempt, learn
        cap = _maybe_whole("max_tokens_cap", max_tokens_cap)
        facts = {"purpose": purpose, "skeleton": skeleton, "tool": tool, "max_tokens_cap": cap, "stop": stop,
                 "schema": expecting.schema_of(expect), "can_stream": can_stream or None}  # fmt: skip
        self.facts = {name: value for name, value in facts.items() if value is not None}
        self.max_retry_after_s = arguments.duration("max_retry_after", max_retry_after)
        self.backoff = RetryPolicy(
            retries=0,
            delay_s=arguments.duration("delay", delay),
            max_delay_s=arguments.duration("max_delay", max_delay),
        )

    # ---- the three ways to use it ----

    def run(self, call: Callable[..., Any], messages: Any, params: Mapping[str, Any] | None = None) -> Answered:
        """Ask *call* with *messages* (or a text) and *params* until an answer can be used; raise `PromptingFailed`."""
        talk = self._begin(call, messages, params)
        steps = _conversation(talk)
        step = next(steps)
        try:
            while True:
                if isinstance(step, _Ask):
                    step = steps.send(_asked(talk, step))
                else:
                    sleep(step)
                    step = steps.send(None)
        except StopIteration as end:
            return _told(talk, end.value)

    async def arun(self, call: Callable[..., Any], messages: Any, params: Mapping[str, Any] | None = None) -> Answered:
        """Ask an asynchronous *call*."""
        talk = self._begin(call, messages, params)
        steps = _conversation(talk)
        step = next(steps)
        try:
            while True:
                if isinstance(step, _Ask):
                    step = steps.send(await _asked_async(talk, step))
                else:
                    await asleep(step)
                    step = steps.send(None)
        except StopIteration as end:
            return _told(talk, end.value)

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of (messages, **params) that gives an `Answered`; usable as a decorator."""
        arguments.function("call", call)
        if inspect.iscoroutinefunction(call):

            @functools.wraps(call)
            async def prompted_async(messages: Any, **params: Any) -> Answered:
                return await self.arun(call, messages, params)

            return prompted_async

        @functools.wraps(call)
        def prompted(messages: Any, **params: Any) -> Answered:
            return self.run(call, messages, params)

        return prompted

    def _begin(self, call: Callable[..., Any], messages: Any, params: Mapping[str, Any] | None) -> _Talk:
        caller = Caller(arguments.function("call", call))
        given = dict(params or {})
        as_text = isinstance(messages, str)
        if not as_text and not isinstance(messages, (list, tuple)):
            raise TypeError(f"`messages` must be text or a list of messages, not {type(messages).__name__}")
        base: list[Any] = [{"role": "user", "content": messages}] if as_text else list(cast("list[Any]", messages))
        return _Talk(self, caller, Request(base, lifted(caller.shape, given), facts=self.facts), given, as_text)


def _maybe_whole(field: str, value: int | None) -> int | None:
    return None if value is None else arguments.whole(field, value, 1)


def _asked(talk: _Talk, step: _Ask) -> Judged:
    began_ns, before = time.monotonic_ns(), talk.usage
    try:
        judged = _judged(talk, step, whole(step.caller.ask(step.request, talk.given, as_text=talk.as_text)))
    except Exception as error:
        judged = of_error(error)
    _record(talk, step, judged, began_ns, before)
    return judged


async def _asked_async(talk: _Talk, step: _Ask) -> Judged:
    began_ns, before = time.monotonic_ns(), talk.usage
    try:
        answer = step.caller.ask(step.request, talk.given, as_text=talk.as_text)
        if inspect.isawaitable(answer):
            answer = await answer
        judged = _judged(talk, step, await awhole(answer))
    except Exception as error:
        judged = of_error(error)
    _record(talk, step, judged, began_ns, before)
    return judged


@harmless(nothing)
def _record(talk: _Talk, step: _Ask, judged: Judged, began_ns: int, before: Usage) -> None:
    """Record one call as a span of the key, unless the function records its calls itself."""
    outer = innermost()
    place = place_of(outer)
    if place.stream.is_closed or getattr(step.caller.function, "__aitrack_tracked__", False):
        return
    took_ns = time.monotonic_ns() - began_ns
    span = Span(place, talk.settings.key, "llm", outer)
    usage = talk.last.usage if talk.last is not None and talk.usage is not before else None
    asked = step.request.params.get("model")
    model = (usage.model if usage else "") or (asked if isinstance(asked, str) else "")
    failed = judged.trouble is not None
    count(span, took_ns, usage, failed=failed, model=model)
    data = finished(span, took_ns, failed=failed) | (usage.as_fields() if usage else {})
    data |= {"model": model or None, "call": talk.calls, "trouble": judged.trouble.kind if judged.trouble else None}
    place.stream.tell("span", span.name, data, span.id)


def _judged(talk: _Talk, step: _Ask, answer: Answer) -> Judged:
    talk.took(answer)
    return of_answer(answer, talk.settings.expect, step.request.params, step.request.facts)


def _told(talk: _Talk, answered: Answered) -> Answered:
    _tell(talk, "passed", "")
    return answered


def _tell(talk: _Talk, result: str, kind: str) -> None:
    span = innermost()
    values = {"key": talk.settings.key, "result": result, "trouble": kind, "calls": talk.calls,
              "adaptations": list(talk.applied), "tokens": talk.usage.total, "wasted_tokens": talk.wasted}  # fmt: skip
    place_of(span).stream.add("prompt", talk.settings.key, values, span.id if span else "")


# ---- the conversation ----


def _conversation(talk: _Talk) -> Conversation:
    _preempt(talk)
    while True:
        talk.calls += 1
        before = talk.usage.total
        judged = yield _Ask(talk.caller, talk.request)
        assert judged is not None
        spent = talk.usage.total - before
        trouble = judged.trouble
        if trouble is None:
            _judge_pending(talk, won=True)
            return Answered(
                judged.value, talk.calls, talk.applied, talk.usage, talk.wasted, talk.last and talk.last.raw
            )
        if _was_our_own_fault(talk, judged):
            continue
        talk.wasted += spent
        wait = _after(talk, judged, spent)
        if wait is not None:
            yield wait


def _after(talk: _Talk, judged: Judged, spent: int) -> float | None:
    """Prepare the next call; return the seconds to wait before it, None for none; raise when there is none."""
    trouble = judged.trouble
    assert trouble is not None
    if trouble.kind not in WAITED_FOR:
        _judge_pending(talk, won=False)
    if trouble.kind in HOPELESS or (trouble.kind not in ORDER and trouble.kind not in WAITED_FOR):
        raise _ended(talk, judged)
    is_over = talk.calls >= talk.settings.max_calls or _is_spent(talk)
    if trouble.kind in WAITED_FOR:
        return _wait(talk, judged, is_over=is_over)
    if is_over or not _adapt(talk, trouble, spent):
        _other_model(talk, judged, is_over=is_over)
    return None


def _is_spent(talk: _Talk) -> bool:
    most = talk.settings.max_tokens_total
    return most is not None and talk.usage.total >= most


def _wait(talk: _Talk, judged: Judged, *, is_over: bool) -> float | None:
    """Return how long to wait with the prompt unchanged; go to another model when that is too long."""
    asked = judged.retry_after_s
    too_long = asked is not None and asked > talk.settings.max_retry_after_s
    if is_over or too_long or (talk.others and talk.waits >= 1):
        _other_model(talk, judged, is_over=is_over)
        return None
    talk.waits += 1
    return wait_s(backoff_s(talk.settings.backoff, talk.waits, None, _chance.random), asked, _chance.random)


def _other_model(talk: _Talk, judged: Judged, *, is_over: bool) -> None:
    """Go on with the next model of the caller's list, from the first prompt; raise when there is none."""
    assert judged.trouble is not None
    if not talk.others or _is_spent(talk) or (judged.trouble.kind not in OTHER_MODEL and not is_over):
        raise _ended(talk, judged)
    if talk.calls >= talk.settings.max_calls + len(talk.settings.fallbacks):
        raise _ended(talk, judged)
    talk.caller = talk.others.pop(0)
    talk.request = talk.request.replaced(feedback=())
    talk.applied.append("other_model")
    talk.waits = 0


def _ended(talk: _Talk, judged: Judged) -> PromptingFailed:
    _tell(talk, "failed", judged.trouble.kind if judged.trouble else "")
    return talk.failed(judged)


def _adapt(talk: _Talk, trouble: Trouble, spent: int) -> bool:
    """Change the request by the next adaptation that has something to change; False when none has."""
    for kind in _kinds(talk, trouble):
        tries = talk.tries.get(kind, 0)
        order = talk.orders.get(kind)
        if order is None:
            order = talk.orders[kind] = talk.memory.ranked(kind, _chance)
        request = _with_facts(talk, trouble)
        for name in list(order):
            changed = adapted(request, trouble.replaced(tries=tries), name)
            if name not in _AGAIN:
                order.remove(name)
            if changed is None or name in talk.unusable or not _is_possible(talk, changed):
                continue
            talk.tries[kind] = tries + 1
            talk.request = changed
            talk.applied.append(name)
            talk.pending = (kind, name, spent)
            return True
    return False


def _kinds(talk: _Talk, trouble: Trouble) -> list[str]:
    """Return the kinds whose adaptations may help: the trouble's own, and for the same answer twice those of loops."""
    is_same = bool(trouble.answer) and trouble.answer in talk.texts
    talk.texts.append(trouble.answer)
    return [trouble.kind, *(["repetition"] if is_same and trouble.kind != "repetition" else [])]


def _with_facts(talk: _Talk, trouble: Trouble) -> Request:
    request = talk.request
    if trouble.kind != "tool_call" or talk.last is None:
        return request
    facts = dict(request.facts)
    call = next((call for call in talk.last.calls if call.id == trouble.call_id), None)
    if call is not None:
        facts["tool_schema"] = tool_schemas(request.params).get(call.name)
        facts["tool_call"] = call_message(talk.caller.shape, talk.last.text, call)
        facts.setdefault("tool", call.name)
    return request.replaced(facts={name: value for name, value in facts.items() if value is not None})


def _is_possible(talk: _Talk, changed: Request) -> bool:
    """Whether the SDK has words for what was changed."""
    now = talk.request.params
    return all(
        talk.caller.takes(name) for name, value in changed.params.items() if name not in now or now[name] != value
    )


def _was_our_own_fault(talk: _Talk, judged: Judged) -> bool:
    """Take an adaptation back whose parameter the function turned out not to know; that was no call of a model."""
    error = judged.error
    if not isinstance(error, TypeError) or talk.pending is None or "unexpected keyword argument" not in str(error):
        return False
    kind, name, _ = talk.pending
    added = [key for key in talk.request.params if f"'{key}'" in str(error) and key not in talk.given]
    if not added or name in talk.unusable:
        return False
    talk.unusable.add(name)
    talk.calls -= 1
    talk.applied.pop()
    talk.pending = None
    params = {key: value for key, value in talk.request.params.items() if key not in added}
    talk.request = talk.request.replaced(params=params)
    return _adapt(talk, Trouble(kind, answer=talk.texts.pop() if talk.texts else ""), 0)


# ---- what is learnt ----


def _judge_pending(talk: _Talk, *, won: bool) -> None:
    if talk.pending is not None:
        talk.memory.reward(*talk.pending[:2], won=won, tokens=talk.pending[2])
        talk.pending = None


def _preempt(talk: _Talk) -> None:
    """Apply what has won nearly always before it is needed, when the caller wants that."""
    if not talk.settings.preempt:
        return
    for kind in ORDER:
        name = talk.memory.preempting(kind)
        changed = adapted(talk.request, Trouble(kind), name) if name else None
        if changed is not None and _is_possible(talk, changed):
            talk.request = changed
            talk.applied.append(name)
