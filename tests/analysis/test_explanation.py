"""What history adds to one session: suspects from executed lines, changed functions and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bundles import NOW, Store, failure
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def ran(folder: Path, functions: list[list[Any]], root: str = "/work", **files: tuple[int, float]) -> None:
    """Leave what a run executed and read."""
    read = [
        {"path": f"/d/{name}.csv", "change": "read", "size_before": size, "mtime_before": at}
        for name, (size, at) in files.items()
    ]
    records = [
        {"wire": 1, "kind": "coverage", "files": {f"{root}/load.py": functions}},
        {"kind": "files", "files": read},
    ]
    (folder / "attempts/1/spool-1").write_text("".join(json.dumps(record) + "\n" for record in records))


def inspected(store: Store) -> dict[str, Any]:
    """Return what `inspect --json` says of the newest session."""
    found: dict[str, Any] = json.loads(aitrack(store.home, "inspect", "--json").stdout)
    return found


def test_a_branch_that_only_the_failing_run_took_is_suspected(store: Store) -> None:
    """The cause does not stand in the traceback."""
    common = [["parse_row", 80, "d1", f"{1 << 8:x}"], ["main", 1, "d2", "3"]]
    for number in range(3):
        ran(store.session("passed", at=NOW + number), [*common, ["clean", 40, "d3", "3"]])
    ran(store.session("failed", at=NOW + 9, failure=failure(source="collector")), [*common, ["clean", 40, "d3", "7"]])

    suspects = inspected(store)["suspects"]

    assert (suspects[0]["function"], suspects[0]["line"]) == ("clean", 42)
    assert suspects[0]["evidence"] == "failing 1/1, passing 0/3"


def test_functions_that_only_moved_are_the_same(store: Store) -> None:
    """An edit above shifts all lines and is no news."""
    row = ["parse_row", 80, "d1", f"{1 << 8:x}"]
    ran(store.session("passed", at=NOW), [row, ["clean", 40, "d3", "3"]])
    ran(store.session("failed", at=NOW + 9, failure=failure(source="collector")), [row, ["clean", 90, "d3", "3"]])

    found = inspected(store)

    assert [change for change in found["changes"] if change["what"] == "code"] == []
    assert (
        next(one for one in found["suspects"] if one["function"] == "clean")["evidence"] == "failing 1/1, passing 1/1"
    )


def test_a_changed_function_on_the_stack_is_the_decisive_change(store: Store) -> None:
    """By what it does, not by its file: a comment elsewhere changes nothing."""
    passing, failing = (
        [["parse_row", 80, "old", "1"], ["other", 1, "x", "1"]],
        [["parse_row", 80, "new", "1"], ["other", 1, "y", "1"]],
    )
    for number in range(2):
        ran(store.session("passed", at=NOW + number), passing)
    ran(store.session("failed", at=NOW + 9, failure=failure(source="collector")), failing)

    changes = inspected(store)["changes"]

    assert [(one["name"], one["decisive"]) for one in changes] == [
        ("/work/load.py::parse_row", True),
        ("/work/load.py::other", False),
    ]
    assert "code load.py parse_row changed" in aitrack(store.home, "inspect").stdout


def test_an_input_that_is_new_each_day_is_noise(store: Store) -> None:
    """The log differs at every run; the rate table was stable until now."""
    for number in range(4):
        ran(store.session("passed", at=NOW + number), [], log=(number, NOW + number), rates=(100, NOW))
    ran(
        store.session("failed", at=NOW + 9, failure=failure(source="collector")),
        [],
        log=(9, NOW + 9),
        rates=(7, NOW + 8),
    )

    changes = inspected(store)["changes"]

    assert [one["name"] for one in changes] == ["/d/rates.csv", "/d/log.csv"]
    assert "file rates.csv changed, 100 bytes -> 7 bytes" in aitrack(store.home, "inspect").stdout


def test_runs_in_another_checkout_are_compared_by_their_place_in_it(store: Store) -> None:
    """Each build has a folder of its own; the program is the same."""
    command = {"argv": ["python", "job.py"], "form": "script", "script": "job.py", "cwd": "/builds/7f3a/app"}
    for number in range(2):
        passed = store.session("passed", at=NOW + number, command=command)
        ran(passed, [["clean", 40, "d3", "3"]], root="/builds/7f3a/app")
    command = {**command, "cwd": "/builds/99c1/app"}
    failed = store.session("failed", at=NOW + 9, failure=failure(source="collector"), command=command)
    ran(failed, [["clean", 40, "d3", "7"]], root="/builds/99c1/app")

    best = inspected(store)["suspects"][0]

    assert (best["file"], best["line"]) == ("/builds/99c1/app/load.py", 42)
    assert best["evidence"] == "failing 1/1, passing 0/2"


def test_a_change_that_failed_before_and_after_is_not_suspected(store: Store) -> None:
    """Some code differs at each deploy: it is nothing that only failing runs executed."""
    broken = ["parse_row", 80, "d1", f"{1 << 8:x}"]
    for number in range(3):
        ran(store.session("passed", at=NOW + number), [["Row", 1, "v1", "1"]])
    ran(store.session("failed", at=NOW + 8, failure=failure(source="collector")), [broken, ["Row", 1, "v1", "1"]])
    ran(store.session("failed", at=NOW + 9, failure=failure(source="collector")), [broken, ["Row", 5, "v2", "1"]])

    suspects = inspected(store)["suspects"]

    assert suspects[0]["function"] == "parse_row"
    assert next(one for one in suspects if one["function"] == "Row")["evidence"] == "failing 2/2, passing 3/3"


def test_a_run_that_did_not_tell_what_it_executed_does_not_count(store: Store) -> None:
    """The worker process that failed was gone before it could write."""
    broken = ["parse_row", 80, "d1", f"{1 << 8:x}"]
    ran(store.session("passed", at=NOW), [["main", 1, "d2", "1"]])
    ran(store.session("failed", at=NOW + 8, failure=failure(source="collector")), [["main", 1, "d2", "1"]])
    ran(store.session("failed", at=NOW + 9, failure=failure(source="collector")), [broken])

    assert inspected(store)["suspects"][0]["evidence"] == "failing 1/1, passing 0/1, on the stack"
