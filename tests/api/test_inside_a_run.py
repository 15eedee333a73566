"""Under `aitrack run` a script joins the session around it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Look

AITRACK = str(Path(sys.executable).parent / "aitrack")
SCRIPT = """
import os, sys, threading, aitrack

@aitrack.track(category="db")
def query(n):
    return n

with aitrack.session("inner", step=1) as s:
    assert s.id == os.environ["AITRACK_SESSION"]
    aitrack.event("hello", n=1)
    thread = threading.Thread(target=query, args=(7,))
    thread.start(); thread.join()
try:
    {}["price"]
except KeyError as error:
    aitrack.handle_error(error, operation="load")
if "fail" in sys.argv:
    raise ValueError("the end")
if "commit" in sys.argv:
    aitrack.commit("sent")
    raise aitrack.transient(RuntimeError("after"))
if "hint" in sys.argv:
    hint = aitrack.hint()
    print(hint and hint["failure"]["type"])
    if hint is None:
        raise aitrack.transient(RuntimeError("first"))
"""


@pytest.fixture
def run(tmp_path: Path, home: Path) -> Any:
    """`aitrack run OPTIONS script WORDS`."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    def run(*words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [AITRACK, "run", *options, "--python", sys.executable, str(script), *words]
        return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=60)

    return run


def test_it_joins_the_session_of_the_run(run: Any, look: Look) -> None:
    """One bundle, with what the script told in it."""
    done = run()

    assert (done.returncode, done.stderr) == (0, "")
    (bundle,) = look.bundles
    assert bundle.status == "passed"
    assert look.events("mark")[0]["name"] == "hello"
    spans = {span["name"]: span for span in look.events("span")}
    inner = next(event for event in bundle.events(1) if event.data.get("name") == "inner")
    assert spans["query"]["parent"] == inner.span
    assert (spans["inner"]["session"], spans["inner"]["args"]) == ("passed", {"step": 1})


def test_what_it_handled_is_shown_beside_what_failed(run: Any, look: Look) -> None:
    """The failure is the run's; the handled error stands among the errors, in a passed run as well."""
    run("fail")
    run()

    failed = look.bundles[1].attempt_records[0]
    assert failed["failure"]["type"] == "ValueError"
    assert [error["type"] for error in failed["errors"] if error.get("handled")] == ["KeyError"]
    passed = look.bundles[0].attempt_records[0]
    assert [(error["type"], error["handled"]) for error in passed["errors"]] == [("KeyError", True)]


def test_a_commit_ends_all_retries(run: Any, look: Look) -> None:
    """The point of no return is told to the supervisor."""
    run("commit", options=("--retries", "3", "--delay", "0"))

    assert len(look.bundles[0].attempt_numbers) == 1
    assert look.bundles[0].record["committed"] is True


def test_the_next_attempt_hears_what_failed(run: Any, look: Look) -> None:
    """`aitrack.hint()` is None in a first attempt and structured advice in the second."""
    done = run("hint", options=("--retries", "1", "--delay", "0"))

    assert (done.returncode, done.stdout.split()) == (0, ["None", "RuntimeError"])


def test_inspect_prints_a_valid_document(run: Any, home: Path) -> None:
    """With events and errors of the API in it."""
    run("fail")
    done = subprocess.run([AITRACK, "inspect", "--json"], env=dict(os.environ), capture_output=True, check=True)

    document = json.loads(done.stdout)
    assert document["attempts"][0]["failure"]["type"] == "ValueError"
