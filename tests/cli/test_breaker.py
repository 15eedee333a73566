"""Breakers operated by hand, and their stable JSON."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from tests.cli.command import aitrack, schema


def test_an_operator_trips_and_resets(tmp_path: Path) -> None:
    """Maintenance: nothing is started until `reset`; who and why stays in the log."""
    assert aitrack(tmp_path, "breaker", "trip", "db", "--reason", "maintenance").stdout == "db is forced_open\n"

    shown = json.loads(aitrack(tmp_path, "breaker", "show", "db", "--json").stdout)
    jsonschema.validate(shown, schema("breaker"))
    assert shown["state"] == "forced_open"
    assert [(one["by"], one["reason"]) for one in shown["transitions"]] == [("operator", "maintenance")]

    assert aitrack(tmp_path, "breaker", "reset", "db").stdout == "db is closed\n"
    assert "maintenance" in aitrack(tmp_path, "breaker", "log", "db").stdout
    assert "db" in aitrack(tmp_path, "breaker", "list").stdout


def test_an_unknown_breaker_is_not_found_with_the_nearest(tmp_path: Path) -> None:
    """Exit 1, as everything that is not there."""
    aitrack(tmp_path, "breaker", "disable", "payments")

    done = aitrack(tmp_path, "breaker", "show", "payment")

    assert done.returncode == 1
    assert "did you mean `payments`?" in done.stderr
