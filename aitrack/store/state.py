"""State that runs share: breakers, permits, budgets, what retries were worth, which prompts won, not-before times.

The only owner of `state.db`. Each question is one `BEGIN IMMEDIATE` around one pure step of `policy`, so that of
fifty racing processes exactly the permitted number gets through. When the file cannot be
asked everything is allowed, and `take_warnings` says so once.
"""

from __future__ import annotations

from aitrack.policy import breaker as steps
from aitrack.policy import budget as budgets
from aitrack.policy.breaker import Admission, BreakerPolicy, Clock
from aitrack.policy.frozen import Frozen
from aitrack.policy.retry import History
from aitrack.store import breaker_rows, holders
from aitrack.store.holders import Holder, Permit, Result
from aitrack.store.state_file import StateFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
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


__all__ = ["Answer", "Permit", "Result", "State"]

_HALF_LIFE_S = 30 * 86400.0  # of what was learnt about a prompt's adaptation


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
                admission, permit, warning = breaker_rows.admit_one(db, name, policy, clock, holder)
                warnings += [warning] if warning else []
                if permit is None:
                    breaker_rows.delete_permits(db, permits)
                    return Answer(
                        name=name,
                        admission=admission,
                        says=breaker_rows.says(db, name, admission),
                        warning="; ".join(warnings),
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
            self._file.decide(lambda db: breaker_rows.delete_permits(db, held), None)

    def record(self, permit: Permit, policy: BreakerPolicy, result: Result) -> str:
        """Tell how a permitted attempt ended, give its permit back, and return the breaker's state now."""
        if not permit.token:  # disabled: nothing is recorded; or the file could not be asked
            return steps.DISABLED if permit.generation >= 0 else steps.CLOSED
        clock = self._clock()
        return self._file.decide(lambda db: breaker_rows.record_one(db, permit, policy, result, clock), steps.CLOSED)

    def show(self, name: str, policy: BreakerPolicy) -> dict[str, Any] | None:
        """Return what `aitrack breaker show --json` prints of *name*, judged by *policy*; None when there is none."""
        clock = self._clock()
        return self._file.decide(lambda db: breaker_rows.shown(db, name, policy, clock), None)

    def names(self) -> list[str]:
        """Return the names of all breakers that were ever used or operated, in order."""

        def step(db: sqlite3.Connection) -> list[str]:
            return [row[0] for row in db.execute("SELECT name FROM breaker ORDER BY name")]

        return self._file.decide(step, [])

    def operate(self, name: str, action: str, *, reason: str = "", session: str = "") -> str:
        """Carry out an operator's *action* (trip, reset, enable, disable); return the new state."""
        clock = self._clock()

        def step(db: sqlite3.Connection) -> str:
            before = breaker_rows.load(db, name, clock)
            after = steps.operate(before, action, clock)
            breaker_rows.save(db, name, before, after, clock, by="operator", reason=reason or action, session=session)
            return after.state

        return self._file.decide(step, "")

    def log(self, name: str) -> list[dict[str, Any]]:
        """Return the last transitions of *name*, oldest first."""
        return self._file.decide(lambda db: breaker_rows.transitions(db, name), [])

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
