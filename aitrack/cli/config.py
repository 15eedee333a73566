"""`aitrack config`: the settings that hold here, and where each comes from."""

from __future__ import annotations

import os
import sys
from typing import Any

from aitrack.cli.grammar import Option, Word


def show(config: str | None, profile: str | None, keys: bool, json_: bool) -> int:
    """Print what is set, or with *keys* all that can be set."""
    from aitrack.config import load

    settings = load(os.getcwd(), os.environ, config_file=config, profile=profile)
    for warning in settings.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    rows = _rows(settings, keys)
    if json_:
        from aitrack.report.json import dumps

        document = {"schema": 1, "files": settings.files, "profile": settings.profile, "settings": rows}
        sys.stdout.write(dumps(document) + "\n")
        return 0
    from aitrack.report.output import Output

    Output().write(_lines(settings.files, rows, keys))
    return 0


def _rows(settings: Any, keys: bool) -> list[dict[str, Any]]:
    from aitrack.config.keys import KEYS

    names = list(KEYS) if keys else [name for name in KEYS if name in settings]
    rows = [_row(name, settings[name], KEYS[name]) for name in names]
    for breaker, values in settings.breakers.items():
        rows += [
            {"key": f"breaker.{breaker}.{name}", "value": setting.value, "origin": setting.origin, "help": ""}
            for name, setting in values.items()
        ]
    return rows


def _row(name: str, setting: Any, key: Any) -> dict[str, Any]:
    row = {"key": name, "value": setting.value, "origin": setting.origin, "help": key.help}
    return row | ({"option": f"--{key.option}"} if key.option else {})


def _lines(files: list[str], rows: list[dict[str, Any]], keys: bool) -> list[str]:
    from aitrack.report.text import pad, safe

    if not rows:
        return ["nothing is set: all defaults (`aitrack config --keys` lists them)"]
    width = max(len(row["key"]) for row in rows)
    lines: list[str] = []
    for row in rows:
        value = safe(str(row["value"]))
        told = row["help"] if keys and row["origin"] == "default" else row["origin"]
        lines.append(f"{pad(safe(row['key']), width)}  {pad(value, 16)}  {safe(told)}")
    return lines + [f"read: {safe(path)}" for path in files]


CONFIG = Word(
    "config",
    "Show the settings that hold in this folder, and where each comes from.",
    show,
    options=(
        Option("--keys", "All settings there are, with their defaults."),
        Option("--config", "As `run --config`.", "FILE"),
        Option("--profile", "As `run --profile`.", "NAME"),
        Option("--json", "Print JSON."),
    ),
    examples=("aitrack config", "aitrack config --keys"),
)
