"""`aitrack purge`, and `pin` against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundles import Store
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_pin_keeps_a_session_from_purge(store: Store) -> None:
    """Pinned by hand, gone only by hand."""
    kept, gone = store.session("failed"), store.session("failed")

    assert aitrack(store.home, "pin", kept.name[-6:]).returncode == 0
    dry = aitrack(store.home, "purge", "--all", "--dry-run")
    assert (dry.stdout.startswith("would remove 1 session"), gone.exists()) == (True, True)
    aitrack(store.home, "purge", "--all")
    assert (kept.exists(), gone.exists()) == (True, False)
    aitrack(store.home, "unpin", kept.name)
    aitrack(store.home, "purge", "--all")
    assert not kept.exists()
