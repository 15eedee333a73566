"""`aitrack bundle`: a whole session in one file, to be sent."""

from __future__ import annotations

import os
from typing import Any

from aitrack.cli.grammar import Argument, Option, Word
from aitrack.cli.store_home import home, redactor
from aitrack.errors import UsageError

_PARTS = ("locals", "env", "output")


def show(session: str | None, output: str | None, without: list[str], failed: bool) -> int:
    """Pack *session* into the file *output*, without the parts that shall stay here."""
    from aitrack.analysis.explanation import explain
    from aitrack.report.exporting import refuse_full
    from aitrack.report.files import write_bytes
    from aitrack.report.text import safe, size
    from aitrack.store.finding import find
    from aitrack.store.packing import pack

    bundle = find(home(), session or "last", failed=failed, of_store=True)
    refuse_full(bundle)
    if bundle.status == "running":
        raise UsageError(
            f"`{bundle.id[-6:]}` still runs", hint=f"wait for it: `aitrack inspect {bundle.id[-6:]} --follow`"
        )
    if not os.path.isdir(bundle.folder):
        raise UsageError(f"`{bundle.id}` was imported: there is nothing to pack")
    explanation = explain(home(), bundle)
    names = ("suspects", "changes", "pattern")
    history: dict[str, Any] = {name: value for name, value in explanation.as_json().items() if name in names}
    history["last_success"] = explanation.last_success
    # today's rules once more: those of the run may be older
    data = pack(bundle, history, redactor(), _parts(without))
    path = output or f"{bundle.id}.zip"
    write_bytes(path, data)
    print(f"packed {bundle.id} into {safe(path)}, {size(len(data))}")
    return 0


def _parts(wishes: list[str]) -> list[str]:
    """Return the parts named in *wishes*, each like `locals,env`."""
    found = [part for wish in wishes for part in wish.split(",") if part]
    for part in found:
        if part not in _PARTS:
            raise UsageError(f"`--without {part}` leaves nothing out", hint="one of " + ", ".join(_PARTS))
    return found


BUNDLE = Word(
    "bundle",
    "Pack a session into one file, for somebody else.",
    show,
    arguments=(Argument("session", "An id, any unique part of one, or `last` (the default).", required=False),),
    options=(
        Option("--output", "The file; `ID.zip` by default.", "FILE.zip", short="-o"),
        Option("--without", "Leave out `locals`, `env`, `output`.", "PARTS", many=True),
        Option("--failed", "With `last`: the newest session that failed."),
    ),
    examples=(
        "aitrack bundle last -o failure.zip",
        "aitrack bundle k3f9qa --without locals,env",
        "aitrack inspect failure.zip",
    ),
)
