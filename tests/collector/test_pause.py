"""Imports of libraries are not watched: when the trail looks away, and when it looks again."""

from __future__ import annotations

import pytest
from target import Ran, Target


def firsts(ran: Ran) -> list[tuple[str, int]]:
    """Return (function, line) of the first executions, in order."""
    told = [record["event"]["data"] for record in ran.all("event") if record["event"]["kind"] == "first"]
    return [(data["function"], data["line"]) for data in told if data["what"] == "line"]


def library(target: Target, **modules: str) -> None:
    """Write modules into a folder of packages; `sys.path` leads there once the program says so."""
    (target.work / "site-packages").mkdir()
    for name, text in modules.items():
        target.script(text, f"site-packages/{name}.py")


RAISING = "import json\nraise ImportError('not here')\n"
LOAD = "    try:\n        import raising\n    except ImportError:\n        pass\n"


@pytest.mark.parametrize(
    "imports",
    [
        "import email.message, xml.dom.minidom",
        "try:\n    import raising\nexcept ImportError:\n    pass",
        "def late():\n    import email.message\nlate()",
        "import lazy\nlazy.load()",
        "import threading\ndef other():\n    import xml.dom.minidom\nt = threading.Thread(target=other)\nt.start(); t.join()",
    ],
)
def test_what_the_program_does_after_an_import_is_seen(target: Target, monitored: str, imports: str) -> None:
    """Whichever way the import ended."""
    library(target, raising="def f():\n    pass\nf()\n" + RAISING, lazy="def load():\n" + LOAD)
    script = target.script(
        f"""
import sys
sys.path.append('site-packages')
{imports}
def called():
    return 1
def back(n):
    return -n
sorted([called(), called()], key=back)
raise ValueError
"""
    )

    seen = firsts(target.run(monitored, script))

    assert {"called", "back"} <= {name for name, _ in seen}


def test_a_callback_is_seen_after_an_import_that_failed_inside_a_library(target: Target, monitored: str) -> None:
    """No new line of the program comes in between."""
    library(target, raising=RAISING, lazy="def call(f):\n" + LOAD + "    f()\n")
    script = target.script(
        """
import sys
sys.path.append('site-packages')
import lazy
def back():
    raise ValueError
lazy.call(back)
"""
    )

    assert ("back", 6) in firsts(target.run(monitored, script))


def test_exceptions_at_import_do_not_use_up_what_is_watched(target: Target, monitored: str) -> None:
    """A large library handles thousands of its own; the one that the program swallows later is told."""
    library(target, busy="for n in range(9000):\n    try:\n        {}[n]\n    except KeyError:\n        pass\n")
    script = target.script(
        """
import sys
sys.path.append('site-packages')
import busy
try:
    int('x')
except ValueError:
    pass
sys.exit(3)
"""
    )

    ran = target.run(monitored, script)

    assert [record["failure"]["type"] for record in ran.all("raised")] == ["ValueError"]


def test_what_tells_at_each_start_is_prepared_once(target: Target, monitored: str) -> None:
    """A server's thousandth connection costs what the first did."""
    script = target.script(
        """
import socket, sys
for _ in range(40):
    try:
        socket.create_connection(('127.0.0.1', 1), timeout=0.2)
    except OSError:
        pass
start = sys.monitoring.events.PY_START
callback = sys.monitoring.register_callback(4, start, None)
print([code.co_qualname for code in callback.__globals__['called']].count('create_connection'))
"""
    )

    ran = target.run(monitored, script)

    assert ran.out == b"1\n", ran.err
