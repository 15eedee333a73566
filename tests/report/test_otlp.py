"""OTLP: read by the official protocol buffers, ids that stay, exceptions with their causes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aitrack.analysis.explanation import Explanation, explain
from aitrack.report.exporting import exported
from aitrack.report.otlp import trace
from aitrack.store.bundle import Bundle
from tests.report import explained, hostile


def _spans(document: dict[str, Any]) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return spans


def _attribute(span: dict[str, Any], key: str) -> Any:
    return next((next(iter(one["value"].values())) for one in span["attributes"] if one["key"] == key), None)


@pytest.mark.parametrize("kind", ["failed", "recovered", "refused", "hostile"])
def test_the_official_parser_reads_it(tmp_path: Path, kind: str) -> None:
    """A collector parses with the same descriptors."""
    pytest.importorskip("opentelemetry.proto")
    from google.protobuf import json_format
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    made = hostile.explained(tmp_path) if kind == "hostile" else getattr(explained, kind)(tmp_path)

    json_format.Parse(exported(made, "otlp"), ExportTraceServiceRequest())


def test_a_span_for_the_run_and_one_per_attempt(tmp_path: Path) -> None:
    """The tree is that of the session: attempts below the run."""
    run, *attempts = _spans(trace(explained.recovered(tmp_path)))

    assert [span["name"] for span in attempts] == ["attempt 1", "attempt 2"]
    assert {span["parentSpanId"] for span in attempts} == {run["spanId"]}
    assert [span["status"]["code"] for span in (run, *attempts)] == [1, 2, 1]
    assert int(attempts[0]["endTimeUnixNano"]) - int(attempts[0]["startTimeUnixNano"]) == 500_000_000


def test_ids_have_the_form_of_the_protocol_and_stay(tmp_path: Path) -> None:
    """A second export of a session is not a second trace."""
    made = explained.failed(tmp_path)
    first, second = _spans(trace(made)), _spans(trace(made))

    assert [span["spanId"] for span in first] == [span["spanId"] for span in second]
    assert len(bytes.fromhex(first[0]["traceId"])) == 16
    assert len({span["spanId"] for span in first}) == 2
    assert len(bytes.fromhex(first[1]["spanId"])) == 8


def test_causes_are_further_exception_events(tmp_path: Path) -> None:
    """The conventions know one exception an event."""
    run = _spans(trace(explained.failed(tmp_path)))[0]

    assert [_attribute(event, "exception.type") for event in run["events"]] == ["KeyError", "OSError"]
    assert 'File "/work/load.py", line 88, in parse_row' in _attribute(run["events"][0], "exception.stacktrace")
    assert _attribute(run, "error.type") == "KeyError"


def test_the_process_is_described(tmp_path: Path) -> None:
    """`process.*` is what dashboards filter by."""
    run, attempt, _ = _spans(trace(explained.recovered(tmp_path)))

    assert _attribute(attempt, "process.pid") == "10"
    assert _attribute(attempt, "process.exit.code") == "1"
    assert _attribute(run, "process.command_args") == {"values": [{"stringValue": "python"}, {"stringValue": "job.py"}]}
    assert json.dumps(run)


def test_operations_are_spans_below_their_attempt(tmp_path: Path) -> None:
    """Calls of a language model have the names of the conventions."""
    spans = {span["name"]: span for span in _spans(trace(_with_operations(tmp_path)))}

    assert spans["load"]["parentSpanId"] == spans["attempt 1"]["spanId"]
    assert spans["ask"]["parentSpanId"] == spans["load"]["spanId"]
    assert spans["load"]["status"] == {"code": 2, "message": "bad"}
    known = ("gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
    assert [_attribute(spans["ask"], key) for key in known] == ["m-1", "10", "5"]


def _with_operations(home: Path) -> Explanation:
    folder = Path(explained.failed(home).bundle.folder)
    tokens = {"input_tokens": 10, "output_tokens": 5, "model": "m-1", "category": "llm"}
    error = {"type": "ValueError", "message": "bad"}
    spans = [
        {
            "t_ns": 2 * 10**9,
            "kind": "span",
            "span": "b",
            "data": {"name": "ask", "parent": "a", "duration_s": 1.0, **tokens},
        },
        {
            "t_ns": 3 * 10**9,
            "kind": "span",
            "span": "a",
            "data": {"name": "load", "duration_s": 2.0, "status": "failed", "error": error},
        },
    ]
    hostile.events(folder, spans, 1)
    return explain(str(home), Bundle(str(folder)))
