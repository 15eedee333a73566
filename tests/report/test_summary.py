"""One session in one line."""

from __future__ import annotations

import io
from typing import Any

import pytest

from aitrack.report.output import Output
from aitrack.report.summary import called, table

ROW: dict[str, Any] = {
    "id": "06h0xj4wswy6xwv2",
    "status": "failed",
    "started_at": 0.0,
    "duration_s": 1.0,
    "attempts": 1,
}


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"script": "/a/b/load.py"}, "load.py"),
        ({"script": "pkg.mod", "form": "module"}, "-m pkg.mod"),
        ({"script": "-c", "form": "code"}, "-c …"),
        ({"script": "x.py", "name": "nightly"}, "nightly"),
        ({"script": None}, "?"),
    ],
)
def test_a_session_is_called_as_people_call_it(more: dict[str, Any], name: str) -> None:
    """The script's own name, unless another was given."""
    assert called({**ROW, **more}) == name


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"title": "KeyError: 'x'", "attempts": 3}, "KeyError: 'x' (3 attempts)"),
        ({"status": "passed", "recovered": True, "attempts": 2}, "recovered (2 attempts)"),
        ({"status": "passed", "unusual": ["duration"], "warnings": 1}, "! unusual duration, 1 warning"),
        ({"status": "rejected", "reason": "breaker db is open"}, "rejected: breaker db is open"),
    ],
)
def test_a_line_says_what_happened(more: dict[str, Any], words: str) -> None:
    """Within the width, the most important at the end."""
    out = Output(io.StringIO())
    out.columns = 120

    assert table([{**ROW, **more}], out)[1].endswith(words)
