"""Drive the loop of `policy.loop` with calls: it decides, this carries out. `supervise` drives it with processes.

What takes time is left to `run` and `arun`: the call itself, a wait, a way out. All else happens between.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from typing import TYPE_CHECKING, Any, TypeVar

from aitrack import errors
from aitrack.api import trouble
from aitrack.api.advice import committed, hinted
from aitrack.api.context import innermost, place_of
from aitrack.api.failing import recorded
from aitrack.api.place import home, is_disabled, pictures_at
from aitrack.api.testing import mode
from aitrack.policy import loop
from aitrack.policy.ended import Ended
from aitrack.policy.retry import History
from aitrack.store import holders
from aitrack.store.state import Permit, Result, State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextvars import Token

    from aitrack.api.place import Place
    from aitrack.api.sessions import Session
    from aitrack.api.strategies import Strategy

    T = TypeVar("T")
    Pending = loop.Start | loop.Wait | loop.TryFallback | loop.Finish

_seed = os.environ.get("AITRACK_SEED")
_chance = (random.Random(_seed) if _seed else random.SystemRandom()).random
MATCH = "aitrack.match."  # of a test of the author's own, as an item of `on`: `exc:aitrack.match.0`


class BreakerOpen(errors.BreakerOpen):
    """A circuit breaker refused the call. *left_s* is the time to the next probe, None when nobody knows."""

    aitrack_category = "permanent"  # an outer retry must not knock until the breaker itself lets a probe through

    def __init__(self, message: str, name: str, state: str, left_s: float | None) -> None:
        super().__init__(message)
        self.name = name
        self.state = state
        self.left_s = left_s


class CallEnded(Ended):
    """The end of a call; *marks* are the author's own tests that its exception passed."""

    __slots__ = ("marks",)

    def __init__(self, *, marks: frozenset[str] = frozenset(), **fields: Any) -> None:
        super().__init__(**fields)
        self.marks = marks

    @property
    def types(self) -> frozenset[str]:
        """The names of all exceptions of the failure, and the marks."""
        return super().types | self.marks


