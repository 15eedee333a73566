"""Lines for CI systems: at the right place, within limits, and no command that we did not mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.report import ci
from tests.bundles import failure
from tests.report import explained, hostile


def _commands(lines: list[str]) -> list[tuple[str, dict[str, str], str]]:
    """Read *lines* as GitHub's runner does; the old form `##[` counts anywhere in a line."""
    found: list[tuple[str, dict[str, str], str]] = []
    for line in "\n".join(lines).split("\n"):
        assert "##[" not in line
        match = re.match(r"\s*::([a-z-]+)(?: (.*?))?::(.*)$", line)
        if match:
            pairs = dict(pair.split("=", 1) for pair in (match[2] or "").split(",") if pair)
            found.append((match[1], {key: _unescaped(value) for key, value in pairs.items()}, _unescaped(match[3])))
    return found


def _unescaped(text: str) -> str:
    for escape, sign in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(escape, sign)
    return text


def test_an_annotation_stands_at_the_failing_span(tmp_path: Path) -> None:
    """From the root of the checkout, columns from 1."""
    ((name, place, message),) = _commands(ci.github_annotations(explained.failed(tmp_path, failure()), "/work"))

    assert name == "error"
    assert place == {
        "file": "load.py",
        "line": "88",
        "endLine": "88",
        "col": "14",
        "endColumn": "26",
        "title": "job.py failed",
    }
    assert message == "KeyError: 'price'"


def test_a_group_has_one_annotation_for_each_cause(tmp_path: Path) -> None:
    """At most ten: GitHub shows no more of one step."""
    members = [failure("ValueError", f"number {n}") for n in range(14)]
    made = explained.failed(tmp_path, failure("ExceptionGroup", "many", exceptions=members))

    found = _commands(ci.github_annotations(made))
    assert [message.partition("\n")[0] for _, _, message in found] == [f"ValueError: number {n}" for n in range(10)]


def test_passed_on_a_retry_is_a_warning(tmp_path: Path) -> None:
    """Worth knowing, no error."""
    ((name, place, _),) = _commands(ci.github_annotations(explained.recovered(tmp_path)))

    assert (name, place["title"]) == ("warning", "job.py passed on a retry")


def test_no_text_of_a_program_is_a_command(tmp_path: Path) -> None:
    """`::add-mask::` in a message would hide every line of the job that holds the word."""
    made = hostile.explained(tmp_path)
    screen = [*hostile.ATTACKS, hostile.ATTACK, "  ::error::x", "\t::warning::y"]

    lines = ci.log_lines("github", made, screen, {})
    names = [name for name, _, _ in _commands(lines)]
    assert names == ["error", "group", "endgroup"]
    assert hostile.harmless("\n".join(lines))


@given(st.text(max_size=60))
def test_escaping_can_be_undone(text: str) -> None:
    """The runner shows what the program said."""
    line = ci._command("error", {"title": text or "x"}, text)

    assert "\n" not in line and "\r" not in line
    assert _unescaped(line.partition("::error ")[2].split("::", 1)[1]) == text.replace("##[", "# #[")


def test_gitlab_knows_only_our_section(tmp_path: Path) -> None:
    """Its markers need control signs, and texts have none left."""
    lines = ci.log_lines("gitlab", hostile.explained(tmp_path), list(hostile.ATTACKS), {})

    assert re.fullmatch(r"\x1b\[0Ksection_start:\d+:[a-z0-9_]+\[collapsed=false\]\r\x1b\[0K[^\x1b\r]*", lines[0])
    assert re.fullmatch(r"\x1b\[0Ksection_end:\d+:[a-z0-9_]+\r\x1b\[0K", lines[-1])
    assert all(hostile.harmless(line) for line in lines[1:-1])


def test_buildkite_has_one_group(tmp_path: Path) -> None:
    """A diff in a message begins lines with `---` and `+++`."""
    lines = ci.log_lines("buildkite", explained.failed(tmp_path), ["--- a", "+++ b", "plain", "~~~ c"], {})

    assert [line[:3] for line in lines] == ["+++", "| -", "| +", "pla", "| ~"]


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"GITLAB_CI": "true"}, "gitlab"),
        ({"BUILDKITE": "true"}, "buildkite"),
        ({"CI": "true"}, None),
        ({"GITHUB_ACTIONS": "false"}, None),
    ],
)
def test_the_system_is_known_by_its_variable(environ: dict[str, str], found: str | None) -> None:
    """`--ci auto`."""
    assert ci.detect(environ) == found


def test_what_was_refused_is_annotated_without_a_place(tmp_path: Path) -> None:
    """There is no file to point at."""
    ((name, place, message),) = _commands(ci.github_annotations(explained.refused(tmp_path)))

    assert (name, place, message) == ("error", {"title": "job.py rejected"}, "breaker `db` is open")


def test_a_sound_run_has_nothing_to_say(tmp_path: Path) -> None:
    """No news is good news."""
    made: Any = explained.recovered(tmp_path)
    made.bundle.record["recovered"] = False

    assert ci.github_annotations(made) == []
