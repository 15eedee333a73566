"""`aitrack debug`: look into a recorded failure, as with pdb after the end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.report.postmortem import Postmortem

_PROMPT = "(aitrack) "


def show(session: str | None, command: list[str]) -> int:
    """Answer commands from the terminal, from stdin, or from `--command`."""
    from aitrack.analysis.explanation import explain
    from aitrack.report.output import Output
    from aitrack.report.postmortem import Postmortem
    from aitrack.store.finding import find

    bundle = find(home(), session or "last", failed=session is None)
    inside = Postmortem(explain(home(), bundle))
    out = Output()
    if not command:
        out.write(inside.greeting())
    for line in iter(command) if command else _lines(inside):
        answer = inside.do(line)
        if answer is None:
            break
        out.write(answer)
        sys.stdout.flush()
    return 0


def _lines(inside: Postmortem) -> Iterator[str]:
    """Yield what is typed, with editing and completion on a terminal; else the lines of stdin."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield from sys.stdin
        return
    _complete_from(inside)
    last = ""
    while True:
        try:
            line = input(_PROMPT)
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print()
            continue
        last = line if line.strip() else last  # an empty line repeats, as in pdb
        yield last


def _complete_from(inside: Postmortem) -> None:
    try:
        import readline
    except ImportError:
        return  # built without it: typing works all the same

    def complete(text: str, number: int) -> str | None:
        fitting = [name for name in inside.words() if name.startswith(text)]
        return fitting[number] if number < len(fitting) else None

    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


DEBUG = Word(
    "debug",
    "Look into a recorded failure: frames, values, why.",
    show,
    arguments=(Argument("session", "An id, a file of `aitrack bundle`, or the last that failed.", required=False),),
    options=(Option("--command", "Answer this and end; may be repeated.", "TEXT", short="-c", many=True),),
    examples=("aitrack debug", "aitrack debug k3f9qa -c where -c 'p row'", "aitrack debug failure.zip < questions.txt"),
)
