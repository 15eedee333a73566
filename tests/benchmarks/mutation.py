"""Faults put into a program's source: one expression replaced by a wrong one.

Only the text of that expression changes, so that everything else stands where
it stood.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One fault: the function that it is in, and the whole source with it."""

    function: str  # qualified name, without the module
    first_line: int
    kind: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every fault that can be put into the functions of *source*."""
    lines = source.encode().splitlines(keepends=True)
    for function, first_line, node in _expressions(ast.parse(source), "", 0):
        changed = _wrong(node)
        if changed:
            kind, expression = changed
            yield Mutant(function, first_line, kind, _replaced(lines, node, f"({expression})"))


def _expressions(tree: ast.AST, function: str, first_line: int) -> Iterator[tuple[str, int, ast.expr]]:
    for node in ast.iter_child_nodes(tree):
        inner, line = function, first_line
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inner = f"{function}.{node.name}".lstrip(".")
            if isinstance(node, ast.FunctionDef):
                line = node.lineno
        if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.arguments):
            continue  # positions within f-strings differ by interpreter; annotations do nothing
        if isinstance(node, ast.expr) and line:
            yield function, line, node
        if isinstance(node, ast.Return) and node.value is not None and line:
            yield function, line, ast.copy_location(ast.Starred(node.value), node.value)
        if isinstance(node, ast.If) and _leaves(node.body) and not node.orelse and line:
            yield function, line, ast.copy_location(ast.Await(node.test), node.test)
        yield from _expressions(node, inner, line)


def _leaves(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _wrong(node: ast.expr) -> tuple[str, str] | None:
    """Return (kind of fault, the wrong expression); `Starred` marks a returned value, `Await` a check."""
    if isinstance(node, ast.Starred):
        return "return None", "None"
    if isinstance(node, ast.Await):
        return "check removed", "False"
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SWAPPED:
        swapped = ast.Compare(node.left, [_SWAPPED[type(node.ops[0])]()], node.comparators)  # type: ignore[list-item]
        return "operator swapped", ast.unparse(swapped)
    if isinstance(node, ast.BinOp) and type(node.op) in _SWAPPED:
        return "operator swapped", ast.unparse(ast.BinOp(node.left, _SWAPPED[type(node.op)](), node.right))  # type: ignore[arg-type]
    if isinstance(node, ast.BoolOp):
        return "operator swapped", ast.unparse(ast.BoolOp(_SWAPPED[type(node.op)](), node.values))  # type: ignore[arg-type]
    if isinstance(node, ast.Dict) and len(node.keys) >= 2:
        return "key dropped", ast.unparse(ast.Dict(node.keys[1:], node.values[1:]))
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Constant):
        number = node.slice.value
        if isinstance(number, int):
            return "wrong index", ast.unparse(ast.Subscript(node.value, ast.Constant(number + 1), ast.Load()))
    return None


def _replaced(lines: list[bytes], node: ast.expr, text: str) -> str:
    """Return the source with *text* in the place of *node*, and as many lines as before."""
    assert node.end_lineno is not None and node.end_col_offset is not None
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    gap = "\n" * (node.end_lineno - node.lineno)
    return before.decode() + text[:-1] + gap + ")" + after.decode()
