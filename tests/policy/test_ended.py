"""Matching of failures by the words of `--retry-on`."""

from __future__ import annotations

import pytest

from aitrack.diagnose import known
from aitrack.policy import words
from aitrack.policy.ended import Ended, check_items, matches

FAILURE = {
    "type": "ClientError", "qualified": "botocore.exceptions.ClientError", "category": "overload", "kind": "rate_limit",
    "chain": [{"type": "KeyError", "qualified": "KeyError"}],
}  # fmt: skip
ENDED = Ended(ok=False, failure=FAILURE, exit_code=12)


@pytest.mark.parametrize(
    "item",
    [
        "any",
        "overload",
        "rate_limit",
        "exit:12",
        "exit:10-19",
        "exc:ClientError",
        "exc:botocore.exceptions.ClientError",
        "exc:exceptions.ClientError",
        "exc:KeyError",
    ],
)
def test_items_that_match(item: str) -> None:
    """Category, kind, exit, exception."""
    assert matches(("timeout", item), ENDED) == item


@pytest.mark.parametrize(
    "item",
    [
        "transient",
        "exit:13",
        "exit:13-19",
        "exit:a",
        "signal:SEGV",
        "exc:Error",
        "exc:lientError",
        "clientError",
        "odd:x",
    ],
)
def test_items_that_do_not(item: str) -> None:
    """No half matches."""
    assert matches((item,), ENDED) == ""


def test_a_misspelt_word_is_answered_with_the_nearest() -> None:
    """`--retry-on transiant` would silently never retry."""
    with pytest.raises(ValueError, match="did you mean `transient`"):
        check_items(["transiant"], "on")
    assert check_items(["mine", "any", "rate_limit"], "on", ["mine"]) == ("mine", "any", "rate_limit")


def test_signals_match_with_or_without_their_prefix() -> None:
    """People write both."""
    ended = Ended(ok=False, signal="SIGSEGV")

    assert matches(("signal:segv",), ended)
    assert matches(("signal:SIGSEGV",), ended)


def test_a_success_matches_nothing() -> None:
    """`any` means any failure."""
    assert matches(("any", "transient"), Ended(ok=True)) == ""


def test_a_damaged_failure_is_unknown() -> None:
    """Records come from files."""
    ended = Ended(ok=False, failure={"category": 3, "verdict": [], "chain": "x", "fingerprint": None})

    assert (ended.category, ended.kind, ended.retry_after_s, ended.fingerprint, ended.rule) == (
        "unknown",
        "unknown",
        None,
        "",
        {},
    )


def test_an_end_by_the_user_is_an_abort() -> None:
    """Whatever the program said on its way out."""
    assert Ended(ok=False, failure=FAILURE, interrupted=True).category == "abort"


def test_the_words_are_those_of_the_tables() -> None:
    """Two floors that may not import each other agree."""
    assert frozenset(known.CATEGORIES) == words.CATEGORIES
    assert known.kinds() == words.KINDS
