"""The breaker's steps: a model that knows the rules in another way, and all orders of events."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from aitrack.policy import breaker as steps
from aitrack.policy.breaker import Admission, Breaker, BreakerPolicy, Clock, Window

POLICY = BreakerPolicy(min_calls=3, window_calls=5, open_for_s=30.0)


def at(boot: float, wall: float | None = None, boot_id: str = "b1") -> Clock:
    """Return a moment."""
    return Clock(boot, 1000.0 + boot if wall is None else wall, boot_id)


def opened(since: float = 0.0, trips: int = 1) -> Breaker:
    """Return an open breaker."""
    return Breaker(steps.OPEN, generation=1, since_boot=since, since_wall=1000.0 + since, boot_id="b1", trips=trips)


@pytest.mark.parametrize(
    ("calls", "failures", "slow", "trips"),
    [(2, 2, 0, False), (3, 1, 0, False), (4, 2, 0, True), (5, 2, 0, False), (5, 3, 0, True), (5, 0, 5, False)],
)
def test_trips_at_the_rate_or_above_once_there_are_enough(calls: int, failures: int, slow: int, trips: bool) -> None:
    """Half of four trips a rate of 50."""
    assert steps.must_trip(POLICY, Window(calls, failures, slow)) is trips


def test_slow_calls_trip_too() -> None:
    """An answer that takes for ever is no answer."""
    policy = BreakerPolicy(min_calls=2, slow_s=5.0, slow_rate=80)

    assert steps.must_trip(policy, Window(5, 0, 4))
    assert not steps.must_trip(policy, Window(5, 0, 3))
    assert steps.is_slow(policy, 5.0)


@pytest.mark.parametrize(("boot", "admitted", "left"), [(29.0, False, 1.0), (30.0, True, None), (500.0, True, None)])
def test_an_open_breaker_lets_a_probe_through_when_its_time_is_over(
    boot: float, admitted: bool, left: float | None
) -> None:
    """And tells how long that takes."""
    after, answer = steps.admit(opened(), POLICY, at(boot), 0)

    assert (answer.admitted, answer.left_s) == (admitted, left)
    assert after.state == (steps.HALF_OPEN if admitted else steps.OPEN)


def test_open_times_double_up_to_their_limit() -> None:
    """Default: they do not grow."""
    growing = BreakerPolicy(open_for_s=30, max_open_for_s=100)

    assert [steps.open_for_s(opened(trips=n), growing) for n in (1, 2, 3, 400)] == [30, 60, 100, 100]
    assert steps.open_for_s(opened(trips=9), BreakerPolicy(open_for_s=30)) == 30


@pytest.mark.parametrize(("wall", "left"), [(1000.0, 30.0), (1010.0, 20.0), (900.0, 30.0), (99999.0, 0.0)])
def test_after_a_reboot_the_wall_is_believed_within_bounds(wall: float, left: float) -> None:
    """Set back or forward: no early probe, no endless wait."""
    assert steps.open_left_s(opened(), POLICY, at(3.0, wall, "b2")) == pytest.approx(left)


def test_wall_jumps_within_one_boot_have_no_effect() -> None:
    """ntp, a user, a leap second."""
    for wall in (0.0, 1e12):
        assert steps.open_left_s(opened(), POLICY, at(10.0, wall)) == pytest.approx(20.0)


def test_a_stamp_from_the_future_counts_as_now() -> None:
    """A damaged stamp must not hold it open for a year."""
    after, answer = steps.admit(opened(since=1e9), POLICY, at(5.0), 0)

    assert answer.left_s == 30.0
    assert after.since_boot == 5.0


@pytest.mark.parametrize(
    ("category", "said"),
    [
        ("ok", "success"),
        ("transient", "failure"),
        ("unknown", "failure"),
        ("bug", "neutral"),
        ("permanent", "neutral"),
        ("abort", "neutral"),
    ],
)
def test_what_an_attempt_says_about_the_other_side(category: str, said: str) -> None:
    """A bug of ours is no failure of theirs."""
    assert steps.verdict(POLICY, category) == said
    assert steps.verdict(BreakerPolicy(counts=["abort"]), "abort") == "neutral"


def test_a_result_of_an_earlier_generation_changes_nothing() -> None:
    """It was admitted by a breaker that is no more."""
    half = Breaker(steps.HALF_OPEN, generation=4, boot_id="b1")

    assert steps.record(half, POLICY, at(1.0), generation=3, said="failure", window=Window(9, 9, 0)) == half


def test_as_many_successes_as_probes_close_it() -> None:
    """Two of two."""
    policy = BreakerPolicy(probes=2)
    half = Breaker(steps.HALF_OPEN, generation=2, boot_id="b1", trips=3)

    one = steps.record(half, policy, at(1.0), generation=2, said="success", window=Window())
    two = steps.record(one, policy, at(2.0), generation=2, said="success", window=Window())

    assert (one.state, one.successes) == (steps.HALF_OPEN, 1)
    assert (two.state, two.generation, two.trips) == (steps.CLOSED, 3, 0)


def test_a_window_smaller_than_the_minimum_judges_when_full() -> None:
    """Else it never would."""
    assert BreakerPolicy(window_calls=4, min_calls=10).min_calls == 4
    assert BreakerPolicy(window_s=60, min_calls=10).min_calls == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0},
        {"rate": 101},
        {"slow_rate": -1},
        {"min_calls": 0},
        {"probes": 0},
        {"open_for_s": -1},
        {"counts": ["refused"]},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    """By name."""
    with pytest.raises(ValueError, match="breaker"):
        BreakerPolicy(**wrong)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("admission", "said"),
    [
        (
            Admission(False, steps.OPEN, left_s=12.4),
            'breaker "db" is open (6 of 10 failed: X db:5432); next probe in 12s; not run',
        ),
        (
            Admission(False, steps.HALF_OPEN),
            'breaker "db" is half open (6 of 10 failed: X db:5432); a probe is running; not run',
        ),
        (Admission(False, steps.FORCED_OPEN), 'breaker "db" is held open by an operator; not run'),
        (
            Admission(False, "not_before", left_s=90),
            'breaker "db" was asked to wait (6 of 10 failed: X db:5432); 90s left; not run',
        ),
    ],
)
def test_rejections_say_why_and_how_long(admission: Admission, said: str) -> None:
    """One line for a cron mail."""
    assert steps.rejection("db", admission, Window(10, 6, 0), "X db:5432") == said


@given(st.floats(0, 1e7))
def test_durations_for_people_are_short(value: float) -> None:
    """They stand in one line with other words."""
    assert 1 < len(steps.seconds(value)) <= 9


class BreakerMachine(RuleBasedStateMachine):
    """Random admissions, results, deaths, operators and time, against a model of lists."""

    tickets: Bundle[tuple[int, bool]] = Bundle("tickets")

    @initialize(
        probes=st.integers(1, 3),
        window=st.integers(1, 8),
        minimum=st.integers(1, 5),
        rate=st.sampled_from([1, 50, 100]),
    )
    def begin(self, probes: int, window: int, minimum: int, rate: int) -> None:
        self.policy = BreakerPolicy(
            probes=probes, window_calls=window, min_calls=minimum, rate=rate, open_for_s=10, max_open_for_s=40
        )
        self.breaker = Breaker(boot_id="b1")
        self.now = 0.0
        self.live: list[tuple[int, bool]] = []
        self.calls: list[bool] = []
        self.opened_at = 0.0

    def step(self, after: Breaker) -> None:
        """Move on; a new generation empties the window."""
        assert after.generation - self.breaker.generation in (0, 1)
        legal = {
            (steps.CLOSED, steps.OPEN), (steps.OPEN, steps.HALF_OPEN), (steps.HALF_OPEN, steps.OPEN), (steps.HALF_OPEN, steps.CLOSED),
        }  # fmt: skip
        if after.state != self.breaker.state:
            assert (self.breaker.state, after.state) in legal
            assert after.generation == self.breaker.generation + 1
        if after.generation != self.breaker.generation:
            self.calls = []
            if after.state == steps.OPEN:
                self.opened_at = self.now
        self.breaker = after

    @rule(target=tickets)
    def admit(self) -> tuple[int, bool]:
        probes = sum(probe for _, probe in self.live)
        before = self.breaker.state
        after, answer = steps.admit(self.breaker, self.policy, at(self.now), probes)
        self.step(after)
        if before == steps.OPEN and self.now - self.opened_at < 10:
            assert not answer.admitted
        if before == steps.CLOSED:
            assert answer.admitted
        if before == steps.FORCED_OPEN:
            assert not answer.admitted
        if not answer.admitted:
            return (-1, False)
        ticket = (self.breaker.generation, answer.probe)
        self.live.append(ticket)
        return ticket

    @rule(ticket=consumes(tickets), category=st.sampled_from(["ok", "transient", "bug", "abort", "crash"]))
    def end(self, ticket: tuple[int, bool], category: str) -> None:
        if ticket not in self.live:
            return
        self.live.remove(ticket)
        said = steps.verdict(self.policy, category)
        counted = ticket[0] == self.breaker.generation and said != "neutral"
        if counted and self.breaker.state == steps.CLOSED:
            self.calls = [*self.calls, said == "failure"][-(self.policy.window_calls or 0) :]
        window = Window(len(self.calls), sum(self.calls), 0)
        before = self.breaker
        after = steps.record(before, self.policy, at(self.now), generation=ticket[0], said=said, window=window)
        if not counted:
            assert after == before
        elif before.state == steps.CLOSED:
            full = len(self.calls) >= self.policy.min_calls
            assert (after.state == steps.OPEN) == (full and sum(self.calls) * 100 >= self.policy.rate * len(self.calls))
        elif before.state == steps.HALF_OPEN and said == "failure":
            assert after.state == steps.OPEN
        self.step(after)

    @rule(ticket=consumes(tickets))
    def die(self, ticket: tuple[int, bool]) -> None:
        if ticket in self.live:
            self.live.remove(ticket)

    @rule(seconds=st.sampled_from([0.0, 1.0, 10.0, 100.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(action=st.sampled_from(sorted(steps.ACTIONS)))
    def operate(self, action: str) -> None:
        after = steps.operate(self.breaker, action, at(self.now))
        assert after.state == steps.ACTIONS[action]
        assert after.generation == self.breaker.generation + 1
        self.breaker, self.calls, self.opened_at = after, [], self.now

    @precondition(lambda self: hasattr(self, "breaker"))
    @invariant()
    def never_more_probes_than_permitted(self) -> None:
        assert sum(probe for _, probe in self.live) <= self.policy.probes
        assert self.breaker.successes < self.policy.probes


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
