"""`aitrack bisect`: which difference to the last success makes a run fail, found by running it."""

from __future__ import annotations

import sys

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.config.values import duration, positive
from aitrack.errors import NotFound, UsageError


def find_cause(session: str, runs: int | None, timeout: float | None, dry_run: bool, json_: bool) -> int:
    """Run the command of *session* with parts of the difference taken back; status 0 when a cause is found."""
    from aitrack.analysis.bisect import Runner, plan, smallest
    from aitrack.analysis.explanation import last_success, open_session
    from aitrack.analysis.history import current_index
    from aitrack.store.finding import find, is_failure, is_own

    bundle = find(home(), session, failed=session == "last", of_store=True)
    if not is_failure(bundle.status):
        raise UsageError(f"`{bundle.id[-6:]}` did not fail: there is nothing to find")
    if not is_own(home(), bundle):
        raise UsageError(
            "somebody else has made this session: its command is not run unasked",
            hint="look at it with `aitrack rerun --dry-run`",
        )
    with current_index(home()) as index:
        success = last_success(index, bundle)
        before = open_session(index, home(), success["id"]) if success else None
    if before is None:
        raise NotFound(f"no earlier run of this program passed before `{bundle.id[-6:]}`")
    planned = plan(bundle, before)
    if dry_run or not planned.parts:
        return _tell_plan([str(part) for part in planned.parts], planned.out_of_reach)
    runner = Runner(planned, runs or 20, timeout or 300.0, lambda line: _say(line, json_))
    if runner([]):
        raise UsageError("it passes now as it is: the cause is gone, or it fails only at times")
    if not runner(planned.parts):
        untried = ", ".join(planned.out_of_reach[:5])
        raise NotFound("it fails with every known difference taken back", hint=untried and f"not tried: {untried}")
    found = smallest(planned.parts, runner)
    return _tell([str(part) for part in found], runner.left > 0, json_)


def _say(line: str, quiet: bool) -> None:
    from aitrack.report.text import safe

    if not quiet:
        sys.stderr.write(safe(line) + "\n")


def _tell_plan(parts: list[str], out_of_reach: list[str]) -> int:
    from aitrack.report.output import Output
    from aitrack.report.text import safe

    lines = [f"would take back {safe(part)}" for part in parts] or ["no difference is known that could be taken back"]
    lines += [f"out of reach: {safe(name)}" for name in out_of_reach]
    Output().write(lines)
    return 0 if parts else 1


def _tell(found: list[str], complete: bool, json_: bool) -> int:
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps({"schema": 1, "causes": found, "smallest": complete}) + "\n")
        return 0
    from aitrack.report.output import Output
    from aitrack.report.text import safe

    head = "it passes with this as it was at the last success:"
    lines = [head, *[f"  {safe(part)}" for part in found]]
    Output().write(lines if complete else [*lines, "  (the limit of runs was reached)"])
    return 0


BISECT = Word(
    "bisect",
    "Find which difference to the last success makes a run fail, by running it again.",
    find_cause,
    arguments=(Argument("session", "An id, any unique part of one, or `last` (the newest failure)."),),
    options=(
        Option("--runs", "At most so many runs [20].", "N", convert=positive),
        Option("--timeout", "For each run [5m].", "DURATION", convert=duration),
        Option("--dry-run", "Only say what would be taken back.", short="-n"),
        Option("--json", "Print JSON."),
    ),
    examples=("aitrack bisect last", "aitrack bisect k3f9qa --dry-run"),
)
