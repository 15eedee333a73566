"""Where the store of this user is, for the words that read it."""

from __future__ import annotations

import os


def home() -> str:
    """Return the store's folder, as a run would use it."""
    from aitrack.store.layout import home as folder

    return folder(dict(os.environb))
