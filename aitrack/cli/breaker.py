"""`aitrack breaker`: circuit breakers seen and operated by hand."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from aitrack.cli.grammar import Argument, Option, Word, suggestion
from aitrack.cli.store_home import home
from aitrack.errors import NotFound, StoreError

if TYPE_CHECKING:
    from aitrack.store.state import State

_STATES = {"closed": "green", "open": "red", "half_open": "yellow", "forced_open": "red", "disabled": "dim"}


def list_(json_: bool) -> int:
    """Print all breakers with their state."""
    state = _open()
    rows = [row for name in state.names() if (row := _shown(state, name))]
    _check(state)
    if json_:
        _print_json({"schema": 1, "breakers": rows})
        return 0
    from aitrack.report.output import Output
    from aitrack.report.text import pad, safe

    out = Output()
    names = max([len(safe(row["name"])) for row in rows], default=0)
    lines = [
        f"{pad(safe(row['name']), names)}  {out.paint(pad(row['state'], 11), _STATES[row['state']])}  {_counts(row)}"
        for row in rows
    ]
    out.write(lines or ["no breakers yet: aitrack run --breaker NAME"])
    return 0


def rows() -> list[dict[str, Any]]:
    """Return all breakers, each with its counts in words."""
    state = _open()
    found = [row for name in state.names() if (row := _shown(state, name))]
    _check(state)
    return [{**row, "counts": _counts(row)} for row in found]


def show(name: str, json_: bool) -> int:
    """Print one breaker: its state, its window, who holds a permit, what happened."""
    row = _one(_open(), name)
    if json_:
        _print_json(row)
        return 0
    from aitrack.report.output import Output
    from aitrack.report.text import ago, safe, seconds

    out = Output()
    lines = [f"{out.paint(safe(row['name']), 'bold')}  {out.paint(row['state'], _STATES[row['state']])}"]
    if row["open_for_left_s"] is not None:
        lines.append(f"  next probe in {seconds(row['open_for_left_s'])}")
    lines.append(f"  {_counts(row)}")
    if failure := row["last_failure"]:
        lines.append(safe(f"  last failure {failure.get('title') or ''} ({failure.get('session') or ''})"))
    lines += [f"  permit held by {permit['pid']}, {ago(permit['since'])}" for permit in row["permits"]]
    lines += [_transition(one) for one in row["transitions"][-5:]]
    out.write(lines)
    return 0


def log(name: str, json_: bool) -> int:
    """Print the last transitions of a breaker."""
    row = _one(_open(), name)
    if json_:
        _print_json({"schema": 1, "transitions": row["transitions"]})
        return 0
    from aitrack.report.output import Output

    Output().write([_transition(one) for one in row["transitions"]] or ["no transitions yet"])
    return 0


def _transition(one: dict[str, Any]) -> str:
    from aitrack.report.text import moment, safe

    who = safe(str(one.get("reason") or one["by"]))
    return f"  {moment(one['at'])}  {one['from']} -> {one['to']}  by {one['by']}: {who}"


def _operate(action: str) -> Any:
    def operate(name: str, reason: str | None) -> int:
        state = _open()
        after = state.operate(name, action, reason=reason or "")
        _check(state)
        print(f"{name} is {after}")
        return 0

    return operate


def _one(state: State, name: str) -> dict[str, Any]:
    row = _shown(state, name)
    _check(state)
    if row is None:
        hint = suggestion(name, state.names()) or "see `aitrack breaker list`"
        raise NotFound(f"there is no breaker `{name}`", hint=hint)
    return row


def _shown(state: State, name: str) -> dict[str, Any] | None:
    from aitrack.config import load
    from aitrack.policy.breaker import BreakerPolicy

    return state.show(name, BreakerPolicy.from_settings(load(os.getcwd(), os.environ), name))


def _open() -> State:
    from aitrack.store.state import State

    return State(home())


def _check(state: State) -> None:
    """A run goes on without its state; who asks for it must be told."""
    if state.problem:
        raise StoreError(state.problem)


def _counts(row: dict[str, Any]) -> str:
    window = row["window"]
    since = f", since {time.strftime('%Y-%m-%d %H:%M', time.localtime(row['since']))}" if row.get("since") else ""
    return f"{window['failures']} of {window['calls']} failed, {window['slow']} slow{since}"


def _print_json(document: dict[str, Any]) -> None:
    from aitrack.report.json import dumps

    sys.stdout.write(dumps(document) + "\n")


_NAME = (Argument("name", "The breaker."),)
_JSON = Option("--json", "Print JSON.")
_REASON = (Option("--reason", "Why; kept in the log.", "TEXT"),)
BREAKER = Word(
    "breaker",
    "See and operate circuit breakers.",
    list_,
    below=(
        Word("list", "Show all breakers.", list_, options=(_JSON,)),
        Word("show", "Show one breaker.", show, _NAME, (_JSON,)),
        Word("log", "Show what happened to it.", log, _NAME, (_JSON,)),
        Word("trip", "Open it until `reset`.", _operate("trip"), _NAME, _REASON),
        Word("reset", "Close it, with an empty window.", _operate("reset"), _NAME, _REASON),
        Word("disable", "Let everything pass, and record nothing.", _operate("disable"), _NAME, _REASON),
        Word("enable", "Close it, and record again.", _operate("enable"), _NAME, _REASON),
    ),
    examples=("aitrack breaker list", "aitrack breaker trip payments --reason 'maintenance'"),
)
