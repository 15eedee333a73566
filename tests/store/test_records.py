"""JSON from a disk that may have lied: read or told, never raised."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.store.members import Folder
from aitrack.store.records import decode, read_object, strict


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b'{"a": 1}', ""), (b"", "empty"), (b"{", "damaged (not valid JSON)"), (b"3", "not an object")],
)
def test_a_file_is_an_object_or_what_is_wrong_with_it(tmp_path: Path, content: bytes, problem: str) -> None:
    """Readers show the rest and name this."""
    (tmp_path / "a.json").write_bytes(content)

    assert read_object(str(tmp_path / "a.json"))[1] == problem
    assert read_object(str(tmp_path / "none.json")) == ({}, "missing")
    assert read_object(str(tmp_path)) == ({}, "cannot be read: Is a directory")


def test_lines_and_arrays_of_objects_are_read_alike(tmp_path: Path) -> None:
    """Events are lines, further errors are an array."""
    (tmp_path / "lines").write_text('{"a": 1}\n\n{"b": 2}\n{"c"')
    (tmp_path / "array").write_text('[{"a": 1}, 7, {"b": 2}]')

    assert Folder(str(tmp_path)).objects("lines") == ([{"a": 1}, {"b": 2}], 1)
    assert Folder(str(tmp_path)).objects("array") == ([{"a": 1}, {"b": 2}], 1)


def test_loose_json_is_made_strict() -> None:
    """What Python writes and other readers refuse."""
    assert decode(b'{"a": NaN, "b": "\\udcff", "c": 123456789012345678901}') == {
        "a": None,
        "b": "\\udcff",
        "c": "123456789012345678901",
    }


@given(st.recursive(st.floats() | st.text(st.characters()) | st.integers() | st.booleans(), st.lists))
def test_strict_values_can_be_encoded(value: object) -> None:
    """Whatever it was, the result is UTF-8 and finite."""
    import json

    json.dumps(strict(value), allow_nan=False, ensure_ascii=False).encode()


@given(st.binary())
def test_no_bytes_raise_anything_but_valueerror(data: bytes) -> None:
    """A file may hold anything."""
    try:
        decode(data)
    except ValueError:
        pass
