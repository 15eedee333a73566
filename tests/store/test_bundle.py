"""Reading a session: whatever a crash, a full disk or another tool left in its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aitrack.store.bundle import Bundle, session_folders, walk
from tests.bundles import NOW, Store, failure, write_json


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_a_session_is_read_as_it_was_written(store: Store) -> None:
    """What a run recorded is what readers see, unknown fields included."""
    folder = store.session("failed", failure=failure(), invention={"of": "a later version"})

    bundle = Bundle(str(folder))

    assert bundle.status == "failed"
    assert bundle.problems == []
    assert bundle.record["invention"] == {"of": "a later version"}
    assert bundle.last_failed is not None
    assert bundle.last_failed.failure is not None
    assert bundle.last_failed.failure.frames[0].function == "parse_row"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b'{"schema": 1, "status": "fai', "not valid JSON"),
        (b"\x00\xff\x00garbage", "not valid JSON"),
        (b"[1, 2]", "not an object"),
        (b"[" * 100000, "not valid JSON"),
    ],
)
def test_a_damaged_session_record_is_named_and_still_found(store: Store, content: bytes, says: str) -> None:
    """A full disk must not lose the session: its id tells when it began."""
    folder = store.session("failed", at=NOW)
    (folder / "session.json").write_bytes(content)

    bundle = Bundle(str(folder))

    assert says in bundle.problems[0]
    assert bundle.session.started_at == pytest.approx(NOW, abs=0.01)
    assert [os.path.basename(found) for found in session_folders(str(store.home))] == [folder.name]


def test_fields_of_a_wrong_type_are_dropped_and_told(store: Store) -> None:
    """Each field stands for itself: a bad line number does not hide the frame."""
    broken = failure()
    broken["frames"][0]["line"] = "eighty-eight"
    folder = store.session("failed", failure=broken, command="python job.py", labels=None)

    bundle = Bundle(str(folder))

    assert bundle.session.command.argv == []
    assert bundle.last_failed is not None
    assert bundle.last_failed.failure is not None
    assert bundle.last_failed.failure.frames[0].function == "parse_row"
    assert len(bundle.problems) == 2


def test_a_newer_schema_is_read_as_far_as_known_and_told(store: Store) -> None:
    """Two versions of aitrack may use one store."""
    folder = store.session("failed", failure=failure(), schema=7)

    bundle = Bundle(str(folder))

    assert bundle.status == "failed"
    assert "schema 7 is newer" in bundle.problems[0]


def test_missing_parts_of_an_attempt_are_named(store: Store) -> None:
    """Whatever file is gone, the others are shown."""
    folder = store.session("failed", failure=failure())
    (folder / "attempts/1/attempt.json").unlink()

    bundle = Bundle(str(folder))

    assert bundle.last_failed is not None
    assert any("attempt.json: missing" in problem for problem in bundle.problems)


def test_torn_events_are_counted_and_the_whole_ones_kept(store: Store) -> None:
    """The last line of an append-only file may be half a line."""
    folder = store.session("failed")
    lines = b'{"t_ns": 5, "kind": "open"}\n{"t_ns": 2, "kind": "exec"}\nnull\n{"t_ns": 9, "ki'
    (folder / "attempts/1/events.ndjson").write_bytes(lines)

    bundle = Bundle(str(folder))

    assert [event.kind for event in bundle.events(1)] == ["exec", "open"]
    assert "2 damaged lines" in bundle.problems[0]


def test_foreign_things_in_the_store_are_passed_over_and_told(store: Store) -> None:
    """A file dropped into the store is no session and no reason to stop."""
    folder = store.session("passed")
    (folder.parent / "notes.txt").write_text("mine")
    (store.home / "sessions/readme").mkdir()
    (store.home / "sessions/2026/11").mkdir(parents=True, exist_ok=True)
    (store.home / "sessions/2026/11/xx").mkdir()

    found = list(walk(str(store.home)))

    assert [path for _, path in found if path] == [str(folder)]
    assert len([place for place, path in found if not path]) == 2


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda part: (
            st.lists(part)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "frames", "chain", "locals", "message", "line", "notes", "exceptions", "blame"]
                ),
                part,
            )
        ),
    )
)
def test_no_json_at_all_makes_the_reader_fail(tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    """Readers meet the files of crashed, newer and foreign writers."""
    store = Store(tmp_path_factory.mktemp("home"))
    folder = store.session("failed")
    write_json(folder / "attempts/1/failure.json", document)
    write_json(folder / "session.json", document)

    bundle = Bundle(str(folder))

    assert bundle.session.id
    assert bundle.attempts[0].n == 1
