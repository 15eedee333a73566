"""The index as readers use it: opened, brought up to date, and never a reason to fail."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aitrack.store.index import SqliteIndex, discard, open_index

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@contextmanager
def current_index(
    home: str, progress: Callable[[int], None] | None = None, within: float | None = None
) -> Generator[SqliteIndex, None, None]:
    """Give the index with all that is in the store now.

    While another reader brings it up to date for long, it is given as it is;
    one that turns out damaged is made again.
    """
    index = open_index(home)
    try:
        try:
            index.update(progress, within)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
        except sqlite3.DatabaseError:
            index.close()
            discard(home)
            index = open_index(home)
            index.update(progress)
        yield index
    finally:
        index.close()
