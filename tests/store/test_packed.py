"""Reading what somebody sent: the session as it was, damage named, attacks refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from aitrack.collector.redact import Redactor
from aitrack.errors import NotFound, UsageError
from aitrack.store.bundle import Bundle, failure_of
from aitrack.store.finding import find
from aitrack.store.packed import PackedBundle
from aitrack.store.packing import pack
from tests.bundles import Store, failure


def _packed(tmp_path: Path, **history: object) -> Path:
    folder = Store(tmp_path / "home").session("failed", failure=failure(), stderr="boom\n")
    path = tmp_path / "session.zip"
    path.write_bytes(pack(Bundle(str(folder)), history, Redactor(b"k" * 32)))
    return path


def test_a_packed_session_reads_like_one_of_the_store(tmp_path: Path) -> None:
    """Every view takes it."""
    bundle = find(str(tmp_path / "elsewhere"), str(_packed(tmp_path, pattern={"id": "p-1"})))
    found = failure_of(bundle)

    assert bundle.status == "failed" and bundle.output(1, "stderr") == "boom\n"
    assert found and found.frames[0].locals[2].value == "812.5"
    assert bundle.history == {"pattern": {"id": "p-1"}}
    assert bundle.problems == []


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    """A checksum that does not fit is damage, and the rest is shown."""
    path = _packed(tmp_path)
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data.replace(b"boom", b"bomb"))

    assert PackedBundle(str(path)).problems == ["attempts/1/stderr.log: not as it was packed"]


@pytest.mark.parametrize(
    "name",
    ["../evil", "06h0znrnkcbxw3jb/../../evil", "/etc/evil", "06h0znrnkcbxw3jb/a\\..\\evil", "06h0znrnkcbxw3jb//evil"],
)
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    """Reading a file from somebody must not write anywhere else."""
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("06h0znrnkcbxw3jb/MANIFEST.json", "{}")
        archive.writestr(zipfile.ZipInfo(name), "x")

    with pytest.raises(UsageError):
        PackedBundle(str(path))
    assert [one.name for one in tmp_path.rglob("*")] == ["evil.zip"]


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    """A few kilobytes must not fill the disk."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("06h0znrnkcbxw3jb/MANIFEST.json", "{}")
        for number in range(9):
            archive.writestr(f"06h0znrnkcbxw3jb/{number}", bytes(32 << 20))

    with pytest.raises(UsageError, match="refused"):
        PackedBundle(str(path))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"\0" * 4096])
def test_what_is_no_zip_is_an_error(tmp_path: Path, data: bytes) -> None:
    """One line, no traceback."""
    (tmp_path / "x.zip").write_bytes(data)

    with pytest.raises(UsageError, match="cannot be read"):
        PackedBundle(str(tmp_path / "x.zip"))


def test_a_file_cut_anywhere_is_an_error_or_damage(tmp_path: Path) -> None:
    """A broken transfer never shows half a session as a whole one."""
    path = _packed(tmp_path)
    data = path.read_bytes()
    for length in range(0, len(data), 37):
        path.write_bytes(data[:length])
        with pytest.raises(UsageError):
            PackedBundle(str(path))


def test_nothing_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that is killed leaves nothing in the folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = _packed(tmp_path)
    before = set(tmp_path.rglob("*"))

    bundle = PackedBundle(str(path))
    assert failure_of(bundle)

    assert set(tmp_path.rglob("*")) == before


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    """The status is that of a missing session."""
    with pytest.raises(NotFound):
        find(str(tmp_path), str(tmp_path / "none.zip"))
