"""`aitrack config`: the settings that hold here, where each comes from, and which are left out."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from aitrack.cli.config_trust import distrust, trust
from aitrack.cli.grammar import Argument, Option, Word

if TYPE_CHECKING:
    from aitrack.config import Setting, Settings


def show(config: str | None, profile: str | None, trust_project: bool, keys: bool, json_: bool) -> int:
    """Print what is set, or with *keys* all that can be set."""
    from aitrack.config import load

    settings = load(os.getcwd(), os.environ, config_file=config, profile=profile, trust=trust_project or None)
    for warning in settings.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    rows = _rows(settings, keys)
    if json_:
        from aitrack.report.json import dumps

        document = {
            "schema": 1,
            "files": settings.files,
            "standing": settings.standing,
            "profile": settings.profile,
            "settings": rows,
            "left_out": _left_out(settings),
        }
        sys.stdout.write(dumps(document) + "\n")
        return 0
    from aitrack.report.output import Output

    Output().write(_lines(settings, rows + _left_out(settings), keys))
    return 0


def _rows(settings: Settings, keys: bool) -> list[dict[str, Any]]:
    from aitrack.config.keys import KEYS

    names = list(KEYS) if keys else [name for name in KEYS if name in settings]
    rows = [_row(name, settings[name]) for name in names]
    for breaker, values in settings.breakers.items():
        rows += [_row(f"breaker.{breaker}.{name}", setting, f"breaker.{name}") for name, setting in values.items()]
    return rows


def _row(name: str, setting: Setting, key: str = "") -> dict[str, Any]:
    from aitrack.config.keys import CLASSES, KEYS

    known = KEYS[key or name]
    row: dict[str, Any] = {
        "key": name,
        "value": setting.value,
        "origin": setting.origin,
        "class": CLASSES[known.reach_of(setting.value)],
        "holds": True,
        "help": "" if key else known.help,
    }
    return row | ({"option": f"--{known.option}"} if known.option and not key else {})


def _left_out(settings: Settings) -> list[dict[str, Any]]:
    from aitrack.config.keys import CLASSES, KEYS

    return [
        {
            "key": one.key,
            "value": one.value,
            "origin": one.source.path,
            "class": CLASSES[KEYS[one.setting].reach_of(one.value)] if one.setting in KEYS else None,
            "holds": False,
            "why": one.fault or one.why,
            "help": one.help,
        }
        for one in settings.left_out
    ]


def _lines(settings: Settings, rows: list[dict[str, Any]], keys: bool) -> list[str]:
    from aitrack.report.text import pad, safe

    if not rows:
        return ["nothing is set: all defaults (`aitrack config --keys` lists them)"]
    width = max(len(row["key"]) for row in rows)
    lines: list[str] = []
    for row in rows:
        value = safe(str(row["value"]))
        told = row["help"] if keys and row["origin"] == "default" else row["origin"]
        about = row["class"] if row["holds"] else f"{row['class'] or 'all else'}, left out: {row['why']}; {row['help']}"
        lines.append(f"{pad(safe(row['key']), width)}  {pad(value, 16)}  {safe(told)}  ({safe(about)})")
    return lines + [f"read: {safe(path)}  ({safe(settings.standing[path])})" for path in settings.files]


_FILE = (Argument("file", "The file, or its folder; without it those of this folder.", required=False),)
CONFIG = Word(
    "config",
    "Show the settings that hold in this folder, and where each comes from; trust a project's.",
    show,
    options=(
        Option("--keys", "All settings there are, with their defaults."),
        Option("--config", "As `run --config`.", "FILE"),
        Option("--profile", "As `run --profile`.", "NAME"),
        Option("--trust-project", "As `run --trust-project`."),
        Option("--json", "Print JSON."),
    ),
    below=(
        Word("trust", "Obey all of a settings file, as it is now.", trust, _FILE, (Option("--yes", "Do not ask."),)),
        Word("untrust", "Take that back.", distrust, _FILE),
    ),
    examples=("aitrack config", "aitrack config --keys", "aitrack config trust"),
)
