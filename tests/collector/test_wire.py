"""The wire is strict JSON whatever is written, and readable whatever became of the file."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from aitrack.collector import wire

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 62), 1 << 62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_what_is_written_is_read_again(value: object) -> None:
    """Our encoder means the same as the standard one, except for lone surrogates, which JSON cannot hold."""
    line = wire.encode({"kind": "note", "value": value})

    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert json.loads(line)["value"] == json.loads(json.dumps(value))


def test_what_json_does_not_have_becomes_null_or_text() -> None:
    """No NaN, no lone surrogate, no object of the program."""
    line = wire.encode(
        {"kind": "note", "a": float("nan"), "b": float("inf"), "c": "x\udcff", "d": object(), "e": 1 << 80}
    )

    assert json.loads(line) == {"kind": "note", "a": None, "b": None, "c": "x\\udcff", "d": None, "e": None}


def test_damage_is_skipped_and_counted() -> None:
    """A torn last line, a kind from the future, bytes that are no JSON."""
    data = b'{"wire":1,"kind":"process"}\n{"kind":"from the future"}\n\0\0\0\n{"kind":"end"}\n\xff\xfe\n{"kind":"fail'

    records, damaged = wire.read_bytes(data)

    assert ([record["kind"] for record in records], damaged) == (["process", "end"], 3)


def test_a_newer_wire_is_not_guessed_at() -> None:
    """The same words may mean something else there."""
    assert wire.read_bytes(b'{"wire":2,"kind":"process"}\n{"kind":"end"}\n') == ([], 2)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    """A spool may hold anything after a crash."""
    records, damaged = wire.read_bytes(data)

    assert len(records) + damaged <= data.count(b"\n") + 1
