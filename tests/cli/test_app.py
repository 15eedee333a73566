"""The reading words as people and programs call them: real processes on real stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundles import Store
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["inspct"], "did you mean `inspect`?"),
        (["list", "--jsn"], "did you mean `--json`?"),
        (["list", "--status", "faild"], "did you mean `failed`?"),
        (["list", "--limit", "0"], "at least 1"),
        (["list", "--limit", "-3"], "negative"),
        (["list", "--since", "soon"], "duration"),
        (["list", "--limit"], "needs a value"),
        (["list", "extra"], "takes no argument `extra`"),
        (["inspect", "--section", "local"], "did you mean `locals`?"),
        (["store", "scrb"], "did you mean `scrub`?"),
        (["job.py"], "did you mean `aitrack run job.py`?"),
        (["--verison"], "did you mean `--version`?"),
        (["pin"], "needs SESSION"),
    ],
)
def test_a_mistake_is_one_line_with_the_nearest_right_thing(store: Store, words: list[str], says: str) -> None:
    """Exit 2, nothing on stdout, never a traceback of ours."""
    done = aitrack(store.home, *words)

    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 2


def test_a_session_that_is_not_there_is_exit_1(store: Store) -> None:
    """Scripts tell "not found" from "you asked wrongly"."""
    store.session("passed")

    assert aitrack(store.home, "inspect", "zzzzzz").returncode == 1
    assert aitrack(store.home, "inspect", "--failed").returncode == 1
    assert aitrack(store.home / "nowhere", "inspect", cwd=store.home).returncode == 1


def test_version_is_one_line(store: Store) -> None:
    """What a bug report asks for first."""
    from aitrack import __version__

    assert aitrack(store.home, "--version").stdout == f"aitrack {__version__}\n"
