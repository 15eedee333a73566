"""A store of its own for each test of the API, in this process as in a fresh one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aitrack.api import context, operations, place, testing, tokens, trouble
from aitrack.store.bundle import Bundle, session_folders

_OURS = ("AITRACK", "CI", "GITHUB", "ENV")


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """The folder of the store; what a test left open is ended."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(_OURS):
            del os.environ[name]
    os.environ["AITRACK_HOME"] = str(tmp_path / "home")
    _fresh()
    yield tmp_path / "home"
    _fresh()
    os.environ.clear()
    os.environ.update(before)


def _fresh() -> None:
    place.forget()
    trouble.forget()
    tokens.forget_prices()
    context.sessions.clear()
    operations._snapshots.clear()
    testing._now[:] = [testing.Testing(False, None)]


class Look:
    """What lies in the store."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def bundles(self) -> list[Bundle]:
        """All sessions, newest first."""
        return [Bundle(folder) for folder in session_folders(str(self.home))]

    def events(self, kind: str = "", number: int = 0) -> list[dict[str, Any]]:
        """The data of the events of one session, of one kind."""
        return [event.data for event in self.bundles[number].events(1) if not kind or event.kind == kind]

    def bytes(self) -> bytes:
        """Every byte of the store."""
        return b"".join(path.read_bytes() for path in self.home.rglob("*") if path.is_file() and path.name != "key")


@pytest.fixture
def look(home: Path) -> Look:
    """A look into the store."""
    return Look(home)
