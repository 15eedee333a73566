"""However aitrack was installed, its command finds the interpreter that it was installed with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HOSTILE = {"PYTHONHOME": "/nonexistent", "PYTHONPATH": "/nonexistent", "PYTHONVERBOSE": "1", "PYTHONSTARTUP": "/x"}


def environment(lab: Any) -> dict[str, str]:
    return {**lab.env, "PATH": "/usr/bin:/bin", "HOME": str(lab.folder)}


def check(lab: Any, command: Path) -> None:
    """Run a passing and a failing script by *command*, from elsewhere, in a hostile environment."""
    env = environment(lab)
    python = ["--python", lab.python]
    lab.script("fails.py", "print('out'); {}['key']")

    shown = subprocess.run([command, "--version"], cwd=lab.folder, env=env, capture_output=True, timeout=60)
    failed = subprocess.run(
        [command, "run", *python, "fails.py"], cwd=lab.folder, env=env, capture_output=True, timeout=60
    )
    hostile = subprocess.run(
        [command, "run", "--", "echo", "on"], cwd=lab.folder, env={**env, **HOSTILE}, capture_output=True, timeout=60
    )
    inspected = subprocess.run(
        [command, "inspect", "last", "--failed"],
        cwd=lab.folder,
        env={**env, **HOSTILE},
        capture_output=True,
        timeout=60,
    )

    assert shown.stdout.startswith(b"aitrack 0."), shown.stderr
    assert (failed.returncode, failed.stdout) == (1, b"out\n")
    assert b"KeyError: 'key'; see `aitrack inspect" in failed.stderr
    assert (hostile.returncode, hostile.stdout, hostile.stderr) == (0, b"on\n", b"")
    assert b"KeyError" in inspected.stdout, inspected.stderr


def pip(folder: Path, *words: str) -> Path:
    """Make an environment, install with pip, and return the folder of its commands."""
    venv.create(folder, with_pip=True)
    subprocess.run(
        [folder / "bin/python", "-m", "pip", "install", "-q", *words], check=True, capture_output=True, timeout=600
    )
    return folder / "bin"


@pytest.mark.slow
def test_pip_and_a_symlink_from_elsewhere(lab: Any, tmp_path: Path) -> None:
    """A link in ~/bin finds its way home, as does a link to a link with spaces in its path."""
    commands = pip(tmp_path / "an environment", str(ROOT))
    links = tmp_path / "bin"
    links.mkdir()
    (links / "aitrack").symlink_to(commands / "aitrack")
    (links / "again").symlink_to("aitrack")

    check(lab, commands / "aitrack")
    check(lab, links / "again")


@pytest.mark.slow
def test_an_editable_installation(lab: Any, tmp_path: Path) -> None:
    """A checkout is used as it is."""
    check(lab, pip(tmp_path / "editable", "-e", str(ROOT)) / "aitrack")


@pytest.mark.slow
def test_python_minus_m(lab: Any, tmp_path: Path) -> None:
    """`python -m aitrack` is equal in function."""
    commands = pip(tmp_path / "env", str(ROOT))
    lab.script("fails.py", "{}['key']")

    done = subprocess.run(
        [commands / "python", "-m", "aitrack", "run", "--python", lab.python, "fails.py"],
        cwd=lab.folder,
        env=environment(lab),
        capture_output=True,
    )

    assert done.returncode == 1
    assert b"KeyError: 'key'; see `aitrack inspect" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["pipx", "uv"])
def test_tools_that_install_applications(lab: Any, tmp_path: Path, tool: str) -> None:
    """pipx and uv keep an environment of their own and link the command."""
    commands = pip(tmp_path / "tools", tool)
    places = {
        "PIPX_HOME": "pipx",
        "PIPX_BIN_DIR": "bin",
        "UV_TOOL_DIR": "uv",
        "UV_TOOL_BIN_DIR": "bin",
        "UV_CACHE_DIR": "cache",
    }
    env = {**os.environ, **{name: str(tmp_path / place) for name, place in places.items()}}
    words = {
        "pipx": ["pipx", "install", "--python", sys.executable, str(ROOT)],
        "uv": ["uv", "tool", "install", "--python", sys.executable, str(ROOT)],
    }
    done = subprocess.run([commands / words[tool][0], *words[tool][1:]], env=env, capture_output=True, timeout=600)
    if done.returncode and b"aitrack" not in done.stderr:
        pytest.skip(f"{tool} could not install anything here")
    assert done.returncode == 0, done.stderr.decode()[-2000:]

    check(lab, tmp_path / "bin/aitrack")


@pytest.mark.slow
def test_a_user_installation(lab: Any, tmp_path: Path) -> None:
    """`pip install --prefix` has no interpreter beside the command: the version in the path says which."""
    python = shutil.which("python3") or sys.executable
    prefix = tmp_path / "prefix"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--ignore-installed", "--prefix", prefix, str(ROOT)],
        check=True,
        capture_output=True,
        timeout=600,
    )
    lab.env["PATH"] = f"{os.path.dirname(os.path.realpath(sys.executable))}:{os.path.dirname(python)}"

    env = {**environment(lab), "PATH": f"{os.path.dirname(os.path.realpath(sys.executable))}:/usr/bin:/bin"}
    done = subprocess.run(
        [prefix / "bin/aitrack", "run", "--", "echo", "on"], cwd=lab.folder, env=env, capture_output=True, timeout=60
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"on\n", b"")
