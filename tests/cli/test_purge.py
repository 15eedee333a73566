"""`aitrack purge`, and `pin` against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundles import NOW, Store, failure
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_pin_keeps_a_session_from_purge(store: Store) -> None:
    """Pinned by hand, gone only by hand."""
    kept, gone = store.session("failed"), store.session("failed")

    assert aitrack(store.home, "pin", kept.name[-6:]).returncode == 0
    dry = aitrack(store.home, "purge", "--all", "--dry-run")
    assert (dry.stdout.startswith("would remove 1 session"), gone.exists()) == (True, True)
    aitrack(store.home, "purge", "--all")
    assert (kept.exists(), gone.exists()) == (True, False)
    aitrack(store.home, "unpin", kept.name)
    aitrack(store.home, "purge", "--all")
    assert not kept.exists()


def test_listing_applies_the_limits_once_a_day(store: Store) -> None:
    """Nobody has to remember `purge`; what is old goes after an answer."""
    old = store.session("passed", at=NOW - 30 * 86400)
    young = store.session("passed", at=NOW)

    assert old.name in aitrack(store.home, "list", "--json").stdout

    assert (old.exists(), young.exists()) == (False, True)


def test_everything_in_the_store_is_for_its_owner_alone(store: Store) -> None:
    """Sessions hold what a program had in memory."""
    store.session("failed", failure=failure())
    for words in (["list"], ["patterns"], ["pin", "last"], ["patterns", "--json"]):
        assert aitrack(store.home, *words).returncode == 0

    ours = [path for path in store.home.iterdir() if path.name not in ("key", "sessions")]
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in ours} == {path.name: "0o0" for path in ours}


def test_limits_of_an_untrusted_file_are_not_obeyed_and_told(store: Store, tmp_path: Path) -> None:
    """A folder's file deleted every session of whoever worked in it."""
    store.session("failed")
    (tmp_path / "aitrack.toml").write_text("[store]\nmax_age = 0\nmax_size = 0\n")

    done = aitrack(store.home, "purge", cwd=tmp_path)

    assert "removed 0 sessions" in done.stdout
    assert "`store.max_age`, `store.max_size` in" in done.stderr


@pytest.mark.parametrize("words", [["purge", "--all"], ["purge"], ["store", "scrub"], ["pin", "last"]])
def test_a_store_of_others_is_only_read(tmp_path: Path, words: list[str]) -> None:
    """Whoever may only look at it must not empty it."""
    store = Store(tmp_path / "home")
    folder = store.session("passed")
    store.home.chmod(0o777)

    done = aitrack(store.home, *words, cwd=tmp_path)

    assert done.returncode == 125
    assert "is only read: others may write it" in done.stderr and "chmod go-w" in done.stderr
    assert folder.is_dir()
    assert "would remove 1 session" in aitrack(store.home, "purge", "--all", "--dry-run", cwd=tmp_path).stdout
