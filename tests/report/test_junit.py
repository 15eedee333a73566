"""JUnit XML: a case per attempt, flaky is not failed, and nothing breaks out of its element."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from aitrack.report.junit import junit
from tests.report import explained, hostile


def test_a_case_per_attempt(tmp_path: Path) -> None:
    """A dashboard shows each try with its time."""
    suite = Tree.fromstring(junit(explained.recovered(tmp_path)))[0]

    assert [(case.get("name"), case.get("time")) for case in suite.iter("testcase")] == [
        ("attempt 1", "0.500"),
        ("attempt 2", "0.250"),
    ]


def test_passed_on_retry_is_flaky_and_no_failure(tmp_path: Path) -> None:
    """A pipeline must not turn red over a run that passed."""
    root = Tree.fromstring(junit(explained.recovered(tmp_path)))
    first, second = root.iter("testcase")

    assert first.find("flakyFailure") is not None and first.find("failure") is None
    assert len(second) == 0
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "0", "0")


def test_a_failure_has_its_type_message_and_stack(tmp_path: Path) -> None:
    """What is read first in any report of tests."""
    root = Tree.fromstring(junit(explained.failed(tmp_path)))
    found = root.find(".//failure")

    assert found is not None
    assert (found.get("type"), found.get("message")) == ("KeyError", "KeyError: 'price'")
    assert 'File "/work/load.py", line 88, in parse_row' in (found.text or "")
    assert (root.get("failures"), root.findtext(".//system-err")) == ("1", "boom\n")


def test_what_was_refused_is_skipped(tmp_path: Path) -> None:
    """Nothing ran, so nothing failed."""
    root = Tree.fromstring(junit(explained.refused(tmp_path)))
    skipped = root.find(".//skipped")

    assert skipped is not None and skipped.get("message") == "breaker `db` is open"


def test_hostile_text_stays_in_its_element(tmp_path: Path) -> None:
    """`]]></failure>` in a message is text; what XML cannot hold is written as its escape."""
    root = Tree.fromstring(junit(hostile.explained(tmp_path)).encode())

    assert {one.tag for one in root.iter()} <= {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
        "system-out",
        "system-err",
    }
    assert "]]></failure><!-- &amp; --><x/>" in (root.findtext(".//failure") or "")
    assert "\\x00" in (root.findtext(".//system-err") or "")


def test_a_consumer_reads_it(tmp_path: Path) -> None:
    """junitparser stands for the readers of CI systems."""
    api = pytest.importorskip("junitparser")

    (suite,) = api.JUnitXml.fromstring(junit(hostile.explained(tmp_path)).encode())

    assert (suite.tests, suite.failures) == (2, 2)
    assert [len(case.result) for case in suite] == [1, 1]
