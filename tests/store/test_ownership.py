"""A store that is not ours alone is read and never written, nor followed into files of ours."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from aitrack.errors import StoreError
from aitrack.store import key, ownership
from aitrack.store.decisions import changing
from aitrack.store.index import open_index
from aitrack.store.journal import Journal
from aitrack.store.retention import is_due
from aitrack.store.state_file import StateFile

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


def database(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE mine (a)")
        base.execute("INSERT INTO mine VALUES (42)")
    base.close()


def planted(folder: Path, name: str, kind: str) -> tuple[Path, Path]:
    """Return a store in which the database *name* is one of mine, and that database."""
    home, mine = folder / "home", folder / "mine.sqlite"
    home.mkdir(mode=0o700)
    database(mine)
    if kind == "symlink":
        (home / name).symlink_to(mine)
    elif kind == "hard":
        os.link(mine, home / name)
    else:
        (home / name).write_bytes(mine.read_bytes())
    return home, mine


def rows(path: Path) -> list[tuple[int]]:
    base = sqlite3.connect(path)
    try:
        return base.execute("SELECT a FROM mine").fetchall()
    finally:
        base.close()


def test_a_store_may_be_made_in_a_folder_of_ours(tmp_path: Path) -> None:
    """The first run makes it, however many folders are lacking."""
    assert ownership.is_ours(str(tmp_path / "new/store"))


@needs_root
def test_a_store_of_somebody_else_is_not_ours(tmp_path: Path) -> None:
    """Nor one that would be made in somebody else's folder."""
    os.chown(tmp_path, 12345, 12345)

    assert ownership.problem(str(tmp_path))[0] == "it belongs to another user"
    assert not ownership.is_ours(str(tmp_path / "new"))


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_store_that_others_may_write_is_not_ours(tmp_path: Path, mode: int) -> None:
    """They could put a link in the place of any file that we write."""
    tmp_path.chmod(mode)

    why, help_ = ownership.problem(str(tmp_path))

    assert (why, help_) == ("others may write it", f"`chmod go-w {tmp_path}`, or set AITRACK_HOME")


def test_a_link_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    """Making folders below it would go on for ever."""
    (tmp_path / "home").symlink_to("/no/such")

    assert ownership.problem(str(tmp_path / "home"))[0] == "it is a link that leads nowhere"


@pytest.mark.parametrize("name", ["index.db", "state.db", "state.db-journal", "index.db-wal"])
def test_no_database_is_opened_beside_a_link(tmp_path: Path, name: str) -> None:
    """SQLite follows links, and plays a journal that lies beside the file."""
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PermissionError):
        ownership.check_databases(str(tmp_path))


def test_no_database_with_a_second_name_is_opened(tmp_path: Path) -> None:
    """A hard link is as good as any for whoever may make one."""
    database(tmp_path / "mine")
    os.link(tmp_path / "mine", tmp_path / "index.db")

    with pytest.raises(PermissionError):
        ownership.check_databases(str(tmp_path))


@pytest.mark.parametrize("kind", ["symlink", "hard", "copy"])
def test_the_index_drops_no_tables_of_mine(tmp_path: Path, kind: str) -> None:
    """`aitrack list` once emptied a database that a link led to."""
    home, mine = planted(tmp_path, "index.db", kind)

    index = open_index(str(home))
    index.update()
    index.close()

    assert rows(mine) == [(42,)]
    if kind == "copy":
        (aside,) = home.glob("index.db.foreign-*")
        assert rows(aside) == [(42,)]


@pytest.mark.parametrize("kind", ["symlink", "hard", "copy"])
def test_the_shared_state_changes_no_database_of_mine(tmp_path: Path, kind: str) -> None:
    """A breaker that cannot be asked lets through; it makes no tables elsewhere."""
    home, mine = planted(tmp_path, "state.db", kind)
    before = mine.read_bytes()

    state = StateFile(str(home))

    assert state.decide(lambda connection: "asked", "let through") == "let through"
    assert mine.read_bytes() == before
    if kind == "copy":
        assert (home / "state.db").read_bytes() == before


def test_a_lock_file_that_is_a_link_empties_nothing(tmp_path: Path) -> None:
    """The lock by which a damaged state is set aside was opened by path, and truncated what it led to."""
    (tmp_path / "mine").write_text("text of mine")
    (tmp_path / "state.db").write_text("not a database, and long enough to be read as a damaged one " * 20)
    (tmp_path / "state.db.lock").symlink_to(tmp_path / "mine")

    StateFile(str(tmp_path)).decide(lambda connection: None, None)

    assert (tmp_path / "mine").read_text() == "text of mine"


def test_what_others_may_write_is_read_only(tmp_path: Path) -> None:
    """No record, no decision, no removal, and a word on what would help."""
    tmp_path.chmod(0o777)
    (tmp_path / "sessions").mkdir()

    journal = Journal(str(tmp_path))
    journal.open({"schema": 1})

    assert journal.trouble is not None and "chmod go-w" in str(journal.trouble.strerror)
    assert not is_due(str(tmp_path), 1e10)
    with pytest.raises(StoreError), changing(str(tmp_path)):
        pass
    assert os.listdir(tmp_path) == ["sessions"]


def test_the_index_of_anothers_store_lies_in_our_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read all the same, and quickly the second time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)

    open_index(str(home)).close()

    assert os.listdir(home) == []
    assert [path.name for path in (tmp_path / "cache/aitrack").glob("store-*/index.db")] == ["index.db"]


@pytest.mark.parametrize("content", [b"", b"short", b"fifteen bytes.."])
def test_a_damaged_key_is_made_anew(tmp_path: Path, content: bytes) -> None:
    """Hashes with an empty key are open to everybody's guesses."""
    (tmp_path / "key").write_bytes(content)

    assert len(key.read_or_make(str(tmp_path))) == key.BYTES
    assert key.read(str(tmp_path)) == (tmp_path / "key").read_bytes()


@pytest.mark.parametrize("kind", ["fifo", "link", "writable"])
def test_a_key_of_others_is_no_key(tmp_path: Path, kind: str) -> None:
    """A FIFO made every run wait for ever, before its program began and with its signals blocked."""
    path = tmp_path / "key"
    if kind == "fifo":
        os.mkfifo(path)
    else:
        (tmp_path / "other").write_bytes(b"k" * 32)
        path.symlink_to("other") if kind == "link" else path.write_bytes(b"k" * 32)
    if kind == "writable":
        path.chmod(0o666)

    made = key.read_or_make(str(tmp_path))

    assert made != b"k" * 32
    assert sorted(name for name in os.listdir(tmp_path) if name != "other") == ["key"]
    assert not path.is_symlink() and path.stat().st_mode & 0o777 == 0o600


def test_everybody_gets_the_same_key(tmp_path: Path) -> None:
    """Two runs that start at once compare their hashes later."""
    assert len({key.read_or_make(str(tmp_path)) for _ in range(3)}) == 1
