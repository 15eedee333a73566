"""Expressions over what was recorded: answers where there are any, words where there are none, never a call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.report.expressions import NotKnown, evaluate
from aitrack.report.recorded import read

_NAMES = {
    "row": read("{'id': '17', 'cost': '4.20', 'tags': ['a', 'b']}"),
    "big": read("[0, 1, 2, …]", 1000),
    "order": read("<Order total=12.5 buyer=<User name='x'>>", kind="Order"),
    "n": read("3"),
    "text": read("'abc'…", 5000),
}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("row['cost']", "'4.20'"),
        ("float(row['cost']) * n", "12.600000000000001"),
        ("row['tags'][-1]", "'b'"),
        ("row['tags'][:1]", "['a']"),
        ("order.buyer.name", "'x'"),
        ("order.total > 10 and n == 3", "True"),
        ("len(big)", "1000"),
        ("big[1]", "1"),
        ("len(text)", "5000"),
        ("'price' in row", "False"),
        ("list(row)", "['id', 'cost', 'tags']"),
        ("row.keys()", "['id', 'cost', 'tags']"),
        ("sorted([3, 1, n - 1])", "[1, 2, 3]"),
        ("not n is None", "True"),
        ("type(order)", "Order"),
        ("-n + 1", "-2"),
    ],
)
def test_answers(asked: str, told: str) -> None:
    """What pdb would say, as far as the record goes."""
    assert evaluate(asked, _NAMES).text == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("nothing", "`nothing` is not recorded"),
        ("order.price", "`order.price` is not recorded; `order` has total, buyer"),
        ("row['price']", "KeyError: 'price'; keys are 'id', 'cost', 'tags'"),
        ("big[500]", "is not recorded"),
        ("big[-1]", "is not recorded"),
        ("sum(big)", "not all of"),
        ("text + 'x'", "not all of `text` is recorded"),
        ("1 / 0", "ZeroDivisionError"),
        ("row +", "is no expression"),
        ("order.save()", "cannot be called afterwards"),
        ("open('/etc/passwd')", "cannot be called afterwards"),
        ("__import__('os')", "cannot be called afterwards"),
        ("[x for x in row]", "cannot be asked afterwards"),
        ("(lambda: 1)()", "cannot be asked afterwards"),
        ("'x' * 10000000", "too large"),
        ("n ** 99999999", "cannot be asked afterwards"),
        ("'%999999999d' % 1", "not formatted"),
        ("row.__class__", "is not recorded"),
    ],
)
def test_what_cannot_be_answered_says_why(asked: str, told: str) -> None:
    """What is not recorded, what would run code, what would never end."""
    with pytest.raises(NotKnown) as caught:
        evaluate(asked, _NAMES)
    assert told in str(caught.value)


@given(st.text("rowbign.[]()'\"+-*/%<>=, 019{}:", max_size=30))
def test_no_line_is_an_error_of_ours(asked: str) -> None:
    """Whatever is typed, the prompt comes back."""
    try:
        evaluate(asked, _NAMES)
    except NotKnown:
        pass
