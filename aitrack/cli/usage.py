"""`aitrack usage`: what runs, how often, how well, and what it takes."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from aitrack.cli.grammar import Option, Word
from aitrack.cli.store_home import home
from aitrack.config.values import duration

BY = ("script", "tool", "category", "model", "environment")
_SINCE_S = 30 * 86400.0


def show(
    since: float, by: str, environment: str | None, script: str | None, json_: bool, md: bool, html: str | None
) -> int:
    """Print the report over the sessions of a time."""
    document = _document(since, by, environment, script)
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps(document) + "\n")
    elif md:
        from aitrack.report.output import Output
        from aitrack.report.usage import markdown

        Output().write(markdown(document))
    elif html is not None:
        _write_page(html, document)
    else:
        from aitrack.report.output import Output
        from aitrack.report.usage import terminal

        out = Output()
        out.page(terminal(document, out))
    return 0


def _document(since: float, by: str, environment: str | None, script: str | None) -> dict[str, Any]:
    from aitrack.analysis.history import current_index
    from aitrack.analysis.usage import Usage
    from aitrack.config import load

    store = home()
    prices: Any = load(os.getcwd(), os.environ).value("prices")
    with current_index(store) as index:
        report = Usage(index, store, after=time.time() - since, environment=environment, script=script, prices=prices)
    return report.as_json(by) | {"since_s": since, "environment": environment}


def _write_page(path: str, document: dict[str, Any]) -> None:
    from aitrack.report.files import write
    from aitrack.report.usage import html

    write(path, html(document))


USAGE = Word(
    "usage",
    "Show what runs, how often, how well, and what it takes.",
    show,
    options=(
        Option(
            "--since", "Only the sessions of the last `30d`, `12h` ...", "DURATION", convert=duration, default=_SINCE_S
        ),
        Option("--by", "What a line is about.", "WHAT", choices=BY, default="script"),
        Option("--environment", "Only this environment.", "NAME"),
        Option("--script", "Only this script.", "SCRIPT"),
        Option("--json", "Print JSON."),
        Option("--md", "Print Markdown with a chart, for a pull request or a step summary."),
        Option("--html", "Write a page with charts.", "FILE"),
    ),
    examples=("aitrack usage --since 7d --by tool", 'aitrack usage --md >> "$GITHUB_STEP_SUMMARY"'),
)
