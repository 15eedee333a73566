"""`aitrack inspect`: its stable JSON, the pager, and what it may cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pexpect
import pytest

from tests.bundles import NOW, Store, failure
from tests.cli.command import ROOT, aitrack, schema


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_json_of_list_and_inspect_is_as_the_schema_says(store: Store) -> None:
    """Programs rely on it; what is newest comes first."""
    store.session("passed", at=NOW)
    store.session("failed", at=NOW + 1, failure=failure(), labels={"team": "data"})
    store.session("interrupted", at=NOW + 2, exit_code=None)

    listed = json.loads(aitrack(store.home, "list", "--json").stdout)
    inspected = json.loads(aitrack(store.home, "inspect", listed["sessions"][1]["id"], "--json").stdout)

    jsonschema.validate(listed, schema("list"))
    jsonschema.validate(inspected, schema("inspect"))
    assert [row["status"] for row in listed["sessions"]] == ["interrupted", "failed", "passed"]
    assert inspected["attempts"][0]["failure"]["frames"][0]["function"] == "parse_row"


def test_json_is_strict_whatever_lies_in_the_bundle(store: Store) -> None:
    """No NaN and no lone surrogate: not every reader of JSON is Python."""
    folder = store.session("failed", failure=failure(message="bad \udcff byte"))
    record = (folder / "session.json").read_text().replace('"duration_s": 1.5', '"duration_s": NaN')
    (folder / "session.json").write_text(record)

    text = aitrack(store.home, "inspect", "--json").stdout

    def refuse(word: str) -> float:
        raise AssertionError(word)

    document = json.loads(text, parse_constant=refuse)
    assert document["attempts"][0]["failure"]["message"] == "bad \\udcff byte"
    assert document["session"]["duration_s"] is None


def test_everything_goes_through_a_pager_on_a_terminal(store: Store) -> None:
    """`--all` is longer than a screen; a first screen never is."""
    store.session("failed", failure=failure())
    environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    environment |= {"AITRACK_PAGER": "sed s/^/paged:/"}

    def screen(words: str) -> str:
        return str(pexpect.run(f"{sys.executable} -m aitrack {words}", env=environment))

    assert "paged:" in screen("inspect --all")
    assert "paged:" not in screen("inspect")


def test_the_first_screen_needs_neither_typer_nor_rich(store: Store) -> None:
    """Each costs as much as the whole answer may take."""
    store.session("failed", failure=failure())
    code = (
        "import sys; from aitrack.cli.app import main; main(['inspect']); print(*sorted(sys.modules), file=sys.stderr)"
    )

    environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

    assert not {"typer", "rich", "pydantic", "click", "psutil", "jinja2"} & set(done.stderr.split())
