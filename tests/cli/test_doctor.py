"""`aitrack doctor`: a trial run, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bundles import Store
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_doctor_runs_a_trial_and_finds_an_unwritable_store(store: Store, tmp_path: Path) -> None:
    """One command says whether it works here."""
    found = json.loads(aitrack(store.home, "doctor", "--json").stdout)["findings"]
    assert found[-1]["what"] == "trial run"
    assert found[-1]["state"] in ("ok", "warning")

    blocked = tmp_path / "file"
    blocked.write_text("")
    done = aitrack(blocked, "doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot be written" in done.stdout
