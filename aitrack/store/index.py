"""The index: a SQLite cache over all sessions, which may be deleted at any time.

Readers bring it up to date and a run never writes it.  Days whose folder has
not changed are not listed again, so an update costs what is new.  Failures
lie in a table that is clustered by what patterns are counted by: a report is
one walk over it, and no bundle is parsed again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from typing import TYPE_CHECKING, Any, Protocol

from aitrack.model import is_list
from aitrack.store import ownership
from aitrack.store.bundle import Bundle
from aitrack.store.facts import Facts, Mark, facts_of
from aitrack.store.handled import handled_marks
from aitrack.store.layout import is_session_id
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

APPLICATION_ID = 0x61697478  # "aitx", as SQLite keeps it in a file's header: whose database it is
VERSION = 3
_FRESH = 2.0  # a folder changed less than this ago may change again within the clock's grain
_BATCH = 2000
_SCHEMA = """
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE day (path TEXT PRIMARY KEY, changed INTEGER NOT NULL, strange TEXT NOT NULL);
CREATE TABLE source (path TEXT PRIMARY KEY, done INTEGER NOT NULL);
CREATE TABLE session (
  id TEXT PRIMARY KEY, day TEXT NOT NULL, started REAL NOT NULL, status TEXT NOT NULL, script INTEGER,
  environment INTEGER, host INTEGER, duration REAL, exit_code INTEGER, signal TEXT, attempts INTEGER NOT NULL,
  recovered INTEGER NOT NULL, form TEXT, category TEXT, kind TEXT, title TEXT, ended REAL, warnings INTEGER NOT NULL,
  max_rss INTEGER, output_bytes INTEGER, rest TEXT NOT NULL, problems INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_started ON session (started);
CREATE INDEX session_script ON session (script, started);
CREATE INDEX session_day ON session (day);
CREATE TABLE site (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, label TEXT NOT NULL, category TEXT, kind TEXT, source TEXT,
  stack TEXT NOT NULL, latest TEXT NOT NULL
);
CREATE TABLE template (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, site INTEGER NOT NULL, said TEXT NOT NULL, origin TEXT NOT NULL,
  wording TEXT NOT NULL
);
CREATE INDEX template_origin ON template (origin) WHERE origin != '';
CREATE TABLE failure (
  site INTEGER NOT NULL, template INTEGER NOT NULL, script INTEGER NOT NULL, environment INTEGER NOT NULL,
  day INTEGER NOT NULL, id TEXT NOT NULL, started REAL NOT NULL,
  PRIMARY KEY (site, template, script, environment, day, id)
) WITHOUT ROWID;
CREATE INDEX failure_id ON failure (id);
CREATE TABLE handled (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE recovery (
  site INTEGER NOT NULL, script INTEGER NOT NULL, environment INTEGER NOT NULL, day INTEGER NOT NULL,
  id TEXT NOT NULL, helped INTEGER NOT NULL, PRIMARY KEY (site, script, environment, day, id)
) WITHOUT ROWID;
CREATE INDEX recovery_id ON recovery (id);
CREATE TABLE note (key TEXT PRIMARY KEY, text TEXT NOT NULL);
"""
_FIRST_TABLES = {"word", "day", "session", "site"}  # by which an index is known that has no id yet


class Index(Protocol):
    """What readers ask of an index, wherever it is kept."""

    def update(self, progress: Callable[[int], None] | None = None, within: float | None = None) -> int: ...

    def rows(self, where: str = "", values: Iterable[Any] = ()) -> Iterator[dict[str, Any]]: ...

    def query(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]: ...

    def close(self) -> None: ...


def open_index(home: str) -> SqliteIndex:
    """Return the index of the store, made anew when it is absent, damaged or of another version.

    The index of a store that is not ours alone lies in our own cache folder: nothing of somebody else's is written,
    nor opened by SQLite, which would follow links. Where neither can be written it lives in memory, for this once.
    """
    folder = index_folder(home)
    for _ in range(2):
        try:
            if folder != home:
                os.makedirs(folder, mode=0o700, exist_ok=True)
            ownership.check_databases(folder)
            return SqliteIndex(home, f"{folder}/index.db")
        except sqlite3.OperationalError as error:
            if "malformed" not in str(error):
                break
        except ForeignDatabaseError:
            _set_aside(f"{folder}/index.db")
        except sqlite3.DatabaseError:
            pass  # not a database, or a torn one
        except FileNotFoundError:
            break
        except OSError:
            pass  # something that is no plain file of ours stands there
        discard(home)
    return SqliteIndex(home, ":memory:")


def index_folder(home: str) -> str:
    """Return where the index of the store at *home* lies: beside it, or in our cache where the store is not ours."""
    if ownership.is_ours(home):
        return home
    from hashlib import blake2b

    from platformdirs import user_cache_dir

    name = blake2b(os.fsencode(os.path.realpath(home)), digest_size=8).hexdigest()
    return f"{user_cache_dir('aitrack')}/store-{name}"


def discard(home: str) -> None:
    """Remove the index; the next reader makes it again. A link goes, what it leads to stays."""
    folder = index_folder(home)
    if not ownership.is_ours(folder):
        return
    for name in ("index.db", "index.db-wal", "index.db-shm"):
        try:
            os.unlink(f"{folder}/{name}")
        except IsADirectoryError:
            _set_aside(f"{folder}/{name}")
        except OSError:
            pass


def _set_aside(path: str) -> None:
    os.rename(path, f"{path}.foreign-{int(time.time())}")


class ForeignDatabaseError(sqlite3.DatabaseError):
    """The file is a database of another program: it is moved aside, and nothing in it is changed."""


class SqliteIndex:
    """The index in one SQLite file."""

    def __init__(self, home: str, path: str) -> None:
        self.home = home
        if path != ":memory:":
            os.close(files.open_ours(path, os.O_RDWR | os.O_CREAT))
        self.base = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self.base.close()
            raise
        self._until: float | None = None
        self._words: dict[str, int] = {}
        self._sites: dict[str, int] = {}
        self._templates: dict[str, int] = {}

    def _prepare(self) -> None:
        base = self.base
        (owner,) = base.execute("PRAGMA application_id").fetchone()
        if owner != APPLICATION_ID:
            names = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if names and not names >= _FIRST_TABLES:
                raise ForeignDatabaseError("a database of another program")
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=OFF")  # a cache: what a power cut breaks is made again
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version == VERSION and owner == APPLICATION_ID:
            base.execute("SELECT 1 FROM failure LIMIT 1").fetchone()
            return
        base.execute("BEGIN IMMEDIATE")
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version != VERSION or owner != APPLICATION_ID:
            for kind, name in base.execute(
                "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'"
            ).fetchall():
                base.execute(f'DROP {kind} IF EXISTS "{name}"')
            for statement in _SCHEMA.split(";"):
                base.execute(statement)
            base.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            base.execute(f"PRAGMA user_version = {VERSION}")
        base.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self.base.close()

    def query(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a question."""
        return self.base.execute(sql, tuple(values)).fetchall()

    # ---- bringing up to date ----

    def update(self, progress: Callable[[int], None] | None = None, within: float | None = None) -> int:
        """Take in what is new in the store, drop what is gone; return how many sessions were read.

        *within* seconds the newest days are taken in and the rest is left to the next reader.
        """
        self._until = None if within is None else time.monotonic() + within
        self.base.execute("BEGIN IMMEDIATE")
        try:
            read = self._update_days(progress) + self._update_running() + self._update_imports(progress)
            self.base.execute("COMMIT")
        except BaseException:
            if self.base.in_transaction:
                self.base.execute("ROLLBACK")
            self._words.clear()
            self._sites.clear()
            self._templates.clear()
            raise
        return read

    def _update_days(self, progress: Callable[[int], None] | None) -> int:
        known: dict[str, int] = dict(self.base.execute("SELECT path, changed FROM day"))
        read = 0
        now = time.time()
        for path, changed in sorted(_days(self.home), reverse=True):
            if self._is_late():
                return read
            fresh = now - changed / 1e9 < _FRESH
            if known.pop(path, None) == changed:
                continue
            added, strange = self._update_day(path, progress)
            read += added
            seen = 0 if fresh or self._is_late() else changed
            self.base.execute("INSERT OR REPLACE INTO day VALUES (?, ?, ?)", (path, seen, _plain_json(strange)))
        for gone in known:
            self._forget([row[0] for row in self.base.execute("SELECT id FROM session WHERE day = ?", (gone,))])
            self.base.execute("DELETE FROM day WHERE path = ?", (gone,))
        return read

    def _breathe(self, progress: Callable[[int], None] | None) -> None:
        """Show what was read so far to other readers, and let one of them in."""
        self.base.execute("COMMIT")
        if progress:
            progress(_BATCH)
        self.base.execute("BEGIN IMMEDIATE")

    def _is_late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until

    def _update_day(self, day: str, progress: Callable[[int], None] | None) -> tuple[int, list[str]]:
        """Return (how many sessions were read, what in the day's folder is no session)."""
        known = {row[0] for row in self.base.execute("SELECT id FROM session WHERE day = ?", (day,))}
        below = f"{self.home}/sessions/{day}"
        names = _names(below)
        present = {name for name in names if is_session_id(name)}
        strange = sorted(f"{below}/{name}" for name in names if name not in present and not name.startswith("."))
        self._forget(known - present)
        read = 0
        for name in sorted(present - known, reverse=True):
            if self._is_late():
                break
            self._add(day, Bundle(f"{below}/{name}"))
            read += 1
            if read % _BATCH == 0:
                self._breathe(progress)
        return read, strange

    def _update_running(self) -> int:
        running = self.query("SELECT id, day FROM session WHERE status = 'running'")
        for name, day in running:
            self._forget([name])
            folder = f"{self.home}/sessions/{day}/{name}"
            if os.path.isdir(folder):
                self._add(day, Bundle(folder))
        return len(running)

    def _update_imports(self, progress: Callable[[int], None] | None) -> int:
        from aitrack.store.imports import new_facts, sources

        read = 0
        for path in sources(self.home):
            if self._is_late():
                return read
            done = self.query("SELECT done FROM source WHERE path = ?", (path,))
            start = done[0][0] if done else 0
            for facts, offset, end in new_facts(self.home, path, start):
                self._insert(f"{path}:{offset}", facts, 0)
                start = end
                read += 1
                if read % _BATCH == 0:
                    self.base.execute("INSERT OR REPLACE INTO source VALUES (?, ?)", (path, start))
                    self._breathe(progress)
            self.base.execute("INSERT OR REPLACE INTO source VALUES (?, ?)", (path, start))
        return read

    def forget(self, ids: Iterable[str]) -> None:
        """Drop sessions, so that the next update reads them again."""
        self.base.execute("BEGIN IMMEDIATE")
        self._forget(ids)
        self.base.execute("DELETE FROM day")
        self.base.execute("COMMIT")

    def _forget(self, ids: Iterable[str]) -> None:
        for name in ids:
            for table in ("session", "failure", "recovery", "handled"):
                self.base.execute(f"DELETE FROM {table} WHERE id = ?", (name,))

    def _add(self, day: str, bundle: Bundle) -> None:
        facts = facts_of(bundle)
        self._insert(day, facts, len(bundle.problems))
        for mark in handled_marks(bundle, facts.summary):
            self._insert_failure(mark, facts.summary)
            self.base.execute("INSERT OR IGNORE INTO handled VALUES (?)", (facts.summary["id"],))

    def _insert(self, day: str, facts: Facts, problems: int) -> None:
        row = facts.summary
        script, environment = self._word(row["script"]), self._word(row["environment"])
        rest = {name: row[name] for name in ("argv", "cwd", "name", "labels", "reason") if row[name]}
        cursor = self.base.execute(
            "INSERT OR IGNORE INTO session VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *(row["id"], day, row["started_at"], row["status"], script, environment, self._word(row["host"])),
                *(row["duration_s"], row["exit_code"], row["signal"], row["attempts"], row["recovered"], row["form"]),
                *(row["category"], row["kind"], _clean(row["title"] or "") or None, row["ended_at"], row["warnings"]),
                *(facts.max_rss, facts.output_bytes, _plain_json(rest), problems),
            ),
        )
        if not cursor.rowcount:
            return  # imported before
        group = (script, environment, int(row["started_at"] // 86400))
        if facts.mark:
            self._insert_failure(facts.mark, row)
        for mark, helped in facts.retried.values():
            again = (self._site(mark, row["id"]), *group, row["id"], helped)
            self.base.execute("INSERT OR IGNORE INTO recovery VALUES (?,?,?,?,?,?)", again)

    def _insert_failure(self, mark: Mark, row: dict[str, Any]) -> None:
        """Make a session a member of the kind of failure that *mark* names."""
        group = (self._word(row["script"]), self._word(row["environment"]), int(row["started_at"] // 86400))
        site = self._site(mark, row["id"])
        template = self._template(mark, site)
        member = (site, template, *group, row["id"], row["started_at"])
        self.base.execute("INSERT OR IGNORE INTO failure VALUES (?,?,?,?,?,?,?)", member)

    def _word(self, text: str | None) -> int:
        return self._interned(
            self._words, "word", text or "", "INSERT INTO word (text) VALUES (?)", (_clean(text or ""),)
        )

    def _site(self, mark: Mark, session: str) -> int:
        stack = _plain_json(mark.stack)
        values = (_clean(mark.site), _clean(mark.label), mark.category, mark.kind, mark.source, stack, session)
        number = self._interned(
            self._sites,
            "site",
            mark.site,
            "INSERT INTO site (key, label, category, kind, source, stack, latest) VALUES (?,?,?,?,?,?,?)",
            values,
        )
        self.base.execute(
            "UPDATE site SET stack = ?, latest = ? WHERE id = ? AND latest < ?", (stack, session, number, session)
        )
        return number

    def _template(self, mark: Mark, site: int) -> int:
        said, origin = _clean(mark.template or mark.wording), _clean(mark.origin)
        key = f"{site}\x1f{said}\x1f{origin}"  # an example belongs to its place
        return self._interned(
            self._templates,
            "template",
            key,
            "INSERT INTO template (key, site, said, origin, wording) VALUES (?,?,?,?,?)",
            (key, site, said, origin, _clean(mark.wording)),
        )

    def _interned(self, known: dict[str, int], table: str, key: str, insert: str, values: tuple[Any, ...]) -> int:
        number = known.get(key)
        if number is None:
            column = "text" if table == "word" else "key"
            found = self.base.execute(f"SELECT id FROM {table} WHERE {column} = ?", (_clean(key),)).fetchone()
            number = int(found[0] if found else self.base.execute(insert, values).lastrowid or 0)
            known[key] = number
        return number

    # ---- asking ----

    def strange(self) -> list[str]:
        """Return what lies among the sessions and is none."""
        rows = self.query("SELECT strange FROM day WHERE strange != '[]'")
        return sorted(path for (text,) in rows for path in json.loads(text))

    def damaged(self) -> list[str]:
        """Return the sessions in which something could not be read, newest first."""
        rows = self.query("SELECT id FROM session WHERE problems > 0 ORDER BY started DESC")
        return [row[0] for row in rows]

    def rows(self, where: str = "", values: Iterable[Any] = ()) -> Iterator[dict[str, Any]]:
        """Yield the summaries of sessions, newest first; *where* speaks of `session` as s."""
        sql = (
            "SELECT s.id, s.status, w.text, s.started, s.ended, s.duration, s.exit_code, s.signal, s.attempts,"
            " s.recovered, e.text, h.text, s.form, s.category, s.kind, s.title, s.warnings, s.rest, s.day, s.max_rss,"
            " s.output_bytes FROM session s LEFT JOIN word w ON w.id = s.script"
            " LEFT JOIN word e ON e.id = s.environment LEFT JOIN word h ON h.id = s.host"
            f" {'WHERE ' + where if where else ''} ORDER BY s.started DESC, s.id DESC"
        )
        for row in self.base.execute(sql, tuple(values)):
            yield _summary(row)


def _summary(row: tuple[Any, ...]) -> dict[str, Any]:
    rest: dict[str, Any] = json.loads(row[17])
    return {
        "id": row[0],
        "status": row[1],
        "script": row[2] or None,
        "name": rest.get("name"),
        "form": row[12],
        "argv": rest.get("argv", []),
        "cwd": rest.get("cwd"),
        "started_at": row[3],
        "ended_at": row[4],
        "duration_s": row[5],
        "exit_code": row[6],
        "signal": row[7],
        "recovered": bool(row[9]),
        "attempts": row[8],
        "environment": row[10] or None,
        "labels": rest.get("labels", {}),
        "reason": rest.get("reason"),
        "title": row[15],
        "category": row[13],
        "kind": row[14],
        "host": row[11] or None,
        "warnings": row[16],
    }


def _days(home: str) -> Iterator[tuple[str, int]]:
    """Yield (day, when its folder changed) of the store."""
    root = f"{home}/sessions"
    for year in _folders(root):
        for month in _folders(f"{root}/{year}"):
            for day in _folders(f"{root}/{year}/{month}"):
                try:
                    yield f"{year}/{month}/{day}", os.stat(f"{root}/{year}/{month}/{day}").st_mtime_ns
                except OSError:
                    continue


def _folders(path: str) -> list[str]:
    return [name for name in _names(path) if name.isdecimal() and os.path.isdir(f"{path}/{name}")]


def _names(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []  # not there, or removed by a purge in this moment


def _clean(text: str) -> str:
    """Return *text* as SQLite can hold it: a lone surrogate is written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _plain_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")) if is_list(value) or value else "{}"
