"""Programs that watch themselves: a debugger, coverage or a monitoring tool finds what it finds bare."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interpreters import require

STEPPED = """
import pdb
def inner(x):
    y = x + 1
    try:
        z = y / (x - 1)
    except ZeroDivisionError:
        z = 0
    return z
def outer():
    inner(5)
    pdb.Pdb(nosigint=True, readrc=False).set_trace()
    inner(1)
    return "end"
print(outer())
"""
TRACED = """
import sys
seen = []
def tracer(frame, event, argument):
    seen.append((event, frame.f_lineno)); return tracer
def work(n):
    total = 0
    for k in range(n):
        total += k
    return total
work(3)
sys.settrace(tracer); work(3); sys.settrace(None)
sys.setprofile(lambda f, e, a: seen.append((e, f.f_lineno))); work(2); sys.setprofile(None)
print(seen)
"""
MONITORED = """
import sys
mon, seen = sys.monitoring, []
def work(n):
    total = 0
    for k in range(n):
        total += k
    return total
work(3)
for tool in (0, 1, 2, 5):
    mon.use_tool_id(tool, "mine")
    mon.register_callback(tool, mon.events.LINE, lambda code, line, tool=tool: seen.append((tool, line)))
    mon.set_local_events(tool, work.__code__, mon.events.LINE)
work(2)
print(seen, [mon.get_tool(n) for n in range(6) if n not in (3, 4)])
"""


@pytest.mark.parametrize("version", ["3.8", "3.11", "3.12", "3.13"])
def test_a_debugger_stops_where_it_stops_bare(lab: Any, version: str) -> None:
    """Step by step, the same lines."""
    lab.python = require(version)
    lab.script("stepped.py", STEPPED)
    commands = b"step\n" * 6 + b"next\n" * 4 + b"p z\nreturn\nc\n"

    bare, wrapped = lab.python_both("stepped.py", input=commands)

    assert bare.stdout == wrapped.stdout
    assert bare.status == wrapped.status


@pytest.mark.parametrize("version", ["3.8", "3.11", "3.12", "3.13"])
def test_a_tracer_sees_the_same_events(lab: Any, version: str) -> None:
    """`settrace` and `setprofile` of the program are its own."""
    lab.python = require(version)
    lab.script("traced.py", TRACED)

    bare, wrapped = lab.python_both("traced.py")

    assert bare.stdout == wrapped.stdout != b""


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_a_monitoring_tool_sees_the_same_events(lab: Any, version: str) -> None:
    """Four tool ids are free, as bare."""
    lab.python = require(version)
    lab.script("monitored.py", MONITORED)

    bare, wrapped = lab.python_both("monitored.py")

    assert bare.stdout == wrapped.stdout != b""
