"""Where recording goes, and that its failure never is the script's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import aitrack
from aitrack.api import place, trouble
from tests.api.conftest import Look

EVERYTHING = """
import sys, aitrack
@aitrack.track
def add(a, b): return a + b
def fail(): raise ConnectionError("x")
with aitrack.session("x") as s:
    for n in range(2000):
        aitrack.event("tick", n=n, text="y" * 100)
    aitrack.snapshot("s", a=1)
    with aitrack.operation("op") as op:
        op.after(a=1)
    add(1, 2)
    try:
        fail()
    except ConnectionError as error:
        context = aitrack.handle_error(error)
    assert aitrack.fallback(context, default=3) == 3
    assert aitrack.fallback(lambda: 5, strategies=[aitrack.cached("k")]) == 5
    try:
        aitrack.retry_call(fail, retries=1, delay=0)
    except ConnectionError:
        pass
    with aitrack.breaker("b"):
        pass
print("done")
"""


def run(code: str, home: Path, *first: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "AITRACK_HOME": str(home), **environment}
    return subprocess.run([*first, sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("where", ["/proc/nowhere", "a file"])
def test_without_a_store_everything_works_and_one_line_says_so(where: str, tmp_path: Path) -> None:
    """A script must not fail because nobody could take notes."""
    home = Path(where)
    if where == "a file":
        home = tmp_path / "file"
        home.write_text("")

    done = run(EVERYTHING, home)

    assert (done.returncode, done.stdout) == (0, "done\n")
    assert done.stderr.count("recording is incomplete") == 1


def test_on_a_full_disk_everything_works(tmp_path: Path) -> None:
    """The limit on the size of files stands in for a disk that has no room left."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"

    done = run(full + EVERYTHING, tmp_path / "home")

    assert (done.returncode, done.stdout) == (0, "done\n")
    assert done.stderr.count("recording is incomplete") == 1


def test_a_mistake_of_ours_is_no_exception_of_the_scripts(look: Look) -> None:
    """Whatever goes wrong inside while something is recorded is said once."""
    with aitrack.session("x") as session:
        before: Any = session.place.pictures.redactor
        session.place.pictures.redactor = None  # type: ignore[assignment]  # breaks every picture
        aitrack.event("e", text="some text")
        with aitrack.operation("op", value="text"):
            pass
        session.place.pictures.redactor = before

    assert len(trouble.said()) == 1


def test_killed_at_any_moment_the_bundle_is_readable(tmp_path: Path, look: Look) -> None:
    """What was told is on disk when it was told, and the session is shown as interrupted."""
    code = """
import os, signal, aitrack
with aitrack.session("x"):
    aitrack.event("before the end")
    os.kill(os.getpid(), signal.SIGKILL)
"""

    done = run(code, look.home)

    assert done.returncode == -9
    assert look.bundles[0].status == "interrupted"
    assert look.events("mark")[0]["name"] == "before the end"


def test_an_uncaught_exception_fails_the_process_session(look: Look) -> None:
    """The session that nobody opened ends as the process does."""
    run("import aitrack; aitrack.event('x'); {}['price']", look.home)
    run("import aitrack; aitrack.event('x')", look.home)

    assert [bundle.status for bundle in look.bundles] == ["passed", "failed"]
    assert look.bundles[1].attempt_records[0]["failure"]["type"] == "KeyError"


def test_strict_privacy_keeps_no_value(look: Look) -> None:
    """Types and sizes only."""
    os.environ["AITRACK_OPT_PRIVACY"] = "strict"
    place.settings.cache_clear()
    with aitrack.session("x"):
        aitrack.event("e", text="very private", number=4711)

    assert b"very private" not in look.bytes()
    assert look.events("mark")[0]["text"] == "<str of 12>"
