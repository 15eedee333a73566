"""`aitrack rerun`: run a session's command again, as it was run, perhaps with a closer look."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import UsageError

if TYPE_CHECKING:
    from aitrack.store.bundle import Bundle

_MARK = "‹redacted:"
_VOLATILE = ("_", "SHLVL", "OLDPWD", "PWD", "COLUMNS", "LINES")  # a shell's own, never worth a word


def again(session: str | None, focus: bool, dry_run: bool) -> int:
    """Become `aitrack run` with the argv, folder and environment of *session*."""
    from aitrack.report.text import safe
    from aitrack.store.finding import find

    bundle = find(home(), session or "last")
    words = _command(bundle, ["--focus", bundle.id] if focus else [])
    cwd = str(bundle.record["command"]["cwd"])
    environment, missing = _environment(bundle)
    if missing:
        sys.stderr.write(f"aitrack: not as it was: {safe(', '.join(missing[:8]))}\n")
    if dry_run:
        sys.stdout.write(safe(" ".join(["aitrack", *words])) + "\n")
        return 0
    try:
        os.chdir(cwd)
    except OSError as error:
        raise UsageError(f"the folder `{cwd}` of that run is not there: {error.strerror}") from None
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-I", "-m", "aitrack", *words], environment)
    return 125


def _command(bundle: Bundle, options: list[str]) -> list[str]:
    """Return the words after `aitrack`."""
    command: dict[str, Any] = bundle.record.get("command") or {}
    if not command.get("argv"):
        raise UsageError(f"`{bundle.id[-6:]}` ended before its command was recorded")
    argv = [str(word) for word in command["argv"]]
    hidden = [str(at) for at, word in enumerate(argv) if _MARK in word]
    if hidden:
        raise UsageError(
            f"argument {', '.join(hidden)} of that run was a secret and is not recorded",
            hint="type the command again: `aitrack inspect --section environment` shows the rest of it",
        )
    if command.get("form") == "command":
        return ["run", *options, "--", *argv]
    own = 3 if command.get("form") in ("module", "code") else 2
    return ["run", *options, "--python", argv[0], *argv[1:own], "--", *argv[own:]]


def _environment(bundle: Bundle) -> tuple[dict[str, str], list[str]]:
    """Return the environment of that run as far as it is known, and what is not as it was.

    Values that were kept come back; of the others the present ones are taken and compared by their keyed hashes.
    """
    from aitrack.store import key
    from aitrack.supervise.privacy import SET

    record: dict[str, Any] = bundle.record.get("env") or {}
    hidden: dict[str, Any] = record.get("hidden") or {}
    kept: dict[str, Any] = record.get("kept") or {}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AITRACK_")}
    if "AITRACK_HOME" in os.environ:
        environment["AITRACK_HOME"] = os.environ["AITRACK_HOME"]
    own = key.read(home())
    missing: list[str] = []
    for name, digest in hidden.items():
        if name in _VOLATILE:
            continue
        if name not in environment:
            missing.append(f"{name} is not set")
        elif own and digest != SET and key.keyed_hash(own, os.fsencode(environment[name])) != digest:
            missing.append(f"{name} has another value")
    return {**environment, **{name: str(value) for name, value in kept.items()}}, missing


RERUN = Word(
    "rerun",
    "Run the command of a session again, in its folder and as far as known its environment.",
    again,
    arguments=(Argument("session", "An id, any unique part of one, or `last` (the default).", required=False),),
    options=(
        Option("--focus", "Follow the functions that failed line by line, with the values that changed."),
        Option("--dry-run", "Only print the command.", short="-n"),
    ),
    examples=("aitrack rerun", "aitrack rerun k3f9qa --focus"),
)
