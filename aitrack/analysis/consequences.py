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

    from aitrack.model import Event

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


def first_after(events: Iterable[Event], handlers: frozenset[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """Return the lines that were executed for the first time once one of *handlers* was.

    The last lines of a run that were new to it are among its *events*, in order:
    what a handler calls runs because something failed, wherever it stands.
    """
    found: set[tuple[str, int]] = set()
    for event in events:
        file, line = event.data.get("file"), event.data.get("line")
        is_line = event.kind == "first" and isinstance(file, str) and isinstance(line, int)
        if is_line and (found or (file, line) in handlers):
            found.add((str(file), int(str(line))))
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
        elif isinstance(node, ast.Try | ast.TryStar):
            after = [*map(_span, node.handlers), *map(_span, node.finalbody)]
            if any(_span(part) & failing for part in node.body):
                yield from set[int]().union(*after)
            else:  # raised again, or in the handler itself: what it handled came before
                yield from set[int]().union(*(span for span in after if span & failing))


def _span(node: ast.stmt | ast.excepthandler) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
