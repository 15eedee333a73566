"""Words to the supervisor and from it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import aitrack


def test_marks_are_kept_on_the_exception_itself() -> None:
    """So that `raise aitrack.transient(...)` is one expression."""
    error = ValueError("busy")

    assert aitrack.transient(error) is error
    assert error.aitrack_category == "transient"  # type: ignore[attr-defined]  # set by name
    with pytest.raises(TypeError, match="`error` must be an exception, not str"):
        aitrack.permanent("x")  # type: ignore[type-var]  # the point of the test


def test_a_commit_is_told_to_the_supervisor(tmp_path: Path) -> None:
    """By the file that it looks at; a file that cannot be written is no error of the script's."""
    os.environ["AITRACK_COMMIT_FILE"] = str(tmp_path / "commit")
    aitrack.commit("sent")
    aitrack.commit("and booked")
    os.environ["AITRACK_COMMIT_FILE"] = "/proc/nowhere"
    aitrack.commit("unheard")

    assert (tmp_path / "commit").read_text() == "sent\nand booked\n"


@pytest.mark.parametrize("content", ["{", "[]", ""])
def test_a_damaged_hint_is_none(content: str, tmp_path: Path) -> None:
    """A script must not fail by advice."""
    os.environ["AITRACK_HINT_FILE"] = str(tmp_path / "hint.json")
    (tmp_path / "hint.json").write_text(content)

    assert aitrack.hint() is None


def test_a_hint_is_what_the_supervisor_wrote(tmp_path: Path) -> None:
    """Failure, history and advice."""
    os.environ["AITRACK_HINT_FILE"] = str(tmp_path / "hint.json")
    (tmp_path / "hint.json").write_text(json.dumps({"schema": 1, "attempt": 2}))

    assert aitrack.hint() == {"schema": 1, "attempt": 2}
