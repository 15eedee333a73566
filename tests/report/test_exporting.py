"""Every format: harmless whatever a session holds, and never of one that nobody redacted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aitrack.errors import UsageError
from aitrack.report.exporting import FORMATS, exported
from tests.report import explained, hostile


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_holds_a_sign_that_a_terminal_obeys(tmp_path: Path, name: str) -> None:
    """Exports are looked at with `cat` too."""
    assert hostile.harmless(exported(hostile.explained(tmp_path), name))


@pytest.mark.parametrize("name", FORMATS)
def test_megabytes_are_cut(tmp_path: Path, name: str) -> None:
    """Receivers refuse what is too long, and then the whole session."""
    assert len(exported(hostile.explained(tmp_path), name)) < 1_000_000


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", ["recovered", "refused"])
def test_every_kind_of_session_has_an_export(tmp_path: Path, name: str, kind: str) -> None:
    """A session without attempts or failure is one all the same."""
    assert "job.py" in exported(getattr(explained, kind)(tmp_path), name)


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_recorded_in_full_is_refused(tmp_path: Path, name: str) -> None:
    """Its values were never redacted."""
    with pytest.raises(UsageError, match="--privacy full"):
        exported(explained.failed(tmp_path, privacy={"mode": "full"}), name)


@pytest.mark.parametrize("name", ["otlp", "sarif", "perfetto"])
def test_json_is_strict(tmp_path: Path, name: str) -> None:
    """No NaN and no lone surrogate: other parsers refuse them."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = exported(hostile.explained(tmp_path), name)

    json.loads(text, parse_constant=refuse)
    text.encode("utf-8")
