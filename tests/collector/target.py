"""Runs small programs in real interpreters, bare and with the collector, and reads what the collector wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from aitrack.collector import wire

INJECT = Path(wire.__file__).parent / "inject"
VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


@lru_cache
def interpreters() -> dict[str, str]:
    """Return the interpreters found, by minor version: from PATH, from pyenv, and the one that runs this."""
    found = {f"3.{sys.version_info[1]}": sys.executable}
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        candidates = [str(path / "bin" / "python") for path in sorted(root.glob(f"{version}.*"))]
        candidates += [name for name in [shutil.which(f"python{version}")] if name]
        for candidate in candidates:
            if version not in found and _works(candidate):
                found[version] = candidate
    return found


def _works(executable: str) -> bool:
    try:
        return subprocess.run([executable, "-c", ""], capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False


@dataclass
class Ran:
    """What a program did and what its collector recorded."""

    code: int
    out: bytes
    err: bytes
    records: list[dict[str, Any]] = field(default_factory=list)
    spools: list[bytes] = field(default_factory=list)

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Return the records of one kind."""
        return [record for record in self.records if record["kind"] == kind]

    def failures(self, where: str | None = None) -> list[dict[str, Any]]:
        """Return the failure records, of one place if asked."""
        return [record["failure"] for record in self.all("failure") if where in (None, record["where"])]

    @property
    def failure(self) -> dict[str, Any]:
        """Return the one failure of the main thread."""
        (found,) = self.failures("main")
        return found

    @property
    def raw(self) -> bytes:
        """Return everything that was written."""
        return b"".join(self.spools)


class Target:
    """A store, and programs that run with their collectors writing into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.work = folder / "work"
        self.work.mkdir()
        self.home.mkdir()
        (self.home / "key").write_bytes(bytes(range(32)))
        self._runs = 0

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment without anything of the test's own."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | more

    def bare(self, executable: str, *arguments: str, **options: Any) -> Ran:
        """Run without the collector."""
        return self._run([executable, *arguments], self.environment(**options.pop("env", {})), options)

    def run(self, executable: str, *arguments: str, **options: Any) -> Ran:
        """Run with the collector."""
        self._runs += 1
        spool = self.home / "sessions" / "2026" / "11" / "24" / f"s{self._runs}" / "attempts" / "1"
        spool.mkdir(parents=True)
        env = self.environment(**{"PYTHONPATH": str(INJECT), "AITRACK_SPOOL": str(spool), **options.pop("env", {})})
        ran = self._run([executable, *arguments], env, options)
        for path in sorted(spool.glob("spool-*")):
            records, damaged = wire.read_bytes(path.read_bytes())
            assert damaged == 0, path.read_bytes()
            ran.records += [record | {"spool": path.name} for record in records]
            ran.spools.append(path.read_bytes())
        return ran

    def _run(self, command: list[str], env: dict[str, str], options: dict[str, Any]) -> Ran:
        text = options.pop("input_text", "")
        done = subprocess.run(
            command,
            env=env,
            cwd=options.pop("cwd", self.work),
            capture_output=True,
            timeout=60,
            input=text.encode(),
            **options,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def script(self, text: str, name: str = "script.py") -> str:
        """Write a program and return its path."""
        path = self.work / name
        path.write_text(text, encoding="utf-8")
        return str(path)
