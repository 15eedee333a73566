"""`aitrack export`: formats to files and stdout, errors that say what to do."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bundles import Store, failure
from tests.cli.command import aitrack


def test_without_a_file_it_goes_to_stdout(tmp_path: Path) -> None:
    """`aitrack export --as sarif | jq` works."""
    Store(tmp_path).session("failed", failure=failure())

    ended = aitrack(tmp_path, "export", "--as", "sarif")

    assert ended.returncode == 0
    assert json.loads(ended.stdout)["version"] == "2.1.0"


def test_with_a_file_nothing_is_printed(tmp_path: Path) -> None:
    """As `cp` does."""
    Store(tmp_path).session("failed", failure=failure())

    ended = aitrack(tmp_path, "export", "last", "--as", "junit", "--to", "report.xml")

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert "<testsuites" in (tmp_path / "report.xml").read_text()


def test_errors_are_one_line_and_two(tmp_path: Path) -> None:
    """No format, a wrong one, no folder, a session in full: status 2 and a hint."""
    Store(tmp_path).session("failed", failure=failure(), privacy={"mode": "full"})

    for words in ([], ["--as", "juni"], ["--as", "junit"], ["--as", "otlp", "--to", "endpoint"]):
        ended = aitrack(tmp_path, "export", *words)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.startswith("error: ") and "hint: " in ended.stderr and "Traceback" not in ended.stderr
