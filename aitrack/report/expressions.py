"""Expressions over recorded values: names, fields, items, comparisons and sums; nothing is ever called but ours.

Where the answer would need what was not recorded, that is what is said.
"""

from __future__ import annotations

import ast
import operator
import warnings
from typing import TYPE_CHECKING, Any

from aitrack.model import is_object
from aitrack.report.recorded import Recorded, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LONGEST_TYPED = 10_000  # signs
_LARGEST = 100_000  # signs and parts of a result; `'x' * 10 ** 9` is somebody's slip
_MOST_WORK = 1_000_000  # signs and parts of all results together
_READING = 8  # times the work: to take a recorded sign apart
_SHORT = 2_000  # signs of a result that is taken apart like a recorded value
_FURTHEST_DIGIT = 300  # `round(1, -10 ** 9)` would work out all of them
_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right,
    ast.FloorDiv: lambda left, right: left // right,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.BitAnd: lambda left, right: left & right,
    ast.BitOr: lambda left, right: left | right,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (abs, all, any, bool, float, int, list, max, min, repr, set, sorted, str, sum, tuple)
}


class NotKnown(Exception):  # noqa: N818 - a state of things: the record does not say
    """What an expression asks for was not recorded, or cannot be asked afterwards."""


def evaluate(text: str, names: Mapping[str, Recorded]) -> Recorded:
    """Return the value of the expression *text*; NotKnown when the record cannot tell."""
    if len(text) > _LONGEST_TYPED:
        raise NotKnown(f"the expression is longer than {_LONGEST_TYPED} signs")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a text with `\\d` nobody needs to hear here
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotKnown(f"`{text.strip()[:_SHORT]}` is no expression") from None
    try:
        return _value(tree.body, _Asked(names))
    except NotKnown:
        raise
    except RecursionError:
        raise NotKnown("the expression is too deep") from None
    except Exception as error:  # what the expression itself does wrong: 1/0, 1 + 'a'
        raise NotKnown(f"{type(error).__name__}: {error}") from None


class _Asked:
    """What an expression is worked out with: the variables, and how much may still be done."""

    def __init__(self, names: Mapping[str, Recorded]) -> None:
        self.names = names
        self._left = _MOST_WORK

    def size_of(self, value: Any) -> int:
        """Return how many signs and parts *value* has, those of its parts too; what is in it twice counts twice."""
        size = 0
        waiting = [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, (str, bytes)):
                size += len(part)
            elif isinstance(part, int):
                size += 1 + part.bit_length() // 8
            else:
                size += 1
                waiting += _parts_of(part)
            if size + len(waiting) > _LARGEST:
                break
        size += len(waiting)
        self._spend(size)
        return size

    def _spend(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise NotKnown("the expression asks for too much work")

    def named(self, name: str) -> Recorded | None:
        """Return a variable."""
        if name not in self.names:
            return None
        found = self.names[name]
        self._spend(_READING * len(found.text))
        return found

    def result(self, value: Any) -> Recorded:
        """Return a computed value like a recorded one."""
        if self.size_of(value) > _LARGEST:
            raise NotKnown("the result is too large")
        text = repr(value)
        found = read(text) if len(text) <= _SHORT else None
        return found if found and found.is_whole else Recorded(text, "value", value, True)


def _parts_of(value: Any) -> Iterable[Any]:
    if is_object(value):
        return [*value.keys(), *value.values()]
    return [*value] if type(value) in (list, tuple, set, frozenset) else ()


def _round(number: Any, digits: int | None = None) -> Any:
    """Round as Python does, but never to a digit so far to the left that finding it takes for ever."""
    return round(number, digits if digits is None else max(-_FURTHEST_DIGIT, min(digits, _FURTHEST_DIGIT)))


def _value(node: ast.expr, asked: _Asked) -> Recorded:
    match node:
        case ast.Constant():
            return asked.result(node.value)
        case ast.Name(id=name):
            return _named(name, asked)
        case ast.Attribute():
            return _field(_value(node.value, asked), node.attr, ast.unparse(node.value))
        case ast.Subscript():
            return _item(_value(node.value, asked), node.slice, asked, ast.unparse(node))
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            return _called(name, [_value(one, asked) for one in node.args], asked)
        case ast.Call(func=ast.Attribute(value=base, attr=name), args=[], keywords=[]):
            return _parts(_value(base, asked), name, ast.unparse(node))
        case _:
            return asked.result(_computed(node, asked))


def _computed(node: ast.expr, asked: _Asked) -> Any:
    def known(part: ast.expr) -> Any:
        return python(_value(part, asked), ast.unparse(part))

    match node:
        case ast.UnaryOp(op=ast.Not()):
            return not known(node.operand)
        case ast.UnaryOp(op=ast.USub()):
            return -known(node.operand)
        case ast.BoolOp(op=ast.And()):
            return all(known(part) for part in node.values)
        case ast.BoolOp():
            return any(known(part) for part in node.values)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            return _joined(type(node.op), known(node.left), known(node.right), asked)
        case ast.Compare():
            sides = [known(part) for part in (node.left, *node.comparators)]
            pairs = zip(node.ops, sides, sides[1:], strict=False)
            return all(_OPERATORS[type(sign)](left, right) for sign, left, right in pairs)
        case ast.List() | ast.Tuple() | ast.Set():
            values = [known(part) for part in node.elts]
            return {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)](values)
        case _:
            raise NotKnown(f"`{ast.unparse(node)}` cannot be asked afterwards: no code of the program runs here")


