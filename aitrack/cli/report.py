"""`aitrack report`: a page about a script, from its history."""

from __future__ import annotations

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home
from aitrack.errors import NotFound


def show(script: str, md: bool, output: str) -> int:
    """Write what the history of *script* says about it; Markdown is the only form so far, so `--md` may be left out."""
    from aitrack.analysis.history import current_index
    from aitrack.analysis.profile import profile
    from aitrack.report.files import write
    from aitrack.report.script_page import script_page

    with current_index(home()) as index:
        found = profile(index, home(), script)
    if not found.runs:
        raise NotFound(f"no run of `{script}` is recorded", hint="see `aitrack list`")
    write(output, script_page(found))
    return 0


REPORT = Word(
    "report",
    "Write a page about a script from its history.",
    show,
    arguments=(Argument("script", "The script, as it was called or by its last part."),),
    options=(
        Option("--md", "As Markdown (the default)."),
        Option("--output", "A file; stdout by default.", "FILE", short="-o", default="-"),
    ),
    examples=("aitrack report load.py --md > docs/load.md",),
)
