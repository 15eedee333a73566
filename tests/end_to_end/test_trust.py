"""What a settings file in the working folder can do to a run: nothing that its user did not allow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

FAILS = ("-c", "raise SystemExit(3)")
REACHING = """
python = "/x"
on_failure = "touch owned-1"
junit = "owned-2"
export = ["markdown=owned-3"]
lock = "theirs"
privacy = "full"
name = "another"
preflight = "stop"
heal_system = true
[retry]
retries = "unlimited"
output = "success"
[[retry.rule]]
match = { exit = [3] }
category = "transient"
[collect]
max_rss = "1K"
[redact]
safe_keys = ["password"]
[store]
max_age = 0
[[fallback]]
run = ["touch", "owned-4"]
[[fallback]]
text = "owned"
[[heal]]
use = "free-disk"
glob = "mine*"
"""


@pytest.fixture(params=["own", "open", "another user's"])
def place(lab: Any, request: pytest.FixtureRequest) -> Any:
    """Return a lab whose settings file is the user's own, writable by all, or another user's."""
    path = lab.script("aitrack.toml", REACHING)
    if request.param == "open":
        path.chmod(0o666)
    elif request.param == "another user's":
        if os.geteuid() != 0:
            pytest.skip("only root can give a file away")
        os.chown(path, 12345, 12345)
    return lab


def test_nothing_that_reaches_is_done_for_an_untrusted_file(place: Any) -> None:
    """Not even in the user's own file: it may have come with a checkout or a tarball."""
    place.script("mine.log", "mine")

    result = place.run("-c", "print('out'); password = 'x'; raise SystemExit(3)")

    assert (result.status, result.stdout) == (3, b"out\n")
    assert sorted(path.name for path in place.folder.iterdir()) == ["aitrack.toml", "mine.log"]
    assert result.session["name"] is None
    assert result.session["privacy"]["mode"] == "standard"
    assert len(place.sessions()) == 1


def test_what_is_left_out_is_said_once_and_again_when_a_run_fails(lab: Any) -> None:
    """Once for each content of the file and each store; a nightly job does not want to hear it every night."""
    path = lab.script("aitrack.toml", 'on_failure = "touch owned"\n[[fallback]]\ntext = "answer"\n')
    line = (
        f"aitrack: `on_failure`, `fallback` in `{path}` are left out: not trusted; "
        "`aitrack config trust` or `--trust-project`\n"
    ).encode()

    assert lab.run("-c", "").stderr == line
    assert lab.run("-c", "").stderr == b""
    assert lab.run(*FAILS).stderr.count(line) == 1
    path.write_text('on_failure = "touch another"\n')
    assert lab.run(*FAILS).stderr.count(b"left out") == 1
    assert lab.run("-c", "").stderr == b""
    lab.env["AITRACK_HOME"] = str(lab.folder.parent / "second")
    assert lab.run("-c", "").stderr.count(b"left out") == 1


def test_a_file_that_was_not_written_is_missed_after_every_run(lab: Any) -> None:
    """Somebody waits for it."""
    lab.script("aitrack.toml", 'junit = "out.xml"\n')

    assert [lab.run("-c", "").stderr.count(b"left out") for _ in range(2)] == [1, 1]
    assert not (lab.folder / "out.xml").exists()


@pytest.mark.parametrize(("option", "failing"), [("--quiet", 0), ("--cron", 1)])
def test_quiet_hears_nothing_and_cron_only_of_failures(lab: Any, option: str, failing: int) -> None:
    """A mail for each good night is what both are against."""
    lab.script("aitrack.toml", 'on_failure = "touch owned"\njunit = "out.xml"\n')

    assert lab.run(option, "-c", "").stderr == b""
    assert lab.run(option, *FAILS).stderr.count(b"left out") == failing


def test_the_session_and_the_doctor_tell_what_was_left_out(lab: Any) -> None:
    """For whoever asks later why there was no fallback."""
    path = lab.script("aitrack.toml", 'on_failure = "touch owned"\n')

    result = lab.run(*FAILS)

    entry = {"key": "on_failure", "file": str(path), "why": "not trusted"}
    assert result.session["settings"] == {"left_out": [entry]}
    assert b"on_failure (not trusted)" in b" ".join(lab.ask("inspect").stdout.split())
    assert b"`on_failure` in" in lab.ask("doctor").stdout


@pytest.mark.parametrize("way", ["--trust-project", "AITRACK_OPT_TRUST", "--config", "config trust"])
def test_each_way_of_trust_works_where_nobody_can_type(lab: Any, way: str) -> None:
    """A pipeline has neither a terminal nor a home folder that lasts."""
    lab.script("aitrack.toml", 'on_failure = "touch done"\n')
    lab.env["HOME"] = str(lab.folder.parent / "user")
    options: tuple[str, ...] = ()
    if way == "--config":
        options = ("--config", "aitrack.toml")
    elif way == "AITRACK_OPT_TRUST":
        lab.env[way] = "1"
    elif way == "config trust":
        assert lab.ask("config", "trust", "--yes").returncode == 0
    else:
        options = (way,)

    result = lab.run(*options, *FAILS)

    assert (lab.folder / "done").exists()
    assert b"left out" not in result.stderr


