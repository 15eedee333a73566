"""State that runs share: breakers, permits, budgets, what retries were worth, which prompts won, not-before times.

The only owner of `state.db`. Each question is one `BEGIN IMMEDIATE` around one pure step of `policy`, so that of
fifty racing processes exactly the permitted number gets through. When the file cannot be
asked everything is allowed, and `take_warnings` says so once.
"""

from __future__ import annotations

import os
import sqlite3

from aitrack.policy import breaker as steps
from aitrack.policy import budget as budgets
from aitrack.policy.breaker import Admission, Breaker, BreakerPolicy, Clock, Window
from aitrack.policy.frozen import Frozen
from aitrack.policy.retry import History
from aitrack.store import holders
from aitrack.store.holders import Holder
from aitrack.store.state_file import StateFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from aitrack.policy.budget import Budget

    class BreakerStore(Protocol):
        """Where breakers live: a file of this host, or a server that several hosts ask."""

        def admit(self, wanted: Sequence[tuple[str, BreakerPolicy]], holder: Holder) -> Answer:
            """Return leave to start from all names in *wanted*, or the first refusal."""
            ...

        def attach(self, permits: Sequence[Permit], target_pid: int, target_start: str) -> None:
            """Tie *permits* to the process that was started: they live as long as it does."""
            ...

        def record(self, permit: Permit, policy: BreakerPolicy, result: Result) -> str:
            """Tell how a permitted attempt ended, give its permit back, return the state."""
            ...

        def release(self, permits: Sequence[Permit]) -> None:
            """Give *permits* back uncounted."""
            ...

        def renew(self, permits: Sequence[Permit]) -> None:
            """Prolong the leases of *permits*, where processes cannot be looked at."""
            ...

        def show(self, name: str, policy: BreakerPolicy) -> dict[str, Any] | None:
            """Return all that is known of one breaker, None when there is none."""
            ...

        def names(self) -> list[str]:
            """Return the names of all breakers."""
            ...

        def operate(self, name: str, action: str, *, reason: str = "", session: str = "") -> str:
            """Carry out an operator's trip, reset, enable or disable; return the new state."""
            ...


_CALLS_KEPT = 10_000  # newest calls of all breakers together that no window may reach behind
_TRANSITIONS_KEPT = 100
_DAY_S = 86400.0
_IDLE_S = 30 * _DAY_S
_HALF_LIFE_S = 30 * _DAY_S  # of what was learnt about a prompt's adaptation
_MANY_PERMITS = 64  # in a closed breaker: time to look which of their holders are gone
_ADMIT_SLACK_S = 0.05  # a not-before time is as exact as a timer


class Permit(Frozen):
    """Leave to start, from one breaker. Its token is empty when nothing needs to be given back."""

    __slots__ = ("generation", "name", "probe", "token")

    def __init__(self, token: str, name: str, generation: int, probe: bool) -> None:
        self.token = token
        self.name = name
        self.generation = generation
        self.probe = probe


class Answer(Frozen):
    """To `admit`: the permits, or the name that refused, its admission and the line that says so."""

    __slots__ = ("admission", "name", "permits", "says", "states", "warning")

    def __init__(
        self,
        permits: Sequence[Permit] = (),
        *,
        states: dict[str, str] | None = None,
        name: str = "",
        admission: Admission | None = None,
        says: str = "",
        warning: str = "",
    ) -> None:
        self.permits = tuple(permits)
        self.states = states or {}
        self.name = name
        self.admission = admission
        self.says = says
        self.warning = warning

    @property
    def admitted(self) -> bool:
        """Whether it may start."""
        return self.admission is None


