"""The trace for Perfetto: slices, counters and names as the format wants them."""

from __future__ import annotations

from pathlib import Path

from aitrack.report.perfetto import perfetto
from tests.report import explained, hostile


def test_attempts_are_slices_on_the_time_of_the_session(tmp_path: Path) -> None:
    """Microseconds since the start of the session."""
    events = perfetto(explained.recovered(tmp_path))["traceEvents"]

    found = [(event["name"], event["ts"], event["dur"]) for event in events if event.get("cat") == "attempt"]
    assert found == [("attempt 1", 0.0, 500_000.0), ("attempt 2", 1_000_000.0, 250_000.0)]


def test_every_event_has_what_its_phase_needs(tmp_path: Path) -> None:
    """A viewer drops an event, silently, that lacks a field."""
    needed = {"X": {"ts", "dur"}, "i": {"ts", "s"}, "C": {"ts", "args"}, "M": {"args"}}

    for event in perfetto(hostile.explained(tmp_path))["traceEvents"]:
        assert {"name", "pid", "tid", *needed[event["ph"]]} <= event.keys()
        assert event.get("ts", 0) >= 0 and event.get("dur", 0) >= 0
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int)


def test_processes_start_when_they_did(tmp_path: Path) -> None:
    """Their monotonic clock is put on that of the session."""
    process = {"pid": 10, "argv": ["python"], "started_ns": 100_250_000_000, "ended_ns": 100_500_000_000}
    made = explained.recovered(tmp_path, processes=[process])

    (found,) = [event for event in perfetto(made)["traceEvents"] if event.get("cat") == "process"]
    assert (found["ts"], found["dur"], found["pid"]) == (250_000.0, 250_000.0, 10)


def test_memory_is_a_counter(tmp_path: Path) -> None:
    """One track of bytes over time."""
    made = explained.recovered(tmp_path, samples=[[0.1, 50.0, 1000, 1, 1, 3]])

    counters = [event for event in perfetto(made)["traceEvents"] if event["ph"] == "C"]
    assert [(one["ts"], one["args"]) for one in counters] == [
        (100_000.0, {"bytes": 1000}),
        (100_000.0, {"percent": 50.0}),
    ]
