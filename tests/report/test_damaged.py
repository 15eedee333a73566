"""Every view of a session whose records hold anything at all: never an exception of ours."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from aitrack.analysis.explanation import Explanation
from aitrack.errors import UsageError
from aitrack.report.ci import SYSTEMS, log_lines
from aitrack.report.exporting import FORMATS, exported
from aitrack.report.html import session_page
from aitrack.report.postmortem import Postmortem
from aitrack.store.bundle import Bundle
from tests.report import hostile

_ODD = (
    None,
    True,
    -1,
    0,
    10**30,
    -(10**30),
    1e300,
    -1e300,
    "",
    "x",
    "\ud800",
    [],
    {},
    [None],
    {"a": None},
    [[]],
    2**63 - 1,
    -0.5,
)


def _damage(value: Any, chance: random.Random) -> Any:
    """Return *value* with some of its parts replaced by something odd."""
    if chance.random() < 0.04:
        return chance.choice(_ODD)
    if isinstance(value, dict):
        return {key: _damage(part, chance) for key, part in value.items()}
    return [_damage(part, chance) for part in value] if isinstance(value, list) else value


def _damaged(folder: Path, seed: int) -> Bundle:
    chance = random.Random(seed)
    for path in folder.rglob("*"):
        if path.suffix in (".json", ".ndjson") or path.name.startswith("spool"):
            lines = path.read_text().splitlines()
            path.write_text("".join(json.dumps(_damage(json.loads(line), chance)) + "\n" for line in lines))
    return Bundle(str(folder))


@pytest.mark.parametrize("seed", range(8))
def test_no_damage_is_an_exception_of_ours(tmp_path: Path, seed: int) -> None:
    """A report about a failure must not be one."""
    explanation = Explanation(_damaged(Path(hostile.session(tmp_path).folder), seed))

    session_page(explanation)
    for name in FORMATS:
        exported(explanation, name)
    for system in SYSTEMS:
        log_lines(system, explanation, [], {})
    try:
        inside = Postmortem(explanation)
    except UsageError:
        return  # nothing is left that failed
    for command in ("where", "u", "l", "a", "locals", "why", "history", "chain 1", "diff", "output"):
        inside.do(command)
