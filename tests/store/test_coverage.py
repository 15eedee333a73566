"""What runs executed and read, from the collectors' records."""

from __future__ import annotations

import json
from pathlib import Path

from aitrack.store.coverage import functions_of, inputs_of, lines_of
from aitrack.store.members import Folder
from tests.bundles import Store


def spool(folder: Path, pid: int, *records: object) -> Folder:
    """Write a spool into the first attempt and return that attempt's folder."""
    below = folder / "attempts/1"
    (below / f"spool-{pid}").write_text("".join(json.dumps({"wire": 1, **record}) + "\n" for record in records))  # type: ignore[dict-item]  # records are objects
    return Folder(str(below))


def test_bits_are_lines_from_the_first_line_of_a_function(tmp_path: Path) -> None:
    """Bit 0 is the line of `def`; processes of one attempt add up."""
    folder = Store(tmp_path).session("passed")
    spool(folder, 1, {"kind": "coverage", "files": {"/a.py": [["f", 10, "d1", "6"]]}})
    below = spool(folder, 2, {"kind": "coverage", "files": {"/a.py": [["f", 10, "d1", "9"]]}})

    found = functions_of(below)["/a.py", "f"]

    assert (found.first, found.digest) == (10, "d1")
    assert lines_of(found.first, found.bits) == {10, 11, 12, 13}


def test_damaged_coverage_is_passed_over(tmp_path: Path) -> None:
    """Spools may come from any version."""
    entries = [["f", 1, "d", "xyz"], ["g", "1", "d", "1"], ["h"], None, "x", ["i", 1, "d", "-5"], ["j", 1, "d", None]]
    below = spool(Store(tmp_path).session("passed"), 1, {"kind": "coverage", "files": {"/a.py": entries, "/b.py": 3}})

    assert {place[1]: found.bits for place, found in functions_of(below).items()} == {"f": 0, "i": 0, "j": 0}


def test_inputs_are_files_that_were_only_read(tmp_path: Path) -> None:
    """An output is no input, and a file that was missing neither."""
    read = {"path": "/in", "change": "read", "size_before": 3, "mtime_before": 5.5}
    others = [{**read, "path": "/out", "change": "written"}, {**read, "path": "/no", "size_before": None}]
    below = spool(Store(tmp_path).session("passed"), 1, {"kind": "files", "files": [read, *others, None]})

    assert inputs_of(below) == {"/in": (3, 5.5)}
