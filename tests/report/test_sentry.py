"""Sentry: an envelope that its own SDK reads, the chain in Sentry's order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aitrack.report.sentry import envelope, event_of, exceptions
from aitrack.store.bundle import failure_of
from tests.bundles import failure
from tests.report import explained, hostile


def test_the_length_in_the_header_is_that_of_the_event(tmp_path: Path) -> None:
    """A relay cuts by it, in bytes."""
    header, item, payload, rest = envelope(hostile.explained(tmp_path)).encode().split(b"\n")

    assert json.loads(item)["length"] == len(payload)
    assert json.loads(header)["event_id"] == json.loads(payload)["event_id"]
    assert rest == b""


def test_the_official_sdk_reads_it(tmp_path: Path) -> None:
    """Its parser is the nearest to the relay's."""
    api = pytest.importorskip("sentry_sdk.envelope")

    read = api.Envelope.deserialize(envelope(hostile.explained(tmp_path)).encode())

    assert read.get_event()["exception"]["values"][-1]["mechanism"]["exception_id"] == 0


def test_the_chain_stands_oldest_first(tmp_path: Path) -> None:
    """The last is what Sentry shows, and each points to what it led to."""
    values = event_of(explained.failed(tmp_path))["exception"]["values"]

    assert [value["type"] for value in values] == ["OSError", "KeyError"]
    assert values[0]["mechanism"] == {
        "type": "chained",
        "handled": True,
        "exception_id": 1,
        "parent_id": 0,
        "source": "__cause__",
    }
    assert values[1]["mechanism"] == {"type": "aitrack", "handled": False, "exception_id": 0}


def test_members_of_a_group_point_to_it(tmp_path: Path) -> None:
    """Sentry draws the tree from `parent_id`."""
    group = failure("ExceptionGroup", "two", exceptions=[failure("ValueError", "a"), failure("TypeError", "b")])
    found = failure_of(explained.failed(tmp_path, group).bundle)
    assert found

    values = exceptions(found)

    assert [value["type"] for value in values] == ["TypeError", "ValueError", "ExceptionGroup"]
    assert [value["mechanism"].get("parent_id") for value in values] == [0, 0, None]
    assert values[2]["mechanism"]["is_exception_group"] is True


def test_frames_have_source_and_values(tmp_path: Path) -> None:
    """What makes a report more than a log line."""
    frame = event_of(explained.failed(tmp_path))["exception"]["values"][1]["stacktrace"]["frames"][-1]

    assert frame["context_line"].strip() == "total += row['price'] * row['qty']"
    assert frame["vars"]["total"] == "812.5"
    assert (frame["lineno"], frame["in_app"], frame["filename"]) == (88, True, "load.py")
