"""Bisect: the smallest difference that matters, found by real runs; and when not to run at all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.analysis.bisect import Part, smallest
from tests.bundles import NOW, Store, failure
from tests.cli.command import aitrack


@given(st.integers(1, 12), st.data())
def test_exactly_the_parts_that_matter_are_found(count: int, data: st.DataObject) -> None:
    """For any set of needed parts, nothing more and nothing less."""
    parts = [Part(("variable", str(number)), None) for number in range(count)]
    needed = set(data.draw(st.lists(st.sampled_from(parts), min_size=1, unique=True)))

    found = smallest(parts, lambda chosen: needed <= set(chosen))

    assert set(found) == needed


@pytest.fixture
def failing(tmp_path: Path) -> tuple[Store, str]:
    """Return a store with a success and a failure of a script that fails when BAD is set."""
    store = Store(tmp_path / "home")
    script = tmp_path / "job.py"
    script.write_text("import os, sys\nsys.exit('BAD' in os.environ)\n")
    command = {"argv": [sys.executable, str(script)], "form": "script", "script": str(script), "cwd": str(tmp_path)}
    hidden = {"BAD": "1111", "NEW": "2222", "OTHER": "3333"}
    store.session("passed", at=NOW, command=command, env={"kept": {}, "hidden": {"OTHER": "3333"}})
    name = store.session(
        "failed", at=NOW + 1, command=command, failure=failure(), env={"kept": {}, "hidden": hidden}
    ).name
    return store, name


def test_the_variable_that_makes_it_fail_is_named(failing: tuple[Store, str]) -> None:
    """Two variables are new, one of them matters."""
    store, name = failing

    done = aitrack(store.home, "bisect", name, "--json", BAD="1", NEW="1")

    assert json.loads(done.stdout) == {"schema": 1, "causes": ["variable BAD (not there)"], "smallest": True}


def test_a_run_that_passes_now_is_said(failing: tuple[Store, str]) -> None:
    """The cause is gone: no guess is made."""
    store, name = failing

    done = aitrack(store.home, "bisect", name)

    assert done.returncode == 2
    assert "passes now" in done.stderr


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"committed": True}, "point of no return"),
        ({"idempotent": "no"}, "twice is not safe"),
        ({"policy": {"retry": {"retries": 2, "idempotent": "no"}}, "committed": False}, "twice is not safe"),
    ],
)
def test_what_must_not_run_twice_is_not_run(tmp_path: Path, record: dict[str, Any], reason: str) -> None:
    """The point of no return was passed, or twice is not safe."""
    store = Store(tmp_path / "home")
    store.session("passed", at=NOW)
    store.session("failed", at=NOW + 1, failure=failure(), **record)

    done = aitrack(store.home, "bisect", "last")

    assert done.returncode == 2
    assert reason in done.stderr


def test_the_plan_is_shown_without_running(failing: tuple[Store, str]) -> None:
    """`--dry-run` before a costly command."""
    store, name = failing

    shown = aitrack(store.home, "bisect", name, "--dry-run").stdout

    assert shown.splitlines() == [
        "would take back variable BAD (not there)",
        "would take back variable NEW (not there)",
    ]
