"""Drive the loop of `policy.loop` with processes: it decides, this carries out.

Loaded only when a policy is asked for: retries, a breaker, a budget, a fallback, a remedy.
"""

from __future__ import annotations

import os
import posix
import time

from aitrack.config import Setting
from aitrack.errors import UsageError
from aitrack.policy import loop
from aitrack.policy.breaker import BreakerPolicy
from aitrack.policy.ended import Ended
from aitrack.store import holders
from aitrack.store.state import Permit, Result, State
from aitrack.supervise import hold, kernel, say
from aitrack.supervise.attempts import Attempt
from aitrack.supervise.begin import Manner, begin, guarded
from aitrack.supervise.pause import countdown, pause
from aitrack.supervise.plan import Exited, NotStarted, Outcome, RunPlan, Signalled, TimedOut
from aitrack.supervise.session import Session, attempt_record, status_code
from aitrack.supervise.signals import end_as
from aitrack.supervise.stdin import Replay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aitrack.policy.fallback import Fallback
    from aitrack.supervise.clean import Origin
    from aitrack.supervise.evidence import Examined
    from aitrack.supervise.heal import Healer

REFUSED = 75
TIMED_OUT = 124
_DEADLINE_AT = b"AITRACK_DEADLINE_AT"  # on the monotonic clock, which all processes of a boot share
_OUTWARD = frozenset({"connect", "exec"})


def policies(plan: RunPlan) -> loop.Plan:
    """Return what the settings ask for; raises `UsageError` for what cannot be."""
    _keep_the_outer_deadline(plan)
    names = [_target_name(plan) if name == "auto" else name for name in plan.settings.value("breaker.use")]
    try:
        wanted = loop.Plan.from_settings(plan.settings, names)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if any(fallback.kind in ("run", "args") for fallback in wanted.fallbacks) or plan.settings.value("template"):
        from aitrack.supervise.template import refuse_code_beside

        refuse_code_beside(plan, wanted)
    return wanted


def _keep_the_outer_deadline(plan: RunPlan) -> None:
    """Let a run inside of another count its attempts and waits against the time that the outer one has left."""
    outer = plan.environ.get(_DEADLINE_AT)
    try:
        left = float(outer) - time.monotonic() if outer else None
    except ValueError:
        return
    own = plan.settings.value("retry.deadline")
    if left is not None and (own is None or left < own):
        plan.settings.given["retry.deadline"] = Setting(max(left, 0.001), "the run around this one")


def _target_name(plan: RunPlan) -> str:
    """Return the identity of the target, for a breaker without a name of its own."""
    if plan.form == "script" and plan.script != "-":
        return os.path.realpath(os.path.join(plan.cwd, plan.script))
    return plan.script


