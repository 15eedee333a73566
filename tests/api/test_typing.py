"""The API as type checkers see it: decorators keep signatures, mistakes are found before the program runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TYPING = ROOT / "tests" / "typing"


def checker(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a type checker that stands beside the interpreter; skip where it is not installed."""
    program = Path(sys.executable).parent / name
    if not program.exists():
        pytest.skip(f"{name} is not installed")
    return subprocess.run([str(program), *words], cwd=ROOT, capture_output=True, text=True, timeout=110)


@pytest.mark.slow
def test_mypy_sees_through_the_decorators() -> None:
    """Every `assert_type` holds."""
    done = checker("mypy", "--strict", "--follow-imports=silent", str(TYPING / "api.py"))

    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_pyright_sees_through_the_decorators() -> None:
    """The other checker agrees."""
    done = checker("pyright", str(TYPING / "api.py"))

    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_mistakes_are_found_before_the_program_runs() -> None:
    """Each marked line is refused, by the rule that it names, and no other."""
    path = TYPING / "wrong.py"
    lines = enumerate(path.read_text().splitlines(), 1)
    wanted = {number: line.rpartition("# ")[2] for number, line in lines if re.search(r"\)  # [a-z-]+$", line)}

    done = checker("mypy", "--strict", "--follow-imports=silent", str(path))

    found = {
        int(line.split(":")[1]): line.rpartition("[")[2].rstrip("]")
        for line in done.stdout.splitlines()
        if ": error:" in line
    }
    assert found == wanted
