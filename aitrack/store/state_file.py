"""The file `state.db`: opened, made, repaired, and given up on. What it holds is `state.py`'s.

It is expendable: a breaker that cannot be asked lets everything through. So a problem costs one line
and never the run, a file that cannot be read is set aside, and durability is traded for
speed: `synchronous=OFF` survives `kill -9`, and a power cut costs the file only.
"""

from __future__ import annotations

import os
import time

from aitrack.store import ownership
from aitrack.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")
else:
    try:
        import _sqlite3 as sqlite3  # all that is needed; the package around it loads `datetime` and more
    except ImportError:  # not CPython
        import sqlite3

SCHEMA_VERSION = 1
APPLICATION_ID = 0x61697472  # "aitr", as SQLite keeps it in a file's header: whose database it is
_BUSY_S = 2.0
_CORRUPT = (11, 26)  # SQLITE_CORRUPT, SQLITE_NOTADB
_TABLES = """
CREATE TABLE breaker(
  name TEXT PRIMARY KEY, state TEXT NOT NULL, generation INTEGER NOT NULL,
  successes INTEGER NOT NULL, trips INTEGER NOT NULL,
  since_boot REAL NOT NULL, since_wall REAL NOT NULL, boot_id TEXT NOT NULL, used_wall REAL NOT NULL,
  policy TEXT NOT NULL DEFAULT '', failed_session TEXT NOT NULL DEFAULT '', failed_title TEXT NOT NULL DEFAULT '',
  tripped_calls INTEGER NOT NULL DEFAULT 0, tripped_failures INTEGER NOT NULL DEFAULT 0,
  tripped_slow INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX breaker_idle ON breaker(used_wall) WHERE state='closed';
CREATE TABLE call(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, generation INTEGER NOT NULL, boot_time REAL NOT NULL,
  boot_id TEXT NOT NULL, failed INTEGER NOT NULL, slow INTEGER NOT NULL, session TEXT NOT NULL);
CREATE INDEX call_of ON call(name, id);
CREATE TABLE permit(
  token TEXT PRIMARY KEY, name TEXT NOT NULL, generation INTEGER NOT NULL, probe INTEGER NOT NULL,
  pid INTEGER NOT NULL, pid_start TEXT NOT NULL, target_pid INTEGER, target_start TEXT,
  host TEXT NOT NULL, boot_id TEXT NOT NULL, namespace TEXT NOT NULL,
  since REAL NOT NULL, expires REAL NOT NULL, session TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX permit_of ON permit(name);
CREATE TABLE transition(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, "from" TEXT NOT NULL, "to" TEXT NOT NULL,
  at REAL NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, session TEXT NOT NULL);
CREATE INDEX transition_of ON transition(name, seq);
CREATE TABLE budget(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, boot_time REAL NOT NULL, boot_id TEXT NOT NULL);
CREATE INDEX budget_of ON budget(name, kind, boot_time);
CREATE TABLE outcome(
  fingerprint TEXT PRIMARY KEY, retried INTEGER NOT NULL, helped INTEGER NOT NULL,
  skipped INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE arm(
  key TEXT NOT NULL, kind TEXT NOT NULL, arm TEXT NOT NULL, tries REAL NOT NULL, wins REAL NOT NULL,
  updated REAL NOT NULL, tokens INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(key, kind, arm)) WITHOUT ROWID;
CREATE TABLE not_before(
  name TEXT PRIMARY KEY, wall REAL NOT NULL, boot_time REAL NOT NULL, boot_id TEXT NOT NULL) WITHOUT ROWID;
"""
_NAMES = {"breaker", "call", "permit", "transition", "budget", "outcome", "arm", "not_before"}
_OWN_BY_SQLITE = {"sqlite_sequence", "sqlite_stat1"}


class ForeignDatabaseError(Exception):
    """The file is a database, and none of ours: nothing in it is changed."""


class NewerSchemaError(Exception):
    """The file was written by a newer version of aitrack."""


