"""The bundle of a session that began inside a script: the same files that `aitrack run` leaves."""

from __future__ import annotations

import os
import resource
import sys
import time
from typing import TYPE_CHECKING, Any

from aitrack import __version__
from aitrack.api import trouble
from aitrack.store import holders
from aitrack.store.journal import Journal
from aitrack.store.key import keyed_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aitrack.api.picturing import Pictures

_EXIT = {"passed": 0, "degraded": 0, "failed": 1}
_PLACES = ("AITRACK_ENVIRONMENT", "SENTRY_ENVIRONMENT", "DEPLOY_ENV", "APP_ENV", "ENVIRONMENT", "ENV", "NODE_ENV")
_CI = ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "JENKINS_URL", "TF_BUILD", "TEAMCITY_VERSION", "CI")
_PLAIN = (str, int, float, bool)


class OwnBundle:
    """The folder of one session, written by the process that the session is about."""

    def __init__(self, home: str) -> None:
        self._journal = Journal(home)
        self.session_id = self._journal.session_id
        self.attempt_folder = f"{self._journal.folder}/attempts/1"
        self.events_path = f"{self.attempt_folder}/events.ndjson"
        self.zero_ns = time.monotonic_ns()
        self._started_at = time.time()
        self._usage = resource.getrusage(resource.RUSAGE_SELF)
        start = holders.start_time(os.getpid())
        self._record: dict[str, Any] = {
            "schema": 1,
            "id": self.session_id,
            "status": "running",
            "started_at": self._started_at,
            "supervisor": {
                "version": __version__,
                "pid": os.getpid(),
                "start": int(start) if start.isdigit() else None,
                "boot_id": holders.boot_id(),
            },
        }

    @property
    def key(self) -> bytes:
        """Return the store's key for hashes."""
        return self._journal.key

    @property
    def is_open(self) -> bool:
        """Whether the store takes what is written."""
        return self._journal.trouble is None

    def open(self) -> None:
        """Make the folder, with a first record that holds no text of the user's."""
        self._journal.open(self._record)
        self._journal.add_attempt(1)
        self._check()

    def describe(
        self,
        pictures: Pictures,
        name: str | None,
        environment: str | None,
        facts: Mapping[str, object],
        parent: str | None,
    ) -> None:
        """Add what the session is about."""
        stored = pictures.values(facts)
        argv = [word for word in sys.argv if type(word) is str]
        script = os.path.abspath(argv[0]) if argv and argv[0] not in ("", "-c", "-m") else (argv[0] if argv else "")
        outer = parent or os.environ.get("AITRACK_SESSION")
        self._record |= {
            "name": pictures.text(name, 200) if name else None,
            "environment": (environment or environment_name())[:64],
            "labels": {key: str(value)[:200] for key, value in stored.items() if type(value) in _PLAIN},
            "facts": stored,
            "command": {
                "argv": [sys.executable or "python", *argv],
                "form": "code" if argv[:1] == ["-c"] else "script",
                "script": script,
                "cwd": _cwd(),
            },
            "origin": "api",
            "python": {"version": ".".join(map(str, sys.version_info[:3])), "executable": sys.executable,
                       "implementation": sys.implementation.name, "prefix": sys.prefix},
            "host": self._host(),
            "user": {"uid": os.geteuid(), "name": os.environ.get("USER") or os.environ.get("LOGNAME") or ""},
            "parent": {"session": outer, "pid": os.getpid() if parent else os.getppid()} if outer else None,
            "privacy": {"mode": "strict" if pictures.is_strict else "standard", "redactions": {}},
        }  # fmt: skip
        self._pictures = pictures
        self._journal.write("session.json", pictures.record(self._record))
        self._journal.write("attempts/1/attempt.json", self._attempt())
        self._check()

    def learn(self, **facts: object) -> None:
        """Add facts that were found out later."""
        self._record |= facts

    def write_errors(self, errors: list[dict[str, Any]]) -> None:
        """Replace the failures that the program handled."""
        self._journal.write("attempts/1/errors.json", errors)
        self._check()

    def end(self, status: str, failure: dict[str, Any] | None, *, reason: str, recovered: bool, degraded: bool) -> None:
        """Write how it ended."""
        duration = round((time.monotonic_ns() - self.zero_ns) / 1e9, 6)
        ended: dict[str, Any] = {"exit_code": _EXIT.get(status), "duration_s": duration}
        if failure is not None:
            self._journal.write("attempts/1/failure.json", failure)
        attempt = self._attempt() | ended | {"signal": None, "resources": self._resources()}
        self._journal.write("attempts/1/attempt.json", attempt)
        self._record |= ended | {
            "status": status,
            "ended_at": time.time(),
            "reason": self._pictures.text(reason, 300) or None,
            "recovered": recovered,
            "degraded": degraded or status == "degraded",
        }
        self._record["privacy"]["redactions"] = dict(self._pictures.redactor.counts)
        self._journal.write("session.json", self._pictures.record(self._record), sync=status == "failed")
        self._check()

    def _attempt(self) -> dict[str, Any]:
        return {
            "n": 1,
            "role": "primary",
            "pid": os.getpid(),
            "started_at": self._started_at,
            "collector": {"state": "active", "mode": "api", "reason": None},
        }

    def _resources(self) -> dict[str, Any]:
        now, before = resource.getrusage(resource.RUSAGE_SELF), self._usage
        return {
            "cpu_user_s": round(now.ru_utime - before.ru_utime, 6),
            "cpu_sys_s": round(now.ru_stime - before.ru_stime, 6),
            "max_rss_bytes": now.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "ctx_switches": now.ru_nvcsw + now.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw,
        }

    def _host(self) -> dict[str, Any]:
        name = os.uname()
        return {
            "name_hash": keyed_hash(self.key, os.fsencode(name.nodename)),
            "os": f"{name.sysname} {name.release}",
            "arch": name.machine,
            "cpus": os.cpu_count(),
        }

    def _check(self) -> None:
        error = self._journal.trouble
        if error is not None:
            trouble.warn(f"the store `{self._journal.home}` cannot be written: {error.strerror or error}")


def environment_name() -> str:
    """Return the kind of place this is: by the usual variables, `ci` where a service says so, else `development`."""
    for name in _PLACES:
        value = os.environ.get(name, "").strip().lower()
        if value:
            return value
    return "ci" if any(os.environ.get(name, "").lower() not in ("", "0", "false") for name in _CI) else "development"


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
