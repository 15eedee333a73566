"""Fixtures: a store with a work folder, and each interpreter that this machine has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from target import VERSIONS, Target, interpreters


@pytest.fixture
def target(tmp_path: Path) -> Target:
    """Return a place to run programs in."""
    return Target(tmp_path)


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest) -> str:
    """Return the path of one interpreter; skipped where it is missing."""
    return _executable(request.param)


@pytest.fixture(params=["3.12", "3.13"])
def monitored(request: pytest.FixtureRequest) -> str:
    """Return an interpreter that has `sys.monitoring`."""
    return _executable(request.param)


@pytest.fixture(params=["3.8", "3.13"])
def oldest_and_newest(request: pytest.FixtureRequest) -> str:
    """Return the two ends of the range, for what differs little between."""
    return _executable(request.param)


def _executable(version: str) -> str:
    found = interpreters().get(version)
    if found is None:
        pytest.skip(f"Python {version} was not found on PATH or among pyenv's versions")
    return found
