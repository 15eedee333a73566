"""`aitrack doctor`: whether everything that aitrack stands on is in order."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aitrack.cli.grammar import Option, Word
from aitrack.errors import AitrackError
from aitrack.store import key, ownership
from aitrack.store.layout import home as store_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Finding:
    """One check: `ok`, `warning` or `problem`, what was found and what to do."""

    state: str
    what: str
    found: str
    hint: str = ""


def examine(json_: bool) -> int:
    """Print all findings; status 1 when one is a problem."""
    folder = store_folder(dict(os.environb))
    findings = [*_ours(), *_store(folder), *_sessions(folder), *_settings(), *_trial()]
    if json_:
        from aitrack.report.json import dumps

        rows = [{"state": one.state, "what": one.what, "found": one.found, "hint": one.hint} for one in findings]
        sys.stdout.write(dumps({"schema": 1, "findings": rows}) + "\n")
    else:
        from aitrack.report.output import Output

        out = Output()
        out.write([_line(one, out) for one in findings])
    return int(any(one.state == "problem" for one in findings))


def _line(one: Finding, out: object) -> str:
    from aitrack.report.output import Output
    from aitrack.report.text import safe

    assert isinstance(out, Output)
    mark, colour = {"ok": ("✓", "green"), "warning": ("!", "yellow")}.get(one.state, ("✗", "red"))
    hint = f"  ({safe(one.hint)})" if one.hint else ""
    return f"{out.paint(mark, colour)} {one.what:<12}{safe(one.found)}{hint}"


def _ours() -> Iterator[Finding]:
    from aitrack import __version__

    yield Finding("ok", "aitrack", f"{__version__}, Python {platform.python_version()} ({sys.executable})")
    if not sys.platform.startswith("linux"):
        yield Finding("warning", "system", f"{sys.platform}: less is seen than on Linux")


def _store(folder: str) -> Iterator[Finding]:
    why, help_ = ownership.problem(folder)
    if why:
        yield Finding("problem", "store", f"{folder} cannot be written: {why}; runs go unrecorded", help_)
        return
    try:
        mode = os.stat(folder).st_mode
    except FileNotFoundError:
        yield Finding("ok", "store", f"{folder}: made by the first run")
        return
    except OSError as error:
        yield Finding("problem", "store", f"{folder}: {error.strerror}", "set AITRACK_HOME")
        return
    if not stat.S_ISDIR(mode) or not os.access(folder, os.W_OK | os.X_OK):
        yield Finding("problem", "store", f"{folder} cannot be written: runs go unrecorded", "set AITRACK_HOME")
        return
    if mode & 0o077:
        yield Finding("warning", "store", f"{folder} can be read by others", f"chmod 700 {folder}")
    free = shutil.disk_usage(folder).free
    from aitrack.report.text import size

    state = "ok" if free > 256 << 20 else "warning"
    yield Finding(state, "store", f"{folder}, {size(free)} free")
    yield from _key(folder)


def _key(folder: str) -> Iterator[Finding]:
    """Say what the key in the store is worth to whoever holds it."""
    if key.read(folder):
        advice = "whoever holds it can test guesses of hashed values: keep it out of a CI cache that others can read"
        yield Finding("ok", "key", f"{folder}/key, yours alone", advice)
    elif os.path.lexists(f"{folder}/key"):
        yield Finding("warning", "key", f"{folder}/key is none that can be trusted", "the next run makes it anew")


def _sessions(folder: str) -> Iterator[Finding]:
    from aitrack.report.text import plural
    from aitrack.store.bundle import Bundle, walk

    total = running = interrupted = 0
    damaged: list[str] = []
    foreign: list[str] = []
    for place, path in walk(folder):
        if not path:
            foreign.append(place)
            continue
        bundle = Bundle(path)
        total += 1
        running += bundle.status == "running"
        interrupted += bundle.status == "interrupted"
        if bundle.problems:
            damaged.append(bundle.id)
    yield Finding("ok", "sessions", f"{total}, of which {running} running, {interrupted} interrupted")
    if damaged:
        yield Finding("warning", "damaged", f"{plural(len(damaged), 'session')}: {' '.join(damaged[:5])}")
    if foreign:
        yield Finding("warning", "foreign", f"{len(foreign)} in the store are not ours: {' '.join(foreign[:3])}")


def _settings() -> Iterator[Finding]:
    from aitrack.config import load

    try:
        settings = load(os.getcwd(), os.environ)
    except AitrackError as error:
        yield Finding("problem", "settings", str(error), error.hint or "")
        return
    yield Finding("ok", "settings", ", ".join(settings.files) or "no files: all defaults")
    for warning in settings.warnings:
        yield Finding("warning", "settings", warning)
    from aitrack.config.trust import told

    for line, ones in told(settings.left_out):
        yield Finding("warning", "settings", line.removesuffix(f"; {ones[0].help}"), ones[0].help)


def _trial() -> Iterator[Finding]:
    """Run a program that fails, in a store of its own, and see whether its inside was seen."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "AITRACK_HOME": folder}
        for name in [name for name in environment if name.startswith("AITRACK_OPT_")]:
            del environment[name]
        command = [sys.executable, "-m", "aitrack", "run", "--quiet", "-c", "1/0"]
        try:
            done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, timeout=30)
        except (OSError, subprocess.TimeoutExpired) as error:
            yield Finding("problem", "trial run", f"did not end: {error}")
            return
        yield _judge(folder, done.returncode)


def _judge(folder: str, status: int) -> Finding:
    from aitrack.errors import NotFound
    from aitrack.store.finding import find

    try:
        bundle = find(folder)
    except NotFound:
        return Finding("problem", "trial run", f"left no session (status {status})")
    attempt = bundle.last_failed
    failure = attempt.failure if attempt else None
    if attempt is None or failure is None or failure.type != "ZeroDivisionError":
        return Finding("problem", "trial run", "recorded no failure")
    if failure.source == "stderr":
        why = attempt.collector.reason or "the collector was not loaded"
        return Finding("warning", "trial run", f"seen from outside only: {why}")
    return Finding("ok", "trial run", "a failing script was recorded from inside")


DOCTOR = Word(
    "doctor",
    "Check that everything is in order, with a trial run.",
    examine,
    options=(Option("--json", "Print JSON."),),
    examples=("aitrack doctor",),
)
