"""Failures whose traceback does not contain their cause: the first screen of `inspect` names it all the same."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.interpreters import require

CAUSES = Path(__file__).parents[2] / "fixtures/causes"
NAMES = sorted(path.stem for path in CAUSES.glob("*.py"))
# What is missed, and why: nothing is raised and nothing is new when a default is taken, and a variable that is not
# set leaves no trace but None, which the line of its use explains.
MISSED = {"wrong_default"}


def place(source: str) -> list[str]:
    """Return what names the true place: `:LINE` of the marked line, or the function that a comment names."""
    for number, line in enumerate(source.splitlines(), start=1):
        if "# <- cause" in line:
            return [f":{number}", f"line {number}"]
        if "# cause: " in line:
            return [line.partition("# cause: ")[2].strip()]
    raise AssertionError("no cause is marked")


def first_screen(lab: Any, name: str) -> str:
    shutil.copy(CAUSES / f"{name}.py", lab.folder / "program.py")
    lab.python = require("3.13")
    result = lab.run("program.py")
    assert result.status != 0
    return str(lab.ask("inspect").stdout.decode())


@pytest.mark.parametrize("name", NAMES)
def test_the_first_screen_names_the_true_place(lab: Any, name: str) -> None:
    """The swallowed exception, the branch that ran for the first time, the child that failed first."""
    if name in MISSED:
        pytest.xfail("a default that hides a misspelt key raises nothing")
    screen = first_screen(lab, name)

    assert any(word in screen for word in place((CAUSES / f"{name}.py").read_text())), screen


def test_there_are_twenty_and_at_most_four_are_missed() -> None:
    """A claim that is counted."""
    assert len(NAMES) == 20
    assert len(MISSED) <= 4
