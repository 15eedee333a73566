"""Consequences of a failure, told from its source: handlers and `raise` are no causes."""

from __future__ import annotations

import time
from pathlib import Path

from aitrack.analysis.consequences import consequences, first_after
from aitrack.model import Event

SOURCE = """\
def check(value):
    if value < 0:
        raise ValueError(
            "negative")
    return value

def work(value):
    try:
        check(value)
    except ValueError:
        print("bad")
        raise
    finally:
        print("done")

def unrelated():
    try:
        pass
    except OSError:
        print("elsewhere")
"""


def test_handlers_around_the_stack_and_its_raise_are_consequences(tmp_path: Path) -> None:
    """Lines 10 to 14 ran because line 3 did; a handler elsewhere is not concerned."""
    file = tmp_path / "a.py"
    file.write_text(SOURCE)

    found = consequences([(str(file), "check", 3), (str(file), "work", 9)], time.time() + 5)

    assert {line for _, line in found} == {3, 4, 10, 11, 12, 14}


def test_a_file_that_changed_since_or_is_no_python_says_nothing(tmp_path: Path) -> None:
    """Better no knowledge than that of another revision."""
    file = tmp_path / "a.py"
    file.write_text(SOURCE)
    broken = tmp_path / "b.py"
    broken.write_text("def (")

    assert consequences([(str(file), "check", 3)], time.time() - 100) == frozenset()
    assert (
        consequences([(str(broken), "f", 1), ("/nowhere.py", "f", 1), ("<string>", "f", None)], time.time())
        == frozenset()
    )


def test_what_a_handler_calls_is_a_consequence_too() -> None:
    """Lines are told in the order in which they ran first."""
    lines = [("a.py", 3), ("a.py", 9), ("report.py", 1), ("report.py", 2)]
    events = [Event(kind="first", seq=seq, data={"file": file, "line": line}) for seq, (file, line) in enumerate(lines)]

    assert first_after(events, frozenset({("a.py", 9)})) == frozenset(lines[1:])
    assert first_after(events, frozenset()) == frozenset()


def test_the_handler_that_failed_again_is_a_consequence(tmp_path: Path) -> None:
    """`except: handle()` stands in the traceback itself when `handle` raises what it was given."""
    file = tmp_path / "a.py"
    file.write_text(SOURCE)

    found = consequences([(str(file), "work", 11)], time.time() + 5)

    assert {line for _, line in found} == {10, 11, 12}
