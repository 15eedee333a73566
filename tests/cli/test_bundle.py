"""`aitrack bundle`: one file to send, that every reader takes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bundles import NOW, Store, failure
from tests.cli.command import aitrack


def test_another_machine_shows_what_this_one_does(tmp_path: Path) -> None:
    """The first screen, with the history of the sender."""
    store = Store(tmp_path / "home")
    store.session("passed", at=NOW, packages={"pandas": "1.0"})
    store.session("failed", at=NOW + 100, failure=failure(), packages={"pandas": "2.0"})
    here = aitrack(tmp_path / "home", "inspect", "--json")

    packed = aitrack(tmp_path / "home", "bundle", "last", "-o", str(tmp_path / "f.zip"))
    there = aitrack(tmp_path, "inspect", str(tmp_path / "f.zip"), "--json", AITRACK_HOME=str(tmp_path / "other"))

    assert packed.returncode == 0 and packed.stdout.startswith("packed ")
    assert json.loads(there.stdout) == json.loads(here.stdout)
    assert json.loads(there.stdout)["changes"]


def test_the_page_of_a_packed_session(tmp_path: Path) -> None:
    """Views do not ask where a session came from."""
    Store(tmp_path).session("failed", failure=failure())
    aitrack(tmp_path, "bundle", "-o", "f.zip", "--without", "locals,output")

    page = aitrack(tmp_path, "inspect", "f.zip", "--html", "-").stdout

    assert "KeyError" in page and "otter" not in page


def test_what_cannot_be_packed_says_why(tmp_path: Path) -> None:
    """Recorded in full, an unknown part, no folder to write to."""
    store = Store(tmp_path)
    store.session("failed", failure=failure(), privacy={"mode": "full"})
    assert "--privacy full" in aitrack(tmp_path, "bundle").stderr
    store.session("failed", failure=failure())
    for words in (["--without", "secrets"], ["-o", "/nowhere/f.zip"]):
        ended = aitrack(tmp_path, "bundle", *words)
        assert ended.returncode == 2 and ended.stderr.startswith("error: ") and "Traceback" not in ended.stderr
