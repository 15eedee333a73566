"""Where a program stood that was ended from outside: hung, or struck by a signal.

The collector writes the stacks of all threads when the supervisor asks before it ends a program that took too long;
`faulthandler` writes them when the interpreter itself is struck.
"""

from __future__ import annotations

from aitrack.diagnose import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.diagnose.failure import Evidence
    from aitrack.diagnose.record import Record

_WAITING_FOR_A_CHILD = ("subprocess.py", "popen_fork.py", "connection.py")


def where_it_stood(evidence: Evidence) -> Record:
    """Return `frames` of the thread that counts, and all `threads` where they are known."""
    told = [process for process in evidence.processes if record.mapping(process, "stacks")]
    own = [process for process in told if process.get("pid") == evidence.target_pid]
    frames, threads = _of(own[-1]) if own else ([], [])
    below = [process for process in told if process not in own]
    if below and (not own or _waits_for_a_child(frames)):
        frames, threads = _of(below[-1])
    if not frames and evidence.native:
        from aitrack.diagnose.text import lines_of
        from aitrack.diagnose.tracebacks import current_thread

        frames = current_thread(lines_of(evidence.native))
    return {"frames": frames, "threads": threads} if threads else {"frames": frames}


def _of(process: Record) -> tuple[list[Record], list[Record]]:
    threads = record.records(record.mapping(process, "stacks"), "threads")
    main = [thread for thread in threads if thread.get("main") is True] or threads[:1]
    return (record.records(main[0], "frames") if main else []), threads


def _waits_for_a_child(frames: list[Record]) -> bool:
    return any(record.text(frame, "file").endswith(_WAITING_FOR_A_CHILD) for frame in frames[-3:])
