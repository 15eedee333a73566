"""`inspect --follow`: a running session's output and events, until it ends."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from aitrack.report.output import Output
from aitrack.report.text import safe_lines
from aitrack.store.bundle import Bundle
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAUSE = 0.25  # the store is written about once a second


def follow(bundle: Bundle) -> Bundle:
    """Show what a running session writes; return it as it was when it ended."""
    out = Output()
    seen: dict[str, int] = {}
    while True:
        for line in _new_lines(bundle, seen):
            out.write([line])
        out.stream.flush()
        if bundle.status != "running":
            return bundle
        time.sleep(_PAUSE)
        bundle = Bundle(bundle.folder)


def _new_lines(bundle: Bundle, seen: dict[str, int]) -> Iterator[str]:
    for number in bundle.attempt_numbers:
        for name in ("stdout.log", "stderr.log"):
            path = f"{bundle.folder}/attempts/{number}/{name}"
            data = _from(path, seen.get(path, 0), finished=bundle.status != "running")
            seen[path] = seen.get(path, 0) + len(data)
            if data:
                mark = "1|" if name == "stdout.log" else "2|"
                text = data.decode("utf-8", "backslashreplace").removesuffix("\n")
                yield from (f"{mark} {line}" for line in safe_lines(text))


def _from(path: str, offset: int, *, finished: bool) -> bytes:
    """Return the whole lines that follow *offset*; a rewritten, shorter file begins anew."""
    try:
        with open(files.open_regular(path)[0], "rb") as file:
            if os.fstat(file.fileno()).st_size < offset:
                return b""
            file.seek(offset)
            data = file.read()
    except OSError:
        return b""
    return data if finished else data[: data.rfind(b"\n") + 1]
