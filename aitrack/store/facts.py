"""What the index keeps of one session: its summary, and where it belongs among failures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.store.summary import last_failure, summarise

if TYPE_CHECKING:
    from aitrack.store.bundle import Bundle

FAILING = ("failed", "degraded", "interrupted")
_STACK = 8  # frames of the user's own that are kept per site


@dataclass
class Mark:
    """The kind of a failure: its site and wording, as stored by the run."""

    site: str
    label: str
    template: str = ""
    wording: str = ""
    origin: str = ""  # of the None that was met
    kind: str | None = None
    category: str | None = None
    source: str | None = None
    stack: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass
class Facts:
    """One session for the index."""

    summary: dict[str, Any]
    mark: Mark | None = None  # of a session that failed
    retried: dict[str, tuple[Mark, bool]] = field(default_factory=dict[str, "tuple[Mark, bool]"])
    max_rss: int | None = None
    output_bytes: int | None = None


def facts_of(bundle: Bundle) -> Facts:
    """Return what the index keeps of *bundle*."""
    summary = summarise(bundle)
    facts = Facts(summary)
    failure = last_failure(bundle)
    # Degraded by its own word, or interrupted, a session may have no failure; one that failed always has one.
    if summary["status"] == "failed" or (summary["status"] in ("degraded", "interrupted") and failure):
        facts.mark = mark_of(failure, summary)
    numbers = bundle.attempt_numbers
    if len(bundle.own_attempt_numbers) > 1:
        facts.retried = _retried(bundle, summary)
    if numbers:
        attempt, _ = bundle.attempt_files(numbers[-1]).object("attempt.json")
        facts.max_rss = _whole(attempt, "resources", "max_rss_bytes")
        facts.output_bytes = _whole(attempt, "output", "stdout", "bytes")
    return facts


def mark_of(failure: dict[str, Any], summary: dict[str, Any]) -> Mark:
    """Return the kind of *failure*; of a session that left none, by how it ended."""
    fingerprint: Any = failure.get("fingerprint")
    if is_object(fingerprint) and isinstance(fingerprint.get("l1"), str) and fingerprint["l1"]:
        kind = _text(failure.get("type")) or "failure"
        label = _text(fingerprint.get("site")) or kind
        return Mark(
            site=fingerprint["l1"],
            label=label,
            template=_text(fingerprint.get("l2")) or "",
            wording=wording_of(failure),
            origin=_text(fingerprint.get("origin")) or "",
            kind=_text(failure.get("kind")),
            category=_text(failure.get("category")),
            source=_text(failure.get("source")),
            stack=stack_of(failure),
        )
    ended = summary["signal"] or ("no end" if summary["exit_code"] is None else f"exit {summary['exit_code']}")
    title = _text(failure.get("type")) or summary["reason"] or str(ended)
    return Mark(f"status:{title}:{summary['script']}", f"{title} of {summary['script'] or 'a command'}", wording=title)


def wording_of(failure: dict[str, Any]) -> str:
    """Return what the failure said, as an example of its template."""
    blame: Any = failure.get("blame")
    root = blame if is_object(blame) and isinstance(blame.get("type"), str) else failure
    message = _text(root.get("message")) or ""
    words = message.strip().partition("\n")[0]
    if failure.get("source") == "status" and words:
        program = _text(failure.get("program"))
        return f"{words} of {program}"[:200] if program else words[:200]
    kind = _text(root.get("type")) or "failure"
    return f"{kind}: {words}"[:200] if words and words != kind else kind


def stack_of(failure: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the user's own frames of the exception to blame, innermost first."""
    frames = [frame for frame in _frames(root_of(failure)) if frame.get("in_app") is True]
    if not frames:
        frames = _frames(root_of(failure))[-1:]
    kept = [
        {
            "file": frame.get("file"),
            "function": frame.get("qualname") or frame.get("function"),
            "line": frame.get("line"),
            **({} if frame.get("qualname") else {"short": True}),
        }
        for frame in reversed(frames)
    ]
    return [frame for frame in kept if isinstance(frame["file"], str)][:_STACK]


def root_of(failure: dict[str, Any]) -> dict[str, Any]:
    """Return the exception that the run blamed, within the record."""
    blame: Any = failure.get("blame")
    path: Any = blame.get("path") if is_object(blame) else None
    current: Any = failure
    for step in path if is_list(path) else []:
        try:
            current = current[step]
        except (KeyError, IndexError, TypeError):
            return failure
    return current if is_object(current) else failure


def _frames(failure: dict[str, Any]) -> list[dict[str, Any]]:
    frames: Any = failure.get("frames")
    return [frame for frame in frames if is_object(frame)] if is_list(frames) else []


def _retried(bundle: Bundle, summary: dict[str, Any]) -> dict[str, tuple[Mark, bool]]:
    """Return the failures of this session that were followed by another attempt, and whether it ended well."""
    found: dict[str, tuple[Mark, bool]] = {}
    helped = summary["status"] == "passed"
    for number in bundle.own_attempt_numbers[:-1]:
        failure, problem = bundle.attempt_files(number).object("failure.json")
        if not problem:
            mark = mark_of(failure, summary)
            found[mark.site] = (mark, helped)
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(record: dict[str, Any], *path: str) -> int | None:
    value: Any = record
    for step in path:
        value = value.get(step) if is_object(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
