"""What the collector shall follow line by line: the functions on the stack of an earlier failure."""

from __future__ import annotations

from aitrack.errors import NotFound, UsageError
from aitrack.store.finding import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.store.bundle import Bundle
    from aitrack.supervise.session import Session


def resolve(home: str, wanted: str) -> str:
    """Return the id of the session *wanted* (`last`: the newest that failed), before anything is started for it.

    Raises `UsageError` when there is none.
    """
    try:
        return find(home, wanted, failed=True, of_store=True).id
    except NotFound as error:
        raise UsageError(f"`--focus`: {error}", hint=error.hint) from None


def write_focus(session: Session, number: int, wanted: str) -> str:
    """Write `FILE<tab>QUALIFIED NAME` of each function that failed in the session *wanted*; return the file."""
    bundle = find(session.journal.home, wanted)
    lines = sorted({f"{file}\t{name}\n" for file, name in _functions(bundle)})
    session.journal.write_bytes(f"attempts/{number}/focus", "".join(lines).encode("utf-8", "surrogateescape"))
    return f"{session.journal.folder}/attempts/{number}/focus"


def _functions(bundle: Bundle) -> Iterator[tuple[str, str]]:
    for attempt in bundle.attempts:
        if attempt.failure is not None:
            for failure in (attempt.failure, *attempt.failure.chain):
                for frame in failure.frames:
                    if frame.in_app:
                        yield frame.file, frame.qualname or frame.function
