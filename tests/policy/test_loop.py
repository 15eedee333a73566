"""The order of a session: what is asked, when it stops, and the exact reasons."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.policy import loop
from aitrack.policy.breaker import BreakerPolicy
from aitrack.policy.budget import Budget
from aitrack.policy.ended import Ended
from aitrack.policy.fallback import Fallback, parse
from aitrack.policy.loop import Plan
from aitrack.policy.remedy import parse as remedy
from aitrack.policy.retry import History, RetryPolicy
from tests.policy.driving import OK, Driver, failed

THREE = RetryPolicy(retries=3, delay_s=1.0)
DB = [("db", BreakerPolicy())]


def test_without_policies_there_is_one_attempt_and_nothing_else() -> None:
    """Success is free, and no option means no change."""
    driver = Driver([failed()])

    finish = driver.run(Plan())

    assert driver.order == ["Start", "Finish"]
    assert (finish.status, finish.reason, finish.says) == ("failed", "no retries", "")
    assert not Plan().needs_store


def test_the_order_of_things() -> None:
    """breaker admit -> attempt -> record -> stop rules -> history -> budget -> wait -> next."""
    driver = Driver([failed(), OK])

    finish = driver.run(Plan(THREE, breakers=DB, budget=Budget("b")))

    assert driver.order == [
        "Admit", "TakeBudget", "Start", "Record", "Recall", "TakeBudget", "Wait", "Admit", "Start", "Record", "Learn", "Finish",
    ]  # fmt: skip
    assert (finish.status, finish.recovered, finish.attempts) == ("passed", True, 2)
    assert [request.kind for request in driver.of(loop.TakeBudget)] == ["first", "retry"]
    assert [request.helped for request in driver.of(loop.Learn)] == [True]


def test_retries_are_retries_after_the_first_attempt() -> None:
    """Three retries, four attempts, three waits."""
    driver = Driver([])

    finish = driver.run(Plan(THREE))

    assert (finish.attempts, finish.status, finish.reason) == (4, "failed", "attempts")
    assert len(driver.of(loop.Wait)) == 3
    assert [start.level for start in driver.of(loop.Start)] == [1, 2, 2, 3]
    assert [start.is_last for start in driver.of(loop.Start)] == [False, False, False, True]
    assert finish.says == "gave up after 4 attempts in 7.5s: ConnectionRefusedError (transient); no attempt left"
    assert driver.of(loop.Wait)[0].says == "attempt 1/4 failed: ConnectionRefusedError (transient); retrying in 0.5s"


@pytest.mark.parametrize(
    ("category", "on", "never", "attempts"),
    [
        ("permanent", ["transient"], [], 1), ("bug", ["any"], [], 4), ("abort", ["any"], [], 1), ("transient", ["transient"], ["refused"], 1),
        ("unknown", ["transient", "overload", "timeout"], [], 1), ("overload", ["transient"], [], 1), ("bug", ["exit:1"], [], 4),
    ],
)  # fmt: skip
def test_what_is_retried(category: str, on: list[str], never: list[str], attempts: int) -> None:
    """`never` beats `on`, an abort beats everything."""
    ends = [failed(category) for _ in range(9)]

    assert Driver(ends).run(Plan(THREE.replaced(on=tuple(on), never=tuple(never)))).attempts == attempts


def test_reasons_name_the_category_that_was_not_wanted() -> None:
    """The user sees which word to add."""
    assert Driver([failed("permanent")]).run(Plan(THREE)).reason == "not retried: permanent"
    assert Driver([failed()]).run(Plan(THREE.replaced(never=("refused",)))).reason == "never retried: refused"


def test_a_server_that_asks_to_wait_is_heard() -> None:
    """Never shorter than asked, ten per cent of spread at most."""
    driver = Driver([failed("overload", "rate_limit", retry_after=40.0), OK])

    driver.run(Plan(THREE))

    wait = driver.of(loop.Wait)[0]
    assert 40.0 <= wait.seconds <= 44.0
    assert wait.reason == "retry_after"
    assert driver.of(loop.Start)[1].delay_reason == "retry_after"


def test_a_wait_that_is_too_long_is_neither_slept_nor_cut() -> None:
    """Stop at once, say so, use the fallback."""
    driver = Driver([failed("overload", retry_after=9000.0)])

    finish = driver.run(Plan(THREE, fallbacks=[parse("overload: cat x")]))

    assert driver.order == ["Start", "Recall", "TryFallback", "Finish"]
    assert (finish.status, finish.reason) == ("degraded", "retry_after beyond max: 2h 30m > 5m")


def test_a_wait_across_the_deadline_is_not_begun() -> None:
    """Total time never passes the deadline."""
    driver = Driver([failed(retry_after=8.0)])

    finish = driver.run(Plan(THREE.replaced(deadline_s=8.5)))

    assert (finish.reason, finish.attempts, driver.now) == ("deadline", 1, 1.0)


def test_an_attempt_gets_what_the_deadline_leaves() -> None:
    """And an attempt that is ended by it is the last."""
    driver = Driver([failed(), failed("timeout", duration_s=100.0)])

    finish = driver.run(Plan(THREE.replaced(deadline_s=5.0, backoff="constant")))

    assert [start.limit_s for start in driver.of(loop.Start)] == [5.0, 3.0]
    assert (finish.reason, driver.now) == ("deadline", 5.0)


def test_a_spent_budget_stops() -> None:
    """A storm of failures is no storm of retries."""
    driver = Driver([failed()], TakeBudget=lambda request: request.kind == "first")

    assert driver.run(Plan(THREE, budget=Budget("b"))).reason == "budget"


def test_history_stops_early_and_says_so() -> None:
    """0 of 42 is enough."""
    driver = Driver([failed()], Recall=lambda request: History(42, 0))

    finish = driver.run(Plan(THREE))

    assert finish.reason == "history, 0 of 42 retries helped"
    assert [request.helped for request in driver.of(loop.Learn)] == [None]
    assert driver.order == ["Start", "Recall", "Learn", "Finish"]


def test_the_twentieth_session_tries_all_its_retries() -> None:
    """Once it has decided to try, it does not stop half way."""
    driver = Driver([], Recall=lambda request: History(42, 0, skipped=19))

    assert driver.run(Plan(THREE)).attempts == 4
    assert [request.helped for request in driver.of(loop.Learn)] == [None, False, False, False]


def test_an_unknown_failure_that_retries_helped_is_retried_once() -> None:
    """Not more often: it is still unknown."""
    driver = Driver([failed("unknown") for _ in range(9)], Recall=lambda request: History(20, 19))

    finish = driver.run(Plan(THREE))

    assert (finish.attempts, finish.reason) == (2, "not retried: unknown")


def test_without_learning_nothing_is_recalled() -> None:
    """`--no-learn` opens no database."""
    driver = Driver([failed(), failed("unknown")])

    driver.run(Plan(THREE.replaced(learn=False)))

    assert not driver.of(loop.Recall)
    assert not driver.of(loop.Learn)


def test_past_the_point_of_no_return_nothing_follows() -> None:
    """Neither a retry nor a fallback."""
    driver = Driver([failed(committed=True)])

    finish = driver.run(Plan(THREE, fallbacks=[parse("cat x")], remedies=[remedy("run:x")]))

    assert (finish.status, finish.reason, driver.order) == ("failed", "committed", ["Start", "Finish"])


@pytest.mark.parametrize(
    ("mode", "ended", "attempts"),
    [
        ("yes", failed(outward=True, duration_s=5), 2), ("guard", failed(outward=True), 1), ("guard", failed(), 2),
        ("no", failed(duration_s=1.0), 1), ("no", failed(duration_s=0.9), 2),
    ],
)  # fmt: skip
def test_idempotency(mode: str, ended: Ended, attempts: int) -> None:
    """Running twice is not always safe."""
    assert Driver([ended, OK]).run(Plan(THREE.replaced(idempotent=mode))).attempts == attempts


def test_a_refusal_runs_nothing() -> None:
    """Status 75 and one line."""
    refused = loop.Refused("db", "open", left_s=12.0, says='breaker "db" is open')
    driver = Driver([], Admit=lambda request: refused)

    finish = driver.run(Plan(THREE, breakers=DB))

    assert driver.order == ["Admit", "Finish"]
    assert (finish.status, finish.attempts, finish.says) == ("rejected", 0, 'breaker "db" is open')


def test_a_refusal_with_a_fallback_is_degraded() -> None:
    """`breaker_open` is a word of filters."""
    driver = Driver([], Admit=lambda request: loop.Refused("db", "open", left_s=12.0))

    finish = driver.run(Plan(breakers=DB, fallbacks=[parse("overload: cat x"), parse("breaker_open: cat y")]))

    assert finish.status == "degraded"
    assert finish.fallback == {"index": 1, "kind": "run", "reason": 'breaker "db" is open'}


def test_waiting_for_admission_takes_one_wait_for_an_open_breaker() -> None:
    """No polling where the time is known, looking where it is not."""
    answers = [loop.Refused("db", "open", left_s=3.0), loop.Refused("db", "half_open"), loop.Admitted()]
    driver = Driver([OK], Admit=lambda request: answers.pop(0))

    finish = driver.run(Plan(breakers=[("db", BreakerPolicy(wait_s=10))]))

    assert finish.status == "passed"
    assert [round(wait.seconds, 1) for wait in driver.of(loop.Wait)] == [3.0, 0.5]


def test_admission_is_not_waited_for_longer_than_allowed() -> None:
    """Ten seconds of patience are not begun for an open time of twelve."""
    driver = Driver([], Admit=lambda request: loop.Refused("db", "open", left_s=12.0))

    assert driver.run(Plan(breakers=[("db", BreakerPolicy(wait_s=10))])).status == "rejected"
    assert driver.now == 0


def test_a_breaker_that_opens_stops_the_retries() -> None:
    """With the last attempt's status."""
    driver = Driver([failed(), failed()], Record=lambda request: "db" if driver.now > 2 else "")

    finish = driver.run(Plan(THREE, breakers=DB))

    assert (finish.status, finish.attempts, finish.reason) == ("failed", 2, 'breaker "db" opened')


