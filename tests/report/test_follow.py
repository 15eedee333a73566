"""Following a session that runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.bundles import Store
from tests.cli.command import ROOT


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_follow_shows_new_output_until_the_end(store: Store) -> None:
    """For a run that was started elsewhere."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as writer:
        start = int(Path(f"/proc/{writer.pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
        folder = store.session("running", supervisor={"pid": writer.pid, "start": start}, ended_at=None)
        (folder / "attempts/1/stdout.log").write_text("first line\n")
        environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT)}
        watcher = pexpect.spawn(sys.executable, ["-m", "aitrack", "inspect", "--follow"], env=environment, timeout=20)
        watcher.expect("first line")
        with open(folder / "attempts/1/stdout.log", "a") as log:
            log.write("second line\n")
        watcher.expect("second line")
        writer.kill()
        writer.wait()
        watcher.expect("interrupted")
        watcher.expect(pexpect.EOF)
