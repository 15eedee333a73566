"""Hints: advice to the next attempt, and hostile words made harmless."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from aitrack.policy.ended import Ended
from aitrack.policy.hint import clean, filled, hint, say


def failed(kind: str, message: str) -> Ended:
    """Return the end of an attempt."""
    failure = {
        "type": "JSONDecodeError",
        "message": message,
        "category": "bug",
        "kind": kind,
        "blame": {"file": "a.py", "line": 3, "function": "f"},
    }
    return Ended(ok=False, failure=failure)


def test_the_file_tells_what_failed_and_what_to_do() -> None:
    """Another language reads it as JSON."""
    told = hint(
        failed("truncated", "cut at 512"),
        attempt=3,
        max_attempts=4,
        history=[failed("schema", "x"), failed("truncated", "y")],
        deadline_left_s=41.5,
    )

    assert told["schema"] == 1
    assert (told["attempt"], told["max_attempts"], told["deadline_left_s"]) == (3, 4, 41.5)
    assert told["failure"]["frame"] == {"file": "a.py", "line": 3, "function": "f"}
    assert told["history"] == [
        {"attempt": 1, "category": "bug", "kind": "schema"},
        {"attempt": 2, "category": "bug", "kind": "truncated"},
    ]
    assert told["advice"][0] == {"do": "raise", "param": "max_tokens", "factor": 2}
    assert told["advice"][-1]["do"] == "say"
    json.dumps(told, allow_nan=False)


@given(st.text(max_size=3000), st.sampled_from(["invalid_json", "truncated", "odd"]))
def test_what_is_said_is_one_short_printable_line(message: str, kind: str) -> None:
    """It goes into an environment variable and into a prompt."""
    said = say(failed(kind, message))

    assert len(said) <= 500
    assert said.isprintable()


@given(st.text(max_size=100), st.integers(1, 50))
def test_clean_text_stays_clean(text: str, limit: int) -> None:
    """Cleaning twice changes nothing."""
    assert clean(clean(text, limit), limit) == clean(text, limit)


def test_placeholders_are_filled_and_doubled_braces_stay() -> None:
    """`--template` only."""
    ended = failed("schema", "x")

    assert filled("--try={attempt} {{kind}} {kind} {other} {", ended, "/h.json", 2) == "--try=2 {kind} schema {other} {"
    assert filled("{hint_file}", ended, "/h.json", 2) == "/h.json"


@given(st.text("{}ab", max_size=30))
def test_any_word_is_filled(word: str) -> None:
    """Braces need not match."""
    assert isinstance(filled(word, failed("x", "y"), "f", 1), str)
