"""`aitrack usage` and `aitrack prompts`, as a user sees them."""

from __future__ import annotations

import json
from pathlib import Path

from aitrack.store.state import State
from tests.bundles import Store
from tests.cli.command import aitrack


def filled(home: Path) -> None:
    """Two scripts and a hostile tool."""
    store = Store(home)
    store.session("failed", script="/work/load.py")
    folder = store.session(script="/work/other.py")
    data = {"name": "<b>|chat\x1b[2J`", "category": "llm", "model": "m", "calls": 4, "failures": 1, "seconds": 2.0,
            "longest_s": 1.0, "base": 1.1, "buckets": {"140": 4}, "input_tokens": 12345, "output_tokens": 5,
            "wasted_tokens": 9, "cost": 0.5}  # fmt: skip
    event = {"t_ns": 1, "seq": 1, "pid": 1, "kind": "tally", "data": data}
    (folder / "attempts/1/events.ndjson").write_text(json.dumps(event) + "\n")


def test_usage_in_all_its_forms(tmp_path: Path) -> None:
    """A table within eighty columns, JSON, Markdown with a chart, a page without network."""
    filled(tmp_path)
    page = tmp_path / "usage.html"

    table = aitrack(tmp_path, "usage", "--since", "90d")
    document = json.loads(aitrack(tmp_path, "usage", "--since", "90d", "--by", "model", "--json").stdout)
    markdown = aitrack(tmp_path, "usage", "--since", "90d", "--md").stdout
    aitrack(tmp_path, "usage", "--since", "90d", "--html", str(page))

    assert "load.py" in table.stdout
    assert max(len(line) for line in table.stdout.splitlines()) <= 80
    assert "waste" in table.stdout
    assert [(row["name"], row["calls"], row["cost"]) for row in document["rows"]] == [("m", 4, 0.5)]
    assert "```mermaid\npie showData" in markdown
    assert "\x1b" not in table.stdout + markdown + page.read_text()
    assert "<b>" not in page.read_text()
    assert "default-src 'none'" in page.read_text()


def test_usage_of_nothing_says_how_to_begin(tmp_path: Path) -> None:
    """An empty store is no error."""
    done = aitrack(tmp_path, "usage")

    assert (done.returncode, done.stdout) == (0, "no sessions in this time: aitrack run SCRIPT.py\n")
    assert json.loads(aitrack(tmp_path, "usage", "--json").stdout)["rows"] == []


def test_usage_names_a_wrong_word(tmp_path: Path) -> None:
    """With the nearest one."""
    done = aitrack(tmp_path, "usage", "--by", "modell")

    assert done.returncode == 2
    assert "did you mean `model`?" in done.stderr


def test_prompts_shows_wins_and_the_tokens_of_failures(tmp_path: Path) -> None:
    """Per key and kind; the sum over all keys is no key."""
    state = State(str(tmp_path))
    state.reward("invoice", "invalid_json", "json_mode", True, 15)
    state.reward("*", "invalid_json", "json_mode", True)
    state.close()

    document = json.loads(aitrack(tmp_path, "prompts", "--json").stdout)
    table = aitrack(tmp_path, "prompts", "invoice").stdout

    (row,) = document["prompts"]
    assert (row["key"], row["adaptation"], row["wins"], row["failed_tokens"]) == ("invoice", "json_mode", 1.0, 15)
    assert "json_mode" in table
    assert aitrack(tmp_path, "prompts", "invoic").returncode == 1
    assert "did you mean `invoice`?" in aitrack(tmp_path, "prompts", "invoic").stderr


def test_prompts_of_an_empty_store_opens_nothing(tmp_path: Path) -> None:
    """Reading makes no file."""
    done = aitrack(tmp_path, "prompts")

    assert done.returncode == 0
    assert "nothing was learnt yet" in done.stdout
    assert not (tmp_path / "state.db").exists()


def test_a_page_for_a_dash_goes_to_stdout(tmp_path: Path) -> None:
    """As with `inspect` and `patterns`; a file of that name is hard to remove."""
    done = aitrack(tmp_path, "usage", "--html", "-")

    assert "<html" in done.stdout
    assert not (tmp_path / "-").exists()
