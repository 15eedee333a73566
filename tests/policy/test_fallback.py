"""Fallbacks: which filter, which command, which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.policy import words
from aitrack.policy.fallback import Fallback, applies, from_table, parse


@pytest.mark.parametrize(
    ("option", "on", "run"),
    [
        ("cat last.json", (), ("cat", "last.json")),
        ("overload: cat last.json", ("overload",), ("cat", "last.json")),
        ("overload,breaker_open,rate_limit: cat 'a b'", ("overload", "breaker_open", "rate_limit"), ("cat", "a b")),
        ("overload,nonsense: cat x", (), ("overload,nonsense:", "cat", "x")),
        ("echo a:b", (), ("echo", "a:b")),
        ("http://x", (), ("http://x",)),
        ("overload:", (), ("overload:",)),
        ("sh -c 'exit 3'", (), ("sh", "-c", "exit 3")),
    ],
)
def test_a_prefix_filters_only_when_each_item_is_known(option: str, on: tuple[str, ...], run: tuple[str, ...]) -> None:
    """A command may hold colons."""
    fallback = parse(option)

    assert (fallback.on, fallback.run) == (on, run)


def test_no_filter_lets_everything_but_an_abort_through() -> None:
    """Who gives an unconditional fallback wants an answer, also for a bug."""
    anyway = parse("cat x")

    assert [category for category in sorted(words.CATEGORIES) if not applies(anyway, category, "x")] == ["abort"]


def test_a_filter_asks_for_category_or_kind() -> None:
    """`rate_limit` is a kind of overload."""
    fallback = parse("rate_limit,timeout: cat x")

    assert applies(fallback, "overload", "rate_limit")
    assert applies(fallback, "timeout", "x")
    assert not applies(fallback, "overload", "unavailable")
    assert not applies(Fallback("text", on=["abort"], text="x"), "abort", "interrupted")


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ({"run": ["a"]}, "run"),
        ({"run": "a b", "env": {"K": "v"}}, "run"),
        ({"cached": 60.0}, "cached"),
        ({"text": "x"}, "text"),
        ({"env": {"K": "v"}}, "env"),
        ({"args": ["--small"]}, "args"),
    ],
)
def test_tables_say_one_way_out(table: dict[str, object], kind: str) -> None:
    """An environment may go with a command."""
    assert from_table(table).kind == kind


@pytest.mark.parametrize("table", [{}, {"on": ["bug"]}, {"run": ["a"], "text": "b"}])
def test_tables_that_say_none_or_two_are_refused(table: dict[str, object]) -> None:
    """At the start."""
    with pytest.raises(ValueError, match="exactly one"):
        from_table(table)


@given(st.text(max_size=40))
def test_any_option_is_a_fallback_or_a_clear_error(option: str) -> None:
    """Quotes may not close."""
    try:
        assert parse(option).kind == "run"
    except ValueError as error:
        assert str(error)
