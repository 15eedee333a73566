"""`aitrack open`: the editor is told the file and the line in its own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aitrack.cli.open import place_arguments
from tests.bundles import Store, failure
from tests.cli.command import aitrack


def _session(home: Path, file: Path) -> None:
    found: dict[str, Any] = failure()
    found["frames"][0]["file"] = str(file)
    Store(home).session("failed", failure=found)


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("vi", ["+7", "a.py"]),
        ("/usr/bin/nano", ["+7", "a.py"]),
        ("emacs", ["+7", "a.py"]),
        ("code", ["--goto", "a.py:7"]),
        ("subl", ["a.py:7"]),
        ("hx", ["a.py:7"]),
        ("pycharm", ["--line", "7", "a.py"]),
    ],
)
def test_each_editor_has_its_way(editor: str, words: list[str]) -> None:
    """Most take `+N`."""
    assert place_arguments(editor, "a.py", 7) == words


def test_the_editor_of_the_user_is_started(tmp_path: Path) -> None:
    """With its own options, and its status is ours."""
    (tmp_path / "load.py").write_text("x\n")
    editor = tmp_path / "my editor"
    editor.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 3\n')
    editor.chmod(0o755)
    _session(tmp_path / "home", tmp_path / "load.py")

    ended = aitrack(tmp_path / "home", "open", EDITOR=f"'{editor}' --wait", VISUAL="")

    assert (ended.returncode, ended.stdout.split("\n")) == (3, ["--wait", "+88", str(tmp_path / "load.py"), ""])


def test_a_file_that_is_not_here_is_an_error(tmp_path: Path) -> None:
    """A session of another machine has places that this one has not."""
    _session(tmp_path, tmp_path / "gone.py")

    ended = aitrack(tmp_path, "open", EDITOR="true")

    assert ended.returncode == 2 and "is not on this machine" in ended.stderr


def test_a_missing_editor_is_127(tmp_path: Path) -> None:
    """As a shell says it."""
    (tmp_path / "load.py").write_text("x\n")
    _session(tmp_path / "home", tmp_path / "load.py")

    assert aitrack(tmp_path / "home", "open", EDITOR="no-such-editor", VISUAL="").returncode == 127
    assert aitrack(tmp_path / "home", "open", "--path").stdout == f"{tmp_path / 'load.py'}:88\n"
