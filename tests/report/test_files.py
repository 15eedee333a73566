"""Files are written in one step, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aitrack.errors import UsageError
from aitrack.report.files import write, write_bytes


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Whoever reads it meanwhile sees the old one or the new one."""
    path = tmp_path / "page.html"
    path.write_text("old and longer")
    with open(path) as reader:
        write(str(path), "new ‹é›")

        assert reader.read() == "old and longer"
    assert path.read_text(encoding="utf-8") == "new ‹é›"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it points to is written."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    write_bytes(str(tmp_path / "link"), b"new")

    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    """A pipe or a device must not be replaced by a file: `--html /dev/null` run by root would break the machine."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)

    write_bytes(str(tmp_path / "pipe"), b"page")

    assert os.read(reader, 10) == b"page"
    assert (tmp_path / "pipe").is_fifo()
    os.close(reader)


@pytest.mark.parametrize("path", ["/nowhere/at/all.html", "."])
def test_what_cannot_be_written_says_why(path: str, tmp_path: Path) -> None:
    """And leaves nothing behind."""
    with pytest.raises(UsageError, match="cannot write"):
        write_bytes(path if path.startswith("/") else str(tmp_path), b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_dash_is_stdout(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Bytes, whatever the locale says."""
    write("-", "é\n")

    assert capfdbinary.readouterr().out == "é\n".encode()
