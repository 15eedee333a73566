"""What `run` does with a session after its end, where it was asked to: CI, JUnit, exports.

Loaded only then.  Nothing here changes how the run ended: what goes wrong is
one line, and an endpoint that does not answer costs at most a stated time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, TextIO

from aitrack.errors import AitrackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aitrack.analysis.explanation import Explanation

_BUDGET = 5.0  # seconds for each endpoint


def after_run(
    home: str,
    folder: str,
    *,
    ci: str = "none",
    junit: str | None = None,
    exports: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    out: TextIO | None = None,
    within: float = _BUDGET,
) -> None:
    """Tell the world of the session in *folder*; never raises.

    *ci* is `auto`, `github`, `gitlab`, `buildkite` or `none`; *junit* a file;
    each of *exports* is `FORMAT` (to its endpoint) or `FORMAT=FILE`.
    """
    from aitrack.analysis.explanation import explain
    from aitrack.store.bundle import Bundle

    stream = out or sys.stderr
    try:
        explanation = explain(home, Bundle(folder))
    except Exception as error:  # a damaged store must not turn a good run into a bad one
        _say(stream, f"the session cannot be read: {error}")
        return
    wishes = [*([f"junit={junit}"] if junit else []), *exports]
    steps: list[Callable[[], None]] = [partial(_for_ci, explanation, ci, environ, stream)]
    steps += [partial(export, explanation, wish, environ, within) for wish in wishes]
    for step in steps:
        try:
            step()
        except AitrackError as error:
            _say(stream, str(error))
        except Exception as error:
            _say(stream, f"{type(error).__name__}: {error}")


def check_export(wish: str) -> str:
    """Return *wish* if it is `FORMAT` or `FORMAT=FILE`; ValueError otherwise, for the parser of options."""
    from aitrack.report.exporting import FORMATS

    name, equals, path = wish.partition("=")
    if name not in FORMATS or (equals and not path):
        raise ValueError(f"one of {', '.join(FORMATS)}, or `FORMAT=FILE`")
    if not equals and name not in ("otlp", "sentry"):
        raise ValueError(f"`{name}` needs a file: `{name}=FILE`")
    return wish


def export(explanation: Explanation, wish: str, environ: Mapping[str, str], within: float = _BUDGET) -> None:
    """Export to a file or an endpoint; AitrackError when that fails or takes longer than *within*."""
    from aitrack.report.exporting import exported
    from aitrack.report.files import write
    from aitrack.report.sending import send, target

    name, _, path = wish.partition("=")
    text = exported(explanation, name)
    if path:
        write(path, text)
        return
    target(name, environ)
    failed: list[AitrackError] = []

    def sending() -> None:
        try:
            send(name, text, environ, within)
        except AitrackError as error:
            failed.append(error)

    thread = Thread(target=sending, daemon=True)  # a name server has timeouts of its own: it may be left behind
    thread.start()
    thread.join(within)
    if failed:
        raise failed[0]
    if thread.is_alive():
        raise AitrackError(f"the export to {name} took longer than {within:g} s and was given up")


def _for_ci(explanation: Explanation, wish: str, environ: Mapping[str, str], stream: TextIO) -> None:
    from aitrack.report.ci import detect, log_lines

    system = detect(environ) if wish == "auto" else wish
    is_worth_it = explanation.bundle.status != "passed" or explanation.bundle.session.recovered
    if system in (None, "none") or not is_worth_it:
        return
    lines = log_lines(system or "", explanation, _screen(explanation), environ)
    stream.write("".join(f"{line}\n" for line in lines))
    stream.flush()
    if system == "github" and environ.get("GITHUB_STEP_SUMMARY"):
        _append(environ["GITHUB_STEP_SUMMARY"], explanation)
    elif system == "buildkite":
        _annotate(explanation)


def _screen(explanation: Explanation) -> list[str]:
    from io import StringIO

    from aitrack.report.output import Output
    from aitrack.report.terminal import first_screen

    out = Output(StringIO())
    out.columns, out.coloured = 100, False
    return first_screen(explanation, out)


def _append(path: str, explanation: Explanation) -> None:
    """Add the summary to the file of this step; several runs of one step share its MiB."""
    from aitrack.report.markdown import LIMIT, summary

    used = os.path.getsize(path) if os.path.exists(path) else 0
    text = summary(explanation, max(0, LIMIT - used))
    with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text + "\n")


def _annotate(explanation: Explanation) -> None:
    from aitrack.report.ci import buildkite_annotation

    command, text = buildkite_annotation(explanation)
    try:
        subprocess.run(
            command, input=text.encode("utf-8", "backslashreplace"), capture_output=True, timeout=_BUDGET, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise AitrackError(f"`buildkite-agent annotate` failed: {error}") from None


def _say(stream: TextIO, text: str) -> None:
    from aitrack.report.text import safe

    try:
        stream.write(f"aitrack: {safe(text)}\n")
        stream.flush()
    except (OSError, ValueError):
        pass