class Result(Frozen):
    """How a permitted attempt ended, as far as a breaker cares. *title* is shown in rejections."""

    __slots__ = ("category", "duration_s", "retry_after_s", "session", "title")

    def __init__(
        self,
        category: str,
        *,
        duration_s: float = 0.0,
        session: str = "",
        title: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        self.category = category
        self.duration_s = duration_s
        self.session = session
        self.title = title
        self.retry_after_s = retry_after_s


class State:
    """The shared state in one folder. Opened at the first question, never before."""

    def __init__(self, folder: str, clock: Callable[[], Clock] = holders.clock) -> None:
        self._file = StateFile(folder)
        self._clock = clock

    @property
    def problem(self) -> str:
        """Why the state cannot be used; empty while it can."""
        return self._file.problem

    def take_warnings(self) -> list[str]:
        """Return the lines that are to be said, each once."""
        return self._file.take_warnings()

    def close(self) -> None:
        """Close the file. Permits stay with those who hold them."""
        self._file.close()

    # ---- breakers ----

    def admit(self, wanted: Sequence[tuple[str, BreakerPolicy]], holder: Holder) -> Answer:
        """Return leave to start from all names in *wanted*, or the first refusal; then no permit is kept."""
        clock = self._clock()

        def step(db: sqlite3.Connection) -> Answer:
            permits: list[Permit] = []
            states: dict[str, str] = {}
            warnings: list[str] = []
            for name, policy in wanted:
                admission, permit, warning = _admit_one(db, name, policy, clock, holder)
                warnings += [warning] if warning else []
                if permit is None:
                    _delete_permits(db, permits)
                    return Answer(
                        name=name, admission=admission, says=_says(db, name, admission), warning="; ".join(warnings)
                    )
                states[name] = admission.state
                permits.append(permit)
            return Answer(permits, states=states, warning="; ".join(warnings))

        open_to_all = Answer([Permit("", name, -1, False) for name, _ in wanted])
        return self._file.decide(step, open_to_all)

    def attach(self, permits: Sequence[Permit], target_pid: int, target_start: str) -> None:
        """Tie *permits* to the process that was started: they live as long as it or its supervisor does."""
        rows = [(target_pid, target_start, permit.token) for permit in permits if permit.token]

        def step(db: sqlite3.Connection) -> None:
            db.executemany("UPDATE permit SET target_pid=?, target_start=? WHERE token=?", rows)

        if rows:
            self._file.decide(step, None)

    def renew(self, permits: Sequence[Permit]) -> None:
        """Prolong the leases of *permits*: every ten seconds, where another host or container may look."""
        expires = self._clock().wall + holders.LEASE_S
        rows = [(expires, permit.token) for permit in permits if permit.token]

        def step(db: sqlite3.Connection) -> None:
            db.executemany("UPDATE permit SET expires=? WHERE token=?", rows)

        if rows:
            self._file.decide(step, None)

    def release(self, permits: Sequence[Permit]) -> None:
        """Give *permits* back uncounted."""
        held = [permit for permit in permits if permit.token]
        if held:
            self._file.decide(lambda db: _delete_permits(db, held), None)

    def record(self, permit: Permit, policy: BreakerPolicy, result: Result) -> str:
        """Tell how a permitted attempt ended, give its permit back, and return the breaker's state now."""
        if not permit.token:
            return steps.CLOSED
        clock = self._clock()
        return self._file.decide(lambda db: _record_one(db, permit, policy, result, clock), steps.CLOSED)

    def show(self, name: str, policy: BreakerPolicy) -> dict[str, Any] | None:
        """Return what `aitrack breaker show --json` prints of *name*, judged by *policy*; None when there is none."""
        clock = self._clock()
        return self._file.decide(lambda db: _shown(db, name, policy, clock), None)

    def names(self) -> list[str]:
        """Return the names of all breakers that were ever used or operated, in order."""

        def step(db: sqlite3.Connection) -> list[str]:
            return [row[0] for row in db.execute("SELECT name FROM breaker ORDER BY name")]

        return self._file.decide(step, [])

    def operate(self, name: str, action: str, *, reason: str = "", session: str = "") -> str:
        """Carry out an operator's *action* (trip, reset, enable, disable); return the new state."""
        clock = self._clock()

        def step(db: sqlite3.Connection) -> str:
            before = _load(db, name, clock)
            after = steps.operate(before, action, clock)
            _save(db, name, before, after, clock, by="operator", reason=reason or action, session=session)
            return after.state

        return self._file.decide(step, "")

    def log(self, name: str) -> list[dict[str, Any]]:
        """Return the last transitions of *name*, oldest first."""
        return self._file.decide(lambda db: _transitions(db, name), [])

    # ---- budgets ----

    def take(self, budget: Budget, kind: str) -> tuple[bool, int]:
        """Take one `first` or `retry` from *budget*; return (given, how many retries are left)."""
        clock = self._clock()

        def step(db: sqlite3.Connection) -> tuple[bool, int]:
            since = clock.boot - budget.window_s
            db.execute(
                "DELETE FROM budget WHERE name=? AND (boot_time <= ? OR boot_time > ? OR boot_id != ?)",
                (budget.name, since, clock.boot + 1, clock.boot_id),
            )
            counts = dict(db.execute("SELECT kind, count(*) FROM budget WHERE name=? GROUP BY kind", (budget.name,)))
            firsts, retries = counts.get("first", 0), counts.get("retry", 0)
            given = kind == "first" or budgets.left(budget, firsts, retries) > 0
            if given:
                row = (budget.name, kind, clock.boot, clock.boot_id)
                db.execute("INSERT INTO budget(name, kind, boot_time, boot_id) VALUES (?,?,?,?)", row)
            taken = int(given and kind == "retry")
            return given, budgets.left(budget, firsts + (kind == "first"), retries + taken)

        return self._file.decide(step, (True, 0))

    # ---- what was learnt ----

    def recall(self, fingerprint: str) -> History:
        """Return how often a retry followed failures of this group, and how often it helped."""

        def step(db: sqlite3.Connection) -> History:
            query = "SELECT retried, helped, skipped FROM outcome WHERE fingerprint=?"
            row = db.execute(query, (fingerprint,)).fetchone()
            return History(*row) if row else History()

        return self._file.decide(step, History())

    def learn(self, fingerprint: str, helped: bool | None) -> None:
        """Remember that a retry helped, did not, or (None) was left out because of what is known."""
        values = (fingerprint, int(helped is not None), int(bool(helped)), int(helped is None))

        def step(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO outcome VALUES (?,?,?,?) ON CONFLICT(fingerprint) DO UPDATE SET"
                " retried=retried+excluded.retried, helped=helped+excluded.helped, skipped=skipped+excluded.skipped",
                values,
            )

        self._file.decide(step, None)

    def arms(self, key: str, kind: str) -> dict[str, tuple[float, float]]:
        """Return {adaptation: (tries, wins)} for a prompt *key* and a *kind* of trouble, old ones decayed."""
        now = self._clock().wall

        def step(db: sqlite3.Connection) -> dict[str, tuple[float, float]]:
            rows = db.execute("SELECT arm, tries, wins, updated FROM arm WHERE key=? AND kind=?", (key, kind))
            return {arm: (tries * _decay(now - at), wins * _decay(now - at)) for arm, tries, wins, at in rows}

        return self._file.decide(step, {})

    def reward(self, key: str, kind: str, arm: str, won: bool, tokens: int = 0) -> None:
        """Remember whether an adaptation helped, and the tokens that the failure before had cost."""
        now = self._clock().wall

        def step(db: sqlite3.Connection) -> None:
            row = db.execute(
                "SELECT tries, wins, updated, tokens FROM arm WHERE key=? AND kind=? AND arm=?", (key, kind, arm)
            ).fetchone()
            tries, wins, at, spent = row or (0.0, 0.0, now, 0)
            kept = _decay(now - at)
            values = (key, kind, arm, tries * kept + 1, wins * kept + won, now, spent + tokens)
            db.execute("INSERT OR REPLACE INTO arm VALUES (?,?,?,?,?,?,?)", values)

        self._file.decide(step, None)

    def prompts(self) -> list[dict[str, Any]]:
        """Return all that was learnt about adaptations, for `aitrack prompts`."""

        def step(db: sqlite3.Connection) -> list[dict[str, Any]]:
            rows = db.execute(
                "SELECT key, kind, arm, tries, wins, updated, tokens FROM arm ORDER BY key, kind, wins DESC"
            )
            return [
                dict(zip(("key", "kind", "arm", "tries", "wins", "updated", "tokens"), row, strict=True))
                for row in rows
            ]

        return self._file.decide(step, [])


def _decay(age_s: float) -> float:
    return float(0.5 ** (max(age_s, 0.0) / _HALF_LIFE_S))


# ---- steps within a transaction ----


def _load(db: sqlite3.Connection, name: str, clock: Clock) -> Breaker:
    row = db.execute(
        "SELECT state, generation, since_boot, since_wall, boot_id, successes, trips FROM breaker WHERE name=?", (name,)
    ).fetchone()
    if row is not None and row[0] in steps.STATES:
        state, generation, since_boot, since_wall, boot_id, successes, trips = row
        return Breaker(
            state,
            generation=generation,
            since_boot=since_boot,
            since_wall=since_wall,
            boot_id=boot_id,
            successes=successes,
            trips=trips,
        )
    _prune(db, clock)
    fresh = Breaker(since_boot=clock.boot, since_wall=clock.wall, boot_id=clock.boot_id)
    _write(db, name, fresh, clock)
    return fresh


def _write(db: sqlite3.Connection, name: str, breaker: Breaker, clock: Clock) -> None:
    values = (
        name, breaker.state, breaker.generation, breaker.since_boot, breaker.since_wall, breaker.boot_id,
        breaker.successes, breaker.trips, clock.wall,
    )  # fmt: skip
    db.execute(
        "INSERT INTO breaker(name, state, generation, since_boot, since_wall, boot_id, successes, trips, used_wall)"
        " VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT(name) DO UPDATE SET state=excluded.state,"
        " generation=excluded.generation, since_boot=excluded.since_boot,"
        " since_wall=excluded.since_wall, boot_id=excluded.boot_id, successes=excluded.successes, trips=excluded.trips,"
        " used_wall=excluded.used_wall",
        values,
    )


def _save(
    db: sqlite3.Connection,
    name: str,
    before: Breaker,
    after: Breaker,
    clock: Clock,
    *,
    by: str,
    reason: str,
    session: str,
) -> None:
    """Write what changed; a new generation empties the window and is logged, one row per transition."""
    if after == before:
        return
    _write(db, name, after, clock)
    if after.generation == before.generation:
        return
    db.execute("DELETE FROM call WHERE name=?", (name,))
    row = (name, before.state, after.state, clock.wall, by, reason, session)
    db.execute('INSERT INTO transition(name, "from", "to", at, by, reason, session) VALUES (?,?,?,?,?,?,?)', row)
    db.execute(
        "DELETE FROM transition WHERE name=? AND seq <="
        " (SELECT seq FROM transition WHERE name=? ORDER BY seq DESC LIMIT 1 OFFSET ?)",
        (name, name, _TRANSITIONS_KEPT),
    )


def _prune(db: sqlite3.Connection, clock: Clock) -> None:
    """Forget breakers that nobody has used for a month; done when one more is made."""
    idle = "state='closed' AND used_wall < ? AND name NOT IN (SELECT name FROM permit)"
    old = clock.wall - _IDLE_S
    for table in ("call", "transition", "not_before"):
        db.execute(f"DELETE FROM {table} WHERE name IN (SELECT name FROM breaker WHERE {idle})", (old,))
    db.execute(f"DELETE FROM breaker WHERE {idle}", (old,))


def _admit_one(
    db: sqlite3.Connection, name: str, policy: BreakerPolicy, clock: Clock, holder: Holder
) -> tuple[Admission, Permit | None, str]:
    """Return (answer, the permit when admitted, a warning or "")."""
    before = _load(db, name, clock)
    left = _not_before_left(db, name, clock)
    if left > _ADMIT_SLACK_S and before.state in (steps.CLOSED, steps.OPEN, steps.HALF_OPEN):
        return Admission(False, "not_before", left_s=left), None, ""
    probes = (
        0
        if before.state in (steps.CLOSED, steps.DISABLED, steps.FORCED_OPEN)
        else _live_probes(db, name, clock, holder)
    )
    after, admission = steps.admit(before, policy, clock, probes)
    _save(db, name, before, after, clock, by="policy", reason="open time is over", session=holder.session)
    warning = _policy_warning(db, name, policy, clock)
    db.execute("UPDATE breaker SET used_wall=? WHERE name=? AND used_wall < ?", (clock.wall, name, clock.wall - _DAY_S))
    if not admission.admitted:
        return admission, None, warning
    permit = Permit(
        "" if after.state == steps.DISABLED else os.urandom(8).hex(), name, after.generation, admission.probe
    )
    if permit.token:
        _insert_permit(db, permit, clock, holder)
    return admission, permit, warning


def _insert_permit(db: sqlite3.Connection, permit: Permit, clock: Clock, holder: Holder) -> None:
    many = db.execute("SELECT count(*) FROM permit WHERE name=?", (permit.name,)).fetchone()[0]
    if many >= _MANY_PERMITS:
        _live_permits(db, permit.name, clock, holder)
    db.execute(
        "INSERT INTO permit VALUES (?,?,?,?,?,?,NULL,NULL,?,?,?,?,?,?)",
        (
            permit.token, permit.name, permit.generation, permit.probe, holder.pid, holder.start, holder.host,
            holder.boot_id,
            holder.namespace, clock.wall, clock.wall + holders.LEASE_S, holder.session,
        ),
    )  # fmt: skip


def _delete_permits(db: sqlite3.Connection, permits: Sequence[Permit]) -> None:
    db.executemany("DELETE FROM permit WHERE token=?", [(permit.token,) for permit in permits])


def _live_probes(db: sqlite3.Connection, name: str, clock: Clock, holder: Holder) -> int:
    return sum(bool(row["probe"]) for row in _live_permits(db, name, clock, holder))


def _live_permits(db: sqlite3.Connection, name: str, clock: Clock, holder: Holder) -> list[dict[str, Any]]:
    """Return the permits of *name* whose holders live; those of the dead go back at once, uncounted."""
    cursor = db.execute("SELECT * FROM permit WHERE name=? ORDER BY since", (name,))
    columns = [column[0] for column in cursor.description]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor]
    alive = [row for row in rows if _is_held(row, clock, holder)]
    dead = [(row["token"],) for row in rows if row not in alive]
    if dead:
        db.executemany("DELETE FROM permit WHERE token=?", dead)
    return alive


