"""Two sessions compared: what they had, what happened first that differs, values where both stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.analysis.changes import differences, facts_of, words_of
from aitrack.analysis.modified import modified
from aitrack.store.summary import last_failure, summarise

if TYPE_CHECKING:
    from aitrack.model import Event, Failure, Frame
    from aitrack.store.bundle import Bundle


def compare(before: Bundle, after: Bundle) -> dict[str, Any]:
    """Return the document that `diff --json` prints."""
    changes: list[dict[str, Any]] = [
        {"what": key[0], "name": key[1], "before": old, "after": new}
        for key, old, new in differences(facts_of(before), facts_of(after))
    ]
    changes += _modified(before, after)
    return {
        "before": summarise(before),
        "after": summarise(after),
        "changes": changes,
        "first_event": _first_event(before, after),
        "locals": _locals(before, after),
    }


def _modified(before: Bundle, after: Bundle) -> list[dict[str, Any]]:
    """Return the files of a later failure that changed in between."""
    failure = last_failure(after)
    start, end = float(before.record["started_at"]), float(after.record["started_at"])
    if not failure or end <= start:
        return []
    return modified(failure, _events(after), start, end, after.session.command.cwd, words_of(failure))


def _first_event(before: Bundle, after: Bundle) -> dict[str, Any] | None:
    """Return where the two went different ways: the number of common events, and the next of each."""
    old, new = _events(before), _events(after)
    if not (old and new):
        return None
    for place, (one, two) in enumerate(zip(old, new, strict=False)):
        if _same(one) != _same(two):
            return {"after": place, "before": _plain(one), "then": _plain(two)}
    if len(old) == len(new):
        return None
    longer, place = (old, len(new)) if len(old) > len(new) else (new, len(old))
    rest = _plain(longer[place])
    return {"after": place, "before": rest if longer is old else None, "then": rest if longer is new else None}


def _events(bundle: Bundle) -> list[Event]:
    return bundle.events(bundle.attempt_numbers[-1]) if bundle.attempt_numbers else []


def _same(event: Event) -> tuple[str, str]:
    """Return what must be equal for two events to be the same step: times and ids are not."""
    subject = {name: event.data.get(name) for name in ("path", "file", "url", "name", "type", "argv", "address")}
    return event.kind, repr(subject)


def _plain(event: Event) -> dict[str, Any]:
    return {"kind": event.kind, "t_ns": event.t_ns, "data": event.data}


def _locals(before: Bundle, after: Bundle) -> dict[str, Any] | None:
    """Return the variables that differ in the deepest frame that both failures have."""
    pair = _deepest_common(_failure(before), _failure(after))
    if pair is None:
        return None
    old = {local.name: local.value for local in pair[0].locals}
    new = {local.name: local.value for local in pair[1].locals}
    different = [
        {"name": name, "before": old.get(name), "after": new.get(name)}
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    return {"file": pair[1].file, "function": pair[1].function, "line": pair[1].line, "different": different}


def _failure(bundle: Bundle) -> Failure | None:
    attempt = bundle.last_failed
    return attempt.failure if attempt else None


def _deepest_common(old: Failure | None, new: Failure | None) -> tuple[Frame, Frame] | None:
    if old is None or new is None:
        return None
    for frame in reversed(new.frames):
        for other in reversed(old.frames):
            if (frame.file, frame.function) == (other.file, other.function) and frame.locals and other.locals:
                return other, frame
    return None
