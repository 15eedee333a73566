"""Resources out of a script's own history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aitrack.analysis.resources import is_outlier
from tests.bundles import NOW, Store
from tests.cli.command import aitrack


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [
        (10.0, [1.0] * 8, True),
        (1.3, [1.0] * 8, False),
        (10.0, [1, 9, 2, 11, 5, 8, 3, 10], False),
        (1.02, [0.01] * 8, True),
    ],
)
def test_an_outlier_is_far_from_what_is_usual(value: float, before: list[float], expected: bool) -> None:
    """Far beyond the spread, a quarter more at least, and half a second."""
    assert is_outlier(value, before, 0.5) is expected


def test_a_run_that_took_far_longer_is_shown(tmp_path: Path) -> None:
    """A script that gets slow is found before it fails."""
    store = Store(tmp_path / "home")
    for number in range(8):
        store.session("passed", at=NOW + number, duration_s=2.0 + number / 100)
    slow = store.session("passed", at=NOW + 9, duration_s=60.0).name

    found = json.loads(aitrack(store.home, "patterns", "--resources", "--json").stdout)["regressions"]
    shown = aitrack(store.home, "patterns", "--resources").stdout

    assert [(one["id"], one["what"]) for one in found] == [(slow, "duration")]
    assert "! unusual duration" in aitrack(store.home, "list").stdout
    assert "duration 1 min 0 s, usually 2.0 s (8 runs)" in shown