class Recovery:
    """One session under policies."""

    def __init__(self, session: Session, wanted: loop.Plan, origin: Origin) -> None:
        settings = session.plan.settings
        self.session = session
        self.wanted = wanted
        self.origin = origin
        self.status = 125
        self.signal = 0
        self._zero = time.monotonic()
        self._state = State(session.journal.home)
        self._permits: tuple[Permit, ...] = ()
        self._holder = holders.this_process(session.journal.session_id)
        self._quiet = bool(settings.value("quiet"))
        self._output = settings.value("retry.output")
        self._number = 0
        self.last: Attempt | None = None
        self._examined: Examined | None = None
        self._held = -1
        self._hint_file = ""
        self._remedies: list[dict[str, Any]] = []
        self._breaker: dict[str, Any] | None = None
        self._budget_left: int | None = None
        self._has_cache = any(fallback.kind == "cached" for fallback in wanted.fallbacks)
        if self._has_cache and self._output == "stream":
            self._output = "success"  # a torn primary output before the cached one helps nobody
        self._replay = Replay(settings.value("retry.stdin_limit")) if self._may_repeat() else None
        self._key = _random_uuid()
        self._healer: Healer | None = None
        self._random: Callable[[], float] | None = None

    def _may_repeat(self) -> bool:
        return self.wanted.max_attempts != 1 or any(f.runs_something for f in self.wanted.fallbacks)

    def _chance(self) -> float:
        """Return a number in [0, 1): unpredictable, unless the user wants the same waits again."""
        if self._random is None:
            import random

            seed = self.session.plan.environ.get(b"AITRACK_SEED")
            self._random = random.Random(seed).random if seed else random.SystemRandom().random
        return self._random()

    # ---- the drive ----

    def run(self) -> bool:
        """Run to the end."""
        self._warn_of_nesting()
        environ = {os.fsdecode(name): os.fsdecode(value) for name, value in self.session.plan.environ.items()}
        steps = loop.session(
            self.wanted, elapsed=lambda: time.monotonic() - self._zero, random=self._chance, environ=environ
        )
        request = next(steps)
        while not isinstance(request, loop.Finish):
            request = steps.send(self._carry_out(request))
            for warning in self._state.take_warnings():
                self._say(warning)
        self._finish(request)
        self._state.close()
        return True

    def _carry_out(self, request: loop.Request) -> object:
        match request:
            case loop.Admit():
                return self._admit(request)
            case loop.Start():
                return self._attempt(request)
            case loop.Record():
                return self._record(request)
            case loop.Recall():
                return self._state.recall(request.fingerprint)
            case loop.Learn():
                self._state.learn(request.fingerprint, request.helped)
                return None
            case loop.TakeBudget():
                given, self._budget_left = self._state.take(request.budget, request.kind)
                return given
            case loop.Heal():
                return self._heal(request)
            case loop.Wait():
                return self._wait(request)
            case loop.TryFallback():
                return self._fall_back(request)
            case _:
                raise AssertionError(request)

    def _say(self, text: str) -> None:
        if text and not self._quiet:
            say.line(text)

    def _warn_of_nesting(self) -> None:
        outer = self.session.plan.environ.get(b"AITRACK_MAX_ATTEMPTS", b"1")
        if outer not in (b"1", b"") and self.wanted.max_attempts != 1:
            self._say("this run retries inside of a run that retries: the attempts multiply")

    # ---- breakers ----

    def _admit(self, request: loop.Admit) -> loop.Admitted | loop.Refused:
        answer = self._state.admit(request.breakers, self._holder)
        self._say(answer.warning)
        first = request.breakers[0][0]
        if answer.admitted:
            self._permits = answer.permits
            before = answer.states.get(first)
            self._breaker = self._breaker or {"name": first, "state_before": before, "state_after": before}
            return loop.Admitted()
        assert answer.admission is not None
        state = answer.admission.state
        self._breaker = self._breaker or {"name": answer.name, "state_before": state, "state_after": state}
        return loop.Refused(answer.name, state, left_s=answer.admission.left_s, says=answer.says)

    def _record(self, request: loop.Record) -> str:
        """Tell all breakers; return the name of one that is open now."""
        ended, opened = request.ended, ""
        named: dict[str, BreakerPolicy] = dict(request.breakers)
        result = Result(
            ended.category,
            duration_s=ended.duration_s,
            session=self.session.journal.session_id,
            title=_title(ended),
            retry_after_s=request.retry_after_s,
        )
        for permit in self._permits:
            state = self._state.record(permit, named[permit.name], result)
            if self._breaker and self._breaker["name"] == permit.name:
                self._breaker["state_after"] = state
            if state == "open":
                opened = permit.name
        self._permits = ()
        return opened

    # ---- attempts ----

    def _attempt(self, request: loop.Start) -> Ended:
        self._number = request.n
        plan = self.session.plan
        extra = self._extra_environment(request)
        if plan.settings.value("template"):
            plan = self._filled(plan, request.n)
        attempt = self._start_one(plan, extra, request.limit_s, request.level)
        attempt.note = {
            "delay_before_s": round(request.delay_s, 6),
            "delay_reason": request.delay_reason or None,
            "collection_level": request.level,
        }
        if self._permits:
            pid = attempt.child.pid
            self._state.attach(self._permits, pid, str(kernel.start_time(pid)))
        self._end_attempt(attempt)
        return self._ended(attempt)

    def _start_one(self, plan: RunPlan, extra: dict[str, str | None], limit_s: float | None, level: int) -> Attempt:
        feed = self._replay.open() if self._replay else None
        self._drop_held()
        if self._output != "stream":
            self._held = hold.held()
        manner = Manner(extra=extra, limit_s=limit_s, level=level, held=self._held, feed=feed, is_alone=False)
        attempt = begin(self.session, plan, self._number, self.origin, manner)
        self.last = attempt
        return attempt

    def _end_attempt(self, attempt: Attempt) -> None:
        """Wait for its end and write its record."""
        attempt.finish()
        passed = isinstance(attempt.outcome, Exited) and attempt.outcome.code == 0
        self._examined = None
        if passed:
            self.session.write_attempt(attempt, attempt_record(attempt))
        else:
            from aitrack.supervise.evidence import examine

            self._examined = guarded(self.session, lambda: examine(self.session, attempt))

    def _ended(self, attempt: Attempt) -> Ended:
        outcome, found = attempt.outcome, self._examined
        failure = found.failure if found else None
        record = found.record if found else {}
        committed = self._committed() or (self._replay is not None and not self._replay.is_complete)
        signal = record.get("signal")
        return Ended(
            ok=isinstance(outcome, Exited) and outcome.code == 0,
            failure=failure,
            exit_code=record.get("exit_code"),
            signal=signal["name"] if signal else "",
            duration_s=attempt.duration,
            timed_out=attempt.timed_out,
            committed=committed,
            outward=_is_outward(found.events) if found else False,
            interrupted=bool(found and found.aborted),
        )

    def _commit_file(self) -> str:
        return f"{self.session.journal.folder}/commit"

    def _committed(self) -> bool:
        try:
            return posix.stat(self._commit_file()).st_size > 0
        except OSError:
            return False

    def _extra_environment(self, request: loop.Start) -> dict[str, str | None]:
        most = request.max_attempts
        extra: dict[str, str | None] = {
            "AITRACK_IDEMPOTENCY_KEY": self._key,
            "AITRACK_COMMIT_FILE": self._commit_file(),
            "AITRACK_MAX_ATTEMPTS": str(most) if most is not None else "unlimited",
            **request.env,
        }
        if (deadline := self.wanted.retry.deadline_s) is not None:
            extra[_DEADLINE_AT.decode()] = f"{self._zero + deadline:.3f}"
        if request.hint is not None:
            extra |= self._hint(request.n, request.hint)
        return extra

    def _hint(self, number: int, advice: dict[str, Any]) -> dict[str, str | None]:
        """Write the advice for an attempt and return the variables that lead to it."""
        journal = self.session.journal
        journal.add_attempt(number)
        self.session.write(f"attempts/{number}/hint.json", advice)
        self._hint_file = f"{journal.folder}/attempts/{number}/hint.json"
        text = next((part["text"] for part in advice["advice"] if part.get("do") == "say"), "")
        return {"AITRACK_HINT_FILE": self._hint_file, "AITRACK_HINT": text}

    def _filled(self, plan: RunPlan, number: int) -> RunPlan:
        """Return *plan* with the placeholders of `--template` filled from the last failure."""
        ended = self._ended(self.last) if self.last is not None else None
        from aitrack.policy.hint import filled

        argv = [filled(word, ended, self._hint_file, number) for word in plan.argv]
        return plan.with_words(argv)

    # ---- between attempts ----

    def _wait(self, request: loop.Wait) -> bool:
        self._say(request.says)
        self.session.learn(waiting={"seconds": request.seconds, "reason": request.reason, "since": time.time()})
        self.signal = pause(request.seconds, self.origin, None if self._quiet else countdown())
        return not self.signal

    def _heal(self, request: loop.Heal) -> loop.Healed:
        if self._healer is None:
            from aitrack.supervise.heal import Healer

            settings = self.session.plan.settings
            dry, system = bool(settings.value("heal_dry_run")), bool(settings.value("heal_system"))
            self._healer = Healer(self.session.plan, self._run_aside, dry_run=dry, system=system)
        done = self._healer.act(request.remedy, request.change)
        self._say(done.says)
        after = {**request.change.env, **done.env} or None
        entry = {"name": request.remedy.name, "what": done.says, "before": request.change.before, "ok": done.ok}
        self._remedies.append(entry | {"after": after, "attempt": self._number})
        return loop.Healed(done.ok, env=done.env, says=done.says)

    def _run_aside(self, argv: list[str], seconds: float) -> int:
        from aitrack.policy.hint import say as say_hint
        from aitrack.supervise.around import run_aside

        extra = {"AITRACK_HINT": say_hint(self._ended(self.last))} if self.last is not None else {}
        return run_aside(self.session.plan, argv, extra, self.origin, seconds)

    # ---- fallbacks ----

    def _fall_back(self, request: loop.TryFallback) -> bool | None:
        fallback = request.fallback
        if fallback.runs_something:
            return self._run_fallback(request)
        content = self._answer(fallback)
        if content is None:
            return False
        self.signal = hold.deliver_bytes(content)
        return None if self.signal else True

    def _answer(self, fallback: Fallback) -> bytes | None:
        if fallback.kind == "text":
            return os.fsencode(fallback.text) + b"\n"
        if fallback.kind == "cached":
            from aitrack.supervise.around import kept_output

            return kept_output(self._cache_path(), fallback.cached_s or 0.0)
        try:
            with open(os.path.join(self.session.plan.cwd, fallback.file), "rb") as stream:
                return stream.read()
        except OSError:
            return None

    def _cache_path(self) -> str:
        from aitrack.supervise.around import cache_path

        return cache_path(self.session.journal.home, self.session.plan, "")

    def _run_fallback(self, request: loop.TryFallback) -> bool | None:
        primary, examined = self.last, self._examined
        self._number += 1
        extra: dict[str, str | None] = {"AITRACK_FALLBACK": str(request.index + 1), **request.fallback.env}
        extra["AITRACK_PRIMARY_STATUS"] = str(_shell_status(primary.outcome) if primary else REFUSED)
        if self._hint_file or request.ended:
            extra |= self._hint(self._number, _advice(request.ended, self._number)) if request.ended else {}
        plan = self._fallback_plan(request.fallback)
        if request.fallback.kind != "run" and plan.settings.value("template"):
            plan = self._filled(plan, self._number)  # the same command, so the same placeholders
        attempt = self._start_one(plan, extra, request.fallback.timeout_s, 1)
        attempt.role = "fallback"
        attempt.note = {"fallback": request.index, "delay_before_s": 0.0, "delay_reason": None, "collection_level": 1}
        self._end_attempt(attempt)
        answered = isinstance(attempt.outcome, Exited) and attempt.outcome.code == 0
        interrupted = self._examined is not None and self._examined.aborted
        if answered:
            return True
        if not interrupted:
            self.last, self._examined = primary, examined  # the primary's status is the session's
        return None if interrupted else False

    def _fallback_plan(self, fallback: Fallback) -> RunPlan:
        plan = self.session.plan
        if fallback.kind == "run":
            argv: list[str] = []
            for word in fallback.run:
                argv += plan.argv[plan.own_words :] if word == "{args}" else [word]
            return RunPlan("command", argv, None, argv[0], plan.cwd, plan.environ, plan.settings)
        argv = plan.argv
        if fallback.kind == "args":
            argv = [*plan.argv[: plan.own_words], *fallback.args]
        return plan.with_words(argv)

    # ---- the end ----

    def _finish(self, finish: loop.Finish) -> None:
        self._release()
        self._show_output(finish)
        if finish.status == "passed" and self._has_cache and self._held >= 0:
            from aitrack.supervise.around import keep_output

            if (content := hold.content(self._held)) is not None:
                keep_output(self._cache_path(), content)
        record = self._examined.record if self._examined else {}
        self.status = _status(finish, self.last, record)
        facts = {
            "recovered": finish.recovered,
            "degraded": finish.status == "degraded",
            "fallback": finish.fallback,
            "reason": finish.reason or None,
            "breaker": self._breaker,
            "waits_s": round(finish.waits_s, 6),
            "idempotency_key": self._key,
            "policy": {"retry": {"retries": self.wanted.retry.retries, "idempotent": self.wanted.retry.idempotent}},
            "committed": self._committed(),
            "remedies": self._remedies,
            "waiting": None,
        }
        if self.wanted.budget:
            facts["budget"] = {"name": self.wanted.budget.name, "left": self._budget_left}
        exit_code = self.status if finish.status in ("degraded", "rejected") else status_code(record) if record else 0
        self.session.end(finish.status, exit_code if self.last or finish.status != "aborted" else None, **facts)
        self._tell(finish)

    def _release(self) -> None:
        if self._permits:
            self._state.release(self._permits)
            self._permits = ()

    def _show_output(self, finish: loop.Finish) -> None:
        """Show what was held back: of the last attempt, or only of one that passed."""
        if self._held < 0 or self.signal:
            return
        good = finish.status == "passed" or (finish.status == "degraded" and _ran(finish))
        if good or (self._output == "last" and finish.status in ("failed", "aborted")):
            self.signal = hold.deliver(self._held)

    def _drop_held(self) -> None:
        if self._held >= 0:
            posix.close(self._held)
            self._held = -1

    def _tell(self, finish: loop.Finish) -> None:
        where = self.session.where_to_look
        if finish.status == "rejected":
            say.line(finish.says)  # no program ran: this is said in any case
        elif finish.status == "failed":
            outcome = self.last.outcome if self.last else None
            if isinstance(outcome, NotStarted):
                say.line(outcome.reason)
            elif finish.says:
                self._say(finish.says + where)
            elif self._examined:
                from aitrack.supervise.evidence import report

                self._say(report(self.session, self._examined))
        elif finish.status != "aborted":
            self._say(finish.says + (where if finish.status == "degraded" else ""))


