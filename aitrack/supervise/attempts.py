"""One attempt: start the program, watch it to its end, and say how it ended."""

from __future__ import annotations

import _signal
import posix
import time

from aitrack.supervise import kernel, launch
from aitrack.supervise.plan import Exited, NotStarted, Outcome, RunPlan, Signalled, TimedOut
from aitrack.supervise.streams import Streams
from aitrack.supervise.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.clean import Origin
    from aitrack.supervise.sample import Samples

_PATIENCE_OF_KILL = 0.05  # seconds between looks at a tree that is being killed
_MEMORY_LOOK_SECONDS = 0.1


class Attempt:
    """One start of the command, from its fork to its end."""

    __slots__ = (
        "child",
        "duration",
        "note",
        "number",
        "oom_kills",
        "outcome",
        "outgrew",
        "role",
        "samples",
        "started_at",
        "streams",
        "timed_out",
        "watch",
        "zero",
    )

    def __init__(self, number: int, streams: Streams) -> None:
        self.number = number
        self.streams = streams
        self.started_at = time.time()
        self.zero = time.monotonic()
        self.role = "primary"
        self.note: dict[str, object] = {}  # what a policy has to say of it, for its record
        self.timed_out = False
        self.outgrew = False
        self.duration = 0.0
        self.oom_kills = 0
        self.samples: Samples | None = None
        self.outcome: Outcome = NotStarted(125, "not started")
        self.child: launch.Child
        self.watch: Watch

    def start(self, plan: RunPlan, environ: dict[bytes, bytes], origin: Origin) -> None:
        """Fork and exec; the program runs when this returns."""
        self.child = launch.start(plan, environ, origin, self.streams.for_child)
        self.streams.started()
        self.watch = Watch(self.child.pid, self.streams, origin)
        self.watch.timers.append((self.zero + 0.2, self._sample))
        self.oom_kills = kernel.out_of_memory_kills()

    def _sample(self, now: float) -> float | None:
        from aitrack.supervise.sample import Samples

        if self.samples is None:
            self.samples = Samples(self.child.pid, self.zero)
        return self.samples.take(now)

    def limit(self, seconds: float, kill_after: float, spool: str) -> None:
        """End the whole tree when *seconds* have passed: TERM, and KILL after *kill_after* more.

        Those of its interpreters that listen say first where they are, into the folder *spool*.
        """
        from aitrack.supervise.dump import ask_for_stacks

        kernel.adopt_orphans()

        def end(_: float) -> float | None:
            if not self.timed_out:
                ask_for_stacks(spool)
                self.timed_out = True
                self._signal_tree(_signal.SIGTERM)
                return time.monotonic() + kill_after
            self._signal_tree(_signal.SIGKILL)
            return time.monotonic() + _PATIENCE_OF_KILL

        self.watch.timers.append((self.zero + seconds, end))

    def limit_memory(self, most: int, spool: str) -> None:
        """End the whole tree, as the kernel would, when it holds more than *most* bytes."""
        from aitrack.supervise.dump import ask_for_stacks

        kernel.adopt_orphans()

        def look(_: float) -> float | None:
            pids = [self.child.pid, *kernel.descendants(self.child.pid)]
            if self.outgrew or sum(kernel.resident_bytes(pid) for pid in pids) > most:
                if not self.outgrew:
                    ask_for_stacks(spool)
                self.outgrew = True
                self._signal_tree(_signal.SIGKILL)
            return time.monotonic() + _MEMORY_LOOK_SECONDS

        self.watch.timers.append((self.zero + _MEMORY_LOOK_SECONDS, look))

    def answer_quit(self, spool: str) -> None:
        """When somebody sends SIGQUIT to us alone, note where the program is before it gets the signal too."""
        from aitrack.supervise.dump import ask_for_stacks

        self.watch.on_quit = lambda: ask_for_stacks(spool)

    def _signal_tree(self, number: int) -> None:
        for pid in [self.child.pid, *kernel.descendants(posix.getpid())]:
            _send(pid, number)

    def finish(self) -> Outcome:
        """Wait for the end; what is left in the pipes is passed on without waiting for it."""
        status = self.watch.run()
        self.duration = time.monotonic() - self.zero
        self.outcome = self._outcome(status)
        if self.timed_out or self.outgrew:
            _kill_the_rest()
        for relay in self.streams.relays:
            relay.drain()
        if any(relay.is_open and relay.sink >= 0 for relay in self.streams.relays):
            from aitrack.supervise.pump import courier

            courier(self.streams.relays)
        for relay in self.streams.relays:
            relay.close()
        if self.streams.feed:
            self.streams.feed.close()
        return self.outcome

    def _outcome(self, status: int) -> Outcome:
        if posix.WIFSIGNALED(status):
            if self.timed_out:
                return TimedOut(status)
            return Signalled(posix.WTERMSIG(status), posix.WCOREDUMP(status))
        code = posix.WEXITSTATUS(status)
        if self.timed_out:
            return TimedOut(status)
        if code == 127 and (problem := self.child.start_error()):
            return NotStarted(*problem)
        if code != 127:
            posix.close(self.child.report)
        return Exited(code)


def _send(pid: int, number: int) -> None:
    try:
        posix.kill(pid, number)
    except ProcessLookupError:
        pass


def _kill_the_rest() -> None:
    """Kill what the ended program left behind, until nothing is left; orphans are ours since the start."""
    until = time.monotonic() + 5
    while (rest := kernel.descendants(posix.getpid())) and time.monotonic() < until:
        for pid in rest:
            _send(pid, _signal.SIGKILL)
        try:
            while posix.waitpid(-1, posix.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)
