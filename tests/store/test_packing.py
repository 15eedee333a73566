"""Packing: what leaves the machine is redacted, complete, and without what shall stay."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from aitrack.collector.redact import Redactor
from aitrack.store.bundle import Bundle
from aitrack.store.packing import pack
from tests.bundles import Store, failure

_TOKEN = "ghp_" + "a1B2" * 9  # has the form of a token of GitHub
_REDACTOR = Redactor(b"k" * 32)


def _session(home: Path) -> Bundle:
    found = failure(blame={"path": [], "frame": 0, "why": "row has keys id, name"})
    folder = Store(home).session(
        "failed", failure=found, stderr="seen on stderr\n", env={"kept": {"LANG": "C"}, "hidden": {"HOME": "aa"}}
    )
    spool = [
        {"kind": "taint", "hashes": [[5, "deadbeef", "name"]]},
        {"kind": "failure", "where": "main", "failure": found},
    ]
    (folder / "attempts/1/spool-9").write_text("".join(json.dumps(one) + "\n" for one in spool) + '{"kind": "torn')
    return Bundle(str(folder))


def _files(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.partition("/")[2]: archive.read(entry).decode() for entry in archive.namelist()}


def test_everything_is_in_it(tmp_path: Path) -> None:
    """Who receives it sees what the sender sees."""
    bundle = _session(tmp_path)
    files = _files(pack(bundle, {"suspects": []}, _REDACTOR))

    own = {str(path.relative_to(bundle.folder)) for path in Path(bundle.folder).rglob("*") if path.is_file()}
    assert files.keys() == own | {"MANIFEST.json", "history.json"}
    assert "otter" in files["attempts/1/failure.json"]
    assert files["attempts/1/spool-9"].endswith('{"kind": "torn')


def test_the_rules_of_today_are_applied_once_more(tmp_path: Path) -> None:
    """A session may be older than the rule that knows its secret."""
    bundle = _session(tmp_path)
    (Path(bundle.folder) / "attempts/1/stdout.log").write_text(f"token {_TOKEN}\n")

    data = pack(bundle, {"pattern": {"title": _TOKEN}}, _REDACTOR)

    assert _TOKEN not in "".join(_files(data).values())


def test_hashes_for_masking_stay_at_home(tmp_path: Path) -> None:
    """They are of secrets, and of use only to the machine that has the key."""
    assert "deadbeef" not in "".join(_files(pack(_session(tmp_path), {}, _REDACTOR)).values())


def test_parts_are_left_out_everywhere(tmp_path: Path) -> None:
    """Values stand in the failure, in the spool, in what was concluded from them, and in torn lines."""
    files = _files(pack(_session(tmp_path), {}, _REDACTOR, ["locals", "env", "output"]))

    text = "".join(files.values())
    assert not [
        word
        for word in ("otter", "812.5", "row has keys", "LANG", "HOME", "seen on stderr", '{"kind": "torn')
        if word in text
    ]
    assert json.loads(files["MANIFEST.json"])["without"] == ["env", "locals", "output"]
    assert json.loads(files["attempts/1/failure.json"])["message"] == "'price'"


def test_packing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """A checksum of the file names the session."""
    bundle = _session(tmp_path)

    assert pack(bundle, {}, _REDACTOR) == pack(bundle, {}, _REDACTOR)


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link in a session's folder must not send a file of the user's."""
    bundle = _session(tmp_path / "home")
    (tmp_path / "private").write_text("private")
    (Path(bundle.folder) / "attempts/1/link").symlink_to(tmp_path / "private")

    assert "attempts/1/link" not in _files(pack(bundle, {}, _REDACTOR))
