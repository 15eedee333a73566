"""Decisions made by hand, kept in `decisions.json`: pins, merges, splits, what is kept apart, ignores, names.

They are the one thing in the store that cannot be recorded again, so the file
is replaced by a rename, under a lock, and an unreadable one is set aside and
never overwritten.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aitrack.errors import StoreError
from aitrack.store import ownership
from aitrack.store.records import read_object
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Generator

_EMPTY: dict[str, Any] = {"schema": 1, "pins": [], "merges": {}, "splits": [], "apart": [], "ignored": [], "names": {}}


def read(home: str) -> dict[str, Any]:
    """Return the decisions, each part present and of its promised type."""
    raw, problem = read_object(f"{home}/decisions.json")
    decisions = {**_EMPTY, **raw} if not problem else dict(_EMPTY)
    for name, empty in _EMPTY.items():
        if type(decisions[name]) is not type(empty):
            decisions[name] = empty
    copy: dict[str, Any] = json.loads(json.dumps(decisions))  # nobody changes the defaults
    return copy


@contextmanager
def changing(home: str) -> Generator[dict[str, Any], None, None]:
    """Give the decisions to change; what they are at the end is written."""
    path = f"{home}/decisions.json"
    try:
        ownership.require(home)
        os.makedirs(home, mode=0o700, exist_ok=True)
        with open(files.open_ours(f"{home}/decisions.lock", os.O_WRONLY | os.O_CREAT), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _, problem = read_object(path)
            if problem not in ("", "missing"):
                os.rename(path, f"{path}.corrupt-{int(time.time())}")
            decisions = read(home)
            yield decisions
            files.replace(path, json.dumps(decisions, indent=1).encode(), sync=True)
    except OSError as error:
        raise StoreError(f"cannot write `{path}`: {error.strerror}") from None
