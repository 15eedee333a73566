"""Who holds a permit, and whether it still lives: by pid and start time, on this boot, in this pid namespace."""

from __future__ import annotations

import os
import time

from aitrack.policy.breaker import Clock
from aitrack.policy.frozen import Frozen

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # counts suspended time; macOS's monotonic does too
LEASE_S = 30.0  # how long a permit counts whose processes cannot be looked at; see `renew`


class Holder(Frozen):
    """One supervisor, as permits name it."""

    __slots__ = ("boot_id", "host", "namespace", "pid", "session", "start")

    def __init__(self, pid: int, start: str, *, boot_id: str, namespace: str, host: str, session: str = "") -> None:
        self.pid = pid
        self.start = start
        self.boot_id = boot_id
        self.namespace = namespace
        self.host = host
        self.session = session


class Permit(Frozen):
    """Leave to start, from one breaker. Its token is empty when nothing needs to be given back."""

    __slots__ = ("generation", "name", "probe", "token")

    def __init__(self, token: str, name: str, generation: int, probe: bool) -> None:
        self.token = token
        self.name = name
        self.generation = generation
        self.probe = probe


class Result(Frozen):
    """How a permitted attempt ended, as far as a breaker cares. *title* is shown in rejections."""

    __slots__ = ("category", "duration_s", "retry_after_s", "session", "title")

    def __init__(
        self,
        category: str,
        *,
        duration_s: float = 0.0,
        session: str = "",
        title: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        self.category = category
        self.duration_s = duration_s
        self.session = session
        self.title = title
        self.retry_after_s = retry_after_s


def this_process(session: str = "") -> Holder:
    """Return this process as a holder of permits."""
    pid = os.getpid()
    return Holder(
        pid, start_time(pid), boot_id=boot_id(), namespace=pid_namespace(), host=os.uname().nodename, session=session
    )


def clock() -> Clock:
    """Return what time it is."""
    return Clock(time.clock_gettime(_BOOTTIME), time.time(), boot_id())


def boot_id() -> str:
    """Return the id of this boot, or nothing where the system has none."""
    if not _boot_id:
        _boot_id.append(_first_line("/proc/sys/kernel/random/boot_id"))
    return _boot_id[0]


_boot_id: list[str] = []


def pid_namespace() -> str:
    """Return what tells this pid namespace from those of other containers, or nothing."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def start_time(pid: int) -> str:
    """Return the start of *pid* in clock ticks since boot, "" when it is gone, dead or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()  # the name before may hold spaces and brackets
        return "" if fields[0] in (b"Z", b"X") else fields[19].decode()
    except (OSError, IndexError):
        return "" if os.path.exists("/proc/self/stat") else _by_signal(pid)


def _by_signal(pid: int) -> str:
    """Where there is no /proc: only whether the pid exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "unknown"


def is_alive(pid: object, start: object) -> bool:
    """Return whether the process that was *pid* and began at *start* is alive."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    now = start_time(pid)
    return bool(now) and now == start


def can_look(holder: Holder, host: str, boot: str, namespace: str) -> bool | None:
    """Return whether our /proc shows the processes of a permit; None when they are surely gone."""
    if boot == holder.boot_id:
        return namespace == holder.namespace
    return None if host == holder.host else False


def _first_line(path: str) -> str:
    try:
        with open(path) as file:
            return file.readline().strip()
    except OSError:
        return ""