def _is_held(row: dict[str, Any], clock: Clock, holder: Holder) -> bool:
    """A dead supervisor's target still counts: it is the target that knocks at the other side."""
    visible = holders.can_look(holder, row["host"], row["boot_id"], row["namespace"])
    if visible is None:
        return False
    if not visible:
        return bool(clock.wall < row["expires"] <= clock.wall + 2 * holders.LEASE_S)
    return holders.is_alive(row["pid"], row["pid_start"]) or holders.is_alive(row["target_pid"], row["target_start"])


def _policy_warning(db: sqlite3.Connection, name: str, policy: BreakerPolicy, clock: Clock) -> str:
    """Say once that two runs judge one breaker by different settings."""
    digest = policy.digest()
    known = db.execute("SELECT policy FROM breaker WHERE name=?", (name,)).fetchone()[0]
    if known == digest:
        return ""
    db.execute("UPDATE breaker SET policy=?, used_wall=? WHERE name=?", (digest, clock.wall, name))
    return f'breaker "{name}" was used with other settings before; each run judges by its own' if known else ""


def _not_before_left(db: sqlite3.Connection, name: str, clock: Clock) -> float:
    """Return how much of the time that a server asked for is left."""
    row = db.execute("SELECT wall, boot_time, boot_id FROM not_before WHERE name=?", (name,)).fetchone()
    if row is None:
        return 0.0
    wall, boot_time, boot_id = row
    left = float(boot_time - clock.boot if boot_id == clock.boot_id else wall - clock.wall)
    if left <= 0:
        db.execute("DELETE FROM not_before WHERE name=?", (name,))
    return max(left, 0.0)


