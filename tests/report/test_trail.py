"""What led to a failure, on one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aitrack.model import Event
from aitrack.report.trail import describe, led_here
from aitrack.store.bundle import Bundle
from tests.bundles import Store, failure


def trail(tmp_path: Path, *events: dict[str, Any], columns: int = 60) -> str:
    """Return the line for a session with these events."""
    folder = Store(tmp_path).session("failed", failure=failure())
    lines = [json.dumps({"t_ns": place, **event}) for place, event in enumerate(events)]
    (folder / "attempts/1/events.ndjson").write_text("\n".join(lines))
    bundle = Bundle(str(folder))
    return led_here(bundle, bundle.attempts[0], columns)


def test_steps_are_in_order_and_the_newest_are_kept(tmp_path: Path) -> None:
    """Cut at the old end, within the line."""
    steps = [{"kind": "open", "data": {"path": f"/d/file{number}.csv"}} for number in range(30)]

    shown = trail(tmp_path, *steps, columns=40)

    assert shown == "open file28.csv -> open file29.csv"


def test_of_a_function_the_last_line_that_was_new_is_named(tmp_path: Path) -> None:
    """The way through the program, not each line of it; a line that is told twice is new once."""
    call = {"kind": "first", "data": {"function": "load", "what": "call", "line": 3}}
    usual = {"kind": "first", "data": {"function": "load", "what": "line", "line": 9}}
    branch = {"kind": "first", "data": {"function": "load", "what": "line", "line": 7}}

    assert trail(tmp_path, call, usual, branch, usual) == "load:7"


def test_the_failure_itself_is_not_repeated(tmp_path: Path) -> None:
    """It stands above."""
    own = {"kind": "exception", "data": {"type": "KeyError", "message": "'price'", "caught_in": "f"}}
    other = {"kind": "exception", "data": {"type": "OSError", "message": "x", "caught_in": "f", "count": 2}}

    assert trail(tmp_path, own, other) == "OSError caught in f 2 times"


def test_events_of_unknown_shape_are_described_all_the_same() -> None:
    """Newer kinds, missing data."""
    assert describe(Event(kind="teleport", data={"name": "\x1b[2J"})) == "teleport \\x1b[2J"
    assert describe(Event(kind="exec", data={"argv": ["ls", 3]})) == "exec ls 3"
