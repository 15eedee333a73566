"""`aitrack debug`: from a pipe, from options, on a terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect

from tests.bundles import Store, failure
from tests.cli.command import ROOT, aitrack


def test_questions_can_come_through_a_pipe(tmp_path: Path) -> None:
    """Scripts and other programs ask too; the answers stand alone on stdout."""
    Store(tmp_path).session("failed", failure=failure())

    ended = aitrack(tmp_path, "debug", text="p total\np row['cost']\nq\np row\n")

    assert ended.returncode == 0 and ended.stderr == ""
    assert ended.stdout.splitlines()[-2:] == ["812.5", "'4.20'"]


def test_questions_can_be_options(tmp_path: Path) -> None:
    """One answer, no greeting."""
    store = Store(tmp_path)
    store.session("failed", failure=failure())
    store.session("passed", script="other.py")

    assert aitrack(tmp_path, "debug", "-c", "p total").stdout == "812.5\n"


def test_a_terminal_has_a_prompt(tmp_path: Path) -> None:
    """Ctrl-C comes back to it, an empty line repeats, Ctrl-D leaves."""
    Store(tmp_path).session("failed", failure=failure())
    environment = {**os.environ, "AITRACK_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "TERM": "dumb"}
    child = pexpect.spawn(sys.executable, ["-m", "aitrack", "debug"], env=environment, encoding="utf-8", timeout=20)
    child.expect_exact("(aitrack) ")
    child.sendline("p total")
    child.expect("812.5\r\n")
    child.expect_exact("(aitrack) ")
    child.sendintr()
    child.expect_exact("(aitrack) ")
    child.sendline("")
    child.expect("812.5\r\n")
    child.expect_exact("(aitrack) ")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()

    assert child.exitstatus == 0


def test_nothing_to_debug_is_not_found(tmp_path: Path) -> None:
    """An empty store, and one where all is well."""
    assert aitrack(tmp_path, "debug").returncode == 1
    folder = Store(tmp_path).session("passed")
    assert aitrack(tmp_path, "debug", folder.name).returncode == 2
