"""`aitrack explain`: which rule decided what kind of failure a session had, or what belongs to a category."""

from __future__ import annotations

import sys
from typing import Any

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import NotFound
from aitrack.report.text import safe


def explain(what: str | None, json_: bool) -> int:
    """Print the rules of a category or kind, or the verdict on a session."""
    from aitrack.diagnose.known import kinds, meanings
    from aitrack.policy.words import CATEGORIES

    rules = [row for row in meanings() if what in (row[1], row[2])]
    if rules or what in CATEGORIES or what in kinds():
        return _print([{"evidence": row[0], "category": row[1], "kind": row[2]} for row in rules], json_)
    from aitrack.model import plain
    from aitrack.store.finding import find

    bundle = find(home(), what or "last")
    found = [
        {"attempt": attempt.n, "type": attempt.failure.type, **(plain(verdict) if verdict else {})}
        for attempt in bundle.attempts
        if attempt.failure
        for verdict in [attempt.failure.verdict]
    ]
    if not found:
        raise NotFound(f"no attempt of `{bundle.id[-6:]}` failed")
    return _print(found, json_)


def _print(rows: list[dict[str, Any]], json_: bool) -> int:
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps({"schema": 1, "rules": rows}) + "\n")
        return 0
    for row in rows:
        if "evidence" in row:
            sys.stdout.write(safe(f"{row['category']:<10} {row['kind']:<18} {row['evidence']}") + "\n")
        else:
            sys.stdout.write(
                safe(f"attempt {row['attempt']}: {row.get('type')} is {row.get('category')} ({row.get('kind')})")
                + f"\n  decided by {safe(str(row.get('source')))}: {safe(str(row.get('reason')))}\n"
            )
    return 0


EXPLAIN = Word(
    "explain",
    "Say which rule decided what kind of failure it was, or which failures belong to a category.",
    explain,
    arguments=(Argument("what", "A category or kind (transient, quota ...), or a session.", required=False),),
    options=(Option("--json", "Print JSON."),),
    examples=("aitrack explain transient", "aitrack explain last"),
)
