"""`aitrack inspect`: why a session ended as it did."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import UsageError

if TYPE_CHECKING:
    from aitrack.store.bundle import Bundle

SECTIONS = (
    "failure",
    "chain",
    "frames",
    "locals",
    "history",
    "timeline",
    "output",
    "processes",
    "resources",
    "environment",
    "policy",
    "redactions",
)


def show(
    session: str | None, failed: bool, all_: bool, section: list[str], follow: bool, json_: bool, html: str | None
) -> int:
    """Print one session: the first screen, sections of it, or JSON; or write it as a page."""
    from aitrack.store.finding import find

    if json_ and (section or follow):
        raise UsageError("`--json` prints the whole session: leave out `--section` and `--follow`")
    bundle = find(home(), session or "last", failed=failed)
    if follow:
        from aitrack.report.follow import follow as watch

        bundle = watch(bundle)
    if json_:
        return _print_json(bundle)
    if html:
        return _write_page(bundle, html)
    from aitrack.analysis.explanation import explain
    from aitrack.report.output import Output
    from aitrack.report.terminal import first_screen

    out = Output()
    explanation = explain(home(), bundle)
    if not (all_ or section):
        out.write(first_screen(explanation, out))
        return 0
    from aitrack.report.sections import sections

    wanted = SECTIONS if all_ else tuple(section)
    lines = first_screen(explanation, out) if all_ else []
    lines += sections(explanation, wanted, out)
    if all_:
        out.page(lines)
    else:
        out.write(lines)
    return 0


def _print_json(bundle: Bundle) -> int:
    from aitrack.analysis.explanation import explain
    from aitrack.report.json import dumps

    document = explain(home(), bundle).as_json()
    sys.stdout.write(dumps(document, pretty=sys.stdout.isatty()) + "\n")
    return 0


def _write_page(bundle: Bundle, path: str) -> int:
    from aitrack.analysis.explanation import explain
    from aitrack.report.files import write
    from aitrack.report.html import session_page

    write(path, session_page(explain(home(), bundle)))
    return 0


INSPECT = Word(
    "inspect",
    "Show why a session ended as it did.",
    show,
    arguments=(Argument("session", "An id, any unique part of one, or `last` (the default).", required=False),),
    options=(
        Option("--failed", "With `last`: the newest session that failed."),
        Option("--all", "Everything, in a pager on a terminal.", short="-a"),
        Option("--section", "One part; may be repeated.", "NAME", short="-s", many=True, choices=SECTIONS),
        Option("--follow", "Watch a running session until it ends.", short="-f"),
        Option("--json", "Print everything as JSON."),
        Option("--html", "Write one self-contained page; `-` is stdout.", "FILE"),
    ),
    examples=("aitrack inspect", "aitrack inspect last --failed", "aitrack inspect k3f9qa --section locals"),
)
