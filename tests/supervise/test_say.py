"""What we say is one line, and no command to the CI system that reads it."""

from __future__ import annotations

import pytest

from aitrack.supervise.say import without_commands


@pytest.mark.parametrize(
    "command",
    [
        "##[error]x",
        "##vso[task.setvariable variable=a]b",
        "##teamcity[buildStatus status='SUCCESS']",
        "travis_fold:start:a",
    ],
)
def test_a_failure_commands_no_ci_system(command: str) -> None:
    """Its text is a program's, and stands in our line."""
    said = without_commands(f"`a.py` failed: ValueError: {command}")

    assert command not in said
    assert said.replace(" ", "") == f"`a.py`failed:ValueError:{command}".replace(" ", "")
