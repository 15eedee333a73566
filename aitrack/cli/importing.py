"""`aitrack import`: takes in what other tools have recorded."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home, redactor
from aitrack.errors import NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


def import_(file: str, format: str | None, json_: bool) -> int:
    """Take the records of *file* into the store; again is no harm."""
    from aitrack.analysis.history import current_index
    from aitrack.analysis.importing import import_records, junit, neutral

    if not os.path.exists(file):
        raise NotFound(f"`{file}` does not exist")
    if os.path.isdir(file):
        raise UsageError(f"`{file}` is a folder")
    if not os.path.isfile(file):
        raise UsageError(f"`{file}` is not a regular file")
    chosen = format or ("junit" if file.lower().endswith(".xml") else "neutral")
    records = junit(file) if chosen == "junit" else neutral(file)
    os.makedirs(home(), mode=0o700, exist_ok=True)
    tick, done = _progress(file)
    try:
        with current_index(home()) as index:
            count = import_records(index, records, redactor(), chosen, tick)
    finally:
        done()
    if json_:
        from aitrack.report.json import dumps

        counts = {
            "added": count.added,
            "known": count.known,
            "bad": count.bad,
            "first_bad": count.first_bad,
        }
        sys.stdout.write(dumps({"schema": 1, **counts}) + "\n")
    else:
        from aitrack.report.text import plural, safe

        print(f"added {plural(count.added, 'session')}, {count.known} known before, {count.bad} not understood")
        if count.first_bad:
            sys.stderr.write(f"warning: {safe(count.first_bad)}\n")
    return 0


def _progress(file: str) -> tuple[Callable[[int], None], Callable[[], None]]:
    """Return (what counts records, what ends the bar); both do nothing where nobody watches."""
    if not sys.stderr.isatty():
        return (lambda done: None), (lambda: None)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from aitrack.system import files

    with open(files.open_regular(file, follow=True)[0], "rb") as lines:
        total = sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True))
    task = bar.add_task("importing", total=total)
    bar.start()
    return (lambda done: bar.advance(task, done)), bar.stop


IMPORT = Word(
    "import",
    "Take in sessions that other tools recorded: neutral JSON lines, or JUnit XML.",
    import_,
    arguments=(Argument("file", "The file; one JSON object per line, or XML."),),
    options=(
        Option("--format", "What the file holds; told by its name otherwise.", "FORMAT", choices=("neutral", "junit")),
        Option("--json", "Print JSON."),
    ),
    examples=("aitrack import history.jsonl", "aitrack import report.xml"),
)
