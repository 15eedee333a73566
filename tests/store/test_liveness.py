"""Whether a session still runs: its supervisor's process, not its word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aitrack.store import liveness
from aitrack.store.bundle import Bundle
from tests.bundles import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def supervisor(pid: int) -> dict[str, object]:
    """Return the record of a supervisor that lives under *pid*."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        start = int(file.read().rpartition(b")")[2].split()[19])
    return {"version": "0.1.0", "pid": pid, "start": start, "boot_id": liveness.boot_id()}


def test_running_is_believed_while_the_supervisor_lives(store: Store) -> None:
    """A session in progress must not be called interrupted."""
    folder = store.session("running", supervisor=supervisor(os.getpid()), ended_at=None, duration_s=None)

    assert Bundle(str(folder)).status == "running"


def test_running_without_its_process_is_interrupted(store: Store) -> None:
    """After `kill -9` nobody writes the end; the reader says what happened and writes nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as gone:
        record = supervisor(gone.pid)
        gone.kill()
    folder = store.session("running", supervisor=record, ended_at=None, duration_s=None)
    before = (folder / "session.json").read_bytes()

    bundle = Bundle(str(folder))

    assert bundle.status == "interrupted"
    assert bundle.record["ended_at"] >= bundle.record["started_at"]
    assert (folder / "session.json").read_bytes() == before


@pytest.mark.parametrize("lie", [{"start": 1}, {"boot_id": "another boot"}])
def test_a_recycled_pid_does_not_fool_the_reader(store: Store, lie: dict[str, object]) -> None:
    """The pid lives, but it is another process than the one that wrote."""
    record = supervisor(os.getpid()) | lie

    folder = store.session("running", supervisor=record)

    assert Bundle(str(folder)).status == "interrupted"


def test_a_session_of_another_host_is_left_running(store: Store) -> None:
    """On a shared home the process cannot be looked for: nothing is claimed."""
    record = supervisor(os.getpid()) | {"host_hash": "elsewhere", "pid": 4194300, "boot_id": "other"}

    folder = store.session("running", supervisor=record)

    assert Bundle(str(folder)).status == "running"
