"""The parser of the reading words."""

from __future__ import annotations

from typing import Any

import pytest

from aitrack.cli.grammar import Argument, Option, Word, call, parse
from aitrack.errors import UsageError

SEEN: list[dict[str, Any]] = []


def note(**parameters: Any) -> int:
    """Keep what a word was called with."""
    SEEN.append(parameters)
    return 7


WORD = Word(
    "demo",
    "A word.",
    note,
    (Argument("one", "First."), Argument("two", "Second.", required=False)),
    (
        Option("--flag", "F.", short="-f"),
        Option("--size", "S.", "N", convert=int),
        Option("--tag", "T.", "T", many=True),
    ),
    below=(Word("inner", "Below.", note, (Argument("x", "X."),)),),
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a"], {"one": "a", "two": None, "flag": False, "size": None, "tag": []}),
        (["-f", "a", "--size=3", "b"], {"one": "a", "two": "b", "flag": True, "size": 3, "tag": []}),
        (["a", "--tag", "x", "--tag=y"], {"one": "a", "two": None, "flag": False, "size": None, "tag": ["x", "y"]}),
        (["--", "-f"], {"one": "-f", "two": None, "flag": False, "size": None, "tag": []}),
        (["-"], {"one": "-", "two": None, "flag": False, "size": None, "tag": []}),
    ],
)
def test_words_become_parameters(words: list[str], expected: dict[str, Any]) -> None:
    """Options anywhere, `--` ends them, `-` is a word."""
    assert parse(WORD, words) == expected


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "needs ONE"),
        (["a", "b", "c"], "no argument `c`"),
        (["a", "--size", "x"], "--size x"),
        (["a", "-f=1"], "no value"),
    ],
)
def test_what_cannot_be_meant_is_told(words: list[str], says: str) -> None:
    """One line, exit 2."""
    with pytest.raises(UsageError, match=says):
        parse(WORD, words)


def test_a_word_below_is_called_and_its_status_returned() -> None:
    """`aitrack demo inner x`."""
    assert call(WORD, ["inner", "x"]) == 7
    assert SEEN[-1] == {"x": "x"}
