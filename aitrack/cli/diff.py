"""`aitrack diff`: two sessions side by side."""

from __future__ import annotations

import sys

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import NotFound


def show(session: str, other: str | None, json_: bool) -> int:
    """Print what is different between *session* and *other* (default: the last success of its program)."""
    from aitrack.analysis.comparison import compare
    from aitrack.analysis.explanation import last_success, open_session
    from aitrack.analysis.history import current_index
    from aitrack.store.finding import find

    bundle = find(home(), session)
    if other and other != "last-success":
        before = find(home(), other)
    else:
        with current_index(home()) as index:
            success = last_success(index, bundle)
            found = open_session(index, home(), success["id"]) if success else None
        if found is None:
            raise NotFound(f"no earlier run of this program passed before `{bundle.id[-6:]}`", hint="name a session")
        before = found
    comparison = compare(before, bundle)
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps({"schema": 1, **comparison}) + "\n")
        return 0
    from aitrack.report.comparison import lines
    from aitrack.report.output import Output

    out = Output()
    out.write(lines(before, bundle, comparison, out))
    return 0


DIFF = Word(
    "diff",
    "Show what is different between two sessions.",
    show,
    arguments=(
        Argument("session", "An id, any unique part of one, or `last`."),
        Argument("other", "The one to compare with; `last-success` by default.", required=False),
    ),
    options=(Option("--json", "Print JSON."),),
    examples=("aitrack diff last", "aitrack diff k3f9qa 2mx7dp"),
)
