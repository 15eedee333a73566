"""Breakers as rows: the steps that `state` takes within one transaction, and what people see of them."""

from __future__ import annotations

import os

from aitrack.policy import breaker as steps
from aitrack.policy.breaker import Admission, Breaker, BreakerPolicy, Clock, Window
from aitrack.store import holders
from aitrack.store.holders import Holder, Permit, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from typing import Any

_CALLS_KEPT = 10_000  # newest calls of all breakers together that no window may reach behind
_TRANSITIONS_KEPT = 100
_DAY_S = 86400.0
_IDLE_S = 30 * _DAY_S
_MANY_PERMITS = 64  # in a closed breaker: time to look which of their holders are gone
_ADMIT_SLACK_S = 0.05  # a not-before time is as exact as a timer


def load(db: sqlite3.Connection, name: str, clock: Clock) -> Breaker:
    """Return the breaker *name*, made anew when there is none."""
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


def save(
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


def admit_one(
    db: sqlite3.Connection, name: str, policy: BreakerPolicy, clock: Clock, holder: Holder
) -> tuple[Admission, Permit | None, str]:
    """Return (answer, the permit when admitted, a warning or "")."""
    before = load(db, name, clock)
    left = _not_before_left(db, name, clock)
    if left > _ADMIT_SLACK_S and before.state in (steps.CLOSED, steps.OPEN, steps.HALF_OPEN):
        return Admission(False, "not_before", left_s=left), None, ""
    probes = (
        0
        if before.state in (steps.CLOSED, steps.DISABLED, steps.FORCED_OPEN)
        else _live_probes(db, name, clock, holder)
    )
    after, admission = steps.admit(before, policy, clock, probes)
    save(db, name, before, after, clock, by="policy", reason="open time is over", session=holder.session)
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


def delete_permits(db: sqlite3.Connection, permits: Sequence[Permit]) -> None:
    """Give *permits* back."""
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


def record_one(db: sqlite3.Connection, permit: Permit, policy: BreakerPolicy, result: Result, clock: Clock) -> str:
    """Tell one breaker how a permitted attempt ended; return its state now."""
    name = permit.name
    delete_permits(db, [permit])
    before = load(db, name, clock)
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
    save(
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


def says(db: sqlite3.Connection, name: str, admission: Admission) -> str:
    """Return the line that tells why nothing ran."""
    calls, failures, slow, title = db.execute(
        "SELECT tripped_calls, tripped_failures, tripped_slow, failed_title FROM breaker WHERE name=?", (name,)
    ).fetchone()
    return steps.rejection(name, admission, Window(calls, failures, slow), title)


def shown(db: sqlite3.Connection, name: str, policy: BreakerPolicy, clock: Clock) -> dict[str, Any] | None:
    """Return what `aitrack breaker show --json` prints, None when there is no such breaker."""
    row = db.execute("SELECT failed_session, failed_title FROM breaker WHERE name=?", (name,)).fetchone()
    if row is None:
        return None
    breaker = load(db, name, clock)
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
        "transitions": transitions(db, name),
    }


def transitions(db: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    """Return the last transitions of *name*, oldest first."""
    rows = db.execute(
        'SELECT seq, "from", "to", at, by, reason, session FROM transition WHERE name=? ORDER BY seq', (name,)
    )
    return [dict(zip(("seq", "from", "to", "at", "by", "reason", "session"), row, strict=True)) for row in rows]
