"""`aitrack ui` without a terminal."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import aitrack


def test_without_a_terminal_it_says_what_to_use(tmp_path: Path) -> None:
    """A pipeline must not hang in a full-screen program."""
    ended = aitrack(tmp_path, "ui")

    assert ended.returncode == 2
    assert "needs a terminal" in ended.stderr and "aitrack list" in ended.stderr
