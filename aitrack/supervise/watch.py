"""The one place where the wrapper waits: for signals, for the program's output, for its end, and for timers.

No thread: signals arrive as data in the same poll as the streams. A timer is a time and a function; the function
returns the next time, or None.
"""

from __future__ import annotations

import _signal
import posix
import select
import time

from aitrack.supervise import kernel
from aitrack.supervise.clean import EVERY_SIGNAL
from aitrack.supervise.signals import ENDS, forward, is_new_to_the_program, stop_as

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrack.supervise.clean import Origin
    from aitrack.supervise.streams import Streams

    Timer = Callable[[float], float | None]

_STOPPED, _CONTINUED = posix.WIFSTOPPED, posix.WIFCONTINUED


class Watch:
    """Watches one running program until it ends."""

    __slots__ = (
        "_origin",
        "_poll",
        "_signals",
        "_streams",
        "asked_to_end",
        "on_quit",
        "pid",
        "rusage",
        "sent",
        "status",
        "timers",
    )

    def __init__(self, pid: int, streams: Streams, origin: Origin) -> None:
        self.pid = pid
        self.status: int | None = None
        self.rusage: tuple[float, ...] = ()
        self.asked_to_end = 0  # the last signal by which somebody wanted the run to end
        self.sent: list[int] = []
        self.timers: list[tuple[float, Timer]] = []
        self.on_quit: Callable[[], None] | None = None
        self._origin = origin
        self._streams = streams
        self._signals = kernel.signal_descriptor(EVERY_SIGNAL)
        self._poll = select.poll()
        self._poll.register(self._signals, select.POLLIN)
        for relay in streams.relays:
            relay.watch(self._poll)
        if streams.feed:
            streams.feed.watch(self._poll)

    def run(self) -> int:
        """Wait until the program has ended; return its wait status."""
        while self.status is None:
            self._step()
        posix.close(self._signals)
        return self.status

    def _step(self) -> None:
        for descriptor, events in self._poll.poll(self._until_next_timer()):
            if descriptor == self._signals:
                for info in kernel.read_signals(self._signals):
                    self._take(info)
            else:
                self._relay(descriptor, events)
        self._run_timers()

    def _relay(self, descriptor: int, events: int) -> None:
        feed = self._streams.feed
        if feed and descriptor in (0, feed.sink):
            feed.step(self._poll, descriptor, events)
            return
        for relay in self._streams.relays:
            if descriptor in (relay.source, relay.sink):
                relay.step(self._poll, descriptor, events)
                break
        if self._streams.terminal:
            self._streams.terminal.mirror()

    def _take(self, info: kernel.SignalInfo) -> None:
        if info.number == _signal.SIGCHLD and info.code > 0:
            self._reap()
            return
        if info.number == _signal.SIGWINCH and self._streams.terminal:
            self._streams.terminal.resize()
            forward(info, self.pid)  # the terminal's own came before ours had the new size
            return
        if info.number in ENDS:
            self.asked_to_end = info.number
        if not is_new_to_the_program(info, self.pid):
            return
        if info.number == _signal.SIGQUIT and self.on_quit:
            self.on_quit()
        self.sent.append(info.number)
        forward(info, self.pid)

    def _reap(self) -> None:
        """Take the news of all children; orphans that became ours (as PID 1) are only buried."""
        while self.status is None:
            try:
                pid, status, usage = posix.wait4(-1, posix.WNOHANG | posix.WUNTRACED | posix.WCONTINUED)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid != self.pid or _CONTINUED(status):
                continue
            if _STOPPED(status):
                stop_as(posix.WSTOPSIG(status), self._origin)
            else:
                self.status, self.rusage = status, usage

    def _until_next_timer(self) -> int | None:
        if not self.timers:
            return None
        return max(0, int((min(moment for moment, _ in self.timers) - time.monotonic()) * 1000) + 1)

    def _run_timers(self) -> None:
        if not self.timers:
            return
        now = time.monotonic()
        due = [timer for timer in self.timers if timer[0] <= now]
        for entry in due:
            self.timers.remove(entry)
            following = entry[1](now)
            if following is not None:
                self.timers.append((following, entry[1]))
