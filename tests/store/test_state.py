"""Shared state: a contract that each store of breakers must keep, and what is SQLite's own."""

from __future__ import annotations

import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aitrack.policy.breaker import BreakerPolicy, Clock
from aitrack.policy.budget import Budget
from aitrack.policy.retry import History
from aitrack.store import holders
from aitrack.store.holders import Holder
from aitrack.store.state import Answer, Result, State

POLICY = BreakerPolicy(min_calls=2, open_for_s=30.0)
DB = [("db", POLICY)]
FAILED = Result("transient", title="ConnectionRefusedError db:5432", session="s1")


class FakeClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.boot, self.wall, self.boot_id = 100.0, 1_000_000.0, holders.boot_id()

    def __call__(self) -> Clock:
        return Clock(self.boot, self.wall, self.boot_id)

    def pass_time(self, seconds: float) -> None:
        """Move both clocks."""
        self.boot += seconds
        self.wall += seconds


def trip(state: Any, name: str = "db") -> None:
    """Let two attempts fail."""
    for _ in range(2):
        state.record(state.admit([(name, POLICY)], holders.this_process()).permits[0], POLICY, FAILED)


class BreakerContract:
    """What any `BreakerStore` must do; a subclass gives `state` and `clock`."""

    clock: FakeClock
    state: State

    def ask(self, holder: Holder | None = None, policy: BreakerPolicy = POLICY) -> Answer:
        return self.state.admit([("db", policy)], holder or holders.this_process("s1"))

    def test_a_new_breaker_admits(self) -> None:
        """Nothing has failed yet."""
        answer = self.ask()

        assert answer.admitted
        assert answer.states == {"db": "closed"}

    def test_failures_at_the_rate_open_it_and_it_refuses_in_words(self) -> None:
        """The line of the rejected run."""
        trip(self.state)

        answer = self.ask()

        assert not answer.admitted
        assert (
            answer.says
            == 'breaker "db" is open (2 of 2 failed: ConnectionRefusedError db:5432); next probe in 30s; not run'
        )
        assert answer.permits == ()

    def test_one_probe_at_a_time_when_the_open_time_is_over(self) -> None:
        """And its success closes it."""
        trip(self.state)
        self.clock.pass_time(30)

        probe, second = self.ask(), self.ask()

        assert probe.admitted
        assert probe.permits[0].probe
        assert not second.admitted
        assert self.state.record(probe.permits[0], POLICY, Result("ok")) == "closed"
        assert self.ask().admitted

    def test_a_failed_probe_opens_it_again(self) -> None:
        """For another open time."""
        trip(self.state)
        self.clock.pass_time(30)
        probe = self.ask()

        assert self.state.record(probe.permits[0], POLICY, FAILED) == "open"
        self.clock.pass_time(29)
        assert not self.ask().admitted

    def test_a_neutral_probe_frees_its_place(self) -> None:
        """A bug of ours says nothing about the other side; the next run probes."""
        trip(self.state)
        self.clock.pass_time(30)

        assert self.state.record(self.ask().permits[0], POLICY, Result("bug")) == "half_open"
        assert self.ask().admitted

    def test_a_released_permit_is_free_at_once(self) -> None:
        """Given back uncounted."""
        trip(self.state)
        self.clock.pass_time(30)
        self.state.release(self.ask().permits)

        assert self.ask().admitted

    def test_the_permit_of_a_dead_process_is_free_at_once(self) -> None:
        """kill -9 of the prober, and of what it had started."""
        trip(self.state)
        self.clock.pass_time(30)
        me = holders.this_process()
        child = subprocess.Popen(["sleep", "60"])
        gone = subprocess.Popen(["true"])
        gone.wait()
        answer = self.ask(Holder(gone.pid, "1", boot_id=me.boot_id, namespace=me.namespace, host=me.host))
        self.state.attach(answer.permits, child.pid, holders.start_time(child.pid))

        assert not self.ask().admitted, "the target still knocks"
        child.kill()
        child.wait()
        assert self.ask().admitted

    def test_a_recycled_pid_is_another_process(self) -> None:
        """The start time tells them apart."""
        trip(self.state)
        self.clock.pass_time(30)
        me = holders.this_process()
        self.ask(Holder(me.pid, "17", boot_id=me.boot_id, namespace=me.namespace, host=me.host))

        assert self.ask().admitted

    def test_processes_of_another_container_hold_by_lease(self) -> None:
        """Our /proc does not show them."""
        trip(self.state)
        self.clock.pass_time(30)
        me = holders.this_process()
        answer = self.ask(Holder(1, "1", boot_id=me.boot_id, namespace="pid:[1]", host="other"))

        self.clock.pass_time(20)
        self.state.renew(answer.permits)
        self.clock.pass_time(20)
        assert not self.ask().admitted
        self.clock.pass_time(11)
        assert self.ask().admitted

    def test_holders_from_before_a_reboot_are_gone(self) -> None:
        """Same host, other boot."""
        trip(self.state)
        self.clock.pass_time(30)
        me = holders.this_process()
        self.ask(Holder(me.pid, me.start, boot_id="before", namespace=me.namespace, host=me.host))

        assert self.ask().admitted

    def test_the_wall_clock_may_jump(self) -> None:
        """No early probe, no endless wait."""
        trip(self.state)
        self.clock.wall += 1e6
        assert not self.ask().admitted
        self.clock.wall -= 2e6
        self.clock.boot += 30
        assert self.ask().admitted

    def test_after_a_reboot_the_open_time_goes_on(self) -> None:
        """By the wall, and from then on by the new boot's clock."""
        trip(self.state)
        self.clock.boot, self.clock.boot_id = 3.0, "next"
        self.clock.wall += 10
        first = self.ask()
        self.clock.wall -= 1e6
        self.clock.boot += 20

        assert first.admission is not None
        assert first.admission.left_s == pytest.approx(20)
        assert self.ask().admitted

    def test_two_names_admit_together_or_not_at_all(self) -> None:
        """The permit of the first goes back when the second refuses."""
        self.state.operate("b", "trip")
        wanted = [("a", BreakerPolicy()), ("b", BreakerPolicy())]

        answer = self.state.admit(wanted, holders.this_process())

        shown = self.state.show("a", POLICY)
        assert (answer.name, answer.admission and answer.admission.state) == ("b", "forced_open")
        assert shown is not None
        assert shown["permits"] == []

    def test_operators(self) -> None:
        """trip holds until reset; disable records nothing; each is a transition of its own."""
        assert self.state.operate("db", "trip", reason="maintenance") == "forced_open"
        self.clock.pass_time(1e6)
        assert not self.ask().admitted
        assert self.state.operate("db", "reset") == "closed"
        assert self.state.operate("db", "disable") == "disabled"
        for _ in range(5):
            assert self.state.record(self.ask().permits[0], POLICY, FAILED) == "disabled"
        assert self.state.operate("db", "enable") == "closed"

        log = self.state.log("db")
        assert [(row["from"], row["to"], row["by"]) for row in log] == [
            ("closed", "forced_open", "operator"), ("forced_open", "closed", "operator"), ("closed", "disabled", "operator"),
            ("disabled", "closed", "operator"),
        ]  # fmt: skip
        assert log[0]["reason"] == "maintenance"
        assert sorted(row["seq"] for row in log) == [row["seq"] for row in log]

    def test_show_tells_everything(self) -> None:
        """What `aitrack breaker show --json` prints."""
        self.state.record(self.ask().permits[0], POLICY, FAILED)
        self.ask()

        shown = self.state.show("db", POLICY)

        assert shown is not None
        assert shown["window"] == {"calls": 1, "failures": 1, "slow": 0, "rate": 100.0}
        assert shown["last_failure"] == {"session": "s1", "title": "ConnectionRefusedError db:5432"}
        assert [(permit["pid"], permit["session"]) for permit in shown["permits"]] == [(os.getpid(), "s1")]
        assert self.state.show("nobody", POLICY) is None
        assert self.state.names() == ["db"]

    def test_a_window_of_calls_forgets_the_oldest(self) -> None:
        """Three of the last four."""
        policy = BreakerPolicy(window_calls=4, min_calls=4, rate=75)
        for category in ("transient", "transient", "ok", "ok", "transient", "transient"):
            assert self.state.record(self.ask(policy=policy).permits[0], policy, Result(category)) == "closed"

        assert self.state.record(self.ask(policy=policy).permits[0], policy, Result("transient")) == "open"

    def test_a_window_of_time_forgets_what_is_older(self) -> None:
        """A failure a minute ago does not count in ten seconds."""
        policy = BreakerPolicy(window_s=10, min_calls=2)
        self.state.record(self.ask(policy=policy).permits[0], policy, FAILED)
        self.clock.pass_time(11)
        assert self.state.record(self.ask(policy=policy).permits[0], policy, FAILED) == "closed"
        assert self.state.record(self.ask(policy=policy).permits[0], policy, FAILED) == "open"

    def test_slow_answers_open_it(self) -> None:
        """Successes that take too long."""
        policy = BreakerPolicy(min_calls=2, slow_s=5, slow_rate=100)
        self.state.record(self.ask(policy=policy).permits[0], policy, Result("ok", duration_s=5))

        assert self.state.record(self.ask(policy=policy).permits[0], policy, Result("ok", duration_s=9)) == "open"

    def test_a_late_result_of_an_earlier_time_is_not_counted(self) -> None:
        """It was admitted before the breaker tripped."""
        late = self.ask()
        trip(self.state)
        self.clock.pass_time(30)
        probe = self.ask()

        assert self.state.record(late.permits[0], POLICY, FAILED) == "half_open"
        assert self.state.record(probe.permits[0], POLICY, Result("ok")) == "closed"

    def test_the_next_session_does_not_knock_before_the_server_said(self) -> None:
        """Retry-After outlives the process."""
        answer = self.ask()
        self.state.record(answer.permits[0], POLICY, Result("overload", retry_after_s=60.0))

        refused = self.ask()
        self.clock.pass_time(60)

        assert refused.admission is not None
        assert (refused.admission.state, refused.admission.left_s) == ("not_before", 60.0)
        assert self.ask().admitted

    def test_other_settings_are_warned_of_once(self) -> None:
        """Two cron lines that disagree."""
        other = BreakerPolicy(min_calls=3)
        self.ask()

        assert "other settings" in self.ask(policy=other).warning
        assert self.ask(policy=other).warning == ""