class Drive:
    """One call under policies, with its retries and its ways out."""

    def __init__(
        self,
        plan: loop.Plan,
        name: str,
        *,
        tests: Sequence[Callable[[BaseException], bool]] = (),
        strategies: Sequence[Strategy] = (),
        session: Session | None = None,
        heard: Callable[[loop.Wait, BaseException, int], None] | None = None,
    ) -> None:
        self.name = name
        self.error: BaseException | None = None
        self.value: Any = None
        self.attempt = 0
        self.strategies = strategies
        self.trials: list[str] = []  # what became of the ways out, for the notes of the error
        self._tests = tests
        self._heard = heard
        self._session = session
        self._testing = mode()
        if self._testing.attempts is not None and plan.max_attempts != 1:
            plan = plan.replaced(retry=plan.retry.replaced(retries=self._testing.attempts - 1))
        self._plan = plan
        self._state: State | None = None
        self._permits: tuple[Permit, ...] = ()
        self._refused: loop.Refused | None = None
        self._span = innermost()
        self._zero = self._began = time.monotonic()
        self._steps = loop.session(plan, elapsed=lambda: time.monotonic() - self._zero, random=_chance)
        self._committed: list[str] = []
        self._tokens: tuple[Token[list[str] | None], Token[dict[str, Any] | None]] | None = None

    @property
    def place(self) -> Place:
        """Where this call is recorded."""
        return self._known_place or place_of(None)

    @property
    def _known_place(self) -> Place | None:
        if self._session is not None:
            return self._session.place
        return self._span.place if self._span is not None else None

    @property
    def span_id(self) -> str:
        """The operation that this call is a part of; empty outside of any."""
        return self._span.id if self._span is not None else ""

    # ---- the drive ----

    def first(self) -> Pending:
        """Return the first thing that takes time."""
        return self._settled(next(self._steps))

    def reply(self, answer: object) -> Pending:
        """Return what follows *answer*."""
        return self._settled(self._steps.send(answer))

    def _settled(self, request: loop.Request) -> Pending:
        while True:
            match request:
                case loop.Start():
                    self.attempt = request.n
                    return request
                case loop.Wait():
                    self._note_wait(request)
                    return request
                case loop.TryFallback() | loop.Finish():
                    if isinstance(request, loop.Finish):
                        self._close(request)
                    return request
                case _:
                    request = self._steps.send(self._carry_out(request))

    def _carry_out(self, request: loop.Request) -> object:
        match request:
            case loop.Admit():
                return self._admit(request)
            case loop.Record():
                return self._record(request)
            case loop.Recall():
                return History() if self._testing.on else self.state.recall(request.fingerprint)
            case loop.Learn():
                if not self._testing.on:
                    self.state.learn(request.fingerprint, request.helped)
                return None
            case loop.TakeBudget():
                return self.state.take(request.budget, request.kind)[0]
            case _:
                raise AssertionError(request)

    # ---- shared state ----

    @property
    def state(self) -> State:
        """The shared state, opened when it is first needed."""
        if self._state is None:
            self._state = State(home())
        return self._state

    def _admit(self, request: loop.Admit) -> loop.Admitted | loop.Refused:
        if is_disabled():
            return loop.Admitted()
        answer = self.state.admit(request.breakers, holders.this_process(self._session_id()))
        if answer.warning:
            trouble.say(answer.warning)
        if answer.admission is None:
            self._permits = answer.permits
            return loop.Admitted()
        left_s = answer.admission.left_s
        self._refused = loop.Refused(answer.name, answer.admission.state, left_s=left_s, says=answer.says)
        return self._refused

    def _session_id(self) -> str:
        span = self._session or self._span
        return self.place.session_id if span is not None else os.environ.get("AITRACK_SESSION", "")

    def _record(self, request: loop.Record) -> str:
        ended, opened = request.ended, ""
        named = dict(request.breakers)
        message = str((ended.failure or {}).get("message") or "").partition("\n")[0]
        result = Result(
            ended.category,
            duration_s=ended.duration_s,
            session=self._session_id(),
            title=f"{ended.type}: {message[:120]}" if message else ended.type,
            retry_after_s=request.retry_after_s,
        )
        for permit in self._permits:
            if self.state.record(permit, named[permit.name], result) == "open":
                opened = permit.name
        self._permits = ()
        return opened

    # ---- attempts ----

    def begin(self, request: loop.Start) -> None:
        """Begin an attempt: what it commits and which advice it has are its own."""
        self._committed = []
        self._tokens = (committed.set(self._committed), hinted.set(request.hint))
        self._began = time.monotonic()

    def end(self, error: BaseException | None = None, *, timed_out: bool = False) -> Ended:
        """End an attempt; return how it went, for the loop."""
        took = time.monotonic() - self._began
        if self._tokens is not None:
            for variable, token in ((committed, self._tokens[0]), (hinted, self._tokens[1])):
                try:
                    variable.reset(token)  # type: ignore[arg-type]  # each with its own
                except ValueError:
                    pass  # a step of an asynchronous loop may run in another context
            self._tokens = None
        self.error = error
        if error is None:
            return CallEnded(ok=True, duration_s=took)
        if not isinstance(error, Exception):
            return CallEnded(ok=False, duration_s=took, interrupted=True)
        failure = (
            recorded(error, pictures_at(self._known_place), timed_out=timed_out, quick=True)
            if self._must_know
            else None
        )
        return CallEnded(
            ok=False,
            failure=failure,
            duration_s=took,
            timed_out=timed_out,
            committed=bool(self._committed),
            marks=frozenset(MATCH + str(number) for number, test in enumerate(self._tests) if test(error)),
        )

    @property
    def _must_know(self) -> bool:
        return bool(self._plan.max_attempts != 1 or self._plan.breakers or self._plan.fallbacks)

    def _note_wait(self, request: loop.Wait) -> None:
        if request.reason == "breaker" or self.error is None:
            return
        values: dict[str, object] = {
            "attempt": self.attempt,
            "type": type(self.error).__name__,
            "wait_s": round(request.seconds, 6),
            "reason": request.reason,
        }
        self.place.stream.add("retry", self.name, values, self.span_id)
        if self._heard is not None:
            self._heard(request, self.error, self.attempt)

    # ---- the end ----

    def _close(self, finish: loop.Finish) -> None:
        if self._state is not None:
            if self._permits:
                self._state.release(self._permits)
                self._permits = ()
            for warning in self._state.take_warnings():
                trouble.say(warning)
            self._state.close()
        if finish.recovered:
            self.place.is_recovered = True
            self._tell_end("recovered", finish)
        elif finish.status == "degraded":
            self.place.is_degraded = True
        elif finish.status == "failed" and finish.attempts > 1:
            self._tell_end("gave up", finish)

    def _tell_end(self, what: str, finish: loop.Finish) -> None:
        values = {
            "result": what,
            "attempts": finish.attempts,
            "waited_s": round(finish.waits_s, 6),
            "reason": finish.reason,
        }
        self.place.stream.add("retry", self.name, values, self.span_id)

    def result(self, finish: loop.Finish) -> Any:
        """Return the value that the call had in the end, or raise what it ended by."""
        if finish.status in ("passed", "degraded"):
            return self.value
        if self.error is None:
            raise self.refusal(finish)
        for trial in self.trials:
            self.error.add_note(trial)
        if self._session is not None and isinstance(self.error, Exception):
            self._session.fail(self.error, reason=finish.says)
        raise self.error

    def refusal(self, finish: loop.Finish) -> BreakerOpen:
        """Return the error of a call that no breaker let through."""
        refused = self._refused or loop.Refused("", "open")
        return BreakerOpen(finish.says or finish.reason, refused.name, refused.state, refused.left_s)


