"""`aitrack path`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundles import Store
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_path_prints_the_folder(store: Store) -> None:
    """`cd $(aitrack path last)`."""
    folder = store.session("passed")

    assert aitrack(store.home, "path").stdout == f"{folder}\n"
