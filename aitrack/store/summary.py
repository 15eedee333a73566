"""A session in a few fields: what `list` shows and what the index keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object

if TYPE_CHECKING:
    from aitrack.store.bundle import Bundle


def summarise(bundle: Bundle) -> dict[str, Any]:
    """Return the fields of a session that lists and reports need, each of its promised type."""
    record = bundle.record
    command = _object(record, "command")
    numbers = bundle.attempt_numbers
    failure = last_failure(bundle)
    return {
        "id": bundle.id,
        "status": bundle.status,
        "script": _text(command, "script"),
        "name": _text(record, "name"),
        "form": _text(command, "form"),
        "argv": [word for word in _list(command, "argv") if isinstance(word, str)],
        "cwd": _text(command, "cwd"),
        "started_at": float(record["started_at"]),
        "ended_at": _number(record, "ended_at"),
        "duration_s": _number(record, "duration_s"),
        "exit_code": _whole(record, "exit_code"),
        "signal": _signal(bundle) if numbers and bundle.status not in ("passed", "running") else None,
        "recovered": record.get("recovered") is True,
        "attempts": len(bundle.own_attempt_numbers),
        "environment": _text(record, "environment"),
        "labels": {str(name): str(value) for name, value in _object(record, "labels").items()},
        "reason": _text(record, "reason"),
        "title": title_of(failure) if failure else None,
        "category": _text(failure, "category"),
        "kind": _text(failure, "kind"),
        "host": _text(_object(record, "host"), "name_hash"),
        "warnings": len(_list(record, "warnings")),
    }


def last_failure(bundle: Bundle) -> dict[str, Any]:
    """Return the raw failure that a session that did not pass is about; empty when there is none."""
    if bundle.status in ("passed", "running", "rejected"):
        return {}
    own = bundle.own_attempt_numbers
    for number in [*reversed(own), *(number for number in bundle.attempt_numbers if number not in own)]:
        failure, problem = bundle.attempt_files(number).object("failure.json")
        if not problem:
            return failure
        if problem != "missing":
            bundle.tell(f"attempts/{number}/failure.json: {problem}")
    if bundle.status == "interrupted":
        torn: list[dict[str, Any]] = [raw["failure"] for raw in bundle.attempt_records if raw["failure"]]
        return torn[-1] if torn else {}
    return {}


def title_of(failure: dict[str, Any]) -> str:
    """Return `Type: first line of the message`; of an end without words, how it ended."""
    kind = _text(failure, "type") or "failure"
    message = (_text(failure, "message") or "").strip().partition("\n")[0]
    if failure.get("source") == "status" and message:
        return message[:300]
    return f"{kind}: {message}"[:300] if message and message != kind else kind


def _signal(bundle: Bundle) -> str | None:
    attempt, _ = bundle.attempt_files(bundle.attempt_numbers[-1]).object("attempt.json")
    return _text(_object(attempt, "signal"), "name")


def _object(record: dict[str, Any], key: str) -> dict[str, Any]:
    value = record.get(key)
    return value if is_object(value) else {}


def _list(record: dict[str, Any], key: str) -> list[Any]:
    value: Any = record.get(key)
    return value if is_list(value) else []


def _text(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    return value if isinstance(value, str) else None


def _number(record: dict[str, Any], key: str) -> float | None:
    value = record.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _whole(record: dict[str, Any], key: str) -> int | None:
    value = record.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
