"""Colour, width and encodings of terminals."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from tests.bundles import Store, failure
from tests.cli.command import ROOT, aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_a_terminal_gets_colour_and_no_color_turns_it_off(store: Store) -> None:
    """https://no-color.org; and colour never carries the meaning alone."""
    store.session("failed", failure=failure())
    environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT), "TERM": "xterm"}

    def screen(**more: str) -> str:
        shown = pexpect.run(f"{sys.executable} -m aitrack inspect", env={**environment, **more})
        return str(shown)

    assert "\\x1b[" in screen()
    assert "\\x1b[" not in screen(NO_COLOR="1")


def test_a_terminal_without_unicode_gets_plain_signs(store: Store) -> None:
    """A report must not die of a tick mark."""
    store.session("failed", failure=failure(message="naïve ‹x› 🦦"))

    done = aitrack(store.home, "inspect", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert done.returncode == 0
    assert done.stdout.startswith("x job.py")
