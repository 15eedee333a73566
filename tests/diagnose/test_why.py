"""Why it failed, from the values that the frame shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose import pictures
from aitrack.diagnose.blame import blame
from aitrack.diagnose.record import failure as a_failure


def reason(
    type_: str, message: str, code: str, values: dict[str, str], types: dict[str, str] | None = None, **more: Any
) -> str:
    """Return why *code* failed where the locals had *values*."""
    shown = [{"name": name, "type": (types or {}).get(name, ""), "value": value} for name, value in values.items()]
    frame = {"file": "/srv/a.py", "line": 3, "function": "f", "in_app": True, "code": code, "locals": shown, **more}
    return str(blame(a_failure(type_, message, [frame]))[0]["why"])


@pytest.mark.parametrize(
    ("type_", "message", "code", "values", "expected"),
    [
        ("KeyError", "'price'", "row['price']", {"row": "{'id': 17, 'cost': '4.20'}"}, "row has keys id, cost"),
        ("KeyError", "'price'", 'total += row["price"] * 2', {"row": "{'Price': 1}"}, "row has keys Price; did it mean Price?"),
        ("KeyError", "'x'", "rows[1]['x']", {"rows": "[{'x': 1}, {'y': 2}]"}, "rows[1] has keys y"),
        ("KeyError", "'x'", "rows[i][key]", {"rows": "[{'x': 1}, {'y': 2}]", "i": "1", "key": "'x'"}, "rows[i] has keys y"),
        ("KeyError", "'b'", "self.data['b']", {"self": "<Loader data={'a': 1}>"}, "self.data has keys a"),
        ("KeyError", "'b'", 'prices[item["sku"]]', {"prices": "{'a': 1}", "item": "{'sku': 'b'}"}, 'prices has keys a'),
        ("IndexError", "list index out of range", 'self.cfg["hosts"][n]', {"self": "<C cfg={'hosts': ['a'], 't': None}>", "n": "3"}, 'n is 3, self.cfg["hosts"] has 1 item'),
        ("TypeError", "unsupported operand type(s) for +: 'NoneType' and 'int'", 'self.cfg["t"] + 5', {"self": "<C cfg={'t': None}>"}, 'self.cfg["t"] is None'),
        ("ValueError", "could not convert string to float: 'n/a'", 'float(self.row["cost"])', {"self": "<O row={'cost': 'n/a'}>"}, "self.row[\"cost\"] = 'n/a'"),
        ("ZeroDivisionError", "division by zero", "10 // (n - 2)", {"n": "2"}, "n = 2"),
        ("KeyError", "'API_KEY'", "os.environ['API_KEY']", {}, "the environment has no API_KEY"),
        ("AttributeError", "'str' object has no attribute 'json'", "answer.json()", {"answer": "'no'"}, "answer is a str: 'no'"),
        ("AttributeError", "module 'os' has no attribute 'x'", "os.x", {"os": "<module 'os'>"}, "unsure"),
        ("KeyError", "3", "d[3]", {"d": "{}"}, "d is empty"),
        ("IndexError", "list index out of range", "rows[5]", {"rows": "[1, 2]"}, "index 5, rows has 2 items"),
        ("IndexError", "list index out of range", "rows[n]", {"rows": "[]", "n": "0"}, "n is 0, rows has no items"),
        ("IndexError", "pop from empty list", "stack.pop()", {"stack": "[]"}, "stack is empty"),
        ("AttributeError", "'NoneType' object has no attribute 'name'", "user.name", {"user": "None"}, "user is None"),
        ("AttributeError", "'NoneType' object has no attribute 'group'", "re.match(p, s).group(1)", {}, "re.match(…) returned None"),
        ("AttributeError", "'NoneType' object has no attribute 'x'", "a.b.x", {"a": "<A b=None>"}, "a.b is None"),
        ("TypeError", "'NoneType' object is not subscriptable", "data['a']", {"data": "None"}, "data is None"),
        ("ZeroDivisionError", "division by zero", "total / count", {"total": "3", "count": "0"}, "count is 0"),
        ("ZeroDivisionError", "division by zero", "sum(xs) / len(xs)", {"xs": "[]"}, "xs is empty"),
        ("JSONDecodeError", "Expecting value: line 1 column 1", "json.loads(body)", {"body": "'<html>'"}, "body is '<html>'"),
        ("JSONDecodeError", "Expecting value: line 1 column 1", "json.loads(body)", {"body": "''"}, "body is empty"),
        ("ValueError", "invalid literal for int() with base 10: 'abc'", "int(text)", {"text": "'abc'"}, "text is 'abc'"),
        ("FileNotFoundError", "[Errno 2] No such file: 'in/x.csv'", "open(path)", {"path": "'in/x.csv'"}, "path is 'in/x.csv'"),
        ("AssertionError", "", "assert got == want", {"got": "3", "want": "4"}, "got = 3, want = 4"),
        ("NameError", "name 'user_name' is not defined", "print(user_name)", {"username": "'x'"}, "there is a username"),
        ("KeyError", "'x'", "total = int(row['x']) + f(2)", {"row": "{'y': 1}"}, "row has keys y"),
        ("KeyError", "'a'", "lookup('a')", {}, "unsure"),
        ("ValueError", "bad", "raise ValueError('bad')", {"x": "1"}, "unsure"),
        ("KeyError", "'a'", "d['a']", {"d": "<Unknown object>"}, "unsure"),
    ],
)  # fmt: skip
def test_the_reason_is_read_from_the_values(
    type_: str, message: str, code: str, values: dict[str, str], expected: str
) -> None:
    """The first three lines of `inspect` should answer the question."""
    assert reason(type_, message, code, values) == expected


def test_wrong_types_are_shown_with_their_names() -> None:
    """`'3'` and `3` look alike in a message."""
    said = reason(
        "TypeError",
        "unsupported operand type(s) for +: 'int' and 'str'",
        "total + qty",
        {"total": "812", "qty": "'3'"},
        {"total": "int", "qty": "str"},
    )

    assert said == "total = 812 (int), qty = '3' (str)"


def test_the_value_of_a_wrong_type_is_shown() -> None:
    """`'int' object is not iterable` does not say which."""
    said = reason(
        "TypeError",
        "'int' object is not iterable",
        "for x in pages",
        {"pages": "3", "x": "'a'"},
        {"pages": "int", "x": "str"},
    )

    assert said == "pages is 3 (int)"


def test_the_line_that_set_none_is_named() -> None:
    """The cause stands above the failure."""
    context = {"start": 1, "lines": ["def f(users):", "    user = users.get(7)", "    return user.name"]}

    said = reason(
        "AttributeError",
        "'NoneType' object has no attribute 'name'",
        "return user.name",
        {"user": "None"},
        context=context,
    )

    assert said == "user is None, set in line 2 by users.get(7)"


def test_the_frame_that_holds_the_value_is_blamed() -> None:
    """The innermost own frame is often a small checker."""
    holder = {
        "file": "/srv/a.py",
        "line": 9,
        "function": "load",
        "in_app": True,
        "code": "check(path)",
        "locals": [{"name": "path", "value": "'data/x.csv'"}],
    }
    checker = {"file": "/srv/a.py", "line": 3, "function": "check", "in_app": True, "code": "fail()", "locals": []}

    told, _ = blame(a_failure("ValueError", "'data/x.csv' is no table", [holder, checker]))

    assert (told["function"], told["why"]) == ("load", "path is 'data/x.csv'")


@given(
    st.dictionaries(
        st.text("abc'\"\\ ,:{}", max_size=6),
        st.recursive(st.integers() | st.text("ab'\"{}[],:", max_size=6), lambda inner: st.lists(inner, max_size=3)),
        max_size=5,
    )
)
def test_keys_of_a_literal_are_the_keys_of_the_dict(value: dict[str, Any]) -> None:
    """The reader of pictures agrees with Python on plain literals."""
    shown = pictures.keys(repr(value))

    assert shown is not None
    assert list(shown) == [repr(key) for key in value]


@given(
    st.lists(
        st.recursive(st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.tuples(inner)),
        max_size=6,
    )
)
def test_items_of_a_literal_are_counted_right(value: list[Any]) -> None:
    """A wrong count would be a wrong reason."""
    assert len(pictures.items(repr(value)) or []) == len(value)


@given(st.text("ab'\"[](){}<>,:=\\ \n…", max_size=60), st.text("ab'\"[](){}.,+/ \\", max_size=40))
def test_any_picture_and_any_code_are_survived(picture: str, code: str) -> None:
    """Both come from a program that failed."""
    for type_ in ("KeyError", "IndexError", "TypeError", "AttributeError", "ZeroDivisionError", "AssertionError"):
        assert reason(type_, "'a' 'NoneType' has no attribute 'b'", code, {"a": picture, "b": "1"})