class TestSqlite(BreakerContract):
    """The store that ships."""

    @pytest.fixture(autouse=True)
    def _state(self, tmp_path: Path) -> Iterator[None]:
        self.clock = FakeClock()
        self.state = State(str(tmp_path), self.clock)
        yield
        assert self.state.problem == ""
        self.state.close()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """An empty store."""
    return str(tmp_path / "home")


def test_nothing_is_opened_before_the_first_question(folder: str) -> None:
    """A run without a policy opens no database."""
    State(folder).close()

    assert not os.path.exists(folder)


def test_the_file_is_the_users_alone(folder: str) -> None:
    """Titles of failures are in it."""
    State(folder).admit(DB, holders.this_process())

    assert os.stat(f"{folder}/state.db").st_mode & 0o777 == 0o600
    assert os.stat(folder).st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "garbage",
    [b"this is no database, it is long enough to be read as one" * 50, b"SQLite format 3\x00" + b"\xff" * 4096],
)
def test_a_corrupt_file_is_set_aside_and_said_once(folder: str, garbage: bytes) -> None:
    """It is expendable; the run is not."""
    os.makedirs(folder)
    Path(folder, "state.db").write_bytes(garbage)
    state = State(folder)

    assert state.admit(DB, holders.this_process()).admitted
    trip(state)

    assert not state.admit(DB, holders.this_process()).admitted
    assert len(state.take_warnings()) == 1
    assert state.take_warnings() == []
    assert any(name.startswith("state.db.corrupt-") for name in os.listdir(folder))


