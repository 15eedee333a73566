"""`aitrack patterns`: which failures are the same, how often, since when, and what may be the cause."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.list import odd_lines, odd_of
from aitrack.cli.store_home import home
from aitrack.config.values import duration, positive
from aitrack.errors import NotFound, UsageError

if TYPE_CHECKING:
    from aitrack.analysis.patterns import Pattern, Report

_SCREEN = 20
_DAY = 86400.0
_WORK = 1.0  # seconds for comparing sessions that no report has compared yet


def show(
    pattern: str | None,
    since: float | None,
    script: str | None,
    environment: str | None,
    limit: int | None,
    resources: bool,
    fail_on_new: bool,
    all_: bool,
    json_: bool,
    md: bool,
    html: str | None,
) -> int:
    """Print patterns, most frequent first, or one in detail; or write them as a page."""
    from aitrack.analysis.history import current_index
    from aitrack.analysis.patterns import Report, Window

    after = None if since is None else time.time() - since
    with current_index(home(), _progress()) as index:
        if resources:
            return _resources(index, json_)
        report = Report(index, home(), Window(after, script, environment))
        chosen = [_one(report, pattern)] if pattern else report.patterns
        if not (json_ or all_ or pattern):
            chosen = [one for one in chosen if not report.is_ignored(one)]
        if html:
            _write_page(report, chosen[:limit], html)
        else:
            _print(report, chosen, detailed=pattern is not None, limit=limit, json_=json_, md=md)
        if not fail_on_new:
            return 0
        fresh = new_patterns(report, after)
    for one in fresh:
        sys.stderr.write(f"new pattern {one}\n")
    return int(bool(fresh))


def new_patterns(report: Report, after: float | None) -> list[str]:
    """Return the patterns that no earlier session had.

    None before *after*; without it, those that began with the newest session of a
    script that ran within a day of the newest failure: a job in CI may run several.
    """
    found = [one for one in report.patterns if not report.is_ignored(one)]
    if after is None:
        newest = report.newest_sessions()
        last = max((one.last for one in found), default=0.0)
        fresh = [one for one in found if one.ever_first > last - _DAY and _is_of_newest(one, newest)]
    else:
        fresh = [one for one in found if one.ever_first >= after]
    return [f"{one.id}: {report.title(one)}" for one in fresh]


def _is_of_newest(pattern: Pattern, newest: dict[int, float]) -> bool:
    return any(newest.get(script, pattern.last) <= pattern.ever_first for script in pattern.scripts)


def _one(report: Report, wanted: str) -> Pattern:
    fitting = [one for one in report.patterns if wanted in one.ids] or [
        one for one in report.patterns if one.id.removeprefix("p-").startswith(wanted.removeprefix("p-"))
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"`{wanted}` fits {len(fitting)} patterns: " + ", ".join(one.id for one in fitting[:5]))
    named = [one for one in report.patterns if report.title(one) == wanted]
    if len(named) == 1:
        return named[0]
    raise NotFound(f"there is no pattern `{wanted}`", hint="see `aitrack patterns`")


def _print(report: Report, chosen: list[Pattern], *, detailed: bool, limit: int | None, json_: bool, md: bool) -> None:
    from aitrack.analysis.explanation import described

    if json_:
        from aitrack.report.json import dumps

        rows = [report.as_json(*found) for found in described(report, chosen[:limit], _WORK)]
        sys.stdout.write(dumps({"schema": 1, "patterns": rows, **odd_of(report.index)}) + "\n")
        return
    from aitrack.report.output import Output
    from aitrack.report.patterns import detail, markdown, table

    out = Output()
    if detailed:
        ((one, changes, found),) = described(report, chosen, _WORK)
        out.write(detail(report, one, changes, found, out))
        return
    shown = chosen[:limit] if md else _shown(chosen, limit or _SCREEN)
    suspects = {one.id: found for one, _, found in described(report, shown, _WORK)}
    if md:
        out.write(markdown(report, shown, suspects))
        return
    out.write(table(report, chosen, limit or _SCREEN, suspects, out))
    out.write([out.paint(f"  {line}", "dim") for line in odd_lines(odd_of(report.index))])


def _write_page(report: Report, chosen: list[Pattern], path: str) -> None:
    from aitrack.analysis.explanation import described
    from aitrack.report.files import write
    from aitrack.report.html import patterns_page

    write(path, patterns_page([report.as_json(*found) for found in described(report, chosen, _WORK)]))


def _shown(chosen: list[Pattern], limit: int) -> list[Pattern]:
    """Return the patterns that the table has lines for: those seen again, else those seen once."""
    return [one for one in chosen if one.count > 1][:limit] or chosen[:limit]


def _resources(index: Any, json_: bool) -> int:
    from aitrack.analysis.resources import regressions

    found = regressions(index)
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps({"schema": 1, "regressions": found}) + "\n")
        return 0
    from aitrack.report.output import Output
    from aitrack.report.patterns import resource_lines

    Output().write(resource_lines(found))
    return 0


def _progress() -> Any:
    """Return what tells of a long first reading on a terminal, or None."""
    if not sys.stderr.isatty():
        return None
    total = 0

    def tell(count: int) -> None:
        nonlocal total
        total += count
        sys.stderr.write(f"\rreading sessions: {total}\x1b[K")

    return tell


def merge(pattern: str, other: str) -> int:
    """Treat *other* as part of *pattern*, now and for new failures."""
    kept, given = _named(pattern), _named(other)
    if kept == given:
        raise UsageError(f"`{pattern}` and `{other}` are one pattern already")
    with _deciding() as decided:
        decided["merges"][given] = kept
    print(f"merged {given} into {kept}")
    return 0


def split(pattern: str) -> int:
    """Take a merge back, else split a pattern by what was said."""
    found = _found(pattern)
    name = found.id
    with _deciding() as decided:
        merged = [given for given, target in decided["merges"].items() if target == name]
        for given in merged:
            del decided["merges"][given]
        if not merged and found.groups[0].merged:
            merged = [given for given in found.groups[0].merged if given != name]
            decided["apart"].append(name)
        elif not merged and name not in decided["splits"]:
            decided["splits"].append(name)
    print(f"split {name}" + (f": {' '.join(merged)} stand alone again" if merged else " by wording"))
    return 0


def unsplit(pattern: str) -> int:
    """Take a split by hand back."""
    base = "-".join(pattern.split("-")[:2])
    with _deciding() as decided:
        kind, name = ("apart", pattern) if pattern in decided["apart"] else ("splits", base)
        if name not in decided[kind]:
            raise NotFound(f"`{name}` was not split by hand")
        decided[kind].remove(name)
    print(f"joined {name}")
    return 0


def ignore(pattern: str, undo: bool) -> int:
    """Leave a pattern out of reports and gates."""
    name = _named(pattern)
    with _deciding() as decided:
        decided["ignored"] = [known for known in decided["ignored"] if known != name] + ([] if undo else [name])
    print(f"{'no longer ignores' if undo else 'ignores'} {name}")
    return 0


def rename(pattern: str, text: str | None) -> int:
    """Give a pattern a name; without TEXT take it back."""
    name = _named(pattern)
    with _deciding() as decided:
        if text:
            decided["names"][name] = text[:200]
        else:
            decided["names"].pop(name, None)
    print(f"{name}: {text or 'its own name again'}")
    return 0


def _named(wanted: str) -> str:
    return _found(wanted).id


def _found(wanted: str) -> Pattern:
    from aitrack.analysis.history import current_index
    from aitrack.analysis.patterns import Report

    with current_index(home()) as index:
        return _one(Report(index, home()), wanted)


def _deciding() -> Any:
    from aitrack.store import decisions

    return decisions.changing(home())


def reindex() -> int:
    """Make the index anew."""
    from aitrack.analysis.history import current_index
    from aitrack.store.index import discard

    discard(home())
    if not os.path.isdir(home()):
        print("there is no store yet")
        return 0
    with current_index(home(), _progress()) as index:
        ((sessions, damaged),) = index.query("SELECT COUNT(*), COALESCE(SUM(problems > 0), 0) FROM session")
        strange = index.strange()
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    print(f"{sessions} sessions, {damaged} damaged, {len(strange)} foreign entries")
    return 0


_ID = Argument("pattern", "The id, or the beginning of one.")
PATTERNS = Word(
    "patterns",
    "Show which failures are the same: how often, since when, and the probable cause.",
    show,
    arguments=(Argument("pattern", "One pattern in detail.", required=False),),
    options=(
        Option("--since", "Only failures of the last `7d`, `12h` ...", "DURATION", convert=duration),
        Option("--script", "Only of this script.", "SCRIPT"),
        Option("--environment", "Only of this environment.", "NAME"),
        Option("--limit", "At most so many.", "N", short="-n", convert=positive),
        Option(
            "--fail-on-new",
            "Status 1 when a pattern is new: with `--since` in that time, else at a script's newest run.",
        ),
        Option("--resources", "Runs that took more time, memory or output than this script does."),
        Option("--all", "Ignored ones too.", short="-a"),
        Option("--json", "Print JSON."),
        Option("--md", "Print Markdown, for a step summary."),
        Option("--html", "Write one self-contained page; `-` is stdout.", "FILE"),
    ),
    examples=("aitrack patterns --since 7d", "aitrack patterns p-1f2e", "aitrack patterns --fail-on-new --md"),
    below=(
        Word("merge", "Treat two patterns as one.", merge, (_ID, Argument("other", "What becomes part of it."))),
        Word("split", "Take a merge back, else split by what was said.", split, (_ID,)),
        Word("unsplit", "Take a split by hand back.", unsplit, (_ID,)),
        Word("ignore", "Leave a pattern out.", ignore, (_ID,), (Option("--undo", "Take it in again."),)),
        Word("rename", "Give a pattern a name.", rename, (_ID, Argument("text", "None: its own.", required=False))),
    ),
)
REINDEX = Word("reindex", "Make the index of the store anew.", reindex)
