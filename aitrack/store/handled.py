"""Errors that a passed session had handled: members of their patterns, though nothing failed by them.

Most sessions have none, and one look says so: the API leaves a mark beside the attempt when it writes the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.store.facts import mark_of
from aitrack.store.spools import handled_in

if TYPE_CHECKING:
    from aitrack.store.bundle import Bundle
    from aitrack.store.facts import Mark
    from aitrack.store.members import Members

_MOST = 20  # kinds of one session


def handled_marks(bundle: Bundle, summary: dict[str, Any]) -> list[Mark]:
    """Return the kinds of errors that *bundle* handled; of a session that failed, its failure stands for it."""
    if summary["status"] != "passed":
        return []
    found: dict[str, Mark] = {}
    for number in bundle.attempt_numbers:
        for failure in handled_failures(bundle.attempt_files(number)):
            mark = mark_of(failure, summary)
            if len(found) < _MOST:
                found.setdefault(mark.site, mark)
    return list(found.values())


def handled_failures(attempt: Members) -> list[dict[str, Any]]:
    """Return the failures that the script itself reported as handled in an attempt."""
    found = handled_in(attempt)
    if not found and "errors.json" in attempt:
        errors, _ = attempt.objects("errors.json")
        found = [error for error in errors if error.get("handled") is True]
    return found
