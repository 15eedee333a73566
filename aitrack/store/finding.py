"""Which session a user means: an id, any unique part of one, or `last`."""

from __future__ import annotations

import os
from difflib import get_close_matches

from aitrack.errors import NotFound, UsageError
from aitrack.store import ownership
from aitrack.store.bundle import Bundle, session_folders
from aitrack.store.layout import is_session_id, session_folder

_FAILED = {"failed", "degraded", "interrupted"}
SHORT = 6  # the random end of an id: what people read and type


def find(home: str, wanted: str = "last", *, failed: bool = False, of_store: bool = False) -> Bundle:
    """Return the session that *wanted* names; `last` is the newest one (*failed*: the newest that failed).

    A name that ends in `.zip` is a file that `aitrack bundle` made; *of_store* refuses it, where a session's folder
    is needed.

    Raises NotFound when there is none, UsageError when several fit.
    """
    if wanted == "last":
        return _last(home, failed)
    if wanted.endswith(".zip"):
        if of_store:
            raise UsageError(f"`{wanted}` is a packed session: this takes one of the store")
        from aitrack.store.packed import PackedBundle

        return PackedBundle(wanted)
    if is_session_id(wanted) and os.path.isdir(folder := session_folder(home, wanted)):
        return Bundle(folder)
    folders = {os.path.basename(folder): folder for folder in session_folders(home)}
    matching = _matching(wanted.lower(), list(folders))
    if len(matching) == 1:
        return Bundle(folders[matching[0]])
    if matching:
        shown = ", ".join(f"`{name}`" for name in matching[:4]) + (" ..." if len(matching) > 4 else "")
        raise UsageError(f"`{wanted}` fits {len(matching)} sessions: {shown}", hint="give more of the id")
    if os.path.isdir(f"{home}/imports") and (imported := _imported(home, wanted)):
        return imported
    near = get_close_matches(wanted, [name[-SHORT:] for name in list(folders)[:2000]] + ["last"], 1)
    hint = f"did you mean `{near[0]}`?" if near else "see `aitrack list`"
    raise NotFound(f"there is no session `{wanted}`", hint=hint)


def _imported(home: str, wanted: str) -> Bundle | None:
    """Return the imported record with this id, or the only one whose id ends so."""
    from aitrack.store.imported import ImportedBundle
    from aitrack.store.index import open_index

    index = open_index(home)
    try:
        index.update()
        rows = index.query("SELECT day FROM session WHERE id = ? AND day LIKE '%:%'", (wanted,)) or index.query(
            "SELECT day FROM session WHERE day LIKE '%:%' AND substr(id, -length(?1)) = ?1 LIMIT 2", (wanted,)
        )
    finally:
        index.close()
    return ImportedBundle(home, rows[0][0]) if len(rows) == 1 else None


def is_own(home: str, bundle: Bundle) -> bool:
    """Whether this user's own run has left the session: no file, nothing imported, nobody else's store."""
    return bundle.history is None and os.path.isdir(bundle.folder) and ownership.is_ours(home)


def is_failure(status: str) -> bool:
    """Whether a session of this status is one that `--failed` means."""
    return status in _FAILED


def _last(home: str, failed: bool) -> Bundle:
    for folder in session_folders(home):
        bundle = Bundle(folder)
        if not failed or is_failure(bundle.status):
            return bundle
    what = "failed session" if failed else "session"
    raise NotFound(f"there is no {what} in `{home}` yet", hint="record one: `aitrack run SCRIPT.py`")


def _matching(part: str, names: list[str]) -> list[str]:
    """Return the names with *part* at the end or the start, else anywhere."""
    if not part:
        return []
    outer = [name for name in names if name.startswith(part) or name.endswith(part)]
    return outer or [name for name in names if part in name]
