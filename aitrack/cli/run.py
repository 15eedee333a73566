"""`aitrack run`, described: `supervise` parses it, this makes the help and the completion of the same table."""

from __future__ import annotations

from typing import Any

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.config import values
from aitrack.config.keys import KEYS, Key

_SHORT = {"quiet": "-q", "verbose": "-v"}


def _described(key: Key) -> Option:
    default = key.default
    told = "" if default in (None, False, [], {}, "") else f" [{_plain(default)}]"
    metavar = "" if key.kind is values.flag else _metavar(key)
    many = key.kind in (values.words, values.names, values.pairs, values.table)
    return Option(
        f"--{key.option}", key.help[:1].upper() + key.help[1:] + "." + told, metavar, _SHORT.get(key.option, ""), many
    )


def _metavar(key: Key) -> str:
    known: dict[Any, str] = {
        values.duration: "DURATION",
        values.size: "SIZE",
        values.command: "COMMAND",
        values.pairs: "K=V",
        values.words: "LIST",
        values.names: "LIST",
        values.window: "100|60s",
        values.percent: "PERCENT",
    }
    name = getattr(key.kind, "__name__", "")
    return known.get(key.kind) or (
        name if "|" in name else "N" if name in ("count", "retries", "positive") else "VALUE"
    )


def _plain(default: Any) -> str:
    if values.is_list(default):
        return ",".join(str(part) for part in default if part not in ("calls", "seconds"))
    return f"{default:g}" if isinstance(default, float) else str(default)


def options() -> tuple[Option, ...]:
    """Return the options of `run`, common ones first."""
    named = [(name, key) for name, key in KEYS.items() if key.option]
    named.sort(key=lambda entry: entry[0] not in ("retry.retries", "retry.attempt_timeout", "retry.deadline"))
    more = (
        Option("--fallback-args", "As a fallback, the same target with other arguments.", "ARGS", many=True),
        Option("--fallback-env", "As a fallback, the same command with this variable.", "K=V", many=True),
        Option("--fallback-cached", "As a fallback, the last good output if it is no older.", "DURATION", many=True),
        Option("--fallback-text", "As a fallback, this text.", "TEXT", many=True),
        Option("--fallback-file", "As a fallback, the content of this file.", "PATH", many=True),
        Option("--config", "Read settings from this file.", "FILE"),
        Option("--profile", "Use `[profile.NAME]` of the settings.", "NAME"),
        Option("--trust-project", "Obey all of the settings files in this folder, if they are yours."),
        Option("--cron", "The output of a success only: `--output success`."),
    )
    return (*(_described(key) for _, key in named), *more)


def _run(rest: list[str], target: str | None = None, **_: Any) -> int:
    raise AssertionError("`run` is done by aitrack.supervise")  # __main__ never brings it here


RUN = Word(
    "run",
    "Run a script or a command, and record why it fails.",
    _run,
    arguments=(Argument("target", "SCRIPT.py, -m MODULE, -c CODE, -, or -- COMMAND."),),
    options=options(),
    examples=(
        "aitrack run load.py data.csv",
        "aitrack run --retries 3 load.py data.csv",
        "aitrack run -m package.module",
        "aitrack run --attempt-timeout 5m -- make test",
    ),
    takes_rest=True,
)
