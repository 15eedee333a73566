"""The store of this user, when it cannot be read."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import aitrack


def test_a_store_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """125: nothing was found out, which is not the same as "no sessions"."""
    (tmp_path / "home").write_text("a file")

    done = aitrack(tmp_path / "home", "list", cwd=tmp_path)

    assert done.returncode == 125
    assert "cannot be read" in done.stderr
