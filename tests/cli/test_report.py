"""`aitrack report`: to stdout or a file, and an error for a script that never ran."""

from __future__ import annotations

from pathlib import Path

from tests.bundles import Store, failure
from tests.cli.command import aitrack


def test_a_page_goes_to_stdout_or_a_file(tmp_path: Path) -> None:
    """With and without `--md`."""
    Store(tmp_path).session("failed", failure=failure())

    shown = aitrack(tmp_path, "report", "job.py", "--md")
    written = aitrack(tmp_path, "report", "job.py", "-o", "job.md")

    assert shown.returncode == written.returncode == 0 and written.stdout == ""
    assert shown.stdout.startswith("# `job.py`\n")
    assert (tmp_path / "job.md").read_text() == shown.stdout


def test_an_unknown_script_is_not_found(tmp_path: Path) -> None:
    """Status 1, as for any session that is not there."""
    ended = aitrack(tmp_path, "report", "never.py")

    assert ended.returncode == 1 and "never.py" in ended.stderr
