"""The smallest part of the difference to the last success that makes a failing run pass.

Delta debugging: parts of the difference are taken back, the command is run,
and what makes no difference is left out, until nothing more can be.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aitrack.analysis.changes import Key, differences, facts_of
from aitrack.errors import UsageError
from aitrack.model import is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aitrack.store.bundle import Bundle

_MARK = "‹"  # hidden or redacted: the value is not known


@dataclass(frozen=True)
class Part:
    """One difference that can be taken back."""

    key: Key
    before: Any

    def __str__(self) -> str:
        what, name = self.key
        if self.before is None:
            return f"{what} {name} (not there)"
        return f"{what} {name} = {self.before}"


@dataclass
class Plan:
    """A failing command, and what of its difference can be taken back."""

    argv: list[str]
    cwd: str | None
    parts: list[Part]
    out_of_reach: list[str] = field(default_factory=list[str])
    success_argv: list[str] = field(default_factory=list[str])


def plan(failing: Bundle, success: Bundle) -> Plan:
    """Return what can be tried.  Raises UsageError when the command must not or cannot be run again."""
    record = failing.record
    if record.get("committed"):
        raise UsageError("the session passed its point of no return: it must not be run again")
    if any(_is_not_idempotent(raw) for raw in [record, *failing.attempt_records]):
        raise UsageError("the session said that running it twice is not safe (`--idempotent no`)")
    argv = list(failing.session.command.argv)
    if not argv or any(_MARK in word for word in argv):
        raise UsageError("the command line holds hidden values: it cannot be run again")
    parts: list[Part] = []
    out_of_reach: list[str] = []
    success_argv = list(success.session.command.argv)
    if argv != success_argv and not any(_MARK in word for word in success_argv):
        parts.append(Part(("arguments", "all"), " ".join(success_argv[1:])))
    for key, before, _ in differences(facts_of(success), facts_of(failing)):
        if key[0] == "argument":
            continue  # taken back together: half of a command line is another command
        if (key[0] == "folder" and isinstance(before, str) and os.path.isdir(before)) or (
            key[0] == "variable" and (before is None or _MARK not in str(before))
        ):
            parts.append(Part(key, before))
        else:
            out_of_reach.append(f"{key[0]} {key[1]}")
    return Plan(argv, failing.session.command.cwd, parts, out_of_reach, success_argv)


def _is_not_idempotent(record: dict[str, Any]) -> bool:
    policy: Any = record.get("policy")
    retry: Any = policy.get("retry") if is_object(policy) else None
    return "no" in (record.get("idempotent"), retry.get("idempotent") if is_object(retry) else None)


def smallest(parts: Sequence[Part], passes: Callable[[Sequence[Part]], bool]) -> list[Part]:
    """Return a smallest subset for which *passes* holds, given that it holds for all.  Pure but for *passes*."""
    current = list(parts)
    pieces = 2
    while len(current) >= 2:
        share = -(-len(current) // pieces)
        chunks = [current[at : at + share] for at in range(0, len(current), share)]
        for number, chunk in enumerate(chunks):
            rest = [part for other in chunks[:number] + chunks[number + 1 :] for part in other]
            if passes(chunk):
                current, pieces = chunk, 2
                break
            if len(chunks) > 2 and passes(rest):
                current, pieces = rest, max(pieces - 1, 2)
                break
        else:
            if pieces >= len(current):
                break
            pieces = min(len(current), pieces * 2)
    return current


class Runner:
    """Runs the command with parts taken back; each set once, and no more than *limit* runs."""

    def __init__(self, plan: Plan, limit: int, timeout: float, tell: Callable[[str], None]) -> None:
        self.plan = plan
        self.left = limit
        self.timeout = timeout
        self.tell = tell
        self._known: dict[frozenset[Key], bool] = {}

    def __call__(self, parts: Sequence[Part]) -> bool:
        """Whether the command passes with *parts* as they were at the last success."""
        keys = frozenset(part.key for part in parts)
        if keys not in self._known:
            if self.left <= 0:
                return False
            self.left -= 1
            self._known[keys] = self._run(parts) == 0
            verdict = "passes" if self._known[keys] else "fails"
            self.tell(f"{verdict} with {', '.join(map(str, parts)) or 'everything as it failed'}")
        return self._known[keys]

    def _run(self, parts: Sequence[Part]) -> int:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AITRACK_")}
        argv, cwd = self.plan.argv, self.plan.cwd
        for part in parts:
            if part.key[0] == "arguments":
                argv = [*self.plan.argv[:1], *self.plan.success_argv[1:]]
            elif part.key[0] == "folder":
                cwd = str(part.before)
            elif part.before is None:
                environment.pop(part.key[1], None)
            else:
                environment[part.key[1]] = str(part.before)
        try:
            done = subprocess.run(
                argv, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=self.timeout
            )
        except subprocess.TimeoutExpired:
            return 124
        except OSError as error:
            raise UsageError(f"cannot run `{argv[0]}` again: {error.strerror}") from None
        return done.returncode