def test_the_breaker_sees_each_attempt_and_its_wish() -> None:
    """Successes too; Retry-After is kept for the next session."""
    driver = Driver([failed("overload", retry_after=2.0), OK])

    driver.run(Plan(THREE, breakers=DB))

    assert [request.ended.ok for request in driver.of(loop.Record)] == [False, True]
    assert [request.retry_after_s for request in driver.of(loop.Record)] == [2.0, None]


def test_an_interrupt_while_waiting_ends_without_a_fallback() -> None:
    """Ctrl-C means stop."""
    driver = Driver([failed()], Wait=lambda request: False)

    finish = driver.run(Plan(THREE, fallbacks=[parse("cat x")]))

    assert (finish.status, finish.reason) == ("aborted", "interrupted")
    assert not driver.of(loop.TryFallback)


def test_a_remedy_starts_the_next_attempt_at_once() -> None:
    """No wait after it, and a permanent failure may be healed."""
    driver = Driver([failed("bug", "encoding"), OK])

    finish = driver.run(Plan(remedies=[remedy("utf8")]))

    assert driver.order == ["Start", "Heal", "Start", "Finish"]
    assert driver.of(loop.Start)[1].env == {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    assert driver.of(loop.Start)[1].delay_reason == "remedy"
    assert finish.recovered


def test_a_remedy_that_cannot_act_gives_way_to_the_next_and_then_to_retries() -> None:
    """Only what acted counts."""
    driver = Driver([failed("transient", "refused"), OK], Heal=lambda request: loop.Healed(False))

    finish = driver.run(Plan(THREE, remedies=[remedy("run:a"), remedy("proxy:P")]))

    assert driver.order == ["Start", "Heal", "Heal", "Recall", "Wait", "Start", "Learn", "Finish"]
    assert finish.status == "passed"


def test_shrinking_goes_on_until_it_fits() -> None:
    """Each step sees what the last one set."""
    driver = Driver([failed("resource", "out_of_memory"), failed("resource", "out_of_memory"), OK])

    driver.run(Plan(remedies=[remedy("shrink:BATCH:2:8")]), environ={"BATCH": "64"})

    assert [start.env.get("BATCH") for start in driver.of(loop.Start)] == [None, "32", "16"]


def test_remedies_count_as_attempts() -> None:
    """The limit holds for them too."""
    plan = Plan(RetryPolicy(retries=1), remedies=[remedy("shrink:BATCH:2:1")])

    finish = Driver([failed("resource", "out_of_memory") for _ in range(9)]).run(plan, environ={"BATCH": "64"})

    assert (finish.attempts, finish.reason) == (2, "attempts")


def test_fallbacks_are_tried_in_order_until_one_answers() -> None:
    """The primary's status stays when none does."""
    chain = [parse("overload: a"), parse("transient: b"), Fallback("text", text="x"), parse("c")]
    driver = Driver([failed()], TryFallback=lambda request: request.index == 2)
    vain = Driver([failed()], TryFallback=lambda request: False)

    finish = driver.run(Plan(fallbacks=chain))

    assert [request.index for request in driver.of(loop.TryFallback)] == [1, 2]
    assert (finish.status, finish.fallback) == ("degraded", {"index": 2, "kind": "text", "reason": "no retries"})
    assert finish.says == "failed with ConnectionRefusedError (transient); fallback 3 (text) answered"
    assert vain.run(Plan(fallbacks=chain)).status == "failed"


def test_a_users_rule_sets_its_own_delay_and_limit() -> None:
    """`delay = "5m"; max = 2`."""
    driver = Driver([failed(rule={"delay": 5.0, "max": 2, "index": 0}) for _ in range(9)])

    finish = driver.run(Plan(RetryPolicy(retries=9)))

    assert [wait.seconds for wait in driver.of(loop.Wait)] == [5.0, 5.0]
    assert finish.reason == "rule allows 2"


def test_hints_begin_with_the_second_attempt() -> None:
    """The first has nothing to be told."""
    driver = Driver([failed(), OK])

    driver.run(Plan(THREE))

    first, second = driver.of(loop.Start)
    assert first.hint is None
    assert (second.hint["attempt"], second.hint["max_attempts"]) == (2, 4)


ENDS = st.lists(
    st.one_of(
        st.just(OK),
        st.builds(
            failed,
            st.sampled_from(
                ["transient", "overload", "timeout", "bug", "unknown", "permanent", "resource", "abort", "killed"]
            ),
            st.sampled_from(["refused", "out_of_memory", "encoding", "rate_limit"]),
            retry_after=st.none() | st.floats(0, 500),
            duration_s=st.floats(0, 20),
            committed=st.booleans(),
        ),
    ),
    max_size=8,
)


@given(
    ENDS,
    st.integers(0, 5),
    st.none() | st.floats(0.1, 60),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(st.booleans(), max_size=20),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=9),
)
def test_invariants_of_every_session(
    ends: list[Ended],
    retries: int,
    deadline: float | None,
    breaker: bool,
    budget: bool,
    heal: bool,
    coins: list[bool],
    chances: list[float],
) -> None:
    """Whatever happens: limits hold, every permit is answered, and there is exactly one end."""

    def coin(request: Any) -> bool:
        return coins.pop() if coins else True

    replies: dict[str, Any] = {
        "Admit": lambda request: loop.Admitted() if coin(request) else loop.Refused("db", "open", left_s=1.0),
        "Record": lambda request: "" if coin(request) else "db",
        "TakeBudget": lambda request: request.kind == "first" or coin(request),
        "Heal": lambda request: loop.Healed(coin(request)),
        "TryFallback": coin,
    }
    draws = iter(chances * 100)
    plan = Plan(
        RetryPolicy(retries=retries, deadline_s=deadline),
        breakers=DB if breaker else [],
        budget=Budget("b") if budget else None,
        remedies=[remedy("utf8"), remedy("shrink:B:2:4")] if heal else [],
        fallbacks=[parse("overload: x"), Fallback("text", text="y")],
    )
    driver = Driver(ends, **replies)

    finish = driver.run(plan, random=lambda: next(draws, 0.5), environ={"B": "64"})

    starts = driver.of(loop.Start)
    assert finish.attempts == len(starts)
    if retries:
        assert len(starts) <= retries + 1
    if deadline is not None:
        assert driver.now <= deadline + 1e-6
    if breaker:
        assert len(driver.of(loop.Record)) == len(starts)
        assert driver.order.count("Admit") >= len(starts)
    assert (finish.status == "passed") == (
        bool(starts) and driver.ends is not None and finish.reason == "" and finish.fallback is None
    )
    assert finish.status in ("passed", "failed", "degraded", "rejected", "aborted")
    assert driver.order.index("Finish") == len(driver.order) - 1
