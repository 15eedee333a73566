"""Reading what somebody sent: the session as it was, damage named, attacks refused."""

from __future__ import annotations

import json
import warnings
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


def _line(number: int) -> str:
    return json.dumps({"t_ns": number, "seq": number, "pid": 1, "kind": "event", "data": {"n": number}}) + "\n"


@pytest.mark.slow
def test_the_largest_session_is_read_as_it_was_packed(tmp_path: Path) -> None:
    """What we write ourselves we must not refuse: 8 MiB of frames, full outputs, as many interpreters as leave a file."""
    frames = [
        {"file": "/work/a.py", "line": line, "function": f"f{line}", "in_app": True,
         "locals": [{"name": f"v{n}", "type": "str", "value": repr("row, cell, " * 80)} for n in range(75)]}
        for line in range(110)
    ]  # fmt: skip
    attempts = [{"exit_code": 1, "failure": failure()} for _ in range(20)]
    folder = Store(tmp_path / "home").session("failed", attempts=attempts, failure=failure(frames=frames))
    last = folder / "attempts/20"
    for name in ("stdout", "stderr"):
        (last / f"{name}.log").write_text("a line, with commas, of text\n" * 45_000)
    (last / "events.ndjson").write_text("".join(map(_line, range(15_000))))
    for pid in range(256):
        (last / f"spool-{1000 + pid}").write_text('{"wire":1,"kind":"process","pid":1}\n' + '{"kind":"end"}\n' * 500)
    own = Bundle(str(folder))
    (tmp_path / "x.zip").write_bytes(pack(own, {}, Redactor(b"k" * 32)))

    packed = PackedBundle(str(tmp_path / "x.zip"))

    assert (last / "failure.json").stat().st_size > 6 << 20
    assert packed.attempts == own.attempts and packed.events(20) == own.events(20)
    assert packed.output(20, "stdout") == own.output(20, "stdout")
    assert packed.problems == [] and not packed.is_cut


def test_more_events_than_a_session_has_are_told(tmp_path: Path) -> None:
    """What is left out is never left out in silence."""
    folder = Store(tmp_path / "home").session("failed", failure=failure())
    (folder / "attempts/1/events.ndjson").write_text("".join(map(_line, range(20_005))))
    (tmp_path / "x.zip").write_bytes(pack(Bundle(str(folder)), {}, Redactor(b"k" * 32)))
    packed = PackedBundle(str(tmp_path / "x.zip"))

    assert len(packed.events(1)) == 20_000
    assert packed.problems == ["attempts/1/events.ndjson: only the first 20000 of 20005 records are read"]


@pytest.mark.parametrize("trick", ["lzma", "bzip2", "encrypted", "twice", "many", "lying size"])
def test_an_archive_that_we_would_not_write_is_refused(tmp_path: Path, trick: str) -> None:
    """Other methods unpack without a bound, two members of one name are read as either."""
    path, top = tmp_path / "x.zip", "06h0znrnkcbxw3jb"
    method = {"lzma": zipfile.ZIP_LZMA, "bzip2": zipfile.ZIP_BZIP2}.get(trick, zipfile.ZIP_DEFLATED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's own word on two members of one name
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr(f"{top}/MANIFEST.json", "{}")
            for number in range(6000 if trick == "many" else 1):
                archive.writestr(f"{top}/{number}", b"x" * 100)
            if trick == "twice":
                archive.writestr(f"{top}/0", b"other")
    data = bytearray(path.read_bytes())
    directory = data.find(b"PK\x01\x02")
    if trick == "encrypted":
        data[directory + 8] |= 1
    if trick == "lying size":
        data[directory + 24 : directory + 28] = (200 << 20).to_bytes(4, "little")
    path.write_bytes(data)

    with pytest.raises(UsageError):
        PackedBundle(str(path))
