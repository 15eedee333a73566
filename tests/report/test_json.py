"""JSON for programs."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from aitrack.report.json import dumps

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda part: st.lists(part) | st.dictionaries(st.text(st.characters()), part),
)


@given(_VALUES)
def test_any_document_is_strict_and_harmless(value: object) -> None:
    """No NaN, no lone surrogate, no raw control or reordering sign."""
    text = dumps(value)

    json.loads(text, parse_constant=lambda word: 1 / 0)
    text.encode()
    assert not set(text) & set("\x1b\x7f\x9b\u202e\u2066\u200b")


def test_what_strict_json_can_hold_is_unchanged() -> None:
    """Values come back as they were."""
    document = {"a": [1, 2.5, None, True, "naïve \u202e"], "b": {}}

    assert json.loads(dumps(document)) == document
    assert json.loads(dumps(document, pretty=True)) == document
