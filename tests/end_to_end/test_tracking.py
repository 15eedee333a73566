"""Calls of the user's own functions, followed without touching the script."""

from __future__ import annotations

from typing import Any

from tests.interpreters import require

PROGRAM = """
import jobs
for n in range(5):
    jobs.price(n)
try:
    jobs.price(-1)
except ValueError:
    pass
"""
JOBS = """
def price(n):
    if n < 0:
        raise ValueError("negative")
    return n * 2
"""


def test_functions_named_in_the_settings_are_followed(lab: Any) -> None:
    """`[track] functions`: each call counted, the failed one as failed."""
    lab.python = require("3.13")
    lab.script("main.py", PROGRAM)
    lab.script("jobs.py", JOBS)
    lab.script("aitrack.toml", "[track]\nfunctions = ['jobs:price']\n")
    lab.env["AITRACK_OPT_TRUST"] = "1"

    result = lab.run("main.py")
    told = lab.ask("usage", "--by", "tool").stdout.decode()

    assert result.status == 0
    row = next(line.split() for line in told.splitlines() if "price" in line)
    assert row[1:3] == ["6", "17%"], told


def test_tracking_can_be_switched_off(lab: Any) -> None:
    """`[track] off = true`."""
    lab.python = require("3.13")
    lab.script("main.py", PROGRAM)
    lab.script("jobs.py", JOBS)
    lab.script("aitrack.toml", "[track]\noff = true\nfunctions = ['jobs:price']\n")

    lab.run("main.py")

    assert "price" not in lab.ask("usage", "--by", "tool").stdout.decode()
