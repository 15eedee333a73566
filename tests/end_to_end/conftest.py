"""A small language for tests of the installed command: real processes, real signals, real files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

AITRACK = str(Path(sys.executable).parent / "aitrack")
PATIENCE = 30.0

# a runner in the background ignores these, and whatever it starts would too
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


class Result:
    """What the caller saw, and what was recorded."""

    def __init__(self, lab: Lab, status: int, stdout: bytes, stderr: bytes) -> None:
        self.lab = lab
        self.status = status  # negative: died by that signal, as subprocess says it
        self.stdout = stdout
        self.stderr = stderr

    @property
    def inspected(self) -> dict[str, Any]:
        """The newest session as `inspect --json` tells it."""
        done = subprocess.run([AITRACK, "inspect", "--json"], env=self.lab.env, capture_output=True, check=True)
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    @property
    def session(self) -> dict[str, Any]:
        return self.inspected["session"]  # type: ignore[no-any-return]

    @property
    def attempt(self) -> dict[str, Any]:
        return self.inspected["attempts"][-1]  # type: ignore[no-any-return]

    @property
    def failure(self) -> dict[str, Any]:
        return self.attempt["failure"]  # type: ignore[no-any-return]


class Lab:
    """A working folder with a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.home = folder / "home"
        self.folder.mkdir()
        hidden = ("AITRACK", "PYTHON", "VIRTUAL_ENV", "GITHUB", "CI")
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        self.env["AITRACK_HOME"] = str(self.home)
        self.python = os.path.realpath(sys.executable)

    def script(self, name: str, text: str | bytes) -> Path:
        """Write a program and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def command(self, *words: str | bytes | Path) -> list[Any]:
        """The words of `aitrack run` with the interpreter of the tests."""
        return [AITRACK, "run", "--python", self.python, *words]

    def start(self, *words: str | bytes | Path, **options: Any) -> subprocess.Popen[bytes]:
        """Start `aitrack run WORDS` and return the process."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        env = {**self.env, **options.pop("env", {})}
        return subprocess.Popen(self.command(*words), cwd=self.folder, env=env, **options)

    def run(self, *words: str | bytes | Path, input: bytes | None = None, **options: Any) -> Result:
        """Run `aitrack run WORDS` to its end."""
        if input is not None:
            options["stdin"] = subprocess.PIPE
        with self.start(*words, **options) as process:
            stdout, stderr = process.communicate(input, timeout=PATIENCE)
        return Result(self, process.returncode, stdout, stderr)

    def bare(self, *words: str | bytes | Path, input: bytes | None = None, **options: Any) -> Result:
        """Run the same command without aitrack."""
        env = {**self.env, **options.pop("env", {})}
        if input is not None:
            options["input"] = input
        else:
            options.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(list(words), cwd=self.folder, env=env, capture_output=True, timeout=PATIENCE, **options)
        return Result(self, done.returncode, done.stdout, done.stderr)

    def python_both(self, *words: str | bytes | Path, **options: Any) -> tuple[Result, Result]:
        """Run a Python target bare and wrapped."""
        return self.bare(self.python, *words, **options), self.run(*words, **options)

    def sessions(self) -> list[Path]:
        """The folders of all sessions, oldest first."""
        return sorted(path.parent for path in self.home.glob("sessions/*/*/*/*/session.json"))

    def record(self) -> dict[str, Any]:
        """The newest session's record as it is on disk now."""
        return json.loads((self.sessions()[-1] / "session.json").read_bytes())  # type: ignore[no-any-return]

    def ask(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run another word of aitrack."""
        return subprocess.run([AITRACK, *words], cwd=self.folder, env=self.env, capture_output=True, timeout=PATIENCE)


def until(condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait until *condition* gives something, and return it."""
    end = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(0.01)
    return found


def needs(tool: str) -> None:
    """Skip a test where the machine lacks a tool, and say which."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed here")


def is_alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state not in (b"Z", b"X")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab; what a test left running is ended."""
    made = Lab(tmp_path)
    yield made
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "cwd").startswith(str(tmp_path)):
                    os.kill(int(entry.name), signal.SIGKILL)
            except (OSError, PermissionError):
                pass
