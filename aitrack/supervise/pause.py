"""Wait between attempts: one blocking wait that a signal ends, with a countdown where somebody watches."""

from __future__ import annotations

import _signal
import posix
import time

from aitrack.supervise.clean import EVERY_SIGNAL
from aitrack.supervise.signals import ENDS, stop_as

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrack.supervise.clean import Origin

_STOPS = frozenset({_signal.SIGTSTP, _signal.SIGTTIN, _signal.SIGTTOU})


def pause(seconds: float, origin: Origin, show: Callable[[float], None] | None = None) -> int:
    """Wait *seconds*; return 0 when they are over, else the signal by which the user ended the wait.

    *show* is told the seconds left about once a second, and 0 at the end.
    """
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if show:
            show(left)
        info = _signal.sigtimedwait(EVERY_SIGNAL, min(left, 1.0) if show else left)
        if info is None:
            continue
        if info.si_signo in ENDS and info.si_signo not in origin.ignored:
            if show:
                show(0)
            return int(info.si_signo)
        if info.si_signo in _STOPS:
            stop_as(info.si_signo, origin)
    if show:
        show(0)
    return 0


def countdown() -> Callable[[float], None] | None:
    """Return what shows the seconds left on a terminal and wipes them away again; None where nobody watches."""
    if not posix.isatty(2):
        return None

    def show(left: float) -> None:
        text = f"\raitrack: next attempt in {left:.0f} s \x1b[K" if left else "\r\x1b[K"
        try:
            posix.write(2, text.encode())
        except OSError:
            pass

    return show
