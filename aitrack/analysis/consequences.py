"""Lines that run because something failed: handlers around the failing stack, and `raise` statements.

Only failing runs execute them, so that counting alone would suspect them first.
"""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LIMIT = 2 << 20


def consequences(stack: Iterable[tuple[str, str, int | None]], until: float) -> frozenset[tuple[str, int]]:
    """Return (file, line) of everything that the failure of *stack* made run.

    Files that were changed later than *until*, the start of the run, say nothing.
    """
    lines: dict[str, set[int]] = defaultdict(set)
    for file, _, line in stack:
        if line is not None:
            lines[file].add(line)
    found: set[tuple[str, int]] = set()
    for file, failing in lines.items():
        tree = _parsed(file, until)
        if tree is not None:
            found.update((file, line) for line in _lines(tree, failing))
    return frozenset(found)


def _parsed(file: str, until: float) -> ast.Module | None:
    try:
        if os.stat(file).st_mtime > until or os.stat(file).st_size > _LIMIT:
            return None
        with open(file, "rb") as source:
            return ast.parse(source.read())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _lines(tree: ast.Module, failing: set[int]) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and _span(node) & failing:
            yield from _span(node)
        elif isinstance(node, ast.Try | ast.TryStar) and any(_span(part) & failing for part in node.body):
            for handler in node.handlers:
                yield from _span(handler)
            for part in node.finalbody:
                yield from _span(part)


def _span(node: ast.stmt | ast.excepthandler) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
