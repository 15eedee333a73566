"""Help, completion and the own parser: three readers of one table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundles import Store
from tests.cli.command import aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def test_help_comes_from_the_same_table_as_the_parser(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every option that is parsed is in the help of its word."""
    from aitrack.cli.app import WORDS, load, main

    monkeypatch.setenv("COLUMNS", "160")
    for name in WORDS:
        assert main([name, "--help"]) == 0
        shown = capsys.readouterr().out
        for option in load(name).options:
            assert option.name in shown, name


def test_typer_parses_what_the_own_parser_parses() -> None:
    """Two parsers of one table must not disagree."""
    import typer

    from aitrack.cli.app import WORDS, load
    from aitrack.cli.grammar import parse
    from aitrack.cli.typed import application

    group = typer.main.get_command(application())
    for name in WORDS:
        word = load(name)
        if word.takes_rest or word.below:
            continue
        given = [argument.name for argument in word.arguments if argument.required]
        for option in word.options:
            value = (
                option.choices[0]
                if option.choices
                else {"SIZE": "1M", "N": "3", "K=V": "a=b"}.get(option.metavar, "1s")
            )
            words = [*given, *([option.name, value] if option.metavar else [option.name])]
            own = parse(word, words)
            context = group.commands[name].make_context(name, list(words))  # type: ignore[attr-defined]  # a group has them
            typed = context.params
            assert set(own) == set(typed), name
            assert bool(own[option.parameter]) == bool(typed[option.parameter]) is True, (name, option)


def test_completion_knows_words_options_and_sessions(store: Store) -> None:
    """What the shell asks when Tab is pressed."""
    name = store.session("failed").name[-6:]

    def complete(words: str, place: int) -> list[str]:
        shell = {"COMP_WORDS": words, "COMP_CWORD": str(place), "_AITRACK_COMPLETE": "complete_bash"}
        return aitrack(store.home, **shell).stdout.split()

    assert complete("aitrack ins", 1) == ["inspect"]
    assert complete("aitrack inspect ", 2) == ["last", name]
    assert complete("aitrack run --retr", 2) == ["--retries", "--retry-on"]
    assert complete("aitrack list --status fai", 3) == ["failed"]
