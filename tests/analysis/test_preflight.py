"""Preflight: what successful runs had and this one lacks."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bundles import NOW, Store
from tests.cli.command import aitrack


def test_missing_variables_files_and_hosts_are_named(tmp_path: Path) -> None:
    """Told before hours of work, not after."""
    store = Store(tmp_path / "home")
    for number in range(3):
        folder = store.session(
            "passed", at=NOW + number, env={"kept": {}, "hidden": {"API_URL": "11", f"X{number}": "2"}}
        )
        events = [
            {"t_ns": 1, "kind": "open", "data": {"path": str(tmp_path / "rates.csv"), "mode": "r"}},
            {"t_ns": 2, "kind": "open", "data": {"path": str(tmp_path / "out.csv"), "mode": "w"}},
            {"t_ns": 3, "kind": "connect", "data": {"host": "127.0.0.1", "port": 1}},
        ]
        (folder / "attempts/1/events.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))

    done = aitrack(store.home, "preflight", "job.py", "--json", cwd=tmp_path)

    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["runs"] == 3
    assert [(one["what"], one["name"].rpartition("/")[2]) for one in found["lacking"]] == [
        ("variable", "API_URL"),
        ("file", "rates.csv"),
        ("host", "127.0.0.1:1"),
    ]


def test_an_argument_that_names_no_file_is_told(tmp_path: Path) -> None:
    """The last success was given a file that exists, this one is given none."""
    store = Store(tmp_path / "home")
    (tmp_path / "good.csv").write_text("")
    command = {"argv": ["python", "job.py", "good.csv"], "form": "script", "script": "job.py", "cwd": str(tmp_path)}
    store.session("passed", command=command)

    done = aitrack(store.home, "preflight", "job.py", "--", "bad.csv", cwd=tmp_path)

    assert done.returncode == 1
    assert "argument 1: `bad.csv` does not exist" in done.stdout
    assert aitrack(store.home, "preflight", "job.py", "--", "good.csv", cwd=tmp_path).returncode == 0


def test_without_a_success_nothing_is_claimed(tmp_path: Path) -> None:
    """No history is no fault."""
    store = Store(tmp_path / "home")

    done = aitrack(store.home, "preflight", "new.py")

    assert done.returncode == 0
    assert "nothing to compare with" in done.stdout
