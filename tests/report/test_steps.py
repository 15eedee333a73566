"""The history of variables: of the right function, in order, whatever else lies in a spool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aitrack.report.steps import history_of
from aitrack.store.bundle import Bundle, failure_of
from tests.bundles import Store, failure


def _history(home: Path, name: str, functions: list[Any]) -> list[tuple[str, str, str]]:
    folder = Store(home).session("failed", failure=failure())
    records = [{"wire": 1, "kind": "process", "pid": 7}, {"kind": "focus", "functions": functions}]
    (folder / "attempts/1/spool-7").write_text("".join(json.dumps(one) + "\n" for one in records))
    bundle = Bundle(str(folder))
    found = failure_of(bundle)
    assert found
    return history_of(bundle, 1, found.frames[0], name)


def test_changes_come_in_their_order(tmp_path: Path) -> None:
    """Of the function asked for, and of the variable."""
    steps = [
        {"line": 86, "changed": {"total": "0", "row": "{}"}},
        {"line": 87, "changed": {}},
        {"line": 88, "changed": {"total": "1"}},
    ]
    own = {"file": "/work/load.py", "function": "parse_row", "steps": steps}
    other = {"file": "/work/load.py", "function": "main", "steps": steps}

    assert _history(tmp_path / "a", "total", [other, own]) == [("86", "total", "0"), ("88", "total", "1")]
    assert len(_history(tmp_path / "b", "", [own])) == 3


def test_damage_is_passed_over(tmp_path: Path) -> None:
    """A spool may hold anything."""
    strange = [
        None,
        5,
        {},
        {"file": "/work/load.py", "function": "parse_row", "steps": [1, {"changed": 3}, {"changed": None}]},
    ]

    assert _history(tmp_path, "", strange) == []
