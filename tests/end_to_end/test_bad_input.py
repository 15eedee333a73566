"""What cannot be meant: one line, the nearest right thing, exit 2, nothing started and no session."""

from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], b"nothing to run"),
        (["--"], b"no command behind"),
        (["-m"], b"needs a value"),
        (["--retrys", "3", "job.py"], b"did you mean `--retries`"),
        (["--attempt-timeout", "soon", "job.py"], b"`--attempt-timeout` = 'soon': expected a duration"),
        (["--retries", "-1", "job.py"], b"must not be negative"),
        (["--retries", "many", "job.py"], b"`--retries`"),
        (["--retries", "unlimited", "job.py"], b"deadline"),
        (["--capture", "some", "job.py"], b"expected one of `auto`, `all`, `none`"),
        (["--tag", "novalue", "job.py"], b"NAME=VALUE"),
        (["--quiet=maybe", "job.py"], b"takes no value"),
        (["--config", "missing.toml", "job.py"], b"cannot read `"),
        (["--profile", "nightly", "job.py"], b"profile `nightly` does not exist"),
        (["--breaker-rate", "150", "--breaker", "x", "job.py"], b"from 0 to 100"),
        (["--backoff", "fulll", "job.py"], b"expected one of `full`"),
        (["--heal", "magic", "job.py"], b"magic"),
        (["--fallback-cached", "long", "job.py"], b"duration"),
        (["--focus", "nosuchid", "job.py"], b"no session `nosuchid`"),
        (["--max-rss", "lots", "job.py"], b"expected a size"),
        ([""], b"empty"),
    ],
)
def test_a_wrong_command_line_starts_nothing(lab: Any, words: list[str], told: bytes) -> None:
    """The message names what is wrong."""
    lab.script("job.py", "open('started', 'w').close()")

    with lab.start(*words) as process:
        stdout, stderr = process.communicate()

    assert (process.returncode, stdout) == (2, b"")
    assert told in stderr and stderr.count(b"\n") == 1 and b"Traceback" not in stderr
    assert not (lab.folder / "started").exists()
    assert not lab.sessions()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[retry]\nretrys = 3\n", b"unknown key `retry.retrys`, did you mean `retry.retries`?"),
        ("[retry]\nretries = 'x'\n", b"retry.retries"),
        ("[retry\n", b"is not valid TOML"),
        ("retry = 3\n", b"must be a table"),
        ("[[fallback]]\nrun = 3\n", b"fallback"),
    ],
)
def test_a_wrong_configuration_starts_nothing(lab: Any, text: str, told: bytes) -> None:
    """A key that does not exist is an error, not a wish."""
    lab.script("aitrack.toml", text)

    result = lab.run("-c", "print('started')")

    assert (result.status, result.stdout) == (2, b"")
    assert told in result.stderr and result.stderr.count(b"\n") == 1


def test_settings_come_from_the_nearest_place(lab: Any) -> None:
    """Command line, environment, project file, in this order."""
    lab.script("pyproject.toml", "[tool.aitrack.retry]\nretries = 1\ndelay = '1ms'\n")
    program = "import sys; print('x', flush=True); sys.exit(75)"

    assert lab.run("-c", program).stdout == b"x\n" * 2
    assert lab.run("-c", program, env={"AITRACK_OPT_RETRIES": "2"}).stdout == b"x\n" * 3
    assert lab.run("--retries", "0", "-c", program, env={"AITRACK_OPT_RETRIES": "2"}).stdout == b"x\n"


def test_commands_in_a_file_that_others_may_write_are_ignored(lab: Any) -> None:
    """A world-writable project folder must not run somebody's command as us."""
    lab.script("aitrack.toml", "[[fallback]]\nrun = ['touch', 'owned']\n").chmod(0o666)

    result = lab.run("-c", "raise SystemExit(3)")

    assert result.status == 3
    assert not (lab.folder / "owned").exists()
    assert b"others may write that file" in result.stderr


@pytest.mark.parametrize("word", ["inspct", "lst", "ru", "--lst", "job.py"])
def test_an_unknown_word_names_the_nearest(lab: Any, word: str) -> None:
    """Exit 2, a hint, no traceback."""
    done = lab.ask(word)

    assert done.returncode == 2
    assert b"hint: " in done.stderr and b"Traceback" not in done.stderr


def test_reading_what_is_not_there_is_status_1(lab: Any) -> None:
    """No session yet, no such id, no such breaker."""
    assert lab.ask("inspect").returncode == 1
    assert lab.ask("inspect", "zzzzzz").returncode == 1
    assert lab.ask("breaker", "show", "nothing", "--json").returncode == 1
    assert json.loads(lab.ask("list", "--json").stdout)["sessions"] == []
