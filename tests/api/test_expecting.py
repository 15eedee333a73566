"""What an answer must be, and how it is said what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.api.expecting import Json, Reject, _violations, violations

SCHEMA: Any = {
    "type": "object",
    "required": ["rows"],
    "properties": {
        "rows": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        "unit": {"enum": ["EUR", "USD"]},
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"rows": [{"n": "x"}]}, "rows[0].n: expected integer, got string"),
        ([], "the answer: expected object, got array"),
        ({}, "the answer: 'rows' is a required property"),
    ],
)
def test_a_violation_names_its_path_and_what_was_wanted(value: Any, said: str) -> None:
    """The same words with and without jsonschema."""
    assert list(violations(SCHEMA, value)) == [said]
    assert list(_violations(SCHEMA, value, "", 0)) == [said]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from(["EUR", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rows", "unit", "n"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_our_own_validator_agrees_with_jsonschema(value: Any) -> None:
    """Which is the oracle, and is not installed everywhere."""
    assert bool(list(_violations(SCHEMA, value, "", 0))) == (
        not jsonschema.Draft202012Validator(SCHEMA).is_valid(value)
    )


@given(_VALUES)
def test_json_that_is_whole_is_taken_as_it_is(value: Any) -> None:
    """Repair never changes what needs none."""
    assert Json().value_of(json.dumps(value)) == value


def test_text_without_json_is_rejected_as_such() -> None:
    """The kind decides how the prompt is adapted."""
    with pytest.raises(Reject) as rejected:
        Json(SCHEMA).value_of("I would rather not")

    assert rejected.value.kind == "invalid_json"
