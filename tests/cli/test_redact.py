"""`aitrack redact --check`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundles import Store
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_redact_check_shows_the_rule(store: Store) -> None:
    """So that a user can see what would be hidden before it is needed."""
    done = aitrack(store.home, "redact", "--check", "password=hunter2horse")

    assert "hunter2horse" not in done.stdout
    assert "redacted:" in done.stdout
