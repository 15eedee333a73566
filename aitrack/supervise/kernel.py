"""What Linux offers and Python does not: prctl, signalfd and queued signals, and the facts below /proc.

Through `_ctypes` alone, two million instructions where `import ctypes` costs ten. On another POSIX system each
function does without, as its docstring says.
"""

from __future__ import annotations

import _ctypes
import posix
import sys

IS_LINUX = sys.platform == "linux"
_LIBC = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]  # None is the program itself, as in dlopen(3)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36
_SFD_CLOEXEC, _SFD_NONBLOCK = 0o2000000, 0o4000
_SIGINFO_BYTES = 128  # sizeof(struct signalfd_siginfo)

# si_code values of sigaction(2)
SI_USER, SI_KERNEL, SI_QUEUE, SI_TKILL = 0, 0x80, -1, -6


def _call(name: str, *arguments: object) -> int:
    """Call the C library's function *name* and return its int."""
    result: int = _ctypes.call_function(_ctypes.dlsym(_LIBC, name), arguments)
    return result


def die_with_parent(signal: int) -> None:
    """Ask the kernel to send *signal* to this process when its parent dies (Linux; elsewhere not available)."""
    if IS_LINUX:
        _call("prctl", _PR_SET_PDEATHSIG, signal, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own (Linux; elsewhere not available)."""
    if IS_LINUX:
        _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def signal_descriptor(signals: frozenset[int]) -> int:
    """Return a descriptor that becomes readable when one of the blocked *signals* arrives."""
    mask = sum(1 << (number - 1) for number in signals).to_bytes(128, sys.byteorder)
    descriptor = _call("signalfd", -1, mask, _SFD_CLOEXEC | _SFD_NONBLOCK)
    if descriptor < 0:
        raise OSError("signalfd is not available")
    return descriptor


class SignalInfo:
    """One signal that arrived: its number, why (`code`), from whom, and the value of a queued one."""

    __slots__ = ("code", "number", "sender", "value")

    def __init__(self, raw: bytes) -> None:
        field = int.from_bytes
        self.number = field(raw[0:4], sys.byteorder)
        self.code = field(raw[8:12], sys.byteorder, signed=True)
        self.sender = field(raw[12:16], sys.byteorder)
        self.value = field(raw[44:48], sys.byteorder, signed=True)


def read_signals(descriptor: int) -> list[SignalInfo]:
    """Return the signals that wait at a `signal_descriptor`."""
    try:
        raw = posix.read(descriptor, _SIGINFO_BYTES * 64)
    except BlockingIOError:
        return []
    return [SignalInfo(raw[at : at + _SIGINFO_BYTES]) for at in range(0, len(raw), _SIGINFO_BYTES)]


def queue_signal(pid: int, number: int, value: int) -> None:
    """Send a signal that carries an int, as sigqueue(3) does."""
    if _call("sigqueue", pid, number, value) < 0:
        raise ProcessLookupError(pid)


def read_file(path: str) -> bytes:
    """Return the content of a small file, or nothing when it cannot be read."""
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return b""
    parts: list[bytes] = []
    try:
        while part := posix.read(descriptor, 1 << 16):
            parts.append(part)
    except OSError:
        pass
    finally:
        posix.close(descriptor)
    return b"".join(parts)


def stat_fields(pid: int | str) -> list[bytes]:
    """Return the fields of /proc/PID/stat from the third (state) on, or nothing when the process is gone."""
    return read_file(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def start_time(pid: int | str) -> int:
    """Return when a process started, in clock ticks since boot (field 22): with the pid it is never used again."""
    fields = stat_fields(pid)
    return int(fields[19]) if len(fields) > 19 else 0


def boot_id() -> str:
    """Return the id of this boot of the machine."""
    return read_file("/proc/sys/kernel/random/boot_id").strip().decode("ascii", "replace")


def children(pid: int) -> list[int]:
    """Return the direct children of *pid*."""
    found: list[int] = []
    try:
        threads = posix.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        found += map(int, read_file(f"/proc/{pid}/task/{thread}/children").split())
    return found


def descendants(pid: int) -> list[int]:
    """Return every process below *pid*, parents before children."""
    found = children(pid)
    for child in found:
        found += children(child)
    return found


def resident_bytes(pid: int) -> int:
    """Return the memory that *pid* holds, 0 when it is gone."""
    fields = read_file(f"/proc/{pid}/statm").split()
    return int(fields[1]) * posix.sysconf("SC_PAGE_SIZE") if len(fields) > 1 else 0


def cgroup_folder() -> str:
    """Return the folder of our cgroup (version 2), or of the root cgroup."""
    for line in read_file("/proc/self/cgroup").splitlines():
        if line.startswith(b"0::"):
            return "/sys/fs/cgroup" + line[3:].decode("utf-8", "replace").rstrip("/")
    return "/sys/fs/cgroup"


def out_of_memory_kills() -> int:
    """Return how many processes of our cgroup the kernel has killed for want of memory."""
    counters = read_file(f"{cgroup_folder()}/memory.events") or read_file("/sys/fs/cgroup/memory/memory.oom_control")
    for line in counters.splitlines():
        if line.startswith(b"oom_kill "):
            return int(line.split()[1])
    return 0
