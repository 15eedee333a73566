"""Ask the interpreters of an attempt where they are, before they are ended.

Only those are asked whose spool says that they listen: the signal would end any other program.
"""

from __future__ import annotations

import posix
import time

from aitrack.system import files

# High enough that programs do not use it, below the last two, which some runtimes do.
SIGNAL = 61
_PATIENCE_SECONDS = 1.0
_LOOK_SECONDS = 0.01
_LONGEST = 64 << 20
_ARMED = b'"kind":"armed"'
_ANSWER = b'"kind":"stacks"'


def ask_for_stacks(folder: str) -> None:
    """Send the signal to every process of *folder* (an attempt's) that listens; wait a second for the answers."""
    waiting = {name: spool.count(_ANSWER) for name, spool in _spools(folder).items() if _ARMED in spool}
    for name in list(waiting):
        try:
            posix.kill(int(name[6:]), SIGNAL)
        except (ProcessLookupError, ValueError):
            del waiting[name]
    until = time.monotonic() + _PATIENCE_SECONDS
    while waiting and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        for name in list(waiting):
            if _read(f"{folder}/{name}").count(_ANSWER) > waiting[name]:
                del waiting[name]


def _spools(folder: str) -> dict[str, bytes]:
    names = [name for name in files.names_in(folder) if name.startswith("spool-")]
    return {name: _read(f"{folder}/{name}") for name in names}


def _read(path: str) -> bytes:
    try:
        return files.read_start(path, _LONGEST)
    except OSError:
        return b""
