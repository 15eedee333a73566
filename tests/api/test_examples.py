"""The usage examples in `fixtures/`, sync and async."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.conftest import Look

FIXTURES = Path(__file__).parents[2] / "fixtures"


def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FIXTURES / name), *words]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("manner", [(), ("async",)])
def test_basic_recovers(manner: tuple[str, ...], look: Look) -> None:
    """Two refusals, then an answer: passed, with `start`, both retries and `success` in order."""
    done = run("api_basic.py", "2", *manner)

    assert (done.returncode, done.stdout) == (0, "{'page': 7, 'rows': 3} after 3 calls\n")
    (bundle,) = look.bundles
    assert (bundle.record["name"], bundle.status, bundle.record["recovered"]) == ("api_basic", "passed", True)
    told = [(event.kind, event.data["name"]) for event in bundle.events(1) if event.kind in ("mark", "retry")]
    assert [name for kind, name in told if kind == "mark"] == ["start", "success"]
    assert [kind for kind, _ in told].count("retry") == 3  # two waits and the recovery


@pytest.mark.parametrize("manner", [(), ("async",)])
def test_basic_gives_up(manner: tuple[str, ...], look: Look) -> None:
    """After three retries the session is ended as failed by the retry itself, and the error is raised."""
    done = run("api_basic.py", "9", *manner)

    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ConnectionRefusedError: [Errno 111] Connection refused")
    (bundle,) = look.bundles
    assert bundle.status == "failed"
    assert "gave up after 4 attempts" in bundle.record["reason"]
    assert bundle.attempt_records[0]["failure"]["type"] == "ConnectionRefusedError"


@pytest.mark.parametrize("manner", [(), ("async",)])
def test_advanced_falls_back(manner: tuple[str, ...], look: Look) -> None:
    """The error has a context; under it the alternative answers, or the default when that fails too."""
    done = run("api_advanced.py", *manner)
    both = run("api_advanced.py", "both", *manner)

    assert "{'rates': {'EUR': 1.08}, 'source': 'eu-2'}" in done.stdout
    assert "{'rates': {}, 'source': 'default'}" in both.stdout
    context = done.stdout.split()[1]
    (error,) = look.bundles[1].attempt_records[0]["errors"]
    assert error["context"]["id"] == context
    assert error["context"]["args"] == {"currency": "EUR"}
    assert [bundle.status for bundle in look.bundles] == ["degraded", "degraded"]


def test_prompts_are_adapted_by_kind(look: Look) -> None:
    """Changed for what a prompt can mend, byte for byte the same for all else; no session for that."""
    done = run("api_prompt.py")

    told = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    changed = {name for name, said in told.items() if said.startswith("changed")}
    assert changed == {"context length", "invalid request", "invalid JSON", "truncation", "refusal"}
    assert not look.home.exists()


def test_an_unmodified_program_asks_better_the_second_time(look: Look) -> None:
    """A command line with `{hint}` in it, and a program that knows nothing of aitrack."""
    aitrack = str(Path(sys.executable).parent / "aitrack")
    options = ["--retries", "1", "--retry-on", "any", "--delay", "0", "--template"]
    program = ["--", sys.executable, str(FIXTURES / "ask_model.py"), "Summarise as JSON. {hint}"]
    done = subprocess.run([aitrack, "run", *options, *program], env=dict(os.environ), capture_output=True, text=True)

    assert done.returncode == 0
    assert "The last answer was not valid JSON" in done.stdout
    assert done.stdout.endswith("summary: otters\n")
