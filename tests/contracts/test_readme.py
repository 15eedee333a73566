"""The README tells the truth: each example is run, and its output compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SETUPS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def steps(example: str) -> list[tuple[str, str]]:
    """Cut an example into commands and what they print; `...` stands for anything."""
    found: list[tuple[str, str]] = []
    for line in example.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        else:
            command, printed = found[-1]
            found[-1] = (command, printed + line)
    return found


def matches(expected: str, printed: str) -> bool:
    """Compare with `...` for any text, lines included where it stands alone."""
    pattern = re.escape(expected).replace(re.escape("...\n"), r"[^\n]*\n(?:.*\n)?").replace(re.escape("..."), r"[^\n]*")
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


def test_the_readme_is_short() -> None:
    """Under 200 lines it is read."""
    assert README.count("\n") < 200


def test_its_examples_print_what_it_says(tmp_path: Path) -> None:
    """In order and in one store, as a reader would type them."""
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    folder = os.path.dirname(sys.executable)
    hidden = ("AITRACK", "PYTHON", "CI", "GITHUB")
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    env |= {"PATH": f"{folder}:{env['PATH']}", "AITRACK_HOME": str(tmp_path / "home"), "COLUMNS": "80"}
    assert EXAMPLES
    for command, expected in [step for example in EXAMPLES for step in steps(example)]:
        done = subprocess.run(["sh", "-c", command + " 2>&1"], cwd=tmp_path, env=env, capture_output=True, timeout=60)
        printed = done.stdout.decode()

        assert matches(expected, printed), f"$ {command}\n{printed}\nis not\n{expected}"


def test_the_two_commands_do_all_the_set_up() -> None:
    """One runs the main job on something real, one passes the tests."""
    first, second = SETUPS

    assert first.count("\n") == second.count("\n") == 1
    assert "aitrack run fixtures/nightly_load.py" in first and "-m pytest" in second


@pytest.mark.slow
def test_the_first_command_works_in_a_fresh_checkout(tmp_path: Path) -> None:
    """With nothing but python3, venv and pip."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, tracked):
        target = tmp_path / "checkout" / os.fsdecode(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / os.fsdecode(name)).exists():
            shutil.copy(ROOT / os.fsdecode(name), target)
    bare = {"PATH": f"{os.path.dirname(os.path.realpath(sys.executable))}:/usr/bin:/bin", "HOME": str(tmp_path)}
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_", "HTTP"))}

    done = subprocess.run(
        ["sh", "-c", SETUPS[0]], cwd=tmp_path / "checkout", env=bare | pip, capture_output=True, timeout=600
    )

    assert b"row has keys id, name, cost, quantity" in done.stdout, done.stderr.decode()[-2000:]