class StateFile:
    """One open `state.db`, or the reason why there is none. *warnings* are lines that nobody has been told yet."""

    def __init__(self, folder: str) -> None:
        self.path = f"{folder}/state.db"
        self.problem = ""
        self.warnings: list[str] = []
        self._connection: sqlite3.Connection | None = None

    def decide(self, step: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return what *step* decides within one transaction; *otherwise* when the file cannot be asked."""
        for chance in range(2):
            if self.problem:
                break
            try:
                return self._in_transaction(step)
            except (sqlite3.Error, OSError, NewerSchemaError, ForeignDatabaseError) as error:
                self._close()
                if chance or not self._is_corrupt(error) or not self._set_aside():
                    self._give_up(error)
        return otherwise

    def _in_transaction(self, step: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            decided = step(connection)
        except BaseException:
            connection.rollback()
            raise
        connection.execute("COMMIT")
        return decided

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            folder = os.path.dirname(self.path)
            os.makedirs(folder, mode=0o700, exist_ok=True)
            ownership.check_databases(folder)
            if not os.path.isdir(self.path):  # that is set aside like a damaged file
                os.close(files.open_ours(self.path, os.O_RDWR | os.O_CREAT))
            connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            self._connection = connection
            connection.execute("PRAGMA synchronous=OFF")
            if _stamps(connection) != (SCHEMA_VERSION, APPLICATION_ID):
                connection.execute("BEGIN IMMEDIATE")  # of several that start at once one makes the tables
                _make_or_adopt(connection)
                connection.execute("COMMIT")
        return self._connection

    def _is_corrupt(self, error: BaseException) -> bool:
        if os.path.isdir(self.path):
            return True
        if not isinstance(error, sqlite3.DatabaseError):
            return False
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in _CORRUPT or "no such table" in str(error) or "no such column" in str(error)

    def _set_aside(self) -> bool:
        """Move a file that cannot be read out of the way; return whether a new one may be made.

        Under a lock file, and only if it is still bad: another process may have mended it meanwhile.
        """
        import fcntl

        try:
            with open(files.open_ours(f"{self.path}.lock", os.O_WRONLY | os.O_CREAT), "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self._is_good():
                    return True
                aside = f"{self.path}.corrupt-{time.time_ns() // 1_000_000}"
                os.rename(self.path, aside)
                if os.path.exists(f"{self.path}-journal"):
                    os.rename(f"{self.path}-journal", f"{aside}-journal")
        except OSError:
            return False
        self.warnings.append(f"state.db could not be read and was set aside as `{os.path.basename(aside)}`")
        return True

    def _is_good(self) -> bool:
        try:
            probe = sqlite3.connect(f"file:{self.path}?mode=ro", timeout=_BUSY_S, uri=True)
        except sqlite3.Error:
            return False
        try:
            names = {row[0] for row in probe.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            return names >= _NAMES and (probe.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        except sqlite3.Error:
            return False
        finally:
            probe.close()

    def _give_up(self, error: BaseException) -> None:
        self.problem = str(error) or type(error).__name__
        self.warnings.append(f"shared state cannot be used ({self.problem}); going on without it")

    def take_warnings(self) -> list[str]:
        """Return the lines that are to be said, each once."""
        said, self.warnings = self.warnings, []
        return said

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close the file. Permits stay with those who hold them."""
        self._close()

    __del__ = close  # whoever forgets it gets no warning on a program's stderr


def _stamps(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the version of the tables, and whose database it is."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    return version, owner


def _make_or_adopt(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database, or put our id on tables from before there was one."""
    version, owner = _stamps(connection)
    if version > SCHEMA_VERSION:
        raise NewerSchemaError(f"it was written by a newer version (schema {version})")
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if not names:
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    elif owner != APPLICATION_ID and names - _OWN_BY_SQLITE != _NAMES:
        raise ForeignDatabaseError("it is a database of another program")
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
