"""`aitrack path`: the folder of a session."""

from __future__ import annotations

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home


def show(session: str | None, failed: bool) -> int:
    """Print the folder of *session*."""
    from aitrack.store.finding import find

    print(find(home(), session or "last", failed=failed, of_store=True).folder)
    return 0


PATH = Word(
    "path",
    "Print the folder of a session.",
    show,
    arguments=(Argument("session", "An id, any unique part of one, or `last`.", required=False),),
    options=(Option("--failed", "The newest session that failed."),),
    examples=("ls $(aitrack path last)",),
)
