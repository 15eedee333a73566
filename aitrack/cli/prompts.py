"""`aitrack prompts`: what was learnt about adapting prompts, by key and by kind of trouble."""

from __future__ import annotations

import sys
from typing import Any

from aitrack.cli.grammar import Argument, Option, Word, suggestion
from aitrack.cli.store_home import home
from aitrack.errors import NotFound, StoreError

_ALL = "*"  # the experience of all keys together


def show(key: str | None, json_: bool) -> int:
    """Print what was learnt, of one *key* or of all."""
    rows = _rows(key)
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps({"schema": 1, "prompts": rows}) + "\n")
        return 0
    from aitrack.report.output import Output
    from aitrack.report.text import cut, pad, safe

    out = Output()
    lines = [
        out.paint(
            f"  {'key':<16}{'trouble':<16}{'adaptation':<18}{'tried':>6}{'won':>6}{'rate':>6}{'tokens':>9}", "dim"
        )
    ]
    for row in rows:
        names = "".join(pad(cut(safe(row[name]), size - 1), size) for name, size in _COLUMNS)
        lines.append(f"  {names}{row['tries']:>6.1f}{row['wins']:>6.1f}{row['rate']:>6.0%}{row['failed_tokens']:>9}")
    out.write(lines if rows else ["nothing was learnt yet: aitrack.Prompting(key=...) in a script"])
    return 0


_COLUMNS = (("key", 16), ("kind", 16), ("adaptation", 18))


def _rows(key: str | None) -> list[dict[str, Any]]:
    import os

    if not os.path.exists(f"{home()}/state.db"):
        return _only(key, [])
    from aitrack.store.state import State

    state = State(home())
    found = state.prompts()
    if state.problem:
        raise StoreError(f"what was learnt cannot be read: {state.problem}")
    state.close()
    return _only(key, [_row(row) for row in found])


def _row(row: dict[str, Any]) -> dict[str, Any]:
    tries, wins = float(row["tries"]), float(row["wins"])
    return {
        "key": row["key"],
        "kind": row["kind"],
        "adaptation": row["arm"],
        "tries": tries,
        "wins": wins,
        "rate": wins / tries if tries > 0 else 0.0,
        "failed_tokens": row["tokens"],
        "updated_at": row["updated"],
    }


def _only(key: str | None, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of *key*; without one all but the sum over all keys."""
    if key is None:
        return [row for row in rows if row["key"] != _ALL]
    found = [row for row in rows if row["key"] == key]
    if not found:
        names = sorted({row["key"] for row in rows})
        raise NotFound(f"there is no key `{key}`", hint=suggestion(key, names) or "see `aitrack prompts`")
    return found


PROMPTS = Word(
    "prompts",
    "Show what was learnt about adapting prompts.",
    show,
    arguments=(Argument("key", "The key of a Prompting; all when it is left out.", required=False),),
    options=(Option("--json", "Print JSON."),),
    examples=("aitrack prompts", "aitrack prompts invoice --json"),
)