def run(drive: Drive, call: Callable[[], T]) -> T:
    """Carry *call* out under the policies of *drive*."""
    request = drive.first()
    while not isinstance(request, loop.Finish):
        if isinstance(request, loop.Start):
            drive.begin(request)
            try:
                drive.value = call()
            except BaseException as error:
                request = drive.reply(drive.end(error))
            else:
                request = drive.reply(drive.end())
        elif isinstance(request, loop.Wait):
            sleep(request.seconds)
            request = drive.reply(True)
        else:
            request = drive.reply(drive.strategies[request.index].attempt(drive))
    value: T = drive.result(request)
    return value


async def arun(drive: Drive, call: Callable[[], Awaitable[T]]) -> T:
    """Carry an asynchronous *call* out under the policies of *drive*."""
    request = drive.first()
    while not isinstance(request, loop.Finish):
        if isinstance(request, loop.Start):
            request = drive.reply(await _attempt(drive, request, call))
        elif isinstance(request, loop.Wait):
            await asleep(request.seconds)
            request = drive.reply(True)
        else:
            request = drive.reply(await drive.strategies[request.index].aattempt(drive))
    value: T = drive.result(request)
    return value


async def _attempt(drive: Drive, request: loop.Start, call: Callable[[], Awaitable[Any]]) -> Ended:
    drive.begin(request)
    limit = asyncio.timeout(request.limit_s)
    try:
        async with limit:
            drive.value = await call()
    except TimeoutError as error:
        return drive.end(error, timed_out=limit.expired())
    except BaseException as error:
        return drive.end(error)
    return drive.end()


def sleep(seconds: float) -> None:
    """Wait; in test mode only note that it would have been waited."""
    testing = mode()
    if testing.on:
        testing.waits.append(seconds)
    else:
        time.sleep(seconds)


async def asleep(seconds: float) -> None:
    """Wait without holding others up."""
    testing = mode()
    if testing.on:
        testing.waits.append(seconds)
        await asyncio.sleep(0)
    else:
        await asyncio.sleep(seconds)
