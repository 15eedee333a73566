"""Where a missing value may come from: who gave the None that was met.

A function that returns None fails nowhere itself; the line that uses what it
gave does.  On 3.12 and later the run knows which one it was; elsewhere the lines
around the failure name what may have given it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aitrack.analysis.suspects import Giver
from aitrack.diagnose.origin import SPECIAL
from aitrack.model import is_list, is_object
from aitrack.store.facts import root_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FRAMES = 2  # the innermost of the user's own: who met the value, and who handed it over
_LINES = 6  # above the failing line, and itself
_NAME = re.compile(r"[^\W\d]\w{2,80}")


def giver(failure: dict[str, Any]) -> Giver | None:
    """Return what returned the None that *failure* met, when the run knew it."""
    blame: Any = failure.get("blame")
    place: Any = blame.get("origin") if is_object(blame) else None
    if not is_object(place):
        return None
    line = place.get("line")
    where = (str(place.get("file")), str(place.get("function")))
    return Giver(where, line if isinstance(line, int) else None)


def origins(failure: dict[str, Any]) -> frozenset[str]:
    """Return the names around the place where *failure* met None; nothing when it is about something else."""
    root = root_of(failure)
    if "None" not in str(root.get("message")):
        return frozenset()
    frames: Any = root.get("frames")
    own = [frame for frame in frames if is_object(frame) and frame.get("in_app") is True] if is_list(frames) else []
    lines = [line for frame in own[-_FRAMES:] for line in _lines(frame)]
    names = {name for line in lines for name in _NAME.findall(line)}
    names |= {SPECIAL[name] for name in names if name in SPECIAL}
    return frozenset(names | {"__getitem__"} if any("[" in line for line in lines) else names)


def _lines(frame: dict[str, Any]) -> Iterator[str]:
    yield str(frame.get("code") or "")
    context, line = frame.get("context"), frame.get("line")
    start: Any = context.get("start") if is_object(context) else None
    texts: Any = context.get("lines") if is_object(context) else None
    if is_list(texts) and isinstance(start, int) and isinstance(line, int):
        yield from (str(text) for text in texts[max(0, line - start + 1 - _LINES) : max(0, line - start + 1)])
