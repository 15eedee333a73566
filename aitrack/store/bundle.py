"""A session's folder, read: whatever a run, a crash or a full disk left there.

Reading never fails because of what lies in the folder.  What is missing, torn
or foreign is named in `Bundle.problems`; a `running` session whose process is
gone is shown as `interrupted`; of an attempt that was cut off, the collector's
own spool is read.  Nothing is written.
"""

from __future__ import annotations

import os
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aitrack.model import SCHEMA, Attempt, Event, Failure, Session, view
from aitrack.store import layout
from aitrack.store.liveness import is_running
from aitrack.store.members import Folder, Members
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.model import Followed

_STATUSES = {"running", "passed", "failed", "degraded", "rejected", "aborted", "interrupted"}
_OUTPUT_LIMIT = 2 << 20  # what is stored of a stream is at most 1.25 MiB


class Bundle:
    """One session as found on disk: raw records, typed views of them, and what was wrong."""

    is_cut = False  # whether a stranger's records were longer than a session's
    history: dict[str, Any] | None = None  # what came with a session from another machine

    def __init__(self, folder: str, members: Members | None = None, problems: list[str] | None = None) -> None:
        self.folder = folder
        self.files = members or Folder(folder)
        self.id = os.path.basename(folder)
        self.problems = [] if problems is None else problems
        self._events: dict[int, list[Event]] = {}
        self._followed: dict[int, list[Followed]] = {}
        self.record = self._read_session()

    @property
    def short(self) -> str:
        """What people type to name the session: the end of its id."""
        return self.id[-6:]

    @property
    def status(self) -> str:
        """The session's status; never `running` when its supervisor is gone."""
        return str(self.record["status"])

    @cached_property
    def session(self) -> Session:
        """The typed view of the session's record."""
        return view(Session, self.record, self.problems, "session")

    @cached_property
    def attempt_records(self) -> list[dict[str, Any]]:
        """The raw records of all attempts in order, each with its `failure` and `errors`."""
        return [self._read_attempt(number) for number in self.attempt_numbers]

    @cached_property
    def attempts(self) -> list[Attempt]:
        """The typed views of all attempts."""
        return [view(Attempt, raw, self.problems, f"attempts[{raw['n']}]") for raw in self.attempt_records]

    @cached_property
    def attempt_numbers(self) -> list[int]:
        """The numbers of the attempts that have a folder."""
        return sorted(int(name) for name in self.files.names("attempts") if _is_number(name))

    @cached_property
    def own_attempt_numbers(self) -> list[int]:
        """The numbers of the attempts of the user's own command: without fallbacks."""
        if len(self.attempt_numbers) < 2:
            return self.attempt_numbers
        roles = {
            number: self.attempt_files(number).object("attempt.json")[0].get("role") for number in self.attempt_numbers
        }
        return [number for number in self.attempt_numbers if roles[number] != "fallback"]

    @property
    def last_failed(self) -> Attempt | None:
        """The last attempt of the user's own command that has a failure, else any that has one."""
        failed = [attempt for attempt in self.attempts if attempt.failure]
        own = [attempt for attempt in failed if attempt.role != "fallback"]
        chosen = own or failed
        return chosen[-1] if chosen else None

    def output(self, number: int, stream: str) -> str:
        """Return what is stored of *stream* (`stdout`, `stderr`) of an attempt; empty when nothing is."""
        try:
            data = self.attempt_files(number).read(f"{stream}.log", _OUTPUT_LIMIT)
            return data.decode("utf-8", "backslashreplace")
        except OSError:
            return ""

    def attempt_files(self, number: int) -> Members:
        """Return where the files of an attempt are."""
        return self.files.below(f"attempts/{number}")

    def events(self, number: int) -> list[Event]:
        """Return the events of an attempt in order of time."""
        if number not in self._events:
            self._events[number] = self._read_events(number)
        return self._events[number]

    def followed(self, number: int) -> list[Followed]:
        """Return the functions of an attempt that were followed line by line."""
        if number not in self._followed:
            from aitrack.store.spools import followed_in

            self._followed[number] = followed_in(self.attempt_files(number))
        return self._followed[number]

    def _read_events(self, number: int) -> list[Event]:
        below = self.attempt_files(number)
        found, damaged = below.objects("events.ndjson")
        if damaged:
            self.tell(f"attempts/{number}/events.ndjson: {damaged} damaged lines skipped")
        if not found:
            from aitrack.store.spools import events_of

            found = events_of(below)
        events = [view(Event, raw, self.problems, "event") for raw in found]
        return sorted(events, key=lambda event: (event.t_ns, event.seq))

    def tell(self, problem: str) -> None:
        """Note what is wrong with the session, once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def _read_session(self) -> dict[str, Any]:
        raw, problem = self.files.object("session.json")
        if problem:
            self.tell(f"session.json: {problem}")
        schema = raw.get("schema", SCHEMA)
        if isinstance(schema, int) and schema > SCHEMA:
            self.tell(f"session.json: schema {schema} is newer than this aitrack knows ({SCHEMA})")
        raw.setdefault("schema", SCHEMA)
        raw["id"] = self.id  # that of its folder: a record's word could lead elsewhere
        if not isinstance(raw.get("started_at"), (int, float)) or isinstance(raw.get("started_at"), bool):
            raw["started_at"] = layout.started_at(self.id) if layout.is_session_id(self.id) else self.files.modified()
        if str(raw.get("status")) not in _STATUSES:
            if "status" in raw:
                self.tell(f"session.json: unknown status `{raw['status']}`")
            raw["status"] = "interrupted"
        if raw["status"] == "running" and not self._is_running(raw):
            raw["status"] = "interrupted"
        if raw["status"] == "interrupted" and raw.get("ended_at") is None:
            raw["ended_at"] = max(self._last_sign(), raw["started_at"])
            raw["duration_s"] = raw["ended_at"] - raw["started_at"]
        if raw["status"] == "running":
            raw["duration_s"] = max(0.0, time.time() - raw["started_at"])
        return raw

    def _is_running(self, record: dict[str, Any]) -> bool:
        return is_running(record, self.folder)

    def _last_sign(self) -> float:
        """Return when anything was last written: the end of a session that could not say it."""
        latest = self.files.modified("session.json")
        for number in self.files.names("attempts"):
            below = self.files.below(f"attempts/{number}")
            latest = max([latest, *map(below.modified, below.names())])
        return latest

    def _read_attempt(self, number: int) -> dict[str, Any]:
        folder = self.attempt_files(number)
        raw, problem = folder.object("attempt.json")
        if problem and not (problem == "missing" and self.status in ("running", "interrupted")):
            self.tell(f"attempts/{number}/attempt.json: {problem}")
        raw["n"] = number
        failure, problem = folder.object("failure.json")
        errors: list[dict[str, Any]] = []
        if not problem:
            errors, damaged = folder.objects("errors.json")
            if damaged:
                self.tell(f"attempts/{number}/errors.json: damaged")
        elif problem != "missing" or self.status in ("running", "interrupted"):
            if problem != "missing":
                self.tell(f"attempts/{number}/failure.json: {problem}")
            failure, errors = self._from_spools(folder, number)
        raw["failure"] = failure or None
        raw["errors"] = errors + self._handled(folder, errors)
        return raw

    def _handled(self, folder: Members, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the errors that the program told it had handled, in a passed attempt as in a failed one."""
        from aitrack.store.spools import handled_in

        found = handled_in(folder)
        if not found and not known:
            found, _ = folder.objects("errors.json")
        told = [error.get("context") for error in known]
        return [error for error in found if error.get("context") not in told]

    def _from_spools(self, folder: Members, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return what the collectors wrote themselves: (the failure, the others)."""
        from aitrack.store.spools import failures_of

        failures, damaged = failures_of(folder)
        if damaged:
            self.tell(f"attempts/{number}: {damaged} damaged spool records skipped")
        return (failures[0], failures[1:]) if failures else ({}, [])


def failure_of(bundle: Bundle) -> Failure | None:
    """Return the failure that a session is about, if it has one."""
    attempt = bundle.last_failed
    return attempt.failure if attempt else None


def session_folders(home: str) -> Iterator[str]:
    """Yield the folders of all sessions, newest first; what is foreign is passed over."""
    for _, folder in walk(home):
        if folder:
            yield folder


def walk(home: str) -> Iterator[tuple[str, str]]:
    """Yield (day, session folder) newest first; a foreign entry comes as (its path, "")."""
    root = f"{home}/sessions"
    for year in _descending(root):
        for month in _descending(f"{root}/{year}"):
            for day in _descending(f"{root}/{year}/{month}"):
                below = f"{root}/{year}/{month}/{day}"
                if not (year.isdigit() and month.isdigit() and day.isdigit()):
                    yield below, ""
                    continue
                for name in _descending(below):
                    if layout.is_session_id(name):
                        yield f"{year}/{month}/{day}", f"{below}/{name}"
                    elif not name.startswith("."):
                        yield f"{below}/{name}", ""


def _descending(folder: str) -> list[str]:
    return sorted(files.names_in(folder), reverse=True)


def _is_number(name: str) -> bool:
    """Say whether *name* is one of an attempt's folder; no run has a million of them."""
    return name.isascii() and name.isdigit() and len(name) < 7
