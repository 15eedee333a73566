"""`aitrack rerun`: run a session's command again, as it was run, perhaps with a closer look.

A session that somebody else has made is a stranger's wish: all that would be run is shown and asked for first, its
variables are taken from a short list, and neither its interpreter nor any setting of ours comes from it.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import UsageError

if TYPE_CHECKING:
    from aitrack.model import Command
    from aitrack.store.bundle import Bundle

_MARK = "‹redacted:"
_VOLATILE = ("_", "SHLVL", "OLDPWD", "PWD", "COLUMNS", "LINES")  # a shell's own, never worth a word
_FLAGS = {"module": "-m", "code": "-c"}
# What a stranger's session may set: how text, times and numbers are shown. All else can name a file that is loaded.
_HARMLESS = frozenset({
    "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_ADDRESS", "LC_COLLATE", "LC_CTYPE", "LC_IDENTIFICATION", "LC_MEASUREMENT",
    "LC_MESSAGES", "LC_MONETARY", "LC_NAME", "LC_NUMERIC", "LC_PAPER", "LC_TELEPHONE", "LC_TIME", "CI",
    "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONCOERCECLOCALE", "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE", "PYTHONDEVMODE", "PYTHONASYNCIODEBUG", "PYTHONFAULTHANDLER", "PYTHONNODEBUGRANGES",
    "PYTHONINTMAXSTRDIGITS",
})  # fmt: skip
_PLAIN_VALUE = re.compile(r"(?![:/])[\w.@:+,/-]{0,200}", re.ASCII)  # `TZ=:/dev/tty` is a path


@dataclass
class Again:
    """What would be run, where, and with which variables."""

    words: list[str]  # after `aitrack`
    folder: str
    variables: dict[str, str] = field(default_factory=dict[str, str])
    missing: list[str] = field(default_factory=list[str])  # what is not as it was
    notes: list[str] = field(default_factory=list[str])

    def lines(self) -> list[str]:
        """Return all of it, in full, safe for a terminal."""
        from aitrack.report.text import safe

        told = [shlex.join(["aitrack", *self.words])]
        told.append(f"  in   {shlex.quote(self.folder)}" + ("" if os.path.isdir(self.folder) else " (not there)"))
        told += [f"  set  {shlex.quote(name)}={shlex.quote(value)}" for name, value in sorted(self.variables.items())]
        told += [f"  note {note}" for note in self.notes]
        return [safe(line) for line in told]


def again(session: str | None, focus: bool, dry_run: bool, yes: bool) -> int:
    """Become `aitrack run` with the argv, folder and environment of *session*."""
    from aitrack.report.text import safe
    from aitrack.store.finding import find, is_own

    bundle = find(home(), session or "last")
    is_trusted = is_own(home(), bundle)
    planned = _of_our_own(bundle, focus) if is_trusted else _of_a_stranger(bundle, focus)
    if planned.missing:
        sys.stderr.write(f"aitrack: not as it was: {safe(', '.join(planned.missing[:8]))}\n")
    if dry_run:
        sys.stdout.write("\n".join(planned.lines()) + "\n")
        return 0
    try:
        os.chdir(planned.folder)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"the folder `{planned.folder}` of that run is not there: {why}") from None
    if not is_trusted and not _is_wanted(planned, yes):
        sys.stderr.write("nothing was run\n")
        return 1
    sys.stdout.flush()
    words = [sys.executable, "-I", "-m", "aitrack", *planned.words]
    try:
        os.execve(sys.executable, words, {**_present(), **planned.variables})
    except (OSError, ValueError) as error:  # too long, or with a NUL in it
        raise UsageError(f"that command cannot be run: {getattr(error, 'strerror', None) or error}") from None
    return 125


def _is_wanted(planned: Again, yes: bool) -> bool:
    """Show what a stranger wants to be run, and ask."""
    if not yes and not sys.stdin.isatty():
        raise UsageError(
            "somebody else has made this session: its command is not run unasked",
            hint="look at it with `--dry-run`; `--yes` runs it",
        )
    sys.stderr.write("\n".join(planned.lines()) + "\n")
    if yes:
        return True
    sys.stderr.write("run this? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _recorded(bundle: Bundle) -> Command:
    """Return the command of a session; UsageError when it cannot be run again."""
    command = bundle.session.command
    if not command.argv:
        raise UsageError(f"`{bundle.short}` ended before its command was recorded")
    if bundle.is_cut:
        raise UsageError(f"the record of `{bundle.short}` is longer than a session's: what is left of it is not run")
    hidden = [str(at) for at, word in enumerate(command.argv) if _MARK in word]
    if hidden:
        raise UsageError(
            f"argument {', '.join(hidden)} of that run was a secret and is not recorded",
            hint="type the command again: `aitrack inspect --section environment` shows the rest of it",
        )
    if not command.cwd:
        raise UsageError(f"the folder in which `{bundle.short}` ran was not recorded")
    return command


def _of_our_own(bundle: Bundle, focus: bool) -> Again:
    """Return the run as it was: values that were kept come back, of the others the present ones are compared."""
    command = _recorded(bundle)
    words = ["run", *(["--focus", bundle.id] if focus else [])]
    if command.form == "command":
        words += ["--", *command.argv]
    else:
        own = 3 if command.form in _FLAGS else 2
        words += ["--python", command.argv[0], *command.argv[1:own], "--", *command.argv[own:]]
    present = _present()
    kept = {name: value for name, value in bundle.session.env.kept.items() if present.get(name) != value}
    return Again(words, command.cwd or "", kept, _missing(bundle, present))


def _of_a_stranger(bundle: Bundle, focus: bool) -> Again:
    """Return the run as far as a stranger may say how it is done."""
    from aitrack.supervise.target import interpreter

    command = _recorded(bundle)
    if focus:
        raise UsageError(
            "`--focus` takes a session of this store", hint="run it once without, then `aitrack rerun --focus`"
        )
    words, notes = ["run"], list[str]()
    if command.form in ("script", *_FLAGS):
        active = interpreter(os.environb.copy(), None)
        words += ["--python", active, *_target(command), "--", *command.argv[len(_target(command)) + 1 :]]
        if active != command.argv[0]:
            notes.append(f"that run had the Python {command.argv[0]}; this is the one active here")
    else:
        words += ["--", *command.argv]
    kept = bundle.session.env.kept
    taken = {name: value for name, value in kept.items() if name in _HARMLESS and _PLAIN_VALUE.fullmatch(value)}
    left = sorted(kept.keys() - taken.keys())
    if left:
        notes.append(f"not set for somebody else: {', '.join(left)}")
    present = _present()
    unset = [f"{name} is not set" for name in bundle.session.env.hidden if name not in (*_VOLATILE, *present)]
    return Again(words, command.cwd or "", taken, unset, notes)


def _target(command: Command) -> list[str]:
    """Return the script, or `-m NAME`, `-c TEXT`; nothing of it may be an option of ours."""
    flag = _FLAGS.get(command.form)
    target = command.argv[1 : 3 if flag else 2]
    is_known = target[:1] == [flag] and len(target) == 2 if flag else bool(target) and not target[0].startswith("-")
    if not is_known or not target[-1]:
        raise UsageError(f"the command of that session is no {command.form} for Python: {shlex.join(command.argv[:3])}")
    return target


def _present() -> dict[str, str]:
    """Return the environment of this shell, without what a run of ours around it has set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AITRACK_")} | {
        name: value for name, value in os.environ.items() if name == "AITRACK_HOME"
    }


def _missing(bundle: Bundle, present: dict[str, str]) -> list[str]:
    """Return which variables are not as they were, by the keyed hashes of those whose values were not kept."""
    from aitrack.store import key
    from aitrack.supervise.privacy import SET

    own = key.read(home())
    missing: list[str] = []
    for name, digest in bundle.session.env.hidden.items():
        if name in _VOLATILE:
            continue
        if name not in present:
            missing.append(f"{name} is not set")
        elif own and digest != SET and key.keyed_hash(own, os.fsencode(present[name])) != digest:
            missing.append(f"{name} has another value")
    return missing


RERUN = Word(
    "rerun",
    "Run the command of a session again, in its folder and as far as known its environment.",
    again,
    arguments=(Argument("session", "An id, any unique part of one, a file, or `last` (the default).", required=False),),
    options=(
        Option("--focus", "Follow the functions that failed line by line, with the values that changed."),
        Option("--dry-run", "Only show the command, its folder, and the variables that it would set.", short="-n"),
        Option("--yes", "Run the command of a session that somebody else has made without asking.", short="-y"),
    ),
    examples=("aitrack rerun", "aitrack rerun k3f9qa --focus", "aitrack rerun failure.zip --dry-run"),
)
