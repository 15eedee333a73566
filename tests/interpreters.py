"""The Python interpreters that this machine has, for tests that run programs on each of them."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


@cache
def interpreter(version: str) -> str | None:
    """Return the path of CPython *version*, from PATH or from pyenv's folder, or None."""
    roots = [Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()]
    candidates = [str(path / "bin/python") for root in roots for path in sorted(root.glob(f"versions/{version}.*"))]
    found = shutil.which(f"python{version}")
    for path in [*candidates, *([found] if found else [])]:
        try:
            done = subprocess.run(
                [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, timeout=20
            )
        except OSError:
            continue
        if done.stdout.decode().strip() == version:
            return os.path.realpath(path)
    return None


def require(version: str) -> str:
    """Return the path of CPython *version*, or skip the test and say that it is missing."""
    path = interpreter(version)
    if path is None:
        pytest.skip(f"Python {version} is not installed here")
    return path
