"""SARIF: one result at the failing place, valid for readers, paths that fit any checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aitrack.analysis.explanation import explain
from aitrack.report.exporting import exported
from aitrack.report.sarif import sarif
from aitrack.store.bundle import Bundle
from tests.report import explained, hostile


def test_the_failing_span_is_the_place(tmp_path: Path) -> None:
    """Columns count from 1, and the end is behind the last sign."""
    (result,) = sarif(explained.failed(tmp_path))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]

    assert place["region"] == {"startLine": 88, "startColumn": 14, "endLine": 88, "endColumn": 26}
    assert place["artifactLocation"] == {"uri": "load.py", "uriBaseId": "SRCROOT"}
    assert result["message"]["text"].startswith("KeyError: 'price'")


def test_the_way_there_is_a_code_flow(tmp_path: Path) -> None:
    """A viewer steps through it."""
    folder = Path(explained.failed(tmp_path).bundle.folder)
    caught = {"type": "OSError", "file": "/work/a b.py", "line": 3, "caught_in": "f"}
    hostile.events(folder, [{"t_ns": 1, "kind": "exception", "data": caught}], 1)

    (result,) = sarif(explain(str(tmp_path), Bundle(str(folder))))["runs"][0]["results"]

    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    places = [step["location"]["physicalLocation"] for step in steps]
    assert [place["artifactLocation"]["uri"] for place in places] == ["a%20b.py", "load.py"]
    assert [place["region"]["startLine"] for place in places] == [3, 88]


@pytest.mark.parametrize("kind", ["recovered", "refused"])
def test_nothing_failed_is_no_result(tmp_path: Path, kind: str) -> None:
    """An alert closes when the next run has no result."""
    run = sarif(getattr(explained, kind)(tmp_path))["runs"][0]

    assert len(run["results"]) == 0
    assert run["invocations"][0]["executionSuccessful"] is (kind == "recovered")


@pytest.mark.parametrize("kind", ["failed", "recovered", "refused", "hostile"])
def test_models_of_the_standard_read_it(tmp_path: Path, kind: str) -> None:
    """Types, enumerations and required fields as the standard has them."""
    api = pytest.importorskip("sarif_pydantic")
    made = hostile.explained(tmp_path) if kind == "hostile" else getattr(explained, kind)(tmp_path)

    read = api.Sarif.model_validate(json.loads(exported(made, "sarif")))

    assert read.version == "2.1.0"
