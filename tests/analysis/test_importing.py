"""Imports: other tools' records taken in once, bounded, and trusted in nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.analysis.importing import ours
from aitrack.collector.redact import Redactor
from tests.cli.command import ROOT, aitrack


def record(identity: str, *, failed: bool = True, **more: Any) -> dict[str, Any]:
    """Return a neutral record."""
    frames = [
        {"file": "/srv/app/job.py", "function": "main", "line": 3},
        {"file": "/srv/app/job.py", "function": "load", "line": 9},
    ]
    failure = {"type": "KeyError", "message": "'price'", "frames": frames, "chain": []}
    found = {
        "id": identity,
        "start": 1_780_000_000.0,
        "duration": 1.5,
        "script": "/srv/app/job.py",
        "argv": ["python", "/srv/app/job.py", "--day", "3"],
        "cwd": "/srv/app",
        "host": "h1",
        "python": "3.12.1",
        "max_rss_kb": 5000,
        "exit_code": 1 if failed else 0,
        "status": "failed" if failed else "ok",
    }
    return {**found, **({"failure": failure} if failed else {}), **more}


def write(path: Path, *records: object) -> Path:
    """Write one JSON object per line."""
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder of an empty store."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_imported_failures_are_patterns_and_sessions_like_others(home: Path, tmp_path: Path) -> None:
    """A team starts with its past: patterns, list and inspect show it."""
    path = write(tmp_path / "past.jsonl", record("a-1"), record("a-2"), record("a-3", failed=False))

    done = aitrack(home, "import", str(path))

    assert done.stdout == "added 3 sessions, 0 known before, 0 not understood\n"
    (pattern,) = json.loads(aitrack(home, "patterns", "--json").stdout)["patterns"]
    assert (pattern["count"], pattern["sessions"]) == (2, ["a-2", "a-1"])
    assert pattern["suspects"][0]["function"] == "load"
    listed = json.loads(aitrack(home, "list", "--json").stdout)["sessions"]
    assert sorted(row["id"] for row in listed) == ["a-1", "a-2", "a-3"]
    inspected = json.loads(aitrack(home, "inspect", "a-2", "--json").stdout)
    assert inspected["attempts"][0]["failure"]["frames"][1]["line"] == 9
    assert "KeyError: 'price'" in aitrack(home, "inspect", "a-1").stdout


def test_importing_again_adds_nothing(home: Path, tmp_path: Path) -> None:
    """By id: the same file twice, a longer version of it, and ids twice in one file."""
    path = write(tmp_path / "past.jsonl", record("a"), record("b"), record("a"))
    assert aitrack(home, "import", str(path)).stdout.startswith("added 2 sessions, 1 known")

    longer = write(tmp_path / "longer.jsonl", record("a"), record("b"), record("c"))
    assert aitrack(home, "import", str(longer)).stdout.startswith("added 1 session, 2 known")


def test_an_interrupted_import_goes_on_where_it_was(home: Path, tmp_path: Path) -> None:
    """A torn last line is what `kill -9` leaves."""
    path = write(tmp_path / "past.jsonl", *(record(f"r{n}") for n in range(6)))
    aitrack(home, "import", str(write(tmp_path / "part.jsonl", *(record(f"r{n}") for n in range(3)))))
    kept = home / "imports" / "neutral.ndjson"
    kept.write_bytes(kept.read_bytes() + b'{"id": "r3", "sta')

    assert aitrack(home, "import", str(path)).stdout.startswith("added 3 sessions, 3 known")
    assert len(json.loads(aitrack(home, "list", "--json").stdout)["sessions"]) == 6


def test_what_is_not_understood_is_counted_with_the_first_place(home: Path, tmp_path: Path) -> None:
    """One bad line does not stop the rest."""
    path = tmp_path / "past.jsonl"
    path.write_text(json.dumps(record("a")) + '\n{"id": \n[]\n{"id": "x", "start": "now", "status": "ok"}\n')

    done = aitrack(home, "import", str(path))

    assert done.stdout == "added 1 session, 0 known before, 3 not understood\n"
    assert "line 2: not JSON" in done.stderr


def test_the_index_may_be_deleted_and_imports_stay(home: Path, tmp_path: Path) -> None:
    """They lie in `imports/`, exempt from retention; the index is a cache."""
    aitrack(home, "import", str(write(tmp_path / "past.jsonl", record("a"))))
    (home / "index.db").unlink()
    aitrack(home, "purge", "--all")

    assert len(json.loads(aitrack(home, "list", "--json").stdout)["sessions"]) == 1


def test_secrets_in_imported_records_are_hidden(home: Path, tmp_path: Path) -> None:
    """Keeping secrets is promised for every byte below the store."""
    leaky = record("a", note="password=hunter2horse", argv=["job", "--password", "hunter2horse"])
    leaky["failure"]["message"] = "login failed: password=hunter2horse"
    aitrack(home, "import", str(write(tmp_path / "past.jsonl", leaky)))

    for path in home.rglob("*"):
        assert not path.is_file() or b"hunter2horse" not in path.read_bytes(), path


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
)
_KEYS = ("id", "start", "duration", "script", "argv", "cwd", "host", "python", "max_rss_kb", "exit_code", "failure")


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON), st.sampled_from(["ok", "failed"]), _JSON)
def test_no_record_at_all_makes_the_import_fail(raw: dict[str, Any], status: str, failure: Any) -> None:
    """Each is taken or refused with a reason."""
    whole = {
        **raw,
        "status": status,
        "failure": {"type": failure, "message": failure, "frames": [failure], "chain": [failure]},
    }

    assert isinstance(ours(whole, Redactor(b"k" * 32)), (dict, str))


def test_junit_reports_are_taken_in(home: Path, tmp_path: Path) -> None:
    """Each test case is a session; a Python traceback in the report gives the place."""
    text = """<testsuites><testsuite name="s" timestamp="2026-11-23T10:00:00" hostname="ci">
