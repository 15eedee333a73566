"""Where the store of this user is, for the words that read it."""

from __future__ import annotations

import os


def home() -> str:
    """Return the store's folder, as a run would use it."""
    from aitrack.store.layout import home as folder

    path = folder(dict(os.environb))
    if os.path.exists(path) and not (os.path.isdir(path) and os.access(path, os.R_OK | os.X_OK)):
        from aitrack.errors import StoreError

        raise StoreError(f"the store `{path}` cannot be read", hint="see `aitrack doctor`")
    return path
