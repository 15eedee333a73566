"""Usage: exact sums over sessions, whatever died on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aitrack.analysis.history import current_index
from aitrack.analysis.usage import Usage, direction, quantile
from tests.bundles import NOW, Store


def line(kind: str, pid: int = 1, **data: Any) -> str:
    """An event as a bundle of the API holds it."""
    return json.dumps({"t_ns": 1, "seq": 1, "pid": pid, "kind": kind, "data": data}) + "\n"


def tally(name: str = "fetch", calls: int = 10, failures: int = 0, **more: Any) -> dict[str, Any]:
    return {"name": name, "category": "api", "model": None, "calls": calls, "failures": failures, "seconds": 1.0,
            "longest_s": 0.5, "base": 1.1, "buckets": {}, "input_tokens": 0, "output_tokens": 0, "wasted_tokens": 0,
            "cost": None, **more}  # fmt: skip


def report(home: Path, **window: Any) -> Usage:
    with current_index(str(home)) as index:
        return Usage(index, str(home), now=NOW, **window)


def test_scripts_are_counted_from_their_sessions(tmp_path: Path) -> None:
    """Calls, failures, durations, and the time that failed attempts took."""
    store = Store(tmp_path)
    for status in ("passed", "passed", "failed"):
        store.session(status, script="/work/load.py")
    store.session("passed", script="/work/other.py")

    rows = {row["name"]: row for row in report(tmp_path).rows("script")}

    assert (rows["/work/load.py"]["calls"], rows["/work/load.py"]["failures"]) == (3, 1)
    assert rows["/work/load.py"]["p50_s"] == 1.5
    assert rows["/work/load.py"]["wasted_s"] == 1.5
    assert rows["/work/load.py"]["share"] == pytest.approx(0.75)


def test_the_last_tally_of_each_process_holds(tmp_path: Path) -> None:
    """Tallies are cumulative: earlier ones are not added to the last."""
    folder = Store(tmp_path).session()
    lines = [line("tally", **tally(calls=3)), line("tally", **tally(calls=10)), line("tally", pid=2, **tally(calls=5))]
    (folder / "attempts/1/events.ndjson").write_text("".join(lines))

    (row,) = report(tmp_path).rows("tool")

    assert (row["name"], row["category"], row["calls"]) == ("fetch", "api", 15)


def test_spans_are_counted_where_there_is_no_tally(tmp_path: Path) -> None:
    """A process that was killed before it wrote one, and calls that are watched from outside; torn lines are passed over."""
    folder = Store(tmp_path).session()
    span = {"name": "chat", "category": "llm", "model": "m", "status": "ok", "duration_s": 0.25, "input_tokens": 7}
    spool = {"kind": "event", "t_ns": 1, "event": {"kind": "span", "data": span}}
    failed = {**spool, "event": {"kind": "span", "data": {**span, "status": "failed"}}}
    (folder / "attempts/1/spool-7").write_text(json.dumps(spool) + "\n" + json.dumps(failed) + '\n{"kind": "span')

    (row,) = report(tmp_path).rows("model")

    assert (row["name"], row["calls"], row["failures"], row["input_tokens"]) == ("m", 2, 1, 14)
    assert (row["wasted_tokens"], row["total_s"]) == (7, 0.5)


def test_tokens_of_an_attempt_that_failed_are_waste(tmp_path: Path) -> None:
    """Retried, the same tokens are paid for again."""
    folder = Store(tmp_path).session(
        attempts=[{"exit_code": 1, "duration_s": 2.0}, {"exit_code": 0, "duration_s": 1.0}]
    )
    for number in (1, 2):
        below = folder / "attempts" / str(number)
        (below / "events.ndjson").write_text(line("tally", **tally(input_tokens=100, output_tokens=20)))

    document = report(tmp_path).as_json("script")

    assert document["waste"] == {"seconds": 2.0, "tokens": 120}
    assert document["totals"]["input_tokens"] == 200
    assert document["rows"][0]["input_tokens"] == 200


def test_bottlenecks_and_error_prone_tools_are_named(tmp_path: Path) -> None:
    """By the share of all time, and by the lower bound of the share of failures: one of one proves little."""
    folder = Store(tmp_path).session()
    told = [tally("slow", seconds=9.0), tally("bad", 100, 50, seconds=0.5), tally("unlucky", 2, 1, seconds=0.5)]
    (folder / "attempts/1/events.ndjson").write_text("".join(line("tally", **one) for one in told))

    document = report(tmp_path).as_json("tool")

    assert [row["name"] for row in document["bottlenecks"]] == ["slow"]
    assert document["error_prone"][0]["name"] == "bad"
    assert document["error_prone"][0]["failure_rate_low"] > 0.4


def test_windows_filter_by_environment_script_and_time(tmp_path: Path) -> None:
    """Each filters every number of the report."""
    store = Store(tmp_path)
    store.session(script="/work/a.py", environment="staging")
    store.session(script="/work/b.py", at=NOW - 40 * 86400)

    assert report(tmp_path).sessions == 2
    assert report(tmp_path, environment="staging").sessions == 1
    assert report(tmp_path, script="b.py").sessions == 1
    assert report(tmp_path, after=NOW - 30 * 86400).sessions == 1


def test_a_call_that_is_followed_twice_is_counted_once(tmp_path: Path) -> None:
    """By the script's decorator and by the collector below it: tokens and cost must not double."""
    folder = Store(tmp_path).session()
    spent = {"category": "llm", "model": "m-1", "input_tokens": 1_000_000, "output_tokens": 0}
    lines = [line("tally", **tally("ask", source="api", **spent)), line("tally", **tally("openai.create", **spent))]
    (folder / "attempts/1/events.ndjson").write_text("".join(lines))

    found = report(tmp_path, prices={"m": {"input": 9, "output": 9}, "m-1": {"input": 3, "output": 9}})

    (model,) = found.rows("model")
    assert (model["calls"], model["input_tokens"], model["cost"]) == (10, 1_000_000, 3.0)
    assert found.as_json("script")["totals"]["cost"] == 3.0
    assert len(found.rows("tool")) == 2


def test_quantiles_are_durations_that_were_seen() -> None:
    """Half of all calls stay within the median."""
    assert quantile([(1.0, 9), (5.0, 1)], 0.5) == 1.0
    assert quantile([(1.0, 9), (5.0, 1)], 0.95) == 5.0
    assert quantile([], 0.5) is None
    assert direction([1] * 7 + [5] * 7) == "rising"
