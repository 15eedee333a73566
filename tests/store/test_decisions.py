"""Decisions made by hand: kept, and never lost to a damaged file."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitrack.store import decisions

DAY = 86400.0


def test_decisions_that_cannot_be_read_are_set_aside_not_overwritten(tmp_path: Path) -> None:
    """They were made by hand: a damaged file may still be mended by hand."""
    (tmp_path / "decisions.json").write_text('{"pins": ["a"')

    with decisions.changing(str(tmp_path)) as decided:
        decided["pins"].append("b")

    assert decisions.read(str(tmp_path))["pins"] == ["b"]
    assert [path.read_text() for path in tmp_path.glob("decisions.json.corrupt-*")] == ['{"pins": ["a"']


@pytest.mark.parametrize("content", ['{"pins": 3, "merges": []}', "[]", ""])
def test_decisions_of_a_wrong_shape_do_not_stop_a_reader(tmp_path: Path, content: str) -> None:
    """`list` must work whatever the file says."""
    (tmp_path / "decisions.json").write_text(content)

    assert decisions.read(str(tmp_path))["pins"] == []
