"""Sessions of a script: begun, nested, ended, found again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

import aitrack
from aitrack.errors import NotFound
from tests.api.conftest import Look


def test_a_session_has_a_bundle_like_that_of_a_run(look: Look) -> None:
    """`aitrack list` and `inspect` need no second reader."""
    with aitrack.session("nightly", environment="staging", rows=3) as session:
        assert look.bundles[0].status == "running"

    (bundle,) = look.bundles
    assert bundle.id == session.id
    assert bundle.status == "passed"
    assert bundle.record["name"] == "nightly"
    assert bundle.record["environment"] == "staging"
    assert bundle.record["labels"] == {"rows": "3"}
    assert bundle.attempt_records[0]["exit_code"] == 0
    assert bundle.problems == []


def test_an_exception_that_leaves_is_the_failure(look: Look) -> None:
    """With its frames, values, category and fingerprint, so that it is grouped."""
    row = {"id": 17}
    with pytest.raises(KeyError), aitrack.session("load"):
        row["price"]

    (bundle,) = look.bundles
    failure = bundle.attempt_records[0]["failure"]
    assert bundle.status == "failed"
    assert failure["type"] == "KeyError"
    assert failure["category"] == "bug"
    assert failure["fingerprint"]["l1"]
    assert failure["frames"][-1]["function"] == "test_an_exception_that_leaves_is_the_failure"
    assert any(local["name"] == "row" and "17" in local["value"] for local in failure["frames"][-1]["locals"])


def test_nested_sessions_name_their_parent(look: Look) -> None:
    """A child is a session of its own, and can be traced up."""
    with aitrack.session("outer") as outer, aitrack.session("inner") as inner:
        assert inner.parent == outer.id

    child = next(bundle for bundle in look.bundles if bundle.id == inner.id)
    assert child.record["parent"]["session"] == outer.id


def test_as_a_decorator_each_call_has_a_session_of_its_own(look: Look) -> None:
    """Sync and async alike; the function's result and its error pass through."""

    @aitrack.session("sync")
    def twice(number: int) -> int:
        return 2 * number

    @aitrack.session("async")
    async def fail() -> None:
        raise ValueError("no")

    assert [twice(2), twice(3)] == [4, 6]
    with pytest.raises(ValueError, match="no"):
        asyncio.run(fail())

    assert sorted((bundle.record["name"], bundle.status) for bundle in look.bundles) == [
        ("async", "failed"),
        ("sync", "passed"),
        ("sync", "passed"),
    ]


def test_started_by_hand_it_is_ended_by_hand(look: Look) -> None:
    """And only once: a later end changes nothing."""
    session = aitrack.start_session("by hand")
    session.event("start", pages=7)
    session.end("failed", reason="the list was empty")
    session.end("passed")

    (bundle,) = look.bundles
    assert (bundle.status, bundle.record["reason"]) == ("failed", "the list was empty")
    assert look.events("mark")[0]["pages"] == 7


def test_a_wrong_status_is_told_with_the_allowed_ones() -> None:
    """Not silently stored as something that no reader knows."""
    session = aitrack.start_session("x")
    with pytest.raises(ValueError, match="`status` must be one of passed, failed, degraded, aborted"):
        session.end("success")


@pytest.mark.parametrize("name", ["", "  ", 7])
def test_a_name_must_be_text(name: object) -> None:
    """Told when the session is opened."""
    with pytest.raises((TypeError, ValueError), match="`name` must"):
        aitrack.session(name)  # type: ignore[arg-type]  # the point of the test


def test_sessions_are_found_again() -> None:
    """By id or the beginning of one, by status, by age, newest first, no more than asked for."""
    for name in ("one", "two"):
        with aitrack.session(name) as last:
            pass
    with pytest.raises(OSError, match="gone"), aitrack.session("three"):
        raise OSError("gone")

    assert aitrack.get_session(last.id).name == "two"
    assert [found.name for found in aitrack.list_sessions()] == ["three", "two", "one"]
    assert [found.name for found in aitrack.list_sessions(status="passed", limit=1)] == ["two"]
    assert aitrack.list_sessions(since="1h", status="failed")[0].failure is not None
    assert aitrack.list_sessions(since=0) == []
    with pytest.raises(NotFound):
        aitrack.get_session("0000000000000000")


def test_secrets_in_facts_are_hidden(look: Look) -> None:
    """What the author notes is redacted like everything else."""
    with aitrack.session("x", password="Tr0ub4dor&3-horse"):
        aitrack.event("login", url="https://bob:Tr0ub4dor&3-horse@example.org/")

    assert b"Tr0ub4dor" not in look.bytes()


def test_events_without_a_session_belong_to_the_process(look: Look) -> None:
    """A script that only tells events is found again all the same."""
    aitrack.event("hello")

    assert look.bundles[0].status == "running"
    assert look.bundles[0].record["name"] is None
    assert look.events("mark")[0]["name"] == "hello"


def test_the_environment_comes_from_the_usual_variables(look: Look) -> None:
    """Reports are filtered by it."""
    os.environ["DEPLOY_ENV"] = "Production"
    with aitrack.session("x"):
        pass

    assert look.bundles[0].record["environment"] == "production"


def test_a_disabled_aitrack_records_nothing(look: Look) -> None:
    """`AITRACK_DISABLE=1` holds inside a script as well."""
    os.environ["AITRACK_DISABLE"] = "1"
    with aitrack.session("x") as session, aitrack.operation("y"):
        aitrack.event("z")
        assert session.id == ""

    assert not look.home.exists()


def test_a_host_has_one_identity(tmp_path: Path) -> None:
    """Sessions of a script's own and of `aitrack run` on one machine are compared by it."""
    import json
    import subprocess
    import sys

    env = {**os.environ, "AITRACK_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "aitrack", "run", "--", "true"], env=env, check=True)
    subprocess.run([sys.executable, "-c", "import aitrack\nwith aitrack.session('x'): pass"], env=env, check=True)

    records = [json.loads(path.read_text()) for path in tmp_path.rglob("session.json")]
    assert len(records) == 2
    assert len({record["host"]["name_hash"] for record in records}) == 1