<testcase classname="tests.test_a" name="test_one" time="0.1"/>
<testcase classname="tests.test_a" name="test_two" time="0.2"><failure message="KeyError: 'x'">Traceback (most recent call last):
  File "/srv/app/tests/test_a.py", line 7, in test_two
    load({})
  File "/srv/app/load.py", line 2, in load
    return row['x']
KeyError: 'x'</failure></testcase></testsuite></testsuites>"""
    path = tmp_path / "report.xml"
    path.write_text(text)

    assert aitrack(home, "import", str(path)).stdout.startswith("added 2 sessions")
    (pattern,) = json.loads(aitrack(home, "patterns", "--json").stdout)["patterns"]
    assert pattern["title"].startswith("KeyError: 'x'")
    assert pattern["suspects"][0]["function"] == "load"
    assert aitrack(home, "import", str(path)).stdout.startswith("added 0 sessions, 2 known")


def test_a_document_type_is_refused(home: Path, tmp_path: Path) -> None:
    """Entities that expand to gigabytes are an old trick."""
    path = tmp_path / "bomb.xml"
    path.write_text('<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuite><testcase name="&a;"/></testsuite>')

    assert aitrack(home, "import", str(path)).returncode == 2


@pytest.mark.slow
def test_a_hundred_thousand_sessions_are_reported_in_a_second(home: Path, tmp_path: Path) -> None:
    """`patterns --json` warm: at most 1 s and 100 MB."""
    path = tmp_path / "many.jsonl"
    with open(path, "w") as file:
        for number in range(100_000):
            one = record(
                f"r{number:06}", failed=number % 2 == 0, start=1.7e9 + number * 20, script=f"/srv/job{number % 40}.py"
            )
            file.write(json.dumps(one) + "\n")
    aitrack_slowly = [sys.executable, "-m", "aitrack", "import", str(path)]
    environment = {"AITRACK_HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    subprocess.run(aitrack_slowly, env=environment, check=True, capture_output=True)
    code = "import sys, time; start = time.perf_counter(); from aitrack.cli.app import main; main(['patterns', '--json']); "
    # not ru_maxrss, which remembers the process that was forked
    code += "peak = open('/proc/self/status').read().partition('VmHWM:')[2].split()[0]; "
    code += "print(time.perf_counter() - start, peak, file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

    seconds, kilobytes = map(float, done.stderr.split())
    assert sum(one["count"] for one in json.loads(done.stdout)["patterns"]) == 50_000
    assert seconds < 1
    assert kilobytes < 100_000
