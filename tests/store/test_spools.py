"""What collectors wrote, read where nobody else could finish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aitrack.store.bundle import Bundle
from tests.bundles import Store, failure


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_an_interrupted_attempt_is_read_from_its_spools(store: Store) -> None:
    """What the collector wrote before `kill -9` of the supervisor is not lost."""
    folder = store.session("interrupted", exit_code=None)
    lines = [
        {"wire": 1, "kind": "process", "pid": 7},
        {"kind": "failure", "where": "thread", "at_ns": 1, "failure": failure("ValueError", "in a thread")},
        {"kind": "failure", "where": "main", "at_ns": 2, "failure": failure()},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "attempts/1/spool-7").write_text(text + '{"torn')

    bundle = Bundle(str(folder))

    assert bundle.attempt_records[0]["failure"]["type"] == "KeyError"
    assert [error["type"] for error in bundle.attempt_records[0]["errors"]] == ["ValueError"]