def test_a_checkout_under_umask_0_can_be_trusted(lab: Any) -> None:
    """As a GitLab runner makes it."""
    lab.script("aitrack.toml", 'on_failure = "touch done"\n').chmod(0o666)
    lab.folder.chmod(0o777)

    lab.run("--trust-project", *FAILS)

    assert (lab.folder / "done").exists()


def test_an_untrusted_file_that_says_strict_leaves_no_value_on_disk(lab: Any) -> None:
    """Whose file it is does not matter: less is always allowed."""
    lab.script("aitrack.toml", 'privacy = "strict"\non_failure = "echo zebra-crossing"\n').chmod(0o666)
    lab.script("job.py", "import sys\nfruit = 'pomegranate' + sys.argv[1]\nprint(fruit)\nraise ValueError(fruit)\n")

    lab.run("job.py", "mangosteen")

    written = [path for path in lab.home.rglob("*") if path.is_file()]
    assert written
    for path in written:
        assert not any(word in path.read_bytes() for word in (b"pomegranate", b"mangosteen", b"zebra")), path


def test_a_folder_of_another_user_gets_nothing_written(lab: Any) -> None:
    """Trust is kept with the user, not with the project."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    path = lab.script("aitrack.toml", 'on_failure = "touch /tmp/never"\n')
    for name in (path, lab.folder):
        os.chown(name, 12345, 12345)

    result = lab.run("--trust-project", *FAILS)

    assert b"it belongs to another user (uid 12345); `aitrack config trust` or `--config FILE`" in result.stderr
    assert [name.name for name in lab.folder.iterdir()] == ["aitrack.toml"]


def test_nobody_else_is_asked_with_the_program_disabled(lab: Any) -> None:
    """`AITRACK_DISABLE=1` starts the program and says nothing."""
    lab.script("aitrack.toml", 'on_failure = "touch owned"\n')

    result = lab.run("-c", "print('out')", env={"AITRACK_DISABLE": "1"})

    assert (result.status, result.stdout, result.stderr) == (0, b"out\n", b"")


# ---- templates ----


@pytest.mark.parametrize(
    "words",
    [
        ("--template", "--", "sh", "-c", "echo {hint}; exit 75"),
        ("--template", "--retries", "1", "-c", "print('{hint}')"),
        ("--template", "--fallback", "sh -c 'echo {hint}'", "--", "false"),
        ("--template", "--fallback-args", "-c 'echo {hint}'", "--", "sh", "x.sh"),
        ("--template", "--heal", "run:sh -c 'echo {hint}'", "--", "false"),
        ("--template", "--on-failure", "sh -c 'echo {hint}'", "--", "false"),
        ("--fallback", "sh -c {args}", "--", "false"),
    ],
)
def test_a_placeholder_that_would_be_run_starts_nothing(lab: Any, words: tuple[str, ...]) -> None:
    """Exit 2, one line, and what to write instead."""
    result = lab.run(*words)

    assert (result.status, result.stdout) == (2, b"")
    assert result.stderr.count(b"\n") == 1
    assert b"stands in code" in result.stderr
    assert b"AITRACK_" in result.stderr or b'"$@"' in result.stderr
    assert not lab.sessions()


def test_a_template_needs_no_retry(lab: Any) -> None:
    """There is a first attempt, and nothing has failed yet."""
    assert lab.run("--template", "--", "echo", "{attempt} [{hint}]").stdout == b"1 []\n"


def test_a_fallback_with_the_same_words_is_filled_too(lab: Any) -> None:
    """It would get the braces."""
    lab.script("job.sh", 'test "$USE" = cache && printf "%s" "$1" || exit 75')

    result = lab.run("--template", "--fallback-env", "USE=cache", "--", "sh", "job.sh", "{attempt}: {kind}.")

    assert result.stdout.startswith(b"2: ") and b"{" not in result.stdout


def test_the_variable_that_is_named_holds_the_hint(lab: Any) -> None:
    """The text arrives as it is, and nothing of it is run."""
    lab.script("job.sh", 'printf "%s|" "$AITRACK_HINT"; echo "ConnectionError: \\$(touch owned)" >&2; exit 75')

    result = lab.run("--template", "--retries", "1", "--delay", "0", "--", "sh", "job.sh", "{hint}")

    assert result.stdout.split(b"|")[0] == b""
    assert b"$(touch owned)" in result.stdout.split(b"|")[1]
    assert not Path(lab.folder, "owned").exists()
