"""The manual page: complete, and roff without a complaint."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from aitrack.cli.app import WORDS, load
from aitrack.cli.help import topics
from aitrack.cli.manual import manual


def test_every_word_and_topic_is_in_it() -> None:
    """It is made of the same tables as `--help`."""
    text = manual()

    assert all(f'.SS "aitrack {name}"' in text for name in WORDS)
    assert all(f"\\fB{option.name.replace('-', chr(92) + '-')}\\fR" in text for option in load("inspect").options)
    assert text.count(".SH ") == 4 + len(topics())
    assert text.index(".SH EXAMPLES") < text.index(".SH COMMANDS")


def test_no_line_of_text_is_a_request() -> None:
    """A line that begins with a dot would vanish."""
    known = {".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi", ".RS", ".RE", ".br", ".IP"}

    assert {line.split(" ")[0] for line in manual().split("\n") if line[:1] in (".", "'")} <= known


def test_groff_reads_it() -> None:
    """With all warnings on."""
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    command = ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z"]
    done = subprocess.run(command, input=manual().encode(), capture_output=True)

    assert (done.returncode, done.stderr) == (0, b"")
