"""`aitrack redact --check`: what redaction would do to a text."""

from __future__ import annotations

import sys

from aitrack.cli.grammar import Option, Word
from aitrack.cli.store_home import redactor
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
    rules = redactor()
    return rules.text(text), dict(rules.counts)


REDACT = Word(
    "redact",
    "Show what redaction would hide in a text.",
    check,
    options=(Option("--check", "The text; `-` reads standard input.", "TEXT"), Option("--json", "Print JSON.")),
    examples=("aitrack redact --check 'password=hunter2'",),
)
