"""Where the store of this user is and what it hides, for the words that read it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aitrack.collector.redact import Redactor


def home() -> str:
    """Return the store's folder, as a run would use it."""
    from aitrack.store.layout import home as folder

    path = folder(dict(os.environb))
    if os.path.exists(path) and not (os.path.isdir(path) and os.access(path, os.R_OK | os.X_OK)):
        from aitrack.errors import StoreError

        raise StoreError(f"the store `{path}` cannot be read", hint="see `aitrack doctor`")
    return path


def redactor() -> Redactor:
    """Return today's rules, as a run in this folder would apply them; a store without a key gets one for this time."""
    from aitrack.collector.redact import Redactor
    from aitrack.config import load
    from aitrack.store import key

    settings = load(os.getcwd(), os.environ)
    own = key.read(home()) or os.urandom(key.BYTES)
    return Redactor(own, safe_keys=settings.value("redact.safe_keys"), extra=settings.value("redact.extra"))