def _joined(kind: type[ast.operator], left: Any, right: Any, asked: _Asked) -> Any:
    """Return the result of an operator, as long as it cannot be huge."""
    if kind is ast.Mod and isinstance(left, (str, bytes)):
        raise NotKnown("texts are not formatted here")
    sizes = [asked.size_of(side) for side in (left, right)]
    if kind is ast.Mult:
        times = [side for side in (left, right) if isinstance(side, int)]
        if len(times) == 1 and not all(isinstance(side, (int, float)) for side in (left, right)):
            sizes = [max(sizes) * max(0, times[0])]
    if sum(sizes) > _LARGEST:
        raise NotKnown("the result would be too large")
    return _OPERATORS[kind](left, right)


def _named(name: str, asked: _Asked) -> Recorded:
    if found := asked.named(name):
        return found
    raise NotKnown(f"`{name}` is not recorded in this frame")


def _field(base: Recorded, name: str, told: str) -> Recorded:
    if name in base.fields:
        return base.fields[name]
    has = ", ".join(list(base.fields)[:12])
    raise NotKnown(f"`{told}.{name}` is not recorded" + (f"; `{told}` has {has}" if has else ""))


def _item(base: Recorded, index: ast.expr, asked: _Asked, told: str) -> Recorded:
    if isinstance(index, ast.Slice):
        ends = [
            None if end is None else python(_value(end, asked), told) for end in (index.lower, index.upper, index.step)
        ]
        if base.is_whole:
            return asked.result(base.value[slice(*ends)])
        raise NotKnown(f"not all of `{told.partition('[')[0]}` is recorded")
    key = python(_value(index, asked), ast.unparse(index))
    for recorded, value in base.pairs:
        if recorded.is_whole and type(recorded.value) is type(key) and recorded.value == key:
            return value
    if (
        base.items
        and isinstance(key, int)
        and (key >= 0 or base.is_whole)
        and -len(base.items) <= key < len(base.items)
    ):
        return base.items[key]
    if base.kind == "value" and base.is_whole:
        return asked.result(base.value[key])
    if base.kind == "dict" and base.is_whole:
        raise NotKnown(f"KeyError: {key!r}; keys are {', '.join(pair[0].text for pair in base.pairs[:20])}")
    if base.kind in ("list", "tuple") and base.is_whole:
        raise NotKnown(f"IndexError: it has {len(base.items)} items")
    raise NotKnown(f"`{told}` is not recorded")


def _called(name: str, given: list[Recorded], asked: _Asked) -> Recorded:
    if name == "len" and len(given) == 1:
        return asked.result(_size(given[0]))
    if name == "type" and len(given) == 1:
        return Recorded(given[0].type or type(given[0].value).__name__ if given[0].is_whole or given[0].type else "?")
    if name not in _FUNCTIONS and name != "round":
        raise NotKnown(f"`{name}()` cannot be called afterwards: no code of the program runs here")
    values = [python(one, one.text) for one in given]
    if name == "sum" and not all(isinstance(part, (int, float)) for value in values[:1] for part in value):
        raise NotKnown("only numbers are summed here")
    return asked.result(_FUNCTIONS[name](*values) if name != "round" else _round(*values))


def _size(one: Recorded) -> int:
    if one.size is not None:
        return one.size
    if one.is_whole:
        return len(one.value)
    raise NotKnown("how long it was is not recorded")


def _parts(base: Recorded, name: str, told: str) -> Recorded:
    """Return what `.keys()`, `.values()` and `.items()` of a dictionary give: the only methods there are."""
    if name == "keys" and base.kind in ("dict", "object") and base.pairs:
        return _list_of([pair[0] for pair in base.pairs])
    if name == "values" and base.kind in ("dict", "object") and base.pairs:
        return _list_of([pair[1] for pair in base.pairs])
    raise NotKnown(f"`{told}` cannot be called afterwards: no code of the program runs here")


def _list_of(parts: list[Recorded]) -> Recorded:
    whole = all(part.is_whole for part in parts)
    text = "[" + ", ".join(part.text for part in parts) + "]"
    return Recorded(text, "list", [part.value for part in parts] if whole else None, whole, items=parts)


def python(one: Recorded, told: str) -> Any:
    """Return the Python value of *one*; NotKnown when a part of it is missing."""
    if not one.is_whole:
        raise NotKnown(f"not all of `{told}` is recorded: {one.text[:200]}")
    return one.value
