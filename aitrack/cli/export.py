"""`aitrack export`: a session in the format of another tool."""

from __future__ import annotations

import sys

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import UsageError

FORMATS = ("otlp", "sentry", "junit", "sarif", "perfetto", "prometheus", "github", "markdown")


def show(session: str | None, as_: str | None, to: str, failed: bool) -> int:
    """Write *session* in the format *as_* to a file, to stdout, or to the endpoint of the standard variables."""
    from aitrack.analysis.explanation import explain
    from aitrack.report.exporting import exported
    from aitrack.report.files import write
    from aitrack.store.finding import find

    if as_ is None:
        raise UsageError("`aitrack export` needs `--as FORMAT`", hint="one of " + ", ".join(FORMATS))
    bundle = find(home(), session or "last", failed=failed)
    text = exported(explain(home(), bundle), as_)
    if to != "endpoint":
        write(to, text)
        return 0
    from aitrack.report.sending import send

    sys.stderr.write(f"sent to `{send(as_, text)}`\n")
    return 0


EXPORT = Word(
    "export",
    "Give a session to another tool.",
    show,
    arguments=(Argument("session", "An id, any unique part of one, or `last` (the default).", required=False),),
    options=(
        Option("--as", "The format.", "FORMAT", choices=FORMATS),
        Option("--to", "A file, `-` for stdout (the default), or `endpoint`.", "FILE", default="-"),
        Option("--failed", "With `last`: the newest session that failed."),
    ),
    examples=(
        "aitrack export last --as junit --to report.xml",
        "aitrack export k3f9qa --as perfetto --to trace.json",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 aitrack export --as otlp --to endpoint",
    ),
)
