"""A small builder of sessions on disk, as a run leaves them: `Store(home).session(...)`."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from aitrack.store import layout

NOW = float(int(time.time()) - 20 * 86400)  # young enough for the limits of the store


class Store:
    """A store's folder, and a way to put sessions into it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        (home / "key").write_bytes(b"k" * 32)
        self._made = 0

    def session(
        self,
        status: str = "passed",
        *,
        script: str = "job.py",
        at: float | None = None,
        attempts: list[dict[str, Any]] | None = None,
        failure: dict[str, Any] | None = None,
        stderr: str = "",
        **record: Any,
    ) -> Path:
        """Write a session and return its folder; *failure* is that of the last attempt."""
        self._made += 1
        moment = NOW + self._made if at is None else at
        folder = Path(layout.day_folder(str(self.home), moment)) / session_id(moment, self._made)
        code = {"passed": 0, "degraded": 0, "failed": 1}.get(status)
        document = {
            "schema": 1,
            "id": folder.name,
            "status": status,
            "started_at": moment,
            "ended_at": moment + 1.5,
            "duration_s": 1.5,
            "exit_code": code,
            "command": {"argv": ["python", script], "form": "script", "script": script, "cwd": "/work"},
            "environment": "development",
            "labels": {},
            **record,
        }
        write_json(folder / "session.json", document)
        last: dict[str, Any] = {"exit_code": code, "duration_s": 1.5, "started_at": moment, "signal": None}
        for number, attempt in enumerate([last] if attempts is None else attempts, 1):
            below = folder / "attempts" / str(number)
            own = attempt.pop("failure", None)
            write_json(below / "attempt.json", {"n": number, "role": "primary", **attempt})
            if own:
                write_json(below / "failure.json", own)
        if failure:
            write_json(below / "failure.json", failure)
        if stderr:
            (below / "stderr.log").write_text(stderr)
        return folder


def session_id(moment: float, number: int) -> str:
    """Return an id as a run would make it at *moment*."""
    value = int(moment * 1000) << 32 | (number * 2654435761) % (1 << 32)
    return "".join(layout._ALPHABET[value >> shift & 31] for shift in range(75, -1, -5))


def failure(type_: str = "KeyError", message: str = "'price'", **more: Any) -> dict[str, Any]:
    """Return a failure record with one frame of the user's own."""
    frame = {
        "file": "/work/load.py",
        "line": 88,
        "end_line": 88,
        "col": 13,
        "end_col": 25,
        "function": "parse_row",
        "in_app": True,
        "context": {"start": 87, "lines": ["def parse_row(row, total):", "    total += row['price'] * row['qty']"]},
        "locals": [
            {"name": "path", "type": "str", "value": "'data/2026-11-23.csv'"},
            {"name": "row", "type": "dict", "value": "{'id': 17, 'name': 'otter', 'cost': '4.20'}"},
            {"name": "total", "type": "float", "value": "812.5"},
        ],
    }
    return {
        "type": type_,
        "qualified": type_,
        "message": message,
        "frames": [frame],
        "chain": [],
        "fingerprint": {"l0": "e" + type_, "l1": f"{type_}@load.py:parse_row", "l2": type_, "version": 1},
        **more,
    }


def write_json(path: Path, document: object) -> None:
    """Write *document*, with the folders above it."""
    os.makedirs(path.parent, exist_ok=True)
    path.write_text(json.dumps(document))
