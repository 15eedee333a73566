"""A session with all that is known about it: the value that every view of `inspect` shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aitrack.store.bundle import Bundle


@dataclass
class Explanation:
    """One session, and what the history of its program adds."""

    bundle: Bundle
    suspects: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    pattern: dict[str, Any] | None = None
    last_success: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the document that `inspect --json` prints."""
        bundle = self.bundle
        document: dict[str, Any] = {
            "schema": 1,
            "session": bundle.record,
            "attempts": bundle.attempt_records,
            "remedies": bundle.record.get("remedies") or [],
            "suspects": self.suspects,
            "changes": self.changes,
            "pattern": self.pattern,
        }
        if bundle.problems:
            document["problems"] = bundle.problems
        return document


def explain(home: str, bundle: Bundle) -> Explanation:
    """Return *bundle* with what the history of its program adds."""
    return Explanation(bundle)
