"""Pages and exports are for their user alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aitrack.report.files import write


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o600), (0o000, 0o600), (0o277, 0o400)])
def test_a_new_file_is_for_the_user_alone(tmp_path: Path, mask: int, mode: int) -> None:
    """It holds what a program had in its variables; a stricter umask is kept."""
    before = os.umask(mask)
    try:
        write(str(tmp_path / "page.html"), "text")
    finally:
        os.umask(before)

    assert (tmp_path / "page.html").stat().st_mode & 0o777 == mode
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_file_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    """By it the user has said who may read the report."""
    path = tmp_path / "junit.xml"
    path.write_text("old")
    path.chmod(0o644)

    write(str(path), "new")

    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o644)


def test_a_file_is_written_where_a_link_leads(tmp_path: Path) -> None:
    """The link is the user's own way to name the place."""
    (tmp_path / "link").symlink_to("real.html")

    write(str(tmp_path / "link"), "text")

    assert (tmp_path / "real.html").read_text() == "text"
    assert (tmp_path / "link").is_symlink()
