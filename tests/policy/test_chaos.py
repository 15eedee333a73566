"""A seeded storm: sessions of the loop against one real store, and what must hold at every step."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from aitrack.policy import breaker as steps
from aitrack.policy import loop
from aitrack.policy.breaker import BreakerPolicy, Clock
from aitrack.policy.budget import Budget
from aitrack.policy.fallback import parse
from aitrack.policy.loop import Plan
from aitrack.policy.retry import RetryPolicy
from aitrack.store import holders
from aitrack.store.state import Permit, Result, State
from tests.policy.driving import OK, failed

BREAKER = BreakerPolicy(window_calls=20, min_calls=5, rate=50, open_for_s=10, max_open_for_s=40, probes=2)
BUDGET = Budget("api", ratio=0.2, minimum=3, window_s=60)


class World:
    """A service that is up or down, a clock, and sessions that knock."""

    def __init__(self, folder: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = 0.0
        self.is_up = True
        self.state = State(folder, lambda: Clock(1000 + self.now, 1e6 + self.now, holders.boot_id()))
        self.holder = holders.this_process("s")
        self.probing = 0
        self.opened_at: float | None = None

    def session(self) -> loop.Finish:
        """Run one session to its end while the world goes on."""
        begun = self.now
        plan = Plan(
            RetryPolicy(retries=3, delay_s=0.5, max_delay_s=8, deadline_s=30, learn=False),
            breakers=[("api", BREAKER)], budget=BUDGET, fallbacks=[parse("breaker_open: cached")],
        )  # fmt: skip
        flow = loop.session(plan, elapsed=lambda: self.now - begun, random=self.chance.random)
        permits: tuple[Permit, ...] = ()
        request = next(flow)
        while not isinstance(request, loop.Finish):
            reply: Any = None
            if isinstance(request, loop.Admit):
                answer = self.state.admit(request.breakers, self.holder)
                permits = answer.permits
                reply = loop.Admitted() if answer.admitted else self.refused(answer)
            elif isinstance(request, loop.Start):
                self.now += self.chance.uniform(0.1, 2)
                reply = OK if self.is_up else failed(retry_after=self.chance.choice([None, None, 3.0]))
            elif isinstance(request, loop.Record):
                reply = self.record(permits[0], request)
            elif isinstance(request, loop.Wait):
                self.now += request.seconds
                reply = True
            elif isinstance(request, loop.TakeBudget):
                reply = self.state.take(request.budget, request.kind)[0]
            elif isinstance(request, loop.TryFallback):
                reply = True
            request = flow.send(reply)
        assert self.now - begun <= 30 + 2
        return request

    def refused(self, answer: Any) -> loop.Refused:
        """A refusal of an open breaker always tells a time that comes."""
        if answer.admission.state == steps.OPEN:
            assert 0 < answer.admission.left_s <= 40
        return loop.Refused(answer.name, answer.admission.state, left_s=answer.admission.left_s, says=answer.says)

    def record(self, permit: Permit, request: loop.Record) -> str:
        """Tell the store, and hear whether it is open."""
        result = Result(request.ended.category, retry_after_s=request.retry_after_s)
        return "api" if self.state.record(permit, BREAKER, result) == steps.OPEN else ""


@pytest.mark.parametrize("seed", range(5))
def test_a_storm_calms_down_when_the_service_is_back(tmp_path: Path, seed: int) -> None:
    """While it is down few knock; when it is up again all pass, and nothing is left held."""
    world = World(str(tmp_path), seed)
    knocks_while_down = 0
    for turn in range(150):
        world.is_up = not 40 <= turn < 110
        finish = world.session()
        world.now += world.chance.uniform(0, 1)
        assert finish.status in ("passed", "failed", "degraded")
        if not world.is_up and turn > 50:
            knocks_while_down += finish.attempts
    world.is_up = True
    for _ in range(60):
        world.now += 5
        last = world.session()

    shown = world.state.show("api", BREAKER)
    assert shown is not None
    assert (shown["state"], shown["permits"]) == ("closed", [])
    assert last.status == "passed"
    assert knocks_while_down < 60
    legal = {("closed", "open"), ("open", "half_open"), ("half_open", "open"), ("half_open", "closed")}
    assert {(row["from"], row["to"]) for row in shown["transitions"]} <= legal
    assert world.state.take_warnings() == []