def _record_one(db: sqlite3.Connection, permit: Permit, policy: BreakerPolicy, result: Result, clock: Clock) -> str:
    name = permit.name
    _delete_permits(db, [permit])
    before = _load(db, name, clock)
    said = steps.verdict(policy, result.category)
    counts = permit.generation == before.generation and said != "neutral"
    if counts and before.state == steps.CLOSED:
        _insert_call(db, permit, policy, result, said, clock)
    if said == "failure":
        db.execute(
            "UPDATE breaker SET failed_session=?, failed_title=? WHERE name=?",
            (result.session, result.title[:200], name),
        )
    if result.retry_after_s is not None and said == "failure":
        until = (name, clock.wall + result.retry_after_s, clock.boot + result.retry_after_s, clock.boot_id)
        db.execute("INSERT OR REPLACE INTO not_before VALUES (?,?,?,?)", until)
    window = _window(db, name, policy, clock)
    after = steps.record(before, policy, clock, generation=permit.generation, said=said, window=window)
    if after.state == steps.OPEN and before.state == steps.CLOSED:
        tripped = (window.calls, window.failures, window.slow, name)
        db.execute("UPDATE breaker SET tripped_calls=?, tripped_failures=?, tripped_slow=? WHERE name=?", tripped)
    _save(
        db,
        name,
        before,
        after,
        clock,
        by="policy",
        reason=_reason(before, after, window, result),
        session=result.session,
    )
    return after.state


