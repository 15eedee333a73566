"""`--template`: what fills a placeholder is a word of a command, never code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aitrack.config import Setting, Settings
from aitrack.errors import UsageError
from aitrack.supervise.plan import RunPlan
from aitrack.supervise.template import refuse_code


def plan(*words: str) -> RunPlan:
    """Return a plan of a command with `--template`."""
    settings = Settings()
    settings.given["template"] = Setting(True, "command line")
    return RunPlan("command", list(words), None, words[0], "/", {}, settings)


@pytest.mark.parametrize(
    "words",
    [
        ("sh", "-c", "echo {hint}"),
        ("/bin/sh", "-c", 'echo "{hint}"'),
        ("bash", "-lc", "echo '{hint}'"),
        ("bash", "-ce", "echo {kind}"),
        ("bash", "-c", "-e", "echo {hint}"),
        ("bash", "-c", "-C", "echo {hint}"),
        ("bash", "-o", "pipefail", "-c", "x {hint}"),
        ("bash", "--norc", "+x", "-c", "--", "x {attempt}"),
        ("bash", "--rcfile", "x", "-c", "x {hint}"),
        ("zsh", "-c", "{hint}"),
        ("ksh93", "-c", "{hint}"),
        ("dash", "-c", "cat {hint_file}"),
        ("busybox", "sh", "-c", "{hint}"),
        ("fish", "--command={hint}"),
        ("fish", "--command", "{hint}"),
        ("env", "-i", "A=b", "sh", "-c", "{hint}"),
        ("env", "-S", "sh -c {hint}"),
        ("sudo", "-u", "me", "timeout", "5", "nice", "-n", "3", "sh", "-c", "{hint}"),
        ("./wrapper", "--option", "sh", "-c", "{hint}"),
        ("docker", "run", "--rm", "image", "sh", "-c", "{hint}"),
        ("xargs", "-I{}", "sh", "-c", "{hint}"),
        ("ssh", "host", "mail", "{hint}"),
        ("sudo", "ssh", "host", "{hint}"),
        ("su", "me", "-c", "{hint}"),
        ("script", "-qc", "{hint}", "/dev/null"),
        ("watch", "{hint}"),
        ("make", "TEXT={hint}"),
        ("python", "-c", "print('{hint}')"),
        ("python3.12", "-Ic", "{hint}"),
        ("python", "-W", "ignore", "-X", "dev", "-c", "{hint}"),
        ("python", "-cprint('{hint}')"),
        ("uv", "run", "python", "-c", "{hint}"),
        ("perl", "-e", "{hint}"),
        ("perl", "-MPOSIX", "-ne", "{hint}"),
        ("perl", "-e", "1", "-e", "{hint}"),
        ("ruby", "-e", "{hint}"),
        ("node", "-e", "{hint}"),
        ("node", "--eval={hint}"),
        ("node", "-pe", "{hint}"),
        ("deno", "eval", "{hint}"),
        ("php8.2", "-r", "{hint}"),
        ("awk", "BEGIN { print \"{hint}\" }"),
        ("sed", "s/x/{hint}/e", "file"),
        ("psql", "db", "-c", "select '{hint}'"),
        ("sqlite3", "db", "select '{hint}'"),
        ("python", "-m", "timeit", "-s", "x = 1", "{hint}"),
        ("python3-dbg", "-c", "{hint}"),
        ("bash-static", "-c", "{hint}"),
        ("{hint}", "x"),
    ],
)  # fmt: skip
def test_a_placeholder_in_code_is_refused_whoever_starts_it(words: tuple[str, ...]) -> None:
    """A failure's text such as `$(rm -rf ~)` would be run."""
    with pytest.raises(UsageError) as caught:
        refuse_code(plan(*words))

    assert caught.value.exit_code == 2
    assert "AITRACK_" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "words",
    [
        ("mycli", "Summarise as JSON. {hint}"),
        ("sh", "-c", 'echo "$1"', "x", "{hint}"),
        ("sh", "-c", "echo {{hint}}"),
        ("sh", "-c", "echo {other} ${HOME}"),
        ("sh", "script.sh", "-c", "{hint}"),
        ("bash", "-x", "script.sh", "{hint}"),
        ("env", "TEXT={hint}", "sh", "-c", 'echo "$TEXT"'),
        ("python", "job.py", "-c", "{hint}"),
        ("python", "-m", "job", "--text={hint}"),
        ("python", "-c", "import sys", "--text={hint}", "{hint}"),
        ("python", "-W", "ignore", "job.py", "-e", "{hint}"),
        ("node", "job.js", "-e", "{hint}"),
        ("perl", "-w", "job.pl", "-e", "{hint}"),
        ("awk", "-f", "job.awk", "{hint_file}"),
        ("mycli", "look", "at", "{hint}", "and", "make", "{kind}"),
        ("claude", "-p", "Mend this: {hint}"),
        ("timeout", "5", "mycli", "{hint}"),
    ],
)
def test_a_placeholder_that_is_text_is_left_alone(words: tuple[str, ...]) -> None:
    """A word of a command is not interpreted, so it needs neither quotes nor a refusal."""
    refuse_code(plan(*words))


def test_a_shell_under_another_name_is_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link says nothing by its own name."""
    link = tmp_path / "start"
    link.symlink_to(os.path.realpath("/bin/sh"))

    with pytest.raises(UsageError, match="start"):
        refuse_code(plan(str(link), "-c", "{hint}"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="start"):
        refuse_code(plan("timeout", "5", "start", "-c", "{hint}"))
