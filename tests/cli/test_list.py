"""`aitrack list`: filters, and readers that stop early."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bundles import Store
from tests.cli.command import ROOT, aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_list_filters(store: Store) -> None:
    """Each filter narrows, and together they narrow more."""
    now = time.time()
    store.session("passed", at=now - 10 * 86400, script="old.py")
    store.session("failed", at=now - 50, script="a/load.py", environment="ci", labels={"team": "data"})
    store.session("passed", at=now - 40, script="b/load.py", labels={"team": "web"})
    store.session("failed", at=now - 30, script="other.py")

    def scripts(*words: str) -> list[str]:
        rows = json.loads(aitrack(store.home, "list", "--json", *words).stdout)["sessions"]
        return [row["script"] for row in rows]

    assert scripts() == ["other.py", "b/load.py", "a/load.py", "old.py"]
    assert scripts("--status", "failed") == ["other.py", "a/load.py"]
    assert scripts("--script", "load.py") == ["b/load.py", "a/load.py"]
    assert scripts("--since", "7d") == ["other.py", "b/load.py", "a/load.py"]
    assert scripts("--environment", "ci") == ["a/load.py"]
    assert scripts("--tag", "team=data", "--failed") == ["a/load.py"]
    assert scripts("--limit", "1") == ["other.py"]


def test_a_reader_that_stops_early_is_no_error(store: Store) -> None:
    """`aitrack list | head -1` must be quiet."""
    for _ in range(300):
        store.session("passed")

    command = f"{sys.executable} -m aitrack list --limit 300 | head -1; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)

    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"
