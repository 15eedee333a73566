"""After a run: files written, logs told, endpoints reached within a budget, and never an exception."""

from __future__ import annotations

import io
import json
import socket
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from aitrack.report.after import after_run, check_export
from tests.report import explained


def _after(home: Path, folder: str, **wishes: Any) -> str:
    out = io.StringIO()
    after_run(str(home), folder, out=out, **{"environ": {}, **wishes})
    return out.getvalue()


def test_nothing_asked_is_nothing_said(tmp_path: Path) -> None:
    """The default costs no line."""
    assert _after(tmp_path, explained.failed(tmp_path).bundle.folder) == ""


def test_github_gets_log_and_summary(tmp_path: Path) -> None:
    """Annotations on the log, the summary in its file, behind what is there already."""
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(file)}

    told = _after(tmp_path, explained.failed(tmp_path).bundle.folder, ci="auto", environ=environ)

    assert told.startswith("::error file=load.py,line=88")
    assert file.read_text().startswith("before\n### ✗ `job.py` failed")


def test_auto_outside_of_ci_says_nothing(tmp_path: Path) -> None:
    """So that it can stand in a settings file."""
    assert _after(tmp_path, explained.failed(tmp_path).bundle.folder, ci="auto") == ""


def test_files_are_written(tmp_path: Path) -> None:
    """JUnit by its own option, the others by name."""
    folder = explained.recovered(tmp_path / "home").bundle.folder

    told = _after(tmp_path / "home", folder, junit=str(tmp_path / "j.xml"), exports=[f"sarif={tmp_path / 's.json'}"])

    assert told == ""
    assert Tree.parse(tmp_path / "j.xml").getroot().get("tests") == "2"
    assert json.loads((tmp_path / "s.json").read_text())["version"] == "2.1.0"


def test_what_fails_is_one_line_and_the_rest_is_done(tmp_path: Path) -> None:
    """A folder that is missing must not cost the other file."""
    folder = explained.failed(tmp_path / "home").bundle.folder

    told = _after(tmp_path / "home", folder, junit="/nowhere/j.xml", exports=["otlp", f"sarif={tmp_path / 's.json'}"])

    assert [line.partition(":")[0] for line in told.splitlines()] == ["aitrack", "aitrack"]
    assert "/nowhere/j.xml" in told and (tmp_path / "s.json").exists()


def test_an_endpoint_that_never_answers_costs_the_budget(tmp_path: Path) -> None:
    """The status of the program waits for nobody."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        folder = explained.failed(tmp_path).bundle.folder
        begin = time.monotonic()
        told = _after(tmp_path, folder, exports=["otlp"], environ=environ, within=0.2)

    assert time.monotonic() - begin < 2
    assert told.startswith("aitrack: ")


def test_a_folder_that_is_gone_is_no_exception(tmp_path: Path) -> None:
    """A run ends as the program did."""
    after_run(
        str(tmp_path), str(tmp_path / "gone"), ci="github", junit=str(tmp_path / "j.xml"), environ={}, out=io.StringIO()
    )


@pytest.mark.parametrize("wish", ["otlp", "sentry", "junit=a.xml", "sarif=a=b.json"])
def test_wishes_are_checked_before_the_run(wish: str) -> None:
    """A slip must not show after an hour."""
    assert check_export(wish) == wish


@pytest.mark.parametrize("wish", ["", "otlpp", "junit", "sarif=", "=x"])
def test_wrong_wishes_are_refused(wish: str) -> None:
    """With the list of formats."""
    with pytest.raises(ValueError, match=r"FILE"):
        check_export(wish)
