"""How a program left by a status of its own: where it called `sys.exit`, and what it had caught before.

`except KeyError: sys.exit(1)` hides the cause from the traceback. The collector keeps the last exceptions raised in the
user's code; one of them is the reason when the exit stands in its handler, when its
message was printed, or when nothing else was raised after it.
"""

from __future__ import annotations

from aitrack.diagnose import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.diagnose.failure import Evidence
    from aitrack.diagnose.record import Record

_HANDLER_LINES = 12  # an exit so near below `except` stands in the handler
_MESSAGE_SIGNS = 4  # shorter ones are found anywhere
_PROBES = (
    "ImportError",
    "ModuleNotFoundError",
    "StopIteration",
    "StopAsyncIteration",
    "GeneratorExit",
    "AttributeError",
    "KeyboardInterrupt",
    "CancelledError",
)
_SOON_NS = 2_000_000_000  # what was caught longer ago was survived
# Test runners catch what tests raise, expected or not, and leave by a status of their own.
_RUNNERS = frozenset(
    ("pytest", "py.test", "unittest", "test", "nose", "nose2", "tox", "nox", "behave", "robot", "green")
)


def caught_before_exit(evidence: Evidence) -> list[tuple[Record, Record]]:
    """Return [(process, entry)] of the exception that made the target leave, or nothing."""
    for process in evidence.processes:
        if process.get("pid") != evidence.target_pid:
            continue
        raised = [entry for entry in record.records(process, "raised") if _type(entry) not in ("", "SystemExit")]
        chosen = _reason(raised, process, evidence.stderr_tail)
        return [] if chosen is None else [(process, chosen)]
    return []


def exit_frames(evidence: Evidence) -> list[Record]:
    """Return the frames of the `sys.exit` that ended the target, as far as they are known."""
    for process in evidence.processes:
        if process.get("pid") == evidence.target_pid:
            return _exit_stack(process)
    return []


def _exit_stack(process: Record) -> list[Record]:
    told = record.mapping(process, "exit")
    if told:
        return record.records(told, "frames")
    for entry in reversed(record.records(process, "raised")):
        if _type(entry) == "SystemExit":
            return record.records(record.mapping(entry, "failure"), "frames")
    return []


def _type(entry: Record) -> str:
    return record.text(record.mapping(entry, "failure"), "type")


def _reason(raised: list[Record], process: Record, printed: str) -> Record | None:
    stack = _exit_stack(process)
    for entry in reversed(raised):
        if _stands_in_handler(record.mapping(entry, "handled"), stack) or _was_printed(entry, printed):
            return entry
    last = raised[-1] if raised else None
    # Programs ask by exception whether a module or an attribute is there; that is no reason to leave.
    if last is None or _type(last) in _PROBES or _is_runner(process) or _was_long_ago(last, process):
        return None
    return last


def _is_runner(process: Record) -> bool:
    """Return whether the program runs tests: `python -m pytest`, `/usr/bin/pytest`."""
    argv = process.get("argv")
    words = [word for word in argv[:8] if isinstance(word, str)] if record.is_array(argv) else []
    modules = [words[place + 1] for place, word in enumerate(words[:-1]) if word == "-m"]
    scripts = [word.rpartition("/")[2] for word in words[:2]]
    return any(name.partition(".")[0] in _RUNNERS for name in modules) or any(name in _RUNNERS for name in scripts)


def _was_long_ago(entry: Record, process: Record) -> bool:
    raised, left = record.number(entry, "at_ns"), record.number(record.mapping(process, "exit"), "at_ns")
    return raised is not None and left is not None and left - raised > _SOON_NS


def _stands_in_handler(handled: Record, stack: list[Record]) -> bool:
    """Return whether the exit was called a few lines below the `except`, in its function or from there."""
    at = record.integer(handled, "line")
    for frame in stack:
        line = record.integer(frame, "line")
        same = all(record.text(frame, key) == record.text(handled, key) for key in ("file", "function"))
        if same and at is not None and line is not None and 0 <= line - at <= _HANDLER_LINES:
            return True
    return False


def _was_printed(entry: Record, printed: str) -> bool:
    message = record.text(record.mapping(entry, "failure"), "message").strip()
    return len(message) >= _MESSAGE_SIGNS and message in printed