def test_a_folder_in_its_place_is_set_aside(folder: str) -> None:
    """Somebody's mistake."""
    os.makedirs(f"{folder}/state.db")
    state = State(folder)

    assert state.admit(DB, holders.this_process()).permits[0].token
    assert len(state.take_warnings()) == 1


def test_tables_that_are_missing_count_as_corrupt(folder: str) -> None:
    """A copy that was cut short."""
    os.makedirs(folder)
    with sqlite3.connect(f"{folder}/state.db") as db:
        db.execute("PRAGMA user_version=1")
    db.close()
    state = State(folder)

    assert state.admit(DB, holders.this_process()).permits[0].token


def test_a_newer_schema_is_left_alone(folder: str) -> None:
    """Two versions of aitrack may use one store."""
    os.makedirs(folder)
    with sqlite3.connect(f"{folder}/state.db") as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    state = State(folder)

    assert state.admit(DB, holders.this_process()).admitted
    assert "newer" in state.take_warnings()[0]
    assert os.listdir(folder) == ["state.db"]


@pytest.mark.slow
def test_a_locked_file_lets_everything_through_after_two_seconds(folder: str) -> None:
    """And is not asked again in this session."""
    State(folder).admit(DB, holders.this_process())
    other = sqlite3.connect(f"{folder}/state.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    state = State(folder)
    begun = time.monotonic()

    assert state.admit(DB, holders.this_process()).admitted
    assert state.take(Budget("b", minimum=0), "retry")[0]

    assert 1.5 < time.monotonic() - begun < 4
    assert len(state.take_warnings()) == 1
    other.close()


def test_a_place_that_cannot_be_written_lets_everything_through(tmp_path: Path) -> None:
    """Here a file stands where the folder should be; root may write anywhere else."""
    (tmp_path / "home").write_text("")
    state = State(str(tmp_path / "home"))

    assert state.admit(DB, holders.this_process()).admitted
    assert state.recall("f") == History()
    assert state.names() == []
    assert len(state.take_warnings()) == 1


def test_a_decision_costs_less_than_a_millisecond(folder: str) -> None:
    """Warm, in the median: an admission or a record."""
    state = State(folder)
    times: list[float] = []
    for _ in range(200):
        begun = time.perf_counter()
        answer = state.admit(DB, holders.this_process())
        middle = time.perf_counter()
        state.record(answer.permits[0], POLICY, Result("ok"))
        times += [middle - begun, time.perf_counter() - middle]

    assert statistics.median(times) < 0.001


def test_budgets_count_over_all_who_share_them(folder: str) -> None:
    """max(min, ratio * firsts) within the window, then one more as time passes."""
    clock = FakeClock()
    one, other = State(folder, clock), State(folder, clock)
    budget = Budget("api", ratio=0.1, minimum=3, window_s=60)
    for _ in range(50):
        assert one.take(budget, "first")[0]

    given = [state.take(budget, "retry")[0] for _ in range(5) for state in (one, other)]
    clock.pass_time(61)

    assert given == [True] * 5 + [False] * 5
    assert one.take(budget, "retry") == (True, 2)


def test_what_retries_were_worth_is_kept(folder: str) -> None:
    """Helped, did not, was left out."""
    state = State(folder)
    for helped in (True, False, False, None):
        state.learn("f", helped)

    assert State(folder).recall("f") == History(3, 1, 1)
    assert state.recall("other") == History()


def test_arms_decay_with_a_half_life_of_thirty_days(folder: str) -> None:
    """Models change."""
    clock = FakeClock()
    state = State(folder, clock)
    for won in (True, True, False, True):
        state.reward("invoice", "schema", "skeleton", won, tokens=100)
    clock.pass_time(30 * 86400)

    tries, wins = state.arms("invoice", "schema")["skeleton"]
    assert (tries, wins) == (pytest.approx(2.0), pytest.approx(1.5))
    assert state.prompts()[0]["tokens"] == 400


def test_breakers_that_nobody_uses_are_forgotten(folder: str) -> None:
    """Ten thousand names must not stay for ever; those in use and those held open do."""
    clock = FakeClock()
    state = State(folder, clock)
    for name in ("idle", "used", "held"):
        trip(state, name)
        state.operate(name, "reset")
    state.operate("held", "trip")
    clock.pass_time(20 * 86400)
    state.release(state.admit([("used", POLICY)], holders.this_process()).permits)
    clock.pass_time(11 * 86400)

    state.admit([("new", POLICY)], holders.this_process())

    assert state.names() == ["held", "new", "used"]


# ---- many processes ----

_RACER = """
import sys, time
sys.path[:0] = {path!r}
from aitrack.policy.breaker import BreakerPolicy
from aitrack.store import holders
from aitrack.store.state import State
policy = BreakerPolicy(min_calls=2, open_for_s=0.0, probes={probes})
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.readline()
state = State({folder!r})
answer = state.admit([("db", policy)], holders.this_process())
sys.stdout.write("yes\\n" if answer.admitted else "no\\n"); sys.stdout.flush()
sys.stdin.readline()
"""


def racers(folder: str, probes: int, count: int) -> list[subprocess.Popen[str]]:
    """Start processes that ask at one word, and keep their permit until another."""
    program = _RACER.format(path=sys.path, folder=folder, probes=probes)
    started = [
        subprocess.Popen(
            [sys.executable, "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    for racer in started:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    return started


def say(process: subprocess.Popen[str]) -> None:
    """Give the word."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def answers(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Return what they were told."""
    return [process.stdout.readline().strip() for process in processes if process.stdout is not None]


@pytest.mark.parametrize("probes", [1, 3])
def test_of_fifty_racing_processes_exactly_the_permitted_get_through(folder: str, probes: int) -> None:
    """And after `kill -9` of one holder exactly one more."""
    state = State(folder)
    policy = BreakerPolicy(min_calls=2, open_for_s=0.0, probes=probes)
    for _ in range(2):
        state.record(state.admit([("db", policy)], holders.this_process()).permits[0], policy, FAILED)
    crowd = racers(folder, probes, 50)
    try:
        for racer in crowd:
            say(racer)
        told = answers(crowd)
        assert told.count("yes") == probes

        holder = crowd[told.index("yes")]
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        begun = time.monotonic()
        answer = state.admit([("db", policy)], holders.this_process())
        assert answer.admitted
        assert time.monotonic() - begun < 1
        assert not state.admit([("db", policy)], holders.this_process()).admitted
    finally:
        for racer in crowd:
            racer.kill()
            racer.communicate()


@pytest.mark.slow
def test_no_breaker_is_stuck_after_random_kills(folder: str) -> None:
    """kill -9 at any instant of a decision, two hundred times."""
    policy = BreakerPolicy(min_calls=2, open_for_s=0.0)
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from aitrack.policy.breaker import BreakerPolicy\nfrom aitrack.store import holders\nfrom aitrack.store.state import Result, State\n"
        f"state = State({folder!r}); policy = BreakerPolicy(min_calls=2, open_for_s=0.0); n = 0\n"
        "sys.stdout.write('x'); sys.stdout.flush()\n"
        "while True:\n"
        "    answer = state.admit([('db', policy)], holders.this_process()); n += 1\n"
        "    if answer.admitted:\n"
        "        state.record(answer.permits[0], policy, Result('transient' if n % 3 else 'ok'))\n"
    )
    for turn in range(200):
        process = subprocess.Popen([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.read(1)
        time.sleep((turn % 7) * 0.001)
        process.kill()
        process.communicate()

    state = State(folder)
    answer = state.admit([("db", policy)], holders.this_process())
    assert answer.admitted
    assert state.problem == ""
    assert state.take_warnings() == []


def test_a_storm_takes_no_more_from_a_budget_than_it_holds(folder: str) -> None:
    """A thousand runs in four processes."""
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from aitrack.policy.budget import Budget\nfrom aitrack.store.state import State\n"
        f"state = State({folder!r}); budget = Budget('api', ratio=0.1, minimum=3, window_s=600)\n"
        "for _ in range(250): state.take(budget, 'first')\n"
        "print(sum(state.take(budget, 'retry')[0] for _ in range(250)))\n"
    )
    storm = [
        subprocess.Popen([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]

    taken = sum(int(process.communicate()[0]) for process in storm)

    assert 25 <= taken <= 100
