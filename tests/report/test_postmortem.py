"""The prompt after the end: moving, looking, asking, on a hostile session too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aitrack.analysis.explanation import explain
from aitrack.errors import UsageError
from aitrack.report.postmortem import _COMMANDS, Postmortem
from aitrack.store.bundle import Bundle
from tests.bundles import Store, failure
from tests.report import explained, hostile


def _frame(function: str, line: int, **locals_: str) -> dict[str, Any]:
    return {
        "file": "/work/load.py",
        "line": line,
        "function": function,
        "in_app": True,
        "context": {"start": line - 1, "lines": [f"def {function}(row, *, total=0):", f"    return {function}_body"]},
        "locals": [{"name": name, "type": "int", "value": value} for name, value in locals_.items()],
    }


def _inside(home: Path, **more: Any) -> Postmortem:
    frames = [_frame("main", 10), _frame("load", 20, row="1", other="2"), _frame("parse", 30, row="3", total="4")]
    return Postmortem(explained.failed(home, failure(frames=frames, **more)))


def test_one_stands_at_the_frame_to_look_at(tmp_path: Path) -> None:
    """The blamed one, which is not always the innermost."""
    assert _inside(tmp_path).do("p row") == ["3"]
    assert _inside(tmp_path / "b", blame={"path": [], "frame": 1}).do("p row") == ["1"]


def test_up_and_down_stop_at_the_ends(tmp_path: Path) -> None:
    """With counts, as in pdb."""
    inside = _inside(tmp_path)

    assert "load()" in (inside.do("u") or [""])[0]
    assert "main()" in (inside.do("up 9") or [""])[0]
    assert inside.do("up") == ["this is the outermost frame"]
    assert "parse()" in (inside.do("d 2") or [""])[0]
    assert inside.do("down") == ["this is the innermost frame"]
    assert "main()" in (inside.do("frame 0") or [""])[0]


def test_arguments_are_those_of_the_def_line(tmp_path: Path) -> None:
    """`other` is a variable, `row` an argument."""
    inside = _inside(tmp_path)
    inside.do("up")

    assert inside.do("a") == ["row = 1"]
    assert inside.do("locals") == ["row = 1", "other = 2"]


def test_where_marks_the_place(tmp_path: Path) -> None:
    """The stack with the failure below it."""
    lines = _inside(tmp_path).do("where") or []

    assert [line[:1] for line in lines] == [" ", " ", ">", " "]
    assert lines[-1].strip() == "KeyError: 'price'"


def test_a_bare_expression_is_answered(tmp_path: Path) -> None:
    """As in pdb: what is no command is asked."""
    assert _inside(tmp_path).do("row + total") == ["7"]
    assert _inside(tmp_path / "b").do("nonsense") == ["*** `nonsense` is not recorded in this frame"]


def test_the_chain_can_be_walked(tmp_path: Path) -> None:
    """A cause has frames of its own."""
    cause = {"type": "OSError", "message": "disk", "relation": "cause", "frames": [_frame("read", 5, size="9")]}
    inside = _inside(tmp_path, chain=[cause], blame={"path": [], "frame": 2})

    assert inside.do("chain") == [">  0 KeyError: 'price'", "   1 OSError: disk"]
    inside.do("chain 1")
    assert inside.do("p size") == ["9"]


def test_the_history_of_a_variable_is_told(tmp_path: Path) -> None:
    """Where the collector followed a function, its steps are in the spool."""
    folder = Store(tmp_path).session("failed", failure=failure(frames=[_frame("parse", 30, row="3")]))
    steps = [
        {"line": 28, "changed": {"row": "1", "x": "0"}},
        {"line": 29, "changed": {}},
        {"line": 30, "changed": {"row": "3"}},
    ]
    focus = {"kind": "focus", "functions": [{"file": "/work/load.py", "function": "parse", "steps": steps}]}
    (folder / "attempts/1/spool-7").write_text(
        json.dumps({"wire": 1, "kind": "process", "pid": 7}) + "\n" + json.dumps(focus) + "\n"
    )
    inside = Postmortem(explain(str(tmp_path), Bundle(str(folder))))

    assert inside.do("history row") == ["  line 28: row = 1", "  line 30: row = 3"]


def test_why_tells_what_is_known(tmp_path: Path) -> None:
    """The same answer as the first screen."""
    lines = _inside(tmp_path, blame={"path": [], "frame": 2, "why": "row has no 'price'"}).do("why") or []

    assert "why       row has no 'price'" in lines


def test_quit_ends_and_an_empty_line_does_nothing(tmp_path: Path) -> None:
    """`q`, `quit`, `exit`."""
    inside = _inside(tmp_path)

    assert [inside.do(word) for word in ("q", "quit", "exit")] == [None, None, None]
    assert inside.do("  ") == []


def test_every_command_answers_on_a_hostile_session(tmp_path: Path) -> None:
    """Nothing of it reaches the terminal as more than text, and no line is endless."""
    inside = Postmortem(hostile.explained(tmp_path))

    for name in (*_COMMANDS, "chain 1", "up", "l", "a", "p long", "pp long"):
        for line in inside.do(name) or []:
            assert hostile.harmless(line) and "\n" not in line
            assert len(line) < 2_000 or name == "pp long"


def test_a_session_without_a_failure_is_refused(tmp_path: Path) -> None:
    """One line that says so."""
    folder = Store(tmp_path).session("passed")

    with pytest.raises(UsageError, match="no failure"):
        Postmortem(explain(str(tmp_path), Bundle(str(folder))))
