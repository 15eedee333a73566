"""`aitrack open`: the failing line in the user's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import CommandNotFound

_COLON = {"code", "code-insiders", "codium", "cursor", "windsurf", "zed", "zeditor", "subl", "hx", "helix", "micro"}
_FLAG = {"code": "--goto", "code-insiders": "--goto", "codium": "--goto", "cursor": "--goto", "windsurf": "--goto"}
_JETBRAINS = {"pycharm", "charm", "idea"}


def show(session: str | None, path: bool) -> int:
    """Open the failing line of *session* in `$VISUAL` or `$EDITOR`."""
    from aitrack.analysis.explanation import Explanation
    from aitrack.report.postmortem import editor_place
    from aitrack.report.text import safe
    from aitrack.store.finding import find

    bundle = find(home(), session or "last", failed=session is None)
    file, line = editor_place(Explanation(bundle))
    if path:
        print(safe(f"{file}:{line}"))
        return 0
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    if not editor or shutil.which(editor[0]) is None:
        raise CommandNotFound(f"there is no editor `{' '.join(editor)}`", hint="set EDITOR, or use `--path`")
    return subprocess.run([*editor, *place_arguments(editor[0], file, line)], check=False).returncode


def place_arguments(editor: str, path: str, line: int) -> list[str]:
    """Return how *editor* is told to go to a line: most take `+N`."""
    name = os.path.basename(editor)
    if name in _COLON:
        flag = [_FLAG[name]] if name in _FLAG else []
        return [*flag, f"{path}:{line}"]
    if name in _JETBRAINS:
        return ["--line", str(line), path]
    return [f"+{line}", path]


OPEN = Word(
    "open",
    "Open the failing line in your editor.",
    show,
    arguments=(Argument("session", "An id, any unique part of one, or the last that failed.", required=False),),
    options=(Option("--path", "Only print the place."),),
    examples=("aitrack open", "EDITOR='code --wait' aitrack open k3f9qa"),
)
