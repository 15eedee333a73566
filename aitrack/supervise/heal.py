"""Carry out a remedy: bounded, on named things only, never with a shell, told in one line."""

from __future__ import annotations

import glob
import os
import re
import socket
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrack.policy.remedy import Change, Remedy
    from aitrack.supervise.plan import RunPlan

    Run = Callable[[list[str], float], int]

_COMMAND_SECONDS = 60.0
_INSTALL_SECONDS = 600.0
_PORT_SECONDS = 30.0


class Done:
    """What a remedy did: whether it acted, the sentence that says what, and what it sets for later attempts."""

    __slots__ = ("env", "ok", "says")

    def __init__(self, ok: bool, says: str, env: dict[str, str | None] | None = None) -> None:
        self.ok = ok
        self.says = says
        self.env = env or {}


class Healer:
    """Acts for one session; *run* starts a command in the program's folder and environment and gives its status."""

    __slots__ = ("_dry_run", "_plan", "_run", "_system")

    def __init__(self, plan: RunPlan, run: Run, *, dry_run: bool, system: bool) -> None:
        self._plan = plan
        self._run = run
        self._dry_run = dry_run
        self._system = system

    def act(self, remedy: Remedy, change: Change) -> Done:
        """Carry out *change*; with `--heal-dry-run` only say what would be done."""
        acts: dict[str, Callable[[Remedy, Change], Done]] = {
            "mkdir": self._mkdir,
            "rename": self._rename,
            "port": self._port,
            "wait": self._wait,
            "env": self._set,
            "proxy": self._set,
            "install": self._install,
            "delete": self._delete,
            "run": self._command,
        }
        try:
            return acts[change.action](remedy, change)
        except OSError as error:
            return Done(False, f"{remedy.name}: {error.strerror or error}")

    def _would(self, says: str) -> Done | None:
        return Done(False, f"would {says}") if self._dry_run else None

    def _mkdir(self, remedy: Remedy, change: Change) -> Done:
        root = os.path.realpath(os.path.join(self._plan.cwd, remedy.root))
        folder = os.path.realpath(os.path.join(self._plan.cwd, change.target))
        if os.path.commonpath([root, folder]) != root:
            return Done(False, f"mkdir: `{change.target}` is not inside `{remedy.root}`")
        if os.path.isdir(folder):
            return Done(False, f"mkdir: `{change.target}` exists")
        if told := self._would(f"make the folder `{change.target}`"):
            return told
        os.makedirs(folder)
        return Done(True, f"made the folder `{change.target}`")

    def _rename(self, remedy: Remedy, change: Change) -> Done:
        path = os.path.join(self._plan.cwd, change.target)
        if reason := _why_not_stale(path, remedy.age_s):
            return Done(False, f"stale-lock: `{change.target}` {reason}")
        if told := self._would(f"set the stale lock `{change.target}` aside"):
            return told
        os.rename(path, f"{path}.stale-{int(time.time())}")
        return Done(True, f"set the stale lock `{change.target}` aside")

    def _port(self, remedy: Remedy, change: Change) -> Done:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        if told := self._would(f"set {change.target} to a free port"):
            return told
        return Done(True, f"set {change.target}={port}, a free port", {change.target: port})

    def _wait(self, remedy: Remedy, change: Change) -> Done:
        port = self._plan.environ.get(remedy.var.encode(), b"").decode("ascii", "replace")
        if not port.isdigit():
            return Done(False, f"port: {remedy.var or 'the variable'} holds no port to wait for")
        if told := self._would(f"wait for port {port}"):
            return told
        until = time.monotonic() + _PORT_SECONDS
        while time.monotonic() < until:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", int(port)))
                except OSError:
                    time.sleep(0.1)
                    continue
            return Done(True, f"port {port} is free again")
        return Done(False, f"port {port} did not become free in {_PORT_SECONDS:.0f} s")

    def _set(self, remedy: Remedy, change: Change) -> Done:
        said = ", ".join(f"{name}={value}" if value is not None else f"no {name}" for name, value in change.env.items())
        if told := self._would(f"set {said}"):
            return told
        return Done(True, f"set {said}", dict(change.env))

    def _install(self, remedy: Remedy, change: Change) -> Done:
        python = self._plan.executable
        if python is None:
            return Done(False, "install: the command is not run by a Python that we chose")
        inside = "import sys; sys.exit(sys.prefix == sys.base_prefix)"
        if not self._system and self._run([python, "-c", inside], _COMMAND_SECONDS) != 0:
            return Done(False, "install: not in a virtual environment (`--heal-system` allows it)")
        if told := self._would(f"install `{change.target}`"):
            return told
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *change.target.split()]
        if status := self._run(command, _INSTALL_SECONDS):
            return Done(False, f"install: pip ended with {status} for `{change.target}`")
        return Done(True, f"installed `{change.target}`")

    def _delete(self, remedy: Remedy, change: Change) -> Done:
        oldest = time.time() - (remedy.age_s or 0.0)
        pattern = os.path.join(self._plan.cwd, change.target)
        paths = [path for path in glob.glob(pattern, recursive=True) if _is_old_file(path, oldest)]
        total = sum(os.lstat(path).st_size for path in paths)
        says = f"{len(paths)} files that match `{change.target}`, {total >> 10} KiB"
        if told := self._would(f"delete {says}"):
            return told
        for path in paths:
            os.unlink(path)
        return Done(bool(paths), f"deleted {says}")

    def _command(self, remedy: Remedy, change: Change) -> Done:
        if told := self._would(f"run `{change.target}`"):
            return told
        status = self._run(list(remedy.run), _COMMAND_SECONDS)
        return Done(status == 0, f"ran `{change.target}`: exit {status}")


def _is_old_file(path: str, oldest: float) -> bool:
    found = os.lstat(path)
    return found.st_mode & 0o170000 == 0o100000 and found.st_mtime < oldest


def _why_not_stale(path: str, age_s: float | None) -> str:
    """Return why the lock may still be somebody's, or nothing: its pid is dead, or it is old and nobody has it open."""
    try:
        with open(path, "rb") as lock:
            text = lock.read(4096).decode("utf-8", "replace")
        found = os.stat(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if holder := re.search(r"\d+", text):
        pid = int(holder[0])
        if os.path.exists(f"/proc/{pid}") and _began_before(pid, found.st_mtime):
            return f"belongs to the running process {pid}"
        return ""
    if age_s is None:
        return "names no process, and no age was given"
    if time.time() - found.st_mtime < age_s:
        return "is not old enough"
    return "is open in some process" if _is_open(found) else ""


def _began_before(pid: int, moment: float) -> bool:
    """Say whether process *pid* is older than the lock; a younger one has only inherited the number."""
    try:
        return os.stat(f"/proc/{pid}").st_mtime <= moment + 2
    except OSError:
        return False


def _is_open(wanted: os.stat_result) -> bool:
    for name in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            found = os.stat(name)
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
            return True
    return False
