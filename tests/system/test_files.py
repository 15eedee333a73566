"""Files are opened once, without waiting, and judged by what was opened."""

from __future__ import annotations

import os
import posix
from pathlib import Path

import pytest

from aitrack.system import files


def test_a_fifo_is_refused_at_once(tmp_path: Path) -> None:
    """Opening a FIFO for reading waits for a writer, for ever where signals are blocked."""
    os.mkfifo(tmp_path / "key")

    with pytest.raises(OSError, match="not a regular file"):
        files.read_regular(str(tmp_path / "key"), 64)


def test_a_device_is_refused(tmp_path: Path) -> None:
    """A link to /dev/zero has no end."""
    (tmp_path / "HEAD").symlink_to("/dev/zero")

    with pytest.raises(OSError, match="not a regular file"):
        files.read_regular(str(tmp_path / "HEAD"), 64, follow=True)


def test_a_link_is_refused_unless_asked_for(tmp_path: Path) -> None:
    """A link in a stranger's folder may lead to a file of ours."""
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "link").symlink_to("file")

    with pytest.raises(OSError, match="link"):
        files.read_regular(str(tmp_path / "link"), 64)
    assert files.read_regular(str(tmp_path / "link"), 64, follow=True) == b"mine"


def test_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    """What is larger than any file of its kind is something else."""
    (tmp_path / "file").write_bytes(b"x" * 65)

    with pytest.raises(OSError, match="larger"):
        files.read_regular(str(tmp_path / "file"), 64)


@pytest.mark.parametrize(
    ("mode", "group", "ours"),
    [(0o600, 0, True), (0o644, 0, True), (0o664, 0, False), (0o666, 0, False), (0o602, 0, False)],
)
def test_what_others_may_write_is_not_ours(tmp_path: Path, mode: int, group: int, ours: bool) -> None:
    """Whoever may write a file says what it says."""
    path = tmp_path / "file"
    path.write_bytes(b"")
    path.chmod(mode)
    found = path.stat()
    values = list(found)
    values[5] = found.st_uid + 7  # some other group

    assert files.is_ours(os.stat_result(values)) is ours


def test_the_group_of_ones_own_may_write(tmp_path: Path) -> None:
    """With a umask of 002 every file of a user is writable by the group that is theirs alone."""
    path = tmp_path / "file"
    path.write_bytes(b"")
    values = list(path.stat())
    values[0] = 0o100664
    values[5] = values[4]

    assert files.is_ours(os.stat_result(values))


def test_another_users_file_is_not_ours(tmp_path: Path) -> None:
    """Root's is as good as ours where that is asked for, a third user's never is."""
    path = tmp_path / "file"
    path.write_bytes(b"")
    values = list(path.stat())
    values[4] = posix.geteuid() + 1

    assert not files.is_ours(os.stat_result(values))
    assert not files.is_ours(os.stat_result(values), or_roots=True)


def test_a_file_of_others_is_not_emptied(tmp_path: Path) -> None:
    """A file is judged before it is truncated."""
    path = tmp_path / "lock"
    path.write_bytes(b"theirs")
    path.chmod(0o666)

    with pytest.raises(PermissionError):
        files.open_ours(str(path), posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC)
    assert path.read_bytes() == b"theirs"


def test_replacing_leaves_nothing_behind(tmp_path: Path) -> None:
    """A write that fails takes its temporary file with it."""
    (tmp_path / "target").mkdir()

    with pytest.raises(OSError):
        files.replace(str(tmp_path / "target"), b"content")
    assert os.listdir(tmp_path) == ["target"]
