"""`aitrack store`: care for what is recorded: scrub, migrate."""

from __future__ import annotations

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home, redactor


def scrub(session: str | None, dry_run: bool) -> int:
    """Rewrite sessions with today's redaction rules."""
    from aitrack.report.text import plural
    from aitrack.store.bundle import Bundle, session_folders
    from aitrack.store.finding import find
    from aitrack.store.ownership import require
    from aitrack.store.scrub import count_changes, scrub

    if not dry_run:
        require(home())
    rules = redactor()
    folders = [find(home(), session, of_store=True).folder] if session else list(session_folders(home()))
    files = sessions = 0
    for folder in folders:
        if Bundle(folder).status == "running":
            continue  # its own writer owns it
        changed = count_changes(folder, rules) if dry_run else scrub(folder, rules)
        files += changed
        sessions += changed > 0
    verb = "would rewrite" if dry_run else "rewrote"
    print(f"{verb} {plural(files, 'file')} of {plural(sessions, 'session')}, looked at {len(folders)}")
    return 0


def migrate() -> int:
    """Copy sessions of an older format into the present one."""
    from aitrack.model import SCHEMA
    from aitrack.report.text import plural
    from aitrack.store.bundle import Bundle, walk

    known = newer = foreign = 0
    for _, folder in walk(home()):
        if not folder:
            foreign += 1
            continue
        schema = Bundle(folder).record.get("schema")
        known, newer = (known, newer + 1) if isinstance(schema, int) and schema > SCHEMA else (known + 1, newer)
    print(f"{plural(known, 'session')} of schema {SCHEMA}: nothing to copy")
    if newer:
        print(f"{plural(newer, 'session')} of a newer schema: read as far as known, left alone")
    if foreign:
        print(f"{plural(foreign, 'foreign entry').replace('entrys', 'entries')} ignored")
    return 0


STORE = Word(
    "store",
    "Care for what is recorded.",
    migrate,
    below=(
        Word(
            "scrub",
            "Rewrite sessions with today's redaction rules.",
            scrub,
            (Argument("session", "One session; without it all.", required=False),),
            (Option("--dry-run", "Only say what would change.", short="-n"),),
        ),
        Word("migrate", "Copy sessions of an older format into the present one.", migrate),
    ),
    examples=("aitrack store scrub --dry-run",),
)
