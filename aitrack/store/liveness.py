"""Whether the process that writes a session still lives.

Process ids are used again, so the id alone proves nothing: the start time from
`/proc/<pid>/stat` and the id of the boot must agree as well.
"""

from __future__ import annotations

import os
from typing import Any

from aitrack.model import is_object
from aitrack.store import key


def is_running(record: dict[str, Any], folder: str) -> bool:
    """Whether the supervisor named in the session's *record* is alive.

    On another host nothing can be known: its sessions stay `running`.
    """
    supervisor = record.get("supervisor")
    if not is_object(supervisor):
        return False
    other_host = supervisor.get("host_hash")
    if other_host and (own := host_hash(folder)) and other_host != own:
        return True
    return is_alive(supervisor.get("pid"), supervisor.get("start"), supervisor.get("boot_id"))


def is_alive(pid: Any, start: Any = None, boot: Any = None) -> bool:
    """Whether the process *pid* that began at *start* (clock ticks) of the boot *boot* lives."""
    if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return False
    if boot and (now := boot_id()) and boot != now:
        return False
    facts = _stat(pid)
    if facts is None:
        return _exists(pid) and not os.path.exists("/proc/self/stat")
    state, began = facts
    return state not in ("Z", "X") and (start is None or str(start) == began)


def boot_id() -> str:
    """Return the id of this boot, or nothing where the system has none."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def host_hash(folder: str) -> str:
    """Return the keyed hash of this host's name, as the store above *folder* writes it."""
    from hashlib import blake2b

    own = key.read(folder.rpartition("/sessions/")[0])
    return blake2b(os.uname().nodename.encode(), key=own, digest_size=8).hexdigest() if own else ""


def _stat(pid: int) -> tuple[str, str] | None:
    """Return (state, field 22) of a process; the name before them may hold spaces and brackets."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return fields[0].decode(), fields[19].decode()
    except (OSError, IndexError):
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