def _reason(before: Breaker, after: Breaker, window: Window, result: Result) -> str:
    if before.state == steps.HALF_OPEN:
        return (
            "the probe passed"
            if after.state == steps.CLOSED
            else f"the probe failed: {result.title or result.category}"
        )
    slow = f", {window.slow} slow" if window.slow else ""
    return f"{window.failures} of {window.calls} failed{slow}"


def _insert_call(
    db: sqlite3.Connection, permit: Permit, policy: BreakerPolicy, result: Result, said: str, clock: Clock
) -> None:
    failed, slow = said == "failure", steps.is_slow(policy, result.duration_s)
    row = (permit.name, permit.generation, clock.boot, clock.boot_id, failed, slow, result.session)
    last = db.execute(
        "INSERT INTO call(name, generation, boot_time, boot_id, failed, slow, session) VALUES (?,?,?,?,?,?,?)", row
    ).lastrowid
    if last:
        db.execute("DELETE FROM call WHERE id <= ?", (last - _CALLS_KEPT,))


def _window(db: sqlite3.Connection, name: str, policy: BreakerPolicy, clock: Clock) -> Window:
    """Return what the calls in *policy*'s window add up to: the newest so many, or those so young."""
    if policy.window_calls is not None:
        inner = "SELECT failed, slow FROM call WHERE name=? ORDER BY id DESC LIMIT ?"
        values: tuple[object, ...] = (name, policy.window_calls)
    else:
        inner = "SELECT failed, slow FROM call WHERE name=? AND boot_id=? AND boot_time > ? AND boot_time <= ?"
        values = (name, clock.boot_id, clock.boot - float(policy.window_s or 0.0), clock.boot)
    calls, failures, slow = db.execute(f"SELECT count(*), sum(failed), sum(slow) FROM ({inner})", values).fetchone()
    return Window(calls, failures or 0, slow or 0)


