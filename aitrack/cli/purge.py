"""`aitrack purge`: removes sessions, by the limits or as asked."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from aitrack.cli.grammar import Option, Word
from aitrack.cli.list import STATUSES, is_script
from aitrack.cli.store_home import home
from aitrack.config.values import duration, size

if TYPE_CHECKING:
    from aitrack.store.retention import Candidate, Limits


def purge(
    older_than: float | None,
    status: list[str],
    script: str | None,
    max_size: int | None,
    all_: bool,
    dry_run: bool,
    json_: bool,
) -> int:
    """Remove sessions; pinned and running ones stay."""
    from aitrack.store.ownership import require
    from aitrack.store.retention import candidates, choose, remove

    if not dry_run:
        require(home())
    now = time.time()
    found = candidates(home())
    if all_ or older_than is not None or status or script:
        going = [one for one in found if _fits(one, now, older_than, status, script)]
    else:
        going = choose(found, limits(max_size, tell=True), now)
    gone = going if dry_run else [one for one in going if remove(one.folder)]
    freed = sum(one.size for one in gone)
    if json_:
        from aitrack.report.json import dumps

        names = [os.path.basename(one.folder) for one in gone]
        sys.stdout.write(dumps({"schema": 1, "removed": names, "bytes": freed, "dry_run": dry_run}) + "\n")
        return 0
    from aitrack.report.text import plural
    from aitrack.report.text import size as size_text

    print(f"{'would remove' if dry_run else 'removed'} {plural(len(gone), 'session')}, {size_text(freed)}")
    return 0


def tidy() -> None:
    """Apply the limits once a day; in a large store behind the user's back, so that nobody waits."""
    from aitrack.store.retention import apply, is_due, is_large

    now = time.time()
    if not is_due(home(), now):
        return
    if not is_large(home()):
        apply(home(), limits(), now)
        return
    import subprocess

    nothing = subprocess.DEVNULL
    command = [sys.executable, "-m", "aitrack", "purge"]
    subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)


def limits(max_size: int | None = None, *, tell: bool = False) -> Limits:
    """Return the limits that the settings make; *tell* says which were left out."""
    from aitrack.config import load
    from aitrack.store.retention import Limits

    settings = load(os.getcwd(), os.environ)
    if tell:
        from aitrack.config.trust import told

        for line, _ in told(one for one in settings.left_out if one.key.startswith("store.")):
            sys.stderr.write(f"warning: {line}\n")
    return Limits(
        settings.value("store.max_size") if max_size is None else max_size,
        settings.value("store.max_age"),
        settings.value("store.keep_samples"),
    )


def _fits(one: Candidate, now: float, older_than: float | None, status: list[str], script: str | None) -> bool:
    if older_than is not None and now - one.started_at <= older_than:
        return False
    if status and one.status not in status:
        return False
    if script is None:
        return True
    from aitrack.store.bundle import Bundle
    from aitrack.store.summary import summarise

    return is_script(summarise(Bundle(one.folder)), script)


PURGE = Word(
    "purge",
    "Remove old sessions: by the limits of the settings, or as asked.",
    purge,
    options=(
        Option("--older-than", "All that are older.", "DURATION", convert=duration),
        Option("--status", "All with this status.", "STATUS", many=True, choices=STATUSES),
        Option("--script", "All of this script.", "SCRIPT"),
        Option("--max-size", "Until the store is no larger.", "SIZE", convert=size),
        Option("--all", "All."),
        Option("--dry-run", "Only say what would go.", short="-n"),
        Option("--json", "Print JSON."),
    ),
    examples=("aitrack purge", "aitrack purge --older-than 7d --status passed --dry-run"),
)
