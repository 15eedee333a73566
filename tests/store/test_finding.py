"""Which session a user means."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitrack.errors import NotFound, UsageError
from aitrack.store.finding import find
from tests.bundles import NOW, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_last_is_the_newest_and_failed_narrows_it(store: Store) -> None:
    """`last` after a good run shows the good run; `--failed` goes back."""
    failed = store.session("failed", at=NOW)
    passed = store.session("passed", at=NOW + 86400)

    assert find(str(store.home)).folder == str(passed)
    assert find(str(store.home), failed=True).folder == str(failed)


def test_any_unique_part_of_an_id_finds_its_session(store: Store) -> None:
    """People type the six signs that the list shows, or paste the whole id."""
    folder = store.session("failed", at=NOW)
    store.session("failed", at=NOW + 500000)

    for part in (folder.name, folder.name[-6:], folder.name[-6:].upper(), folder.name[3:12]):
        assert find(str(store.home), part).folder == str(folder)


def test_an_ambiguous_part_is_refused_with_the_candidates(store: Store) -> None:
    """Showing some session of two would be worse than asking."""
    first, second = store.session("failed", at=NOW), store.session("failed", at=NOW + 1)

    with pytest.raises(UsageError, match="fits 2 sessions") as caught:
        find(str(store.home), first.name[:4])

    assert first.name in str(caught.value)
    assert second.name in str(caught.value)


def test_an_unknown_session_is_not_found_with_the_nearest(store: Store) -> None:
    """Exit 1, and what was probably meant."""
    name = store.session("failed").name[-6:]

    with pytest.raises(NotFound) as caught:
        find(str(store.home), name[:5] + "!")

    assert name in str(caught.value.hint)
