"""What changed, in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from aitrack.report.history import change_text


@pytest.mark.parametrize(
    ("what", "name", "before", "after", "text"),
    [
        ("argument", "1", "a", "b", "argument 1 a -> b"),
        ("variable", "MODE", "‹hidden 1›", "‹hidden 2›", "variable MODE differs"),
        ("variable", "MODE", None, "‹hidden 2›", "variable MODE is new"),
        ("variable", "LANG", "C", None, "variable LANG is gone"),
        ("code", "/w/load.py::parse", "d1", "d2", "code load.py parse changed"),
        ("file", "/d/rates.csv", "10 bytes, x", "12 bytes, y", "file rates.csv changed, 10 bytes -> 12 bytes"),
        ("file", "/d/rates.csv", "older", "changed 2026-11-24", "file rates.csv changed 2026-11-24"),
        ("package", "pandas", "2.2.1", "2.2.3", "package pandas 2.2.1 -> 2.2.3"),
    ],
)
def test_a_change_is_said_in_a_few_words(what: str, name: str, before: Any, after: Any, text: str) -> None:
    """Values where they are known, never a hash."""
    assert change_text({"what": what, "name": name, "before": before, "after": after}) == text
