"""What CI systems understand on a job's log and beside it: GitHub, GitLab, Buildkite.

Each speaks in lines of the log, so a program could forge commands through its
own messages.  Every text is made safe first (no control sign is left, on which
GitLab's sections depend), then escaped as the system wants it; a line that
would still read as a command is given a bar in front.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aitrack.report import failure as words
from aitrack.report.markdown import headline, summary
from aitrack.report.terminal import name_of
from aitrack.report.text import cut, safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Failure, Frame

SYSTEMS = ("github", "gitlab", "buildkite")
_SIGNS = (("github", "GITHUB_ACTIONS"), ("gitlab", "GITLAB_CI"), ("buildkite", "BUILDKITE"))
_ANNOTATIONS = 10  # as many errors as GitHub shows of one step
_MESSAGE, _TITLE = 4_000, 250


def detect(environ: Mapping[str, str]) -> str | None:
    """Return which system runs this job, if one does."""
    return next((name for name, sign in _SIGNS if environ.get(sign, "").lower() in ("true", "1")), None)


def log_lines(system: str, explanation: Explanation, screen: list[str], environ: Mapping[str, str]) -> list[str]:
    """Return the lines for the log of *system*: annotations, and *screen* in a part that folds."""
    title = f"aitrack: {name_of(explanation.bundle.session)} {explanation.bundle.status}"
    if system == "github":
        return [*github_annotations(explanation, environ.get("GITHUB_WORKSPACE")), *github_group(title, screen)]
    if system == "gitlab":
        now = explanation.bundle.session.ended_at or explanation.bundle.session.started_at
        return gitlab_section(f"aitrack_{explanation.bundle.id}", title, screen, int(now))
    return buildkite_group(title, screen)


def github(explanation: Explanation) -> str:
    """Return the annotations as text for a job's log; empty when there is nothing to say."""
    return "".join(f"{line}\n" for line in github_annotations(explanation, os.environ.get("GITHUB_WORKSPACE")))


def github_annotations(explanation: Explanation, workspace: str | None = None) -> list[str]:
    """Return one command for each root cause: an error, or a warning when the run passed in the end."""
    bundle = explanation.bundle
    if bundle.status in ("running", "passed") and not bundle.session.recovered:
        return []
    level = "warning" if bundle.status in ("passed", "degraded") else "error"
    attempt = bundle.last_failed
    if attempt is None or attempt.failure is None:
        return [] if level == "warning" else [_command(level, {"title": _title(explanation)}, headline(explanation))]
    lines: list[str] = []
    for cause, frame in causes(attempt.failure)[:_ANNOTATIONS]:
        properties = _place(frame, workspace, bundle.session.command.cwd) if frame else {}
        lines.append(_command(level, {**properties, "title": _title(explanation)}, _told(attempt.failure, cause)))
    return lines


def causes(failure: Failure) -> list[tuple[Failure, Frame | None]]:
    """Return the root causes with their places: one, or one for each member of a group."""
    if failure.exceptions:
        return [pair for member in failure.exceptions for pair in causes(member)]
    return [words.blamed(failure)]


def _told(failure: Failure, cause: Failure) -> str:
    lines = [words.title(cause)]
    if failure.blame and failure.blame.why and failure.blame.why != "unsure":
        lines.append(safe(failure.blame.why))
    if cause is not failure:
        lines.append(f"led to {words.title(failure)}")
    return "\n".join(lines)


def _title(explanation: Explanation) -> str:
    status = "passed on a retry" if explanation.bundle.session.recovered else explanation.bundle.status
    return f"{name_of(explanation.bundle.session)} {status}"


def _place(frame: Frame, workspace: str | None, cwd: str | None) -> dict[str, str]:
    """Return file and position; the file from the root of the checkout, where GitHub looks for it."""
    file = frame.file if frame.file.startswith("/") or not cwd else f"{cwd.rstrip('/')}/{frame.file}"
    root = (workspace or cwd or "").rstrip("/") + "/"
    found = {"file": safe(file[len(root) :] if len(root) > 1 and file.startswith(root) else file)}
    if frame.line:
        found |= {"line": str(frame.line), "endLine": str(frame.end_line or frame.line)}
        if frame.col is not None and frame.end_line in (None, frame.line):
            found["col"] = str(frame.col + 1)
            if frame.end_col:
                found["endColumn"] = str(frame.end_col + 1)
    return found


def _command(name: str, properties: dict[str, str], message: str) -> str:
    pairs = ",".join(f"{key}={_property(cut(value, _TITLE))}" for key, value in properties.items() if value)
    return f"::{name} {pairs}::{_data(cut(message, _MESSAGE))}"


def _data(text: str) -> str:
    return _no_old_command(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def github_group(title: str, lines: list[str]) -> list[str]:
    """Return *lines* in a group that folds; none of them is a command."""
    return [f"::group::{_data(cut(safe(title), _TITLE))}", *(_no_command(line) for line in lines), "::endgroup::"]


def _no_command(line: str) -> str:
    """Return *line* so that GitHub's runner reads no command in it: `::` at its start, or `##[` anywhere."""
    shown = _no_old_command(safe(line))
    return f"| {shown}" if shown.lstrip().startswith("::") else shown


def _no_old_command(text: str) -> str:
    """Return *text* without `##[`, the old form of a command, which is one anywhere in a line."""
    return text.replace("##[", "# #[")


def gitlab_section(name: str, title: str, lines: list[str], now: int) -> list[str]:
    """Return *lines* in a section; GitLab knows it by control signs, which no text of a program has left."""
    safe_name = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "_.-") else "_" for sign in name)
    start = f"\x1b[0Ksection_start:{now}:{safe_name}[collapsed=false]\r\x1b[0K{safe(title)}"
    return [start, *(safe(line) for line in lines), f"\x1b[0Ksection_end:{now}:{safe_name}\r\x1b[0K"]


def buildkite_group(title: str, lines: list[str]) -> list[str]:
    """Return *lines* below an open group; a line of theirs that would begin another gets a bar in front."""
    shown = [safe(line) for line in lines]
    return [f"+++ {safe(title)}", *(f"| {line}" if line.startswith(_GROUPS) else line for line in shown)]


_GROUPS = ("---", "+++", "~~~", "^^^")


def buildkite_annotation(explanation: Explanation) -> tuple[list[str], str]:
    """Return (the command that makes an annotation, what it reads)."""
    bundle = explanation.bundle
    style = {"passed": "warning", "degraded": "warning"}.get(bundle.status, "error")
    return ["buildkite-agent", "annotate", "--style", style, "--context", f"aitrack-{bundle.id}"], summary(explanation)
