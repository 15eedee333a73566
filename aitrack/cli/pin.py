"""`aitrack pin` and `unpin`: sessions that retention must leave alone."""

from __future__ import annotations

from aitrack.cli.grammar import Argument, Word
from aitrack.cli.store_home import home


def pin(session: str) -> int:
    """Keep *session* for good."""
    from aitrack.store import decisions
    from aitrack.store.finding import find

    bundle = find(home(), session, of_store=True)
    with decisions.changing(home()) as decided:
        if bundle.id not in decided["pins"]:
            decided["pins"].append(bundle.id)
    print(f"pinned {bundle.id}")
    return 0


def unpin(session: str) -> int:
    """Let *session* go with the others again."""
    from aitrack.store import decisions
    from aitrack.store.finding import find

    bundle = find(home(), session, of_store=True)
    with decisions.changing(home()) as decided:
        decided["pins"] = [pinned for pinned in decided["pins"] if pinned != bundle.id]
    print(f"unpinned {bundle.id}")
    return 0


_SESSION = (Argument("session", "An id, any unique part of one, or `last`."),)
PIN = Word("pin", "Keep a session whatever its age.", pin, _SESSION, examples=("aitrack pin last",))
UNPIN = Word("unpin", "Let a pinned session go with the others.", unpin, _SESSION, examples=("aitrack unpin last",))
