"""The first screen of `inspect`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bundles import NOW, Store, failure
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_the_first_screen_answers_in_three_lines(store: Store) -> None:
    """What, why and where; within 24 lines of 80 columns, without colour in a pipe."""
    blame = {"frame": 0, "expression": "row", "why": "row has keys id, name, cost"}
    attempts = [{"exit_code": 1}, {"exit_code": 1}, {"exit_code": 1}]
    folder = store.session(
        "failed", script="jobs/nightly_load.py", failure=failure(blame=blame), attempts=attempts, duration_s=41.2
    )

    done = aitrack(store.home, "inspect")

    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0].startswith("✗ nightly_load.py   failed after 3 attempts, 41.2 s")
    assert lines[0].endswith(folder.name[-6:])
    assert lines[1].split("   ")[0] == "  KeyError: 'price'"
    assert lines[1].endswith("row has keys id, name, cost")
    assert lines[2] == "  load.py:88  in parse_row      total += row['price'] * row['qty']"
    assert lines[3].index("^") == lines[2].index("row['price']")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in done.stdout


def test_hostile_text_reaches_no_terminal(store: Store) -> None:
    """A failing program may have been attacked: its text must not drive the reader's terminal."""
    evil = "\x1b]0;owned\x07\x1b[2J\u202egpj.exe\u2066 \u200b\x9b31m\r\n\x08 end"
    frame = failure()["frames"][0]
    frame["locals"] = [{"name": evil, "type": evil, "value": evil}]
    frame |= {"file": f"/work/{evil}.py", "function": evil, "context": {"start": 88, "lines": [evil]}}
    store.session(
        "failed",
        script=evil + ".py",
        name=evil,
        reason=evil,
        failure=failure(evil, evil, frames=[frame], notes=[evil], exceptions=[failure(evil, evil)]),
        stderr=evil,
        labels={evil: evil},
        warnings=[{"kind": "x", "text": evil}],
        environment=evil,
    )

    for words in (["inspect"], ["inspect", "--all"], ["list"], ["list", "--json"], ["inspect", "--json"]):
        done = aitrack(store.home, *words, FORCE_COLOR="")
        assert done.returncode == 0, done.stderr
        assert not set("\x1b\x07\u202e\u2066\x9b\r\x08\u200b") & set(done.stdout), words


def test_interrupted_and_recovered_sessions_say_so(store: Store) -> None:
    """Every status has its own words on the first screen."""
    failed = {"exit_code": 1, "failure": failure()}
    store.session("passed", at=NOW, recovered=True, attempts=[dict(failed), {"exit_code": 0}])
    shown = aitrack(store.home, "inspect").stdout
    assert "recovered after 2 attempts" in shown
    assert "overcame   KeyError: 'price' (attempt 1)" in shown

    store.session("rejected", at=NOW + 1, exit_code=75, attempts=[], reason="breaker db is open")
    shown = aitrack(store.home, "inspect").stdout
    assert "rejected, not run" in shown
    assert "breaker db is open" in shown

    store.session("degraded", at=NOW + 2, attempts=[dict(failed), {"exit_code": 0, "role": "fallback"}])
    assert "degraded: a fallback answered" in aitrack(store.home, "inspect").stdout

    store.session("interrupted", at=NOW + 3, exit_code=None)
    assert "interrupted after" in aitrack(store.home, "inspect").stdout


def test_a_swallowed_exception_is_on_the_first_screen(store: Store) -> None:
    """The true cause is often one that the program caught earlier."""
    folder = store.session("failed", failure=failure("TypeError", "float + NoneType", source="collector"))
    raised = {
        "wire": 1,
        "kind": "raised",
        "at_ns": 5,
        "count": 3,
        "handled": {"function": "price"},
        "failure": {
            "type": "KeyError",
            "message": "'price'",
            "frames": [{"file": "/w/a.py", "line": 4, "function": "price"}],
        },
    }
    (folder / "attempts/1/spool-9").write_text(json.dumps(raised) + "\n")

    shown = aitrack(store.home, "inspect").stdout
    assert "caught     KeyError: 'price'  at a.py:4 in price, 3 times" in shown
    assert "led here   KeyError caught in price 3 times" in shown
    assert "suspects   a.py:4 price" in shown
    assert "raised KeyError: 'price' at a.py:4, caught in price" in aitrack(store.home, "inspect", "--all").stdout


def test_further_failures_are_told_once_and_not_what_is_shown(store: Store) -> None:
    """A thread's failure beside the one that ended the run; copies of it say nothing."""
    main = failure("OSError", "disk full", thread={"name": "writer", "main": False})
    folder = store.session("failed", failure=main)
    errors = [failure("OSError", "disk full"), failure("KeyError", "'a'"), failure("KeyError", "'a'")]
    (folder / "attempts/1/errors.json").write_text(json.dumps(errors))

    shown = aitrack(store.home, "inspect").stdout

    assert [line.split(None, 1)[1] for line in shown.splitlines() if line.startswith("  also")] == ["KeyError: 'a'"]
    assert "thread     writer" in shown
