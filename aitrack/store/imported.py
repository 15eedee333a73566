"""An imported record as a session like the others, so that every view shows it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from aitrack.store.bundle import Bundle
from aitrack.store.imports import facts_of_record, read_record


class ImportedBundle(Bundle):
    """A session that another tool recorded; it has no folder."""

    def __init__(self, home: str, place: str) -> None:
        self._imported = read_record(home, place)
        super().__init__(f"{home}/imports/{place}")

    def _read_session(self) -> dict[str, Any]:
        record = self._imported
        summary = facts_of_record({"id": self.id, **record}).summary
        self.id = summary["id"]
        command = {"argv": summary["argv"], "form": "", "script": summary["script"], "cwd": summary["cwd"]}
        return {
            "schema": 1,
            "id": self.id,
            "status": summary["status"],
            "started_at": summary["started_at"],
            "ended_at": summary["started_at"] + (summary["duration_s"] or 0.0),
            "duration_s": summary["duration_s"],
            "exit_code": summary["exit_code"],
            "environment": summary["environment"],
            "command": command,
            "python": {"version": str(record["python"])} if record.get("python") else None,
            "imported": record.get("extra") or {},
        }

    @cached_property
    def attempt_numbers(self) -> list[int]:
        """The one attempt of an imported record."""
        return [1]

    def _read_attempt(self, number: int) -> dict[str, Any]:
        record = self._imported
        return {
            "n": 1,
            "role": "primary",
            "started_at": self.record["started_at"],
            "duration_s": self.record["duration_s"],
            "exit_code": self.record["exit_code"],
            "signal": None,
            "failure": record.get("failure") if self.status == "failed" else None,
            "errors": [],
        }
