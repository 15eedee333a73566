"""Ids, days and owners."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aitrack.store import layout
from aitrack.store.journal import Journal, to_json


def test_ids_are_sorted_by_time_and_tell_it() -> None:
    """The folder of a session is found from its id alone."""
    first = layout.new_session_id()
    later = layout.new_session_id()

    assert layout.is_session_id(first) and first[:9] <= later[:9]
    assert abs(layout.started_at(first) - __import__("time").time()) < 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_any_value_is_written_as_strict_json(value: object) -> None:
    """No NaN, no lone surrogate; what can be kept comes back."""
    import json

    text = to_json(value)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(text, parse_constant=refuse)
    text.encode("utf-8")
    assert "\n" not in text


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"])))
def test_text_comes_back(text: str) -> None:
    """Every sign that is a sign."""
    import json

    assert json.loads(to_json(text)) == text


def test_the_first_trouble_ends_the_recording(tmp_path: Path) -> None:
    """And is kept for one line."""
    journal = Journal(str(tmp_path / "home"))
    journal.open({"id": journal.session_id})
    os.chmod(journal.folder, 0)
    os.rename(journal.folder, f"{journal.folder}-gone")

    journal.write("session.json", {})
    journal.write("session.json", {})

    assert isinstance(journal.trouble, FileNotFoundError)


def test_two_first_runs_agree_on_one_key(tmp_path: Path) -> None:
    """Whoever comes second takes what is there."""
    first, second = Journal(str(tmp_path)), Journal(str(tmp_path))
    first.open({})
    second.open({})

    assert first.key == second.key and len(first.key) == 32