# ---- what people see ----


def _says(db: sqlite3.Connection, name: str, admission: Admission) -> str:
    calls, failures, slow, title = db.execute(
        "SELECT tripped_calls, tripped_failures, tripped_slow, failed_title FROM breaker WHERE name=?", (name,)
    ).fetchone()
    return steps.rejection(name, admission, Window(calls, failures, slow), title)


def _shown(db: sqlite3.Connection, name: str, policy: BreakerPolicy, clock: Clock) -> dict[str, Any] | None:
    row = db.execute("SELECT failed_session, failed_title FROM breaker WHERE name=?", (name,)).fetchone()
    if row is None:
        return None
    breaker = _load(db, name, clock)
    window = _window(db, name, policy, clock)
    left = steps.open_left_s(breaker, policy, clock) if breaker.state == steps.OPEN else None
    permits = _live_permits(db, name, clock, holders.this_process())
    session, title = row
    return {
        "name": name,
        "state": breaker.state,
        "generation": breaker.generation,
        "since": breaker.since_wall,
        "open_for_left_s": left,
        "window": {
            "calls": window.calls,
            "failures": window.failures,
            "slow": window.slow,
            "rate": 100.0 * window.failures / window.calls if window.calls else 0.0,
        },
        "permits": [{key: permit[key] for key in ("pid", "target_pid", "since", "session")} for permit in permits],
        "last_failure": {"session": session, "title": title} if session or title else None,
        "not_before_left_s": _not_before_left(db, name, clock) or None,
        "transitions": _transitions(db, name),
    }


def _transitions(db: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    rows = db.execute(
        'SELECT seq, "from", "to", at, by, reason, session FROM transition WHERE name=? ORDER BY seq', (name,)
    )
    return [dict(zip(("seq", "from", "to", "at", "by", "reason", "session"), row, strict=True)) for row in rows]
