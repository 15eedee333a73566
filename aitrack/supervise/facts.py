"""Facts of a session that cost nothing: who runs what, where, on which machine and revision."""

from __future__ import annotations

import posix
import sys

from aitrack.store.key import keyed_hash
from aitrack.store.layout import decode
from aitrack.supervise import kernel
from aitrack.supervise.privacy import variables
from aitrack.system import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.plan import RunPlan

_ENVIRONMENTS = (
    "AITRACK_ENVIRONMENT",
    "SENTRY_ENVIRONMENT",
    "DEPLOY_ENV",
    "APP_ENV",
    "ENVIRONMENT",
    "ENV",
    "NODE_ENV",
    "RAILS_ENV",
)
# variable that is set by each CI service, its name, and where it says job and page
_CI = (
    ("GITHUB_ACTIONS", "github", "GITHUB_JOB", ""),
    ("GITLAB_CI", "gitlab", "CI_JOB_NAME", "CI_JOB_URL"),
    ("BUILDKITE", "buildkite", "BUILDKITE_LABEL", "BUILDKITE_BUILD_URL"),
    ("CIRCLECI", "circleci", "CIRCLE_JOB", "CIRCLE_BUILD_URL"),
    ("JENKINS_URL", "jenkins", "JOB_NAME", "BUILD_URL"),
    ("TF_BUILD", "azure", "AGENT_JOBNAME", ""),
    ("TEAMCITY_VERSION", "teamcity", "TEAMCITY_BUILDCONF_NAME", ""),
    ("CI", "unknown", "", ""),
)
# names in /proc/PID/limits, and those that people and the C library use
_LIMITS = {
    "cpu time": "CPU",
    "file size": "FSIZE",
    "data size": "DATA",
    "stack size": "STACK",
    "core file size": "CORE",
    "resident set": "RSS",
    "processes": "NPROC",
    "open files": "NOFILE",
    "locked memory": "MEMLOCK",
    "address space": "AS",
}


def supervisor(version: str) -> dict[str, object]:
    """Return who we are: enough to tell later whether we still live, a recycled pid notwithstanding."""
    return {"version": version, "pid": posix.getpid(), "start": kernel.start_time("self"), "boot_id": kernel.boot_id()}


def environment_name(plan: RunPlan) -> str:
    """Return the kind of place the run happens in: as asked, by the usual variables, `ci`, else `development`."""
    if chosen := plan.settings.value("environment") if "environment" in plan.settings else None:
        return str(chosen)
    for name in _ENVIRONMENTS:
        if value := plan.environ.get(name.encode()):
            return decode(value).strip().lower()[:64]
    return "ci" if ci(plan.environ) else "development"


def ci(environ: dict[bytes, bytes]) -> dict[str, str] | None:
    """Return the CI service that runs us, its job and its page, or None."""
    for variable, provider, job, url in _CI:
        if environ.get(variable.encode(), b"").lower() not in (b"", b"false", b"0"):
            page = decode(environ.get(url.encode(), b"")) if url else _github_page(environ)
            return {"provider": provider, "job": decode(environ.get(job.encode(), b"")), "url": page}
    return None


def _github_page(environ: dict[bytes, bytes]) -> str:
    server, repository, run = (
        decode(environ.get(name, b"")) for name in (b"GITHUB_SERVER_URL", b"GITHUB_REPOSITORY", b"GITHUB_RUN_ID")
    )
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""


def host(key: bytes) -> dict[str, object]:
    """Return the machine: its name as a hash, its system and its size."""
    name = posix.uname()
    return {
        "name_hash": keyed_hash(key, name.nodename.encode("utf-8", "surrogateescape")),
        "os": f"{name.sysname} {name.release}",
        "arch": name.machine,
        "cpus": len(posix.sched_getaffinity(0)) if hasattr(posix, "sched_getaffinity") else posix.cpu_count(),
        "memory": posix.sysconf("SC_PHYS_PAGES") * posix.sysconf("SC_PAGE_SIZE"),
    }


def limits() -> dict[str, str]:
    """Return the limits that are set, by their RLIMIT names, as `soft` values."""
    found: dict[str, str] = {}
    for line in kernel.read_file("/proc/self/limits").decode("ascii", "replace").splitlines()[1:]:
        name, soft = line[4:26].strip(), line[26:46].strip()
        if name in _LIMITS and soft != "unlimited":
            found[f"RLIMIT_{_LIMITS[name]}"] = soft
    return found


def parent(environ: dict[bytes, bytes]) -> dict[str, object] | None:
    """Return the session that this run was started in, if any."""
    if outer := environ.get(b"AITRACK_SESSION"):
        return {"session": decode(outer), "pid": posix.getppid()}
    return None


def described(plan: RunPlan, key: bytes, secret: frozenset[str]) -> dict[str, object]:
    """Return everything about the session that is known once its program has started, secrets included.

    *secret* are the names of variables that may hold one.
    """
    settings = plan.settings
    mode = settings.value("privacy") if "privacy" in settings else "standard"
    argv = plan.argv
    if mode == "strict":  # what was run, and of its arguments only how many and how long
        own = 2 if plan.form == "code" else plan.own_words
        argv = [*argv[:own], *[f"\u2039redacted:strict:{len(word)}\u203a" for word in argv[own:]]]
    return {
        "name": settings.value("name") if "name" in settings else None,
        "environment": environment_name(plan),
        "labels": settings.value("tags") if "tags" in settings else {},
        "command": {"argv": argv, "form": plan.form, "script": plan.script, "cwd": plan.cwd},
        "env": variables(plan.environ, key, secret, keep=mode != "strict"),
        "host": host(key),
        "user": {
            "uid": posix.geteuid(),
            "name": decode(plan.environ.get(b"USER", b"") or plan.environ.get(b"LOGNAME", b"")),
        },
        "python": {"executable": plan.executable} if plan.executable else None,
        "git": git.revision(plan.cwd),
        "limits": limits(),
        "ci": ci(plan.environ),
        "parent": parent(plan.environ),
        "privacy": {"mode": mode, "redactions": {}},
        "platform": sys.platform,
    }
