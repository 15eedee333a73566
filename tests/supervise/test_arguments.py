"""The words of `aitrack run`, cut without a library, and the same as typer's help describes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.errors import UsageError
from aitrack.supervise.arguments import options, overrides, parse, split


def test_options_end_at_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind it is the program's, whatever it looks like."""
    monkeypatch.chdir(tmp_path)

    found = split(["--retries", "3", "-q", "job.py", "--retries", "9", "-q"])

    assert found.options == [("--retries", "3"), ("--quiet", None)]
    assert (found.form, found.name, found.after) == ("script", "job.py", ["--retries", "9", "-q"])


@pytest.mark.parametrize(
    ("words", "form", "name", "after"),
    [
        (["-m", "mod", "--", "-x"], "module", "mod", ["-x"]),
        (["-mmod", "-x"], "module", "mod", ["-x"]),
        (["-c", "pass", "a"], "code", "pass", ["a"]),
        (["-", "a"], "script", "-", ["a"]),
        (["missing.py"], "script", "missing.py", []),
        (["make", "test"], "command", "make", ["test"]),
        (["--", "x.py", "--", "y"], "command", "x.py", ["--", "y"]),
        (["--", "-m", "mod"], "command", "-m", ["mod"]),
    ],
)
def test_forms_of_targets(words: list[str], form: str, name: str, after: list[str]) -> None:
    """Script, module, code, stdin, command."""
    found = split(words)

    assert (found.form, found.name, found.after) == (form, name, after)


@given(st.lists(st.text(max_size=8), max_size=6))
def test_all_behind_two_dashes_is_verbatim(words: list[str]) -> None:
    """No word of a command line is ours."""
    found = split(["--", "command", *words])

    assert [found.name, *found.after] == ["command", *words]


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_words_are_cut_or_refused(words: list[str]) -> None:
    """Never another error than one that a user can act on."""
    try:
        split(words)
    except UsageError:
        pass


def test_repeated_options_add_up_and_single_ones_are_the_last() -> None:
    """`--tag a=1 --tag b=2`, `--retries 1 --retries 2`."""
    found = overrides(
        [("--tag", "a=1"), ("--tag", "b=2"), ("--retries", "1"), ("--retries", "2"), ("--retry-on", "a,b")]
    )

    assert found == {"tags": ["a=1", "b=2"], "retry.retries": "2", "retry.on": ["a", "b"]}


def test_flags_can_be_taken_back() -> None:
    """`--no-learn`, `--quiet=false`."""
    assert overrides([("--no-learn", None), ("--quiet", "false")]) == {"retry.learn": False, "quiet": False}


def test_each_way_out_is_an_entry_of_its_own_in_order() -> None:
    """The chain is tried as it was typed."""
    found = overrides([("--fallback", "cat x"), ("--fallback-text", "none"), ("--fallback-cached", "1h")])

    assert found == {"fallback": ["cat x", {"text": "none"}, {"cached": 3600.0}]}


def test_every_setting_with_an_option_is_an_option() -> None:
    """One table; nothing is described that is not parsed."""
    from aitrack.config.keys import KEYS

    assert {key for key, _ in options().values()} == {name for name, key in KEYS.items() if key.option}


def test_the_active_python_runs_a_script(tmp_path: Path) -> None:
    """PATH's python3, under the path that was found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    python = folder / "python3"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)

    plan = parse(["job.py", "x"], {b"PATH": str(folder).encode()})

    assert (plan.argv, plan.executable, plan.own_words) == ([str(python), "job.py", "x"], str(python), 2)
