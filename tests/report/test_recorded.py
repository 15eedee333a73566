"""Pictures of values read back: what the collector writes is what is understood."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.collector.redact import Redactor
from aitrack.collector.values import picture
from aitrack.report.recorded import read

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.text("aß\n'\"\\<>{}…", max_size=8)
    | st.binary(max_size=5)
)
_KEYS = st.integers() | st.text("ab'", max_size=4)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_KEYS, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.tuples(inner)
    ),
    max_leaves=12,
)


def _picture(value: Any) -> str:
    record, _ = picture(value, "value", Redactor(b"k" * 32), 200, time.monotonic() + 10)
    text: str = record["value"]
    return text


@given(_VALUES)
def test_what_is_whole_comes_back_equal(value: Any) -> None:
    """A value of built-in types that was recorded whole can be computed with."""
    text = _picture(value)
    found = read(text)

    if "…" not in text and "‹" not in text:
        assert found.is_whole
        assert found.value == value and type(found.value) is type(value)


@given(st.text("[](){}<>'\"=,:…ab1. \\", max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    """A bundle may hold anything: what is no picture is an opaque value."""
    assert read(text).text == text or read(text).text == text.strip()


def test_numbers_without_a_literal_are_values_too() -> None:
    """`inf`, `-inf` and `nan` are what `repr` says of them."""
    assert read("[inf, -inf]").value == [float("inf"), float("-inf")]
    assert read("nan").value != read("nan").value


def test_fields_of_objects_can_be_reached() -> None:
    """Nested objects, named tuples, dictionaries below classes of the user's."""
    found = read("<Order id=7 buyer=<User name='x' tags=['a', 'b']> at=datetime(2026-01-02 00:00:00)>")

    assert found.fields["id"].value == 7
    assert found.fields["buyer"].fields["tags"].items[1].value == "b"
    assert found.fields["at"].text == "datetime(2026-01-02 00:00:00)"
    assert read("<N (u=1, v='t')>").fields["v"].value == "t"
    assert read("<OrderedDict {'a': 1}>").pairs[0][1].value == 1


@pytest.mark.parametrize("text", ["[1, 2, …]", "'abc'…", "{'a': …}", "{…: …}", "<C a=1 …>", "(1, <cycle>)", "0xff…"])
def test_what_was_cut_is_not_whole(text: str) -> None:
    """Nobody computes with half a value."""
    assert not read(text).is_whole


def test_a_text_that_looks_like_a_mark_stays_text() -> None:
    """Only signs outside quotes mean something."""
    assert read("['…', '<C>', '}']").value == ["…", "<C>", "}"]


def test_deep_nesting_is_no_error() -> None:
    """Whoever writes a million brackets gets an opaque value."""
    assert not read("[" * 100_000).is_whole
