"""Typer's side of the tables: help pages and shell completion, from what `grammar` parses with."""

from __future__ import annotations

import enum
import inspect
import sys
from typing import Any

import typer

from aitrack.cli.grammar import Argument, Option, Word


def application() -> typer.Typer:
    """Return all words as one typer application."""
    from aitrack.cli.app import WORDS, load

    app = typer.Typer(
        name="aitrack",
        help="Put `aitrack run` before a command; when it fails, `aitrack inspect` says why.",
        epilog="Start here: `aitrack run SCRIPT.py`, then `aitrack inspect`. Topics: `aitrack help`.",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def everything(version: bool = typer.Option(False, "--version", "-V", help="Print the version.")) -> None:
        """Put `aitrack run` before a command; when it fails, `aitrack inspect` says why."""

    for name in WORDS:
        _add(app, load(name))
    return app


def _add(app: typer.Typer, word: Word) -> None:
    if word.below and not word.arguments and not word.options:
        group = typer.Typer(help=word.summary, rich_markup_mode="markdown", no_args_is_help=True)
        for inner in word.below:
            _add(group, inner)
        app.add_typer(group, name=word.name)
        return
    settings = {"ignore_unknown_options": True, "allow_interspersed_args": False} if word.takes_rest else {}
    app.command(word.name, help=_help(word), short_help=word.summary, context_settings=settings)(_function(word))


def _help(word: Word) -> str:
    shown = "\n".join(f"- `{example}`" for example in word.examples)
    below = "\n".join(f"- `aitrack {word.name} {inner.name}{_usage(inner)}`: {inner.summary}" for inner in word.below)
    return "\n\n".join(part for part in (shown, word.summary, below) if part)


def _usage(word: Word) -> str:
    """Return what a word below another takes, in short: it has no page of its own."""
    places = [one.name.upper() if one.required else f"[{one.name.upper()}]" for one in word.arguments]
    options = [f"[{one.name} {one.metavar}]" if one.metavar else f"[{one.name}]" for one in word.options]
    return "".join(f" {part}" for part in (*places, *options))


def _function(word: Word) -> Any:
    """Return a function with the signature that typer reads *word*'s parameters from."""

    def call(**values: Any) -> dict[str, Any]:
        return values

    parameters = [_argument(argument) for argument in word.arguments]
    if word.takes_rest:
        parameters.append(_argument(Argument("rest", "What the program gets, verbatim.", required=False, many=True)))
    parameters += [_option(option) for option in word.options]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what inspect.signature reads
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    call.__name__ = word.name
    return call


def _argument(argument: Argument) -> inspect.Parameter:
    kind: Any = list[str] if argument.many else str
    if not argument.required:
        kind = kind | None
    complete = complete_sessions if argument.name == "session" else None
    default = typer.Argument(
        ... if argument.required else None, help=argument.help, metavar=argument.name.upper(), autocompletion=complete
    )
    return inspect.Parameter(argument.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _option(option: Option) -> inspect.Parameter:
    names = [name for name in (option.name, option.short) if name]
    value: Any = enum.Enum("Choice", {name: name for name in option.choices}, type=str) if option.choices else str
    kind: Any = bool if not option.metavar else list[value] if option.many else value | None
    default = typer.Option(
        False if not option.metavar else None,
        *names,
        help=option.help,
        metavar=None if option.choices or not option.metavar else option.metavar,
        show_default=False,
    )
    return inspect.Parameter(option.parameter, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def complete_sessions(incomplete: str) -> list[tuple[str, str]]:
    """Return ids of recent sessions that begin as typed, each with what it is."""
    from itertools import islice

    from aitrack.cli.store_home import home
    from aitrack.report.summary import called
    from aitrack.store.bundle import Bundle, session_folders
    from aitrack.store.summary import summarise

    rows = [summarise(Bundle(folder)) for folder in islice(session_folders(home()), 30)]
    found = [(row["id"][-6:], f"{called(row)} {row['status']}") for row in rows]
    return [entry for entry in [("last", "the newest session"), *found] if entry[0].startswith(incomplete)]


def show_help(words: list[str]) -> int:
    """Print what `--help` prints for *words*; return the status."""
    return _through_typer(words)


def complete() -> int:
    """Answer the shell, which asks through `_AITRACK_COMPLETE`."""
    return _through_typer(sys.argv[1:])


def _through_typer(words: list[str]) -> int:
    command = typer.main.get_command(application())
    try:
        status = command.main(args=words, prog_name="aitrack", standalone_mode=False)
    except typer.Exit as ending:
        return ending.exit_code
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 0
    return status if isinstance(status, int) else 0
