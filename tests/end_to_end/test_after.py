"""What a run tells others after its end: CI systems, JUnit files, exports, and the preflight before it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as Tree
from typing import Any

from tests.interpreters import require


def test_github_is_told_where_it_failed(lab: Any) -> None:
    """An annotation on the failing line, the screen in a group, a step summary; stdout stays the program's."""
    lab.script("job.py", "print('out')\nrow = {}\nrow['price']\n")
    summary = lab.folder / "summary.md"

    result = lab.run("--ci", "auto", "job.py", env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})

    assert (result.status, result.stdout) == (1, b"out\n")
    assert b"\n::error file=job.py,line=3," in result.stderr
    assert b"KeyError: 'price'" in summary.read_bytes()


def test_a_message_cannot_forge_commands_of_the_ci_system(lab: Any) -> None:
    """`::set-output` and friends in a message are text."""
    result = lab.run(
        "--quiet",
        "--ci",
        "github",
        "-c",
        "raise ValueError('x\\n::add-mask::y\\n::error file=a::b')",
        env={"GITHUB_ACTIONS": "true"},
    )
    ours = result.stderr.partition(b"::error file=<string>")[2]  # before it stands what Python itself printed

    assert not any(line.startswith((b"::add-mask", b"::error file=a")) for line in ours.splitlines())


def test_junit_has_a_case_for_each_attempt(lab: Any) -> None:
    """Flaky is what passed on a retry."""
    lab.script(
        "flaky.py", "import os\nif os.environ['AITRACK_ATTEMPT'] == '1': raise ConnectionResetError(104, 'reset')"
    )

    lab.run("--retries", "1", "--delay", "0", "--junit", "out.xml", "flaky.py")

    suite = Tree.parse(lab.folder / "out.xml").getroot()
    assert len(list(suite.iter("testcase"))) >= 1
    assert "ConnectionResetError" in Tree.tostring(suite).decode()


def test_an_export_goes_into_a_file(lab: Any) -> None:
    """Whatever the program's end was, its status stays."""
    result = lab.run("--export", "otlp=trace.json", "--", "sh", "-c", "exit 7")

    assert result.status == 7
    assert "resourceSpans" in json.loads((lab.folder / "trace.json").read_bytes())


def test_an_export_that_cannot_be_starts_nothing(lab: Any) -> None:
    """A wrong format is told before, not after an hour."""
    result = lab.run("--export", "smoke", "--", "touch", "started")

    assert result.status == 2
    assert not (lab.folder / "started").exists()


def test_an_endpoint_that_does_not_answer_changes_nothing(lab: Any) -> None:
    """One line; the program's own status."""
    result = lab.run(
        "--export", "otlp", "--", "sh", "-c", "exit 3", env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    )

    assert result.status == 3
    assert b"Traceback" not in result.stderr


def test_preflight_warns_of_what_successes_had(lab: Any) -> None:
    """A file that all of them read is gone."""
    lab.python = require("3.13")
    lab.script("job.py", "print(open('prices.csv').read())")
    lab.script("prices.csv", "1,2")
    lab.run("job.py")
    lab.run("job.py")
    (lab.folder / "prices.csv").unlink()

    warned = lab.run("--preflight", "warn", "job.py")
    stopped = lab.run("--preflight", "stop", "job.py")

    assert (warned.status, stopped.status) == (1, 75)
    assert b"aitrack: preflight: file prices.csv does not exist" in warned.stderr
    assert stopped.stderr.count(b"\n") == 1 and b"Traceback" not in stopped.stderr


def test_verbose_says_where_the_record_is(lab: Any) -> None:
    """Also after a success."""
    result = lab.run("--verbose", "--", "true")

    assert str(lab.sessions()[-1]).encode() in result.stderr
