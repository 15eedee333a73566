"""The terminal interface, driven by keys: what is there is shown, what comes appears, hostile text is text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bundles import NOW, Store, failure
from tests.report import hostile

pytest.importorskip("textual", reason="textual is not installed")

from textual.pilot import Pilot
from textual.widgets import DataTable, Static, TabbedContent

from aitrack.report.screens import Browser, Detail

pytestmark = pytest.mark.filterwarnings("default")  # textual's own


def _drive(
    home: Path, play: Callable[[Pilot[None]], Awaitable[None]], breakers: list[dict[str, Any]] | None = None
) -> None:
    async def run() -> None:
        app = Browser(str(home), lambda: breakers or [])
        async with app.run_test(size=(110, 40)) as pilot:
            await pilot.pause()
            await play(pilot)

    asyncio.run(run())


def _rows(pilot: Pilot[None], name: str = "sessions") -> list[str]:
    table = pilot.app.query_one(f"#{name}-table", DataTable)
    return [" ".join(str(cell) for cell in table.get_row_at(number)) for number in range(table.row_count)]


def _store(home: Path) -> Store:
    store = Store(home)
    store.session("passed", at=NOW, script="good.py")
    store.session("failed", at=NOW + 9, failure=failure())
    return store


def test_sessions_are_listed_newest_first(tmp_path: Path) -> None:
    """As `aitrack list` does."""
    _store(tmp_path)

    async def play(pilot: Pilot[None]) -> None:
        assert ["job.py" in row for row in _rows(pilot)] == [True, False]
        assert "KeyError: 'price'" in _rows(pilot)[0]

    _drive(tmp_path, play)


def test_enter_opens_and_escape_closes(tmp_path: Path) -> None:
    """The first screen and all sections, to scroll through."""
    _store(tmp_path)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Detail)
        assert "load.py:88" in str(pilot.app.screen.query_one("#detail Static", Static).render())
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, Detail)

    _drive(tmp_path, play)


def test_everything_is_reached_by_keys(tmp_path: Path) -> None:
    """Tabs by number, failures by `f`, a filter by `/`."""
    _store(tmp_path)
    rows = [{"name": "db", "state": "open", "counts": "3 of 4 failed"}]

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await pilot.pause()
        assert pilot.app.query_one(TabbedContent).active == "patterns"
        assert "KeyError" in _rows(pilot, "patterns")[0]
        await pilot.press("3")
        await pilot.pause()
        assert _rows(pilot, "breakers") == ["db open 3 of 4 failed"]
        await pilot.press("1", "f")
        assert len(_rows(pilot)) == 1
        await pilot.press("f", "slash", *"good", "enter")
        assert len(_rows(pilot)) == 1 and "good.py" in _rows(pilot)[0]
        await pilot.press("escape")
        assert len(_rows(pilot)) == 2

    _drive(tmp_path, play, rows)


def test_new_sessions_appear(tmp_path: Path) -> None:
    """Live: the cursor stays on the session where it was."""
    store = _store(tmp_path)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down")
        store.session("passed", at=NOW + 99, script="new.py")
        await pilot.press("r")
        assert "new.py" in _rows(pilot)[0]
        assert pilot.app.query_one("#sessions-table", DataTable).cursor_row == 2

    _drive(tmp_path, play)


def test_an_empty_store_is_no_error(tmp_path: Path) -> None:
    """Whoever starts with the browser sees empty tables."""

    async def play(pilot: Pilot[None]) -> None:
        assert _rows(pilot) == []
        await pilot.press("enter", "2", "enter", "3", "enter")

    _drive(tmp_path, play)


def test_hostile_text_is_text(tmp_path: Path) -> None:
    """Neither markup of the interface nor sequences of the terminal."""
    hostile.session(tmp_path)

    async def play(pilot: Pilot[None]) -> None:
        assert all(hostile.harmless(row) for row in _rows(pilot))
        await pilot.press("enter")
        await pilot.pause()
        assert hostile.harmless(str(pilot.app.screen.query_one("#detail Static", Static).render()))

    _drive(tmp_path, play)
