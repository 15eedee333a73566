"""What the runs of a script say about it: counts, files, hosts, variables, failures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aitrack.analysis.history import current_index
from aitrack.analysis.profile import Profile, profile, quantile
from tests.bundles import NOW, Store, failure


def _profile(home: Path, script: str = "job.py") -> Profile:
    with current_index(str(home)) as index:
        return profile(index, str(home), script)


def _spool(folder: Path, *records: dict[str, Any]) -> None:
    lines = [{"wire": 1, "kind": "process", "pid": 7, "started_ns": 1}, *records]
    (folder / "attempts/1/spool-7").write_text("".join(json.dumps(one) + "\n" for one in lines))


def test_runs_are_counted_by_how_they_ended(tmp_path: Path) -> None:
    """And times are those of good runs only."""
    store = Store(tmp_path)
    for number in range(3):
        store.session("passed", at=NOW + number, duration_s=float(number + 1))
    store.session("failed", at=NOW + 9, failure=failure(), duration_s=99.0)
    store.session("passed", script="other.py")

    found = _profile(tmp_path)

    assert (found.runs, found.statuses["passed"], found.statuses["failed"]) == (4, 3, 1)
    assert found.durations == [1.0, 2.0, 3.0]
    assert dict(found.exits) == {"0": 3, "1": 1}
    assert (found.first, found.last) == (NOW, NOW + 9)
    assert [one["title"] for one in found.patterns] == ["KeyError: 'price'"]


def test_a_script_is_known_by_its_last_part(tmp_path: Path) -> None:
    """As `list --script` and `patterns --script` take it."""
    Store(tmp_path).session("passed", script="/srv/jobs/load.py")

    assert _profile(tmp_path, "load.py").runs == _profile(tmp_path, "/srv/jobs/load.py").runs == 1
    assert _profile(tmp_path, "oad.py").runs == 0


def test_calls_begin_at_the_script(tmp_path: Path) -> None:
    """Which interpreter it was is another matter."""
    Store(tmp_path).session(
        "passed", command={"argv": ["/usr/bin/python3", "job.py", "--day", "2"], "form": "script", "script": "job.py"}
    )

    assert list(_profile(tmp_path).calls) == [("job.py", "--day", "2")]


def test_files_hosts_and_commands_come_from_the_bundles(tmp_path: Path) -> None:
    """What was read is an input, all else an output."""
    folder = Store(tmp_path).session("passed")
    files = [{"path": "/data/in.csv", "change": "read"}, {"path": "/data/out.csv", "change": "written"}]
    place = {"file": "/work/job.py", "line": 3}
    events = [
        {"kind": "connect", "data": {"host": "db.example", "port": 5432, **place}},
        {"kind": "http", "data": {"host": "api.example", "url": "/x", **place}},
        {"kind": "exec", "data": {"argv": ["/usr/bin/git", "pull"], **place}},
    ]
    _spool(folder, {"kind": "files", "files": files}, *({"kind": "event", "t_ns": 5, "event": one} for one in events))

    found = _profile(tmp_path)

    assert (list(found.inputs), list(found.outputs)) == (["/data/in.csv"], ["/data/out.csv"])
    assert sorted(found.hosts) == ["api.example", "db.example:5432"]
    assert list(found.commands) == ["git"]


def test_variables_are_those_that_the_source_asks_for(tmp_path: Path) -> None:
    """Their names are looked up in what was set; values are never shown."""
    source = tmp_path / "job.py"
    source.write_text("import os\nos.environ['DATABASE_URL']\nos.getenv('REGION', 'x')\nos.environ.get(\"NEVER\")\n")
    folder = Store(tmp_path / "home").session(
        "passed", env={"kept": {}, "hidden": {"DATABASE_URL": "aa", "REGION": "bb", "OTHER": "cc"}}
    )
    _spool(folder, {"kind": "coverage", "files": {str(source): [["<module>", 1, "d", "ff"]]}})

    assert dict(_profile(tmp_path / "home").variables) == {"DATABASE_URL": 1, "REGION": 1, "NEVER": 0}


def test_a_quantile_is_one_of_the_numbers() -> None:
    """Nothing is interpolated: it was seen."""
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert quantile([1.0], 0.95) == 1.0
    assert quantile([], 0.5) is None
