"""The index: a cache that is always right, whatever happened to the store or to itself."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import time
from pathlib import Path

import pytest

from aitrack.analysis.history import current_index
from aitrack.store.index import open_index
from tests.bundles import NOW, Store, failure


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def statuses(store: Store) -> list[str]:
    """Return the statuses of all sessions, newest first, as the index knows them."""
    with current_index(str(store.home)) as index:
        return [row["status"] for row in index.rows()]


def test_new_sessions_appear_and_removed_ones_go(store: Store) -> None:
    """Readers see the store as it is now."""
    first = store.session("passed", at=NOW)
    assert statuses(store) == ["passed"]

    store.session("failed", at=NOW + 1, failure=failure())
    assert statuses(store) == ["failed", "passed"]

    shutil.rmtree(first)
    assert statuses(store) == ["failed"]


def test_rows_are_what_the_bundle_says(store: Store) -> None:
    """The index gives the same summary as reading the bundle does."""
    from aitrack.store.bundle import Bundle
    from aitrack.store.summary import summarise

    folder = store.session("failed", failure=failure(), labels={"a": "b"}, name="nightly", environment="ci")

    with current_index(str(store.home)) as index:
        assert list(index.rows()) == [summarise(Bundle(str(folder)))]


def test_a_running_session_is_read_again_until_it_ends(store: Store) -> None:
    """Its folder's day does not change when its record does."""
    import os

    from tests.store.test_liveness import supervisor

    folder = store.session("running", supervisor=supervisor(os.getpid()))
    assert statuses(store) == ["running"]

    record = json.loads((folder / "session.json").read_text())
    (folder / "session.json").write_text(json.dumps(record | {"status": "failed"}))
    assert statuses(store) == ["failed"]


@pytest.mark.parametrize("damage", ["garbage", "truncate", "older", "folder", "delete"])
def test_a_damaged_index_is_made_again(store: Store, damage: str) -> None:
    """It is a cache: nothing of the store depends on it."""
    store.session("failed", failure=failure())
    assert statuses(store) == ["failed"]
    path = store.home / "index.db"
    if damage == "garbage":
        path.write_bytes(b"not a database at all" * 100)
    elif damage == "truncate":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "older":
        with_index = open_index(str(store.home))
        with_index.base.execute("PRAGMA user_version = 99")
        with_index.close()
    else:
        path.unlink()
        if damage == "folder":
            path.mkdir()

    assert statuses(store) == ["failed"]


def _read(home: str, results: multiprocessing.Queue[int]) -> None:
    with current_index(home) as index:
        results.put(len(list(index.rows())))


def test_readers_at_the_same_time_see_every_session_once(store: Store) -> None:
    """Several terminals, one store: no reader fails and none counts twice."""
    for number in range(50):
        store.session("failed", at=NOW + number, failure=failure())
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[int] = context.Queue()
    readers = [context.Process(target=_read, args=(str(store.home), results)) for _ in range(4)]
    for reader in readers:
        reader.start()
    found = [results.get(timeout=30) for _ in readers]
    for reader in readers:
        reader.join()

    assert found == [50] * 4


def test_an_update_costs_what_is_new(store: Store) -> None:
    """A day that has not changed is not listed again."""
    for number in range(20):
        store.session("passed", at=NOW + number)
    with current_index(str(store.home)) as index:
        day = next((store.home / "sessions").rglob("??/??"))
        index.base.execute("UPDATE day SET changed = ?", (day.stat().st_mtime_ns,))
    store.session("passed", at=NOW + 5 * 86400)

    index = open_index(str(store.home))
    read = index.update()
    index.close()

    assert read == 1


def test_damaged_and_foreign_things_are_counted(store: Store) -> None:
    """Named, never a crash, never lost sessions."""
    broken = store.session("failed", at=NOW)
    (broken / "session.json").write_text("{")
    (broken.parent / "stray.txt").write_text("")
    store.session("passed", at=NOW + 1)

    with current_index(str(store.home)) as index:
        assert index.strange() == [str(broken.parent / "stray.txt")]
        assert index.query("SELECT COUNT(*), SUM(problems > 0) FROM session") == [(2, 1)]


def test_a_bounded_update_takes_the_newest_first(store: Store) -> None:
    """`inspect` answers at once; what is old waits for `patterns`."""
    store.session("passed", at=NOW)
    index = open_index(str(store.home))
    index.update(within=-1)
    assert list(index.rows()) == []
    index.update()
    assert len(list(index.rows())) == 1
    index.close()


def test_a_thousand_new_sessions_are_read_in_two_seconds(store: Store) -> None:
    """A night of cron jobs must not make the morning's `patterns` slow."""
    for number in range(1000):
        store.session("failed", at=NOW + number, failure=failure())

    start = time.perf_counter()
    with current_index(str(store.home)) as index:
        took = time.perf_counter() - start
        assert index.query("SELECT COUNT(*) FROM failure") == [(1000,)]

    assert took < 2
