"""The difference of two sessions as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.report.history import change_text
from aitrack.report.terminal import headline
from aitrack.report.text import cut, safe

if TYPE_CHECKING:
    from aitrack.report.output import Output
    from aitrack.store.bundle import Bundle


def lines(before: Bundle, after: Bundle, comparison: dict[str, Any], out: Output) -> list[str]:
    """Return both headlines, then every difference by kind."""
    shown = [headline(bundle, bundle.attempts[-1] if bundle.attempts else None, out) for bundle in (before, after)]
    changes: list[dict[str, Any]] = comparison["changes"]
    for change in changes:
        shown.append(cut(f"  {change_text(change)}", out.columns))
    if not changes:
        shown.append("  nothing that was recorded of their surroundings differs")
    event: dict[str, Any] | None = comparison["first_event"]
    if event:
        shown.append(f"  the same for {event['after']} events, then")
        for mark, step in (("-", event["before"]), ("+", event["then"])):
            if step:
                shown.append(cut(f"  {mark} {safe(step['kind'])} {safe(str(step['data']))}", out.columns))
    values: dict[str, Any] | None = comparison["locals"]
    if values and values["different"]:
        shown.append(cut(f"  in {safe(values['function'])} ({safe(values['file'])}:{values['line']})", out.columns))
        for local in values["different"]:
            name = safe(local["name"])
            for mark, value in (("-", local["before"]), ("+", local["after"])):
                if value is not None:
                    shown.append(cut(f"  {mark} {name} = {safe(str(value))}", out.columns))
    return shown
