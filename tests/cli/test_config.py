"""`aitrack config`: each setting with its origin."""

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


def test_config_shows_each_setting_with_its_origin(store: Store, tmp_path: Path) -> None:
    """ "Why does it retry?" is answered by a file name."""
    (tmp_path / "aitrack.toml").write_text("[retry]\nretries = 3\n")

    told = aitrack(store.home, "config", cwd=tmp_path, AITRACK_OPT_DELAY="2s").stdout
    document = json.loads(aitrack(store.home, "config", "--json", cwd=tmp_path).stdout)

    assert f"retry.retries  3                 {tmp_path}/aitrack.toml" in told
    assert "AITRACK_OPT_DELAY" in told
    assert document["settings"][0]["value"] == 3
