"""Every reading word on stores that no run would leave: named, never a crash."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from aitrack.cli.app import main
from tests.bundles import NOW, Store, failure

_SCRAPS: list[Any] = [
    None,
    True,
    0,
    -1,
    1e400,
    10**30,
    "",
    "\x00\x1b",
    "\udcff",
    [],
    {},
    [[]],
    [None],
    {"a": None},
    "x" * 5000,
]


def damaged(value: Any, chance: random.Random) -> Any:
    """Return *value* with parts of it replaced, dropped or doubled."""
    if chance.random() < 0.08:
        return chance.choice(_SCRAPS)
    if isinstance(value, dict):
        return {name: damaged(part, chance) for name, part in value.items() if chance.random() > 0.05}
    if isinstance(value, list):
        return [damaged(part, chance) for part in value for _ in range(chance.choice([1, 1, 1, 0, 2]))]
    return value


def spoil(folder: Path, chance: random.Random) -> None:
    """Damage the files of a session."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and chance.random() < 0.8:
            text = path.read_text()
            try:
                text = json.dumps(damaged(json.loads(text), chance))
            except ValueError:
                pass
            if chance.random() < 0.1:
                text = text[: chance.randrange(len(text) + 1)]
            path.write_text(text)


@pytest.mark.parametrize("seed", range(20))
def test_no_damage_makes_a_reader_crash(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Crashed writers, full disks, newer versions, other tools."""
    chance = random.Random(seed)
    store = Store(tmp_path / "home")
    link = {"relation": "cause", "type": "OSError", "message": "x", "frames": failure()["frames"]}
    rich = failure(
        chain=[link], exceptions=[failure()], notes=["n"], blame={"path": ["chain", 0], "frame": 0, "why": "w"}
    )
    python = {"version": "3.13", "prefix": str(tmp_path)}
    folders = [
        store.session("passed", at=NOW, env={"kept": {"A": "1"}, "hidden": {"B": "2"}}, packages={"a": "1"}),
        store.session("failed", at=NOW + 1, failure=rich, stderr="text\n", python=python, labels={"a": "b"}),
        store.session(
            "failed", at=NOW + 2, attempts=[{"exit_code": 1, "failure": rich}, {"exit_code": 1, "failure": rich}]
        ),
        store.session("running", at=NOW + 3, supervisor={"pid": 1, "start": 2}),
    ]
    events = [
        {"t_ns": 1, "kind": "open", "data": {"path": "/x", "mtime": NOW}},
        {"kind": "exception", "data": {"type": "E"}},
    ]
    (folders[1] / "attempts/1/events.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
    spool = {"wire": 1, "kind": "failure", "where": "main", "at_ns": 1, "failure": rich}
    (folders[3] / "attempts/1/spool-7").write_text(json.dumps(spool) + "\n")
    for folder in folders:
        spoil(folder, chance)
    monkeypatch.setenv("AITRACK_HOME", str(store.home))
    names = [folder.name for folder in folders]

    words = [["list"], ["list", "--json"], ["patterns"], ["patterns", "--json"], ["patterns", "--md"], ["reindex"]]
    words += [
        ["patterns", "--resources"],
        ["purge", "--dry-run"],
        ["store", "migrate"],
        ["store", "scrub", "--dry-run"],
    ]
    for name in names:
        words += [["inspect", name], ["inspect", name, "--all"], ["inspect", name, "--json"], ["diff", name, names[1]]]
    for line in words:
        status = main(line)
        shown = capsys.readouterr()
        assert status in (0, 1, 2), (line, shown.err)
        if "--json" in line and status == 0:
            json.loads(shown.out, parse_constant=lambda word: pytest.fail(word))


def test_damaged_and_foreign_things_are_named_by_the_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted and named; the sessions around them are all there."""
    store = Store(tmp_path / "home")
    broken = store.session("failed", at=NOW, failure=failure())
    (broken / "attempts/1/failure.json").write_text("{")
    (broken.parent / "notes.txt").write_text("mine")
    store.session("failed", at=NOW + 1, failure=failure())
    monkeypatch.setenv("AITRACK_HOME", str(store.home))
    for words in (["list"], ["patterns"]):
        assert main(words) == 0
        shown = capsys.readouterr().out
        assert f"1 damaged session: {broken.name[-6:]}" in shown
        assert "1 foreign in the store" in shown

    assert main(["patterns", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["damaged"] == [broken.name]
    assert sum(one["count"] for one in found["patterns"]) == 2