def _title(ended: Ended) -> str:
    message = str((ended.failure or {}).get("message") or "").strip().partition("\n")[0]
    return f"{ended.type}: {message[:120]}" if message else ended.type


def _is_outward(events: list[dict[str, Any]]) -> bool:
    """Say whether the trail shows an effect outside of the process: a connection, a command, a file written."""
    for record in events:
        event: dict[str, Any] = record.get("event") or record
        data: dict[str, Any] = event.get("data") or {}
        if event.get("kind") in _OUTWARD or (event.get("kind") == "open" and _writes_outside(data)):
            return True
    return False


def _writes_outside(data: dict[str, Any]) -> bool:
    path = str(data.get("path") or data.get("file") or "")
    writes = any(sign in str(data.get("mode", "r")) for sign in "wax+")
    return writes and not path.startswith(("/tmp/", "/var/tmp/", "/dev/"))


def _advice(ended: Ended | None, number: int) -> dict[str, Any]:
    from aitrack.policy.hint import hint

    assert ended is not None
    return hint(ended, attempt=number, max_attempts=None, history=[ended], deadline_left_s=None)


def _ran(finish: loop.Finish) -> bool:
    return finish.fallback is not None and finish.fallback["kind"] in ("run", "args", "env")


def _shell_status(outcome: Outcome) -> int:
    """Return an outcome as the number that a shell would see."""
    match outcome:
        case Exited() | NotStarted():
            return outcome.code
        case Signalled():
            return 128 + outcome.signal
        case TimedOut():
            return TIMED_OUT


def _status(finish: loop.Finish, last: Attempt | None, record: dict[str, Any]) -> int:
    if finish.status in ("passed", "degraded"):
        return 0
    if finish.status == "rejected":
        return REFUSED
    return _shell_status(last.outcome) if last else 0


def leave(recovery: Recovery) -> int:
    """Return the status for the caller, or end by the signal that ended the program or the wait."""
    if recovery.signal:
        return end_as(recovery.signal)
    last = recovery.last
    if recovery.status not in (0, REFUSED) and last is not None and isinstance(last.outcome, Signalled):
        return end_as(last.outcome.signal)
    return recovery.status


def _random_uuid() -> str:
    """Return a random UUID (version 4)."""
    raw = bytearray(posix.urandom(16))
    raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
