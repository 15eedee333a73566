"""`aitrack preflight`: what a run would lack that all successful ones had."""

from __future__ import annotations

import os
import sys

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home


def show(script: str, rest: list[str], json_: bool) -> int:
    """Print what is lacking; status 1 when something is."""
    from aitrack.analysis.preflight import lacking, open_breakers
    from aitrack.config import load

    found, runs = lacking(home(), script, rest, os.environ, os.getcwd())
    settings = load(os.getcwd(), os.environ)
    names = [*settings.value("breaker.use"), *settings.breakers]
    if names:
        found += open_breakers(home(), list(dict.fromkeys(names)), settings)
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps({"schema": 1, "runs": runs, "lacking": found}) + "\n")
        return int(bool(found))
    from aitrack.report.output import Output
    from aitrack.report.text import plural, safe

    out = Output()
    lines = [f"{out.paint('✗', 'red')} {safe(one['text'])}" for one in found]
    if not runs:
        lines.append(f"no successful run of `{safe(script)}` is known: nothing to compare with")
    elif not found:
        lines.append(f"{out.paint('✓', 'green')} nothing is lacking that {plural(runs, 'successful run')} had")
    out.write(lines)
    return int(bool(found))


PREFLIGHT = Word(
    "preflight",
    "Show what a run would lack that all successful ones had.",
    show,
    arguments=(Argument("script", "The script, as `run` was given it."),),
    options=(Option("--json", "Print JSON."),),
    examples=("aitrack preflight load.py -- data.csv",),
    takes_rest=True,
)
