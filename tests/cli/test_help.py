"""Help topics: there, found, and true where they can be checked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from aitrack import config
from aitrack.cli.app import WORDS, load
from aitrack.cli.help import topics
from aitrack.config.keys import KEYS
from tests.cli.command import ROOT, aitrack

HELP = ROOT / "aitrack" / "help"


def test_all_topics_are_listed_with_what_they_are(tmp_path: Path) -> None:
    """`aitrack help` is where people look first."""
    shown = aitrack(tmp_path, "help").stdout

    for name in topics():
        assert re.search(rf"^  {name} +\S", shown, re.MULTILINE), name


def test_a_topic_is_printed_and_an_unknown_one_is_not_found(tmp_path: Path) -> None:
    """With the nearest name."""
    assert aitrack(tmp_path, "help", "retry").stdout.startswith("# retry")

    done = aitrack(tmp_path, "help", "rettry")
    assert done.returncode == 1
    assert "did you mean `retry`?" in done.stderr


@pytest.mark.parametrize("topic", sorted(path.stem for path in HELP.glob("*.md")))
def test_commands_and_options_in_the_topics_exist(topic: str) -> None:
    """A documented option that does not exist is worse than none."""
    text = (HELP / f"{topic}.md").read_text()
    options = {f"--{key.option}" for key in KEYS.values() if key.option} | {"--config", "--profile"}
    for word in WORDS:
        for entry in [load(word), *load(word).below]:
            options |= {option.name for option in entry.options}
    programs_own = {"--from-cache", "--"}

    for word in re.findall(r"aitrack ([a-z]+)\b(?! itself)", text):
        assert word in WORDS or f"aitrack {word}" not in re.findall(r"(?:^    |`)aitrack [a-z]+", text, re.M), word
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text):
        assert option in options | programs_own, option


@pytest.mark.parametrize("topic", ["retry", "breaker", "fallback"])
def test_settings_in_the_topics_are_understood(topic: str, tmp_path: Path) -> None:
    """What is shown can be copied."""
    lines = (HELP / f"{topic}.md").read_text().splitlines()
    toml = "\n".join(line[4:] for line in lines if re.match(r"    (\[|\w+ = )", line))

    tomllib.loads(toml)
    (tmp_path / "aitrack.toml").write_text(toml)
    config.load(str(tmp_path), {})
