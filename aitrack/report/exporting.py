"""Which formats a session can be exported to, and what must never be."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aitrack.errors import UsageError

if TYPE_CHECKING:
    from aitrack.analysis.explanation import Explanation
    from aitrack.store.bundle import Bundle

# each format, and the function that makes it
FORMATS = {
    "otlp": "otlp.trace",
    "sentry": "sentry.envelope",
    "junit": "junit.junit",
    "sarif": "sarif.sarif",
    "perfetto": "perfetto.perfetto",
    "prometheus": "prometheus.prometheus",
    "github": "ci.github",
    "markdown": "markdown.summary",
}


def exported(explanation: Explanation, name: str) -> str:
    """Return the session in the format *name*; UsageError when it was recorded without redaction."""
    refuse_full(explanation.bundle)
    module, _, function = FORMATS[name].partition(".")
    made: Any = getattr(import_module(f"aitrack.report.{module}"), function)(explanation)
    if isinstance(made, str):
        return made
    from aitrack.report.json import dumps

    return dumps(made) + "\n"


def refuse_full(bundle: Bundle) -> None:
    """Raise UsageError when *bundle* holds values that nobody redacted."""
    if bundle.session.privacy.mode == "full":
        raise UsageError(
            f"`{bundle.id[-6:]}` was recorded with `--privacy full`: it does not leave this machine",
            hint="record it again without `--privacy full`",
        )
