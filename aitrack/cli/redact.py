"""`aitrack redact --check`: what redaction would do to a text."""

from __future__ import annotations

import os
import sys

from aitrack.cli.grammar import Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import UsageError


def check(check: str | None, json_: bool) -> int:
    """Print *check* as it would be stored, and the rules that acted; status 1 when none did."""
    if check is None:
        raise UsageError("`aitrack redact` needs `--check TEXT`", hint="`--check -` reads standard input")
    text = sys.stdin.read() if check == "-" else check
    stored, counts = redacted(text)
    if json_:
        from aitrack.report.json import dumps

        sys.stdout.write(dumps({"schema": 1, "stored": stored, "rules": counts}) + "\n")
        return 0
    from aitrack.report.output import Output
    from aitrack.report.text import safe_lines

    told = ", ".join(f"{kind} ({count})" for kind, count in sorted(counts.items())) or "no rule acts"
    Output().write([*safe_lines(stored.rstrip("\n")), f"rules: {told}"])
    return 0


def redacted(text: str) -> tuple[str, dict[str, int]]:
    """Return (*text* as a run would store it here, how often each rule acted)."""
    from aitrack.collector.redact import Redactor
    from aitrack.config import load

    settings = load(os.getcwd(), os.environ)
    try:
        with open(f"{home()}/key", "rb") as file:
            key = file.read(64)
    except OSError:
        key = os.urandom(32)
    redactor = Redactor(key, safe_keys=settings.value("redact.safe_keys"), extra=settings.value("redact.extra"))
    return redactor.text(text), dict(redactor.counts)


REDACT = Word(
    "redact",
    "Show what redaction would hide in a text.",
    check,
    options=(Option("--check", "The text; `-` reads standard input.", "TEXT"), Option("--json", "Print JSON.")),
    examples=("aitrack redact --check 'password=hunter2'",),
)
