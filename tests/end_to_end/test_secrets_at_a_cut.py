"""What is too long is cut, and a secret that lies across the cut must not be left by half."""

from __future__ import annotations

from typing import Any

import pytest

# Known by its form alone, and only as a whole.
SECRET = "_".join(("ghp", "Zq8Wd73hdKe92mZx61Lp04Tvb9RtYu5NcDfG"))
PROGRAM = """
import logging, os, subprocess, sys
secret = sys.stdin.read().strip()
def padded(size): return ". " * (size // 2)
def fail(text): raise ValueError(text)
line = padded({room}) + " " + secret + " " + padded(9000)
del secret
pairs = {{"first": line, "second": line.encode()}}
logging.getLogger("shop").warning(line)
try:
    fail(line)
except ValueError:
    pass
try:
    open("/tmp/" + line.replace(" ", "/"))
except OSError:
    pass
try:
    subprocess.run([line, line])
except OSError:
    pass
error = ValueError(line)
error.__notes__ = [line]
raise error
"""


@pytest.mark.parametrize("limit", [200, 300, 500, 1000, 2000, 4000])
@pytest.mark.parametrize("before", [8, 16, 24])
def test_no_part_of_a_secret_is_left_at_a_cut(lab: Any, limit: int, before: int) -> None:
    """Half of a token is known by no rule, and gives most of it away."""
    lab.script("long.py", PROGRAM.format(room=limit - before))

    result = lab.run("long.py", input=SECRET.encode())

    assert result.failure["type"] == "ValueError"
    stored = b"\n".join(path.read_bytes() for path in lab.home.rglob("*") if path.is_file())
    assert not [SECRET[at : at + 8] for at in range(len(SECRET) - 8) if SECRET[at : at + 8].encode() in stored]


@pytest.mark.parametrize("room", [470, 480, 490])
def test_no_part_of_a_literal_is_left_where_a_line_is_cut(lab: Any, room: int) -> None:
    """A generated file has lines of any length."""
    pad = "'" + "x" * (room - 12) + "'"
    lab.script("wide.py", f"{pad}; found = '{SECRET}'; raise ValueError('wide')\n")

    result = lab.run("wide.py")

    assert result.failure["type"] == "ValueError"
    stored = b"\n".join(path.read_bytes() for path in lab.home.rglob("*") if path.is_file())
    assert not [SECRET[at : at + 8] for at in range(len(SECRET) - 8) if SECRET[at : at + 8].encode() in stored]
