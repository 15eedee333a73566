"""`aitrack config trust`: shown, asked, remembered; and asked again when it changed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pexpect
import pytest

from tests.cli.command import ROOT, aitrack


class Folder:
    """A project, a user's folder and a store."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.work.mkdir()
        self.user = folder / "user"
        self.store = folder / "store"
        self.file = self.work / "aitrack.toml"

    def ask(self, *words: str) -> CompletedProcess[str]:
        return aitrack(self.store, "config", *words, cwd=self.work, HOME=str(self.user), XDG_CONFIG_HOME="")

    def left(self) -> list[str]:
        return [row["key"] for row in json.loads(self.ask("--json").stdout)["left_out"]]

    def typed(self, answer: str, *words: str) -> tuple[str, int]:
        """Type *answer* at a terminal."""
        env = {
            "HOME": str(self.user),
            "PYTHONPATH": str(ROOT),
            "AITRACK_HOME": str(self.store),
            "PATH": "/usr/bin:/bin",
        }
        child = pexpect.spawn(
            sys.executable,
            ["-m", "aitrack", "config", *words],
            cwd=str(self.work),
            env=env,
            encoding="utf-8",
            timeout=20,  # type: ignore[arg-type]  # what pexpect takes
        )
        child.expect("y/N")
        shown = child.before or ""
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        return shown, child.exitstatus


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a project that reaches."""
    made = Folder(tmp_path)
    made.file.write_text('on_failure = "./tell.sh"\n[retry]\nretries = 2\n[[fallback]]\ntext = "none"\n')
    return made


def test_what_reaches_is_shown_and_trusted_on_yes(folder: Folder) -> None:
    """One reads before one allows; what is harmless is not in the way."""
    shown, status = folder.typed("y", "trust")

    assert status == 0
    assert "on_failure = ['./tell.sh']" in shown and "fallback[0].text = 'none'" in shown
    assert "retries" not in shown
    assert folder.left() == []


def test_no_is_no(folder: Folder) -> None:
    """So is silence."""
    assert folder.typed("", "trust")[1] == 1
    assert folder.left() == ["on_failure", "fallback"]


def test_without_a_terminal_it_must_be_said(folder: Folder) -> None:
    """A pipe is nobody who reads."""
    done = folder.ask("trust")

    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert folder.left()
    assert folder.ask("trust", "--yes").returncode == 0
    assert folder.left() == []
    assert "trusted already" in folder.ask("trust").stdout


def test_a_changed_file_is_shown_as_a_difference(folder: Folder) -> None:
    """Only what is new needs reading."""
    folder.ask("trust", "--yes")
    folder.file.write_text(folder.file.read_text().replace("./tell.sh", "./steal.sh"))

    assert folder.left() == ["on_failure", "fallback"]
    shown, status = folder.typed("y", "trust", "aitrack.toml")

    assert status == 0
    assert '-on_failure = "./tell.sh"' in shown and '+on_failure = "./steal.sh"' in shown
    assert folder.left() == []


def test_trust_can_be_taken_back(folder: Folder) -> None:
    """And there must have been some."""
    folder.ask("trust", "--yes")

    assert folder.ask("untrust").returncode == 0
    assert folder.left() == ["on_failure", "fallback"]
    assert folder.ask("untrust").returncode == 1


def test_all_files_of_a_folder_are_meant_by_its_name(folder: Folder, tmp_path: Path) -> None:
    """`aitrack config trust ~/app`, through a link too."""
    (folder.work / "pyproject.toml").write_text('[tool.aitrack]\njunit = "x.xml"\n')
    (tmp_path / "link").symlink_to(folder.work)

    assert folder.ask("trust", "--yes", str(tmp_path / "link")).returncode == 0
    assert folder.left() == []


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("trust", "other.toml"), 2, "--config FILE"),
        (("trust", "/nowhere/aitrack.toml"), 1, "no settings"),
        (("trust", "--yse"), 2, "--yes"),
        (("trsut",), 2, "trust"),
        (("untrust", "other.toml"), 2, "--config FILE"),
    ],
)
def test_what_cannot_be_trusted_is_told(folder: Folder, words: tuple[str, ...], status: int, told: str) -> None:
    """One line and the nearest right thing."""
    done = folder.ask(*words)

    assert done.returncode == status
    assert told in done.stderr and "Traceback" not in done.stderr


def test_a_broken_file_cannot_be_trusted(folder: Folder) -> None:
    """What cannot be read cannot be agreed to."""
    folder.file.write_text("[broken")

    assert folder.ask("trust", "--yes").returncode == 2


def test_nothing_is_kept_where_others_may_write(folder: Folder) -> None:
    """They could trust in our name."""
    (folder.user / ".config/aitrack/trusted").mkdir(parents=True)
    (folder.user / ".config/aitrack/trusted").chmod(0o777)

    done = folder.ask("trust", "--yes")

    assert done.returncode == 125
    assert "others may write it" in done.stderr


def test_escapes_in_a_file_do_not_reach_the_terminal(folder: Folder) -> None:
    """A file could paint its question over."""
    folder.file.write_text('on_failure = "./tell.sh \\u001b[2J"\n# \x1b[2J\n')
    folder.ask("trust", "--yes")
    folder.file.write_text('on_failure = "./tell.sh"\n# \x9b2J\n')

    assert "\x1b" not in folder.ask("trust", "--yes").stdout


def test_config_shows_class_and_reason(folder: Folder) -> None:
    """Why a key holds, and why another does not."""
    told = folder.ask().stdout
    rows = {row["key"]: row for row in json.loads(folder.ask("--json").stdout)["left_out"]}
    settings = {row["key"]: row for row in json.loads(folder.ask("--json").stdout)["settings"]}

    assert "(reaching, left out: not trusted; `aitrack config trust` or `--trust-project`)" in told
    assert "(harmless)" in told
    assert (rows["on_failure"]["class"], rows["on_failure"]["holds"]) == ("reaching", False)
    assert (settings["retry.retries"]["class"], settings["retry.retries"]["holds"]) == ("harmless", True)
    assert f"read: {folder.file}  (not trusted)" in told
    assert f"read: {folder.file}  (trusted: `--trust-project`)" in folder.ask("--trust-project").stdout
    assert f"read: {folder.file}  (trusted: `--config`)" in folder.ask("--config", "aitrack.toml").stdout
    assert folder.ask("--trust-project").stdout.count("left out") == 0
