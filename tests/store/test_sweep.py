"""What a run itself deletes, and what it must leave."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from aitrack.store import layout
from aitrack.store.sweep import sweep

NOW = 1_800_000_000.0
DAY = 86400.0


def make(home: Path, age_days: float, name: str, status: str) -> Path:
    """Write a session that started so many days ago."""
    folder = Path(layout.day_folder(str(home), NOW - age_days * DAY), name)
    (folder / "attempts/1").mkdir(parents=True)
    (folder / "attempts/1/attempt.json").write_text("{}")
    (folder / "session.json").write_text(f'{{"id":"{name}","status":"{status}"}}')
    return folder


def test_whole_expired_days_without_a_failure_go(tmp_path: Path) -> None:
    """Good days that are over leave; a day with a failure stays whole."""
    old = [make(tmp_path, 40, "a" * 16, "passed"), make(tmp_path, 40, "b" * 16, "passed")]
    mixed = [make(tmp_path, 41, "c" * 16, "passed"), make(tmp_path, 41, "d" * 16, "failed")]
    recent = make(tmp_path, 3, "e" * 16, "passed")

    sweep(str(tmp_path), NOW)

    assert [folder.exists() for folder in [*old, *mixed, recent]] == [False, False, True, True, True]


def test_a_pinned_session_keeps_its_day(tmp_path: Path) -> None:
    """Whoever pinned it meant it."""
    pinned = make(tmp_path, 40, "a" * 16, "passed")
    (tmp_path / "decisions.json").write_text(json.dumps({"pins": ["a" * 16]}))

    sweep(str(tmp_path), NOW)

    assert pinned.exists()


def test_a_running_session_keeps_its_day(tmp_path: Path) -> None:
    """A server that has been up for two months is not a leftover."""
    running = make(tmp_path, 60, "a" * 16, "running")

    sweep(str(tmp_path), NOW)

    assert running.exists()


def test_the_users_age_counts(tmp_path: Path) -> None:
    """`[store] max_age` may be longer or shorter."""
    session = make(tmp_path, 40, "a" * 16, "passed")

    sweep(str(tmp_path), NOW, max_age=100 * DAY)
    assert session.exists()
    sweep(str(tmp_path), NOW, max_age=10 * DAY)
    assert not session.exists()


def test_it_leaves_a_mark_so_that_the_day_is_swept_once(tmp_path: Path) -> None:
    """Later runs of the day look at one file and go."""
    sweep(str(tmp_path), NOW)

    assert (tmp_path / "cache/swept").exists()


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    """Whatever lies in a session's folder, nothing outside of the store is touched."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    session = make(tmp_path, 40, "a" * 16, "passed")
    os.symlink(outside, session / "link")

    sweep(str(tmp_path), NOW)

    assert not session.exists() and (outside / "precious").exists()


@pytest.mark.parametrize("junk", ["notes.txt", "2026", "x/y/z"])
def test_foreign_files_in_the_store_are_left(tmp_path: Path, junk: str) -> None:
    """Only what has the form of a day is looked at."""
    path = tmp_path / "sessions" / junk
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()

    sweep(str(tmp_path), NOW)

    assert path.exists()
