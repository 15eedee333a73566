"""`aitrack store`: scrub and migrate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundles import Store, failure
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_scrub_rewrites_old_sessions_and_keeps_them_readable(store: Store) -> None:
    """Rules get better; what was recorded before them can follow."""
    folder = store.session("failed", failure=failure(message="password=hunter2horse"), stderr="password=hunter2horse\n")

    done = aitrack(store.home, "store", "scrub")

    assert done.stdout.startswith("rewrote 2 files of 1 session")
    assert not [path for path in folder.rglob("*") if path.is_file() and b"hunter2horse" in path.read_bytes()]
    assert aitrack(store.home, "inspect").returncode == 0
