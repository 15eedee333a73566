"""Files that changed between the last success and the failure, told by their times alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from aitrack.analysis.modified import installed, modified
from aitrack.model import Event

SUCCESS, FAILURE = 1000.0, 2000.0


def failing_in(*files: Path) -> dict[str, Any]:
    """Return a failure with a frame in each file, the innermost last."""
    return {"frames": [{"file": str(file), "in_app": True, "function": "f", "line": 1} for file in files]}


def touch(path: Path, moment: float) -> Path:
    """Make a file that was last changed at *moment*."""
    path.write_text("x")
    os.utime(path, (moment, moment))
    return path


def test_code_changed_in_between_is_decisive_where_the_failure_is(tmp_path: Path) -> None:
    """A deploy between the last success and the failure."""
    inner, outer = touch(tmp_path / "inner.py", 1500), touch(tmp_path / "outer.py", 1500)
    same = touch(tmp_path / "same.py", 500)

    found = modified(failing_in(same, outer, inner), [], SUCCESS, FAILURE, None, "")

    assert [(one["what"], Path(one["name"]).name, one["decisive"]) for one in found] == [
        ("code", "inner.py", True),
        ("code", "outer.py", False),
    ]


def test_code_changed_after_the_failure_says_nothing(tmp_path: Path) -> None:
    """Somebody is mending it."""
    file = touch(tmp_path / "a.py", 3000)

    assert modified(failing_in(file), [], SUCCESS, FAILURE, None, "") == []


def test_input_that_the_failure_speaks_of_is_decisive() -> None:
    """The new file is the one in the message; an output is no input."""
    read = {"mtime": 1500.0, "size": 7, "mode": "r"}
    events = [
        Event(kind="open", data={"path": "/d/rates.csv", **read}),
        Event(kind="open", data={"path": "/d/other.csv", **read}),
        Event(kind="open", data={"path": "/d/old.csv", **read, "mtime": 10.0}),
        Event(kind="open", data={"path": "/d/out.csv", **read, "mode": "w"}),
    ]

    found = modified({}, events, SUCCESS, FAILURE, None, "bad row in rates.csv")

    assert [(one["name"], one["decisive"]) for one in found] == [("/d/rates.csv", True), ("/d/other.csv", False)]


def test_packages_installed_in_between_are_told(tmp_path: Path) -> None:
    """An upgrade overnight; one that was loaded weighs more, and one from before says nothing."""
    folder = tmp_path / "lib/python3.13/site-packages"
    for name, moment in (("pandas-2.2.3", 1500), ("my_tool-1.0", 1500), ("numpy-1.0", 500)):
        (folder / f"{name}.dist-info").mkdir(parents=True)
        touch(folder / f"{name}.dist-info/RECORD", moment)

    found = installed(str(tmp_path), {"pandas": "2.2.3"}, SUCCESS, FAILURE)

    assert [(one["name"], one["decisive"]) for one in found] == [("pandas", True), ("my_tool", False)]
    assert found[0]["after"].startswith("2.2.3, installed ")
