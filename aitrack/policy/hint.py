"""Advice to the next attempt: what failed, and what it could do about it.

The text comes from a failure, which may be hostile: quoted, cut, without control characters.
"""

from __future__ import annotations

from aitrack.config.values import is_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from typing import Any

    from aitrack.policy.ended import Ended

SCHEMA = 1
SAY_LIMIT = 500
NAMES = ("hint", "kind", "hint_file", "attempt")  # what a template may ask for
_MESSAGE_LIMIT = 300

_ADVICE: dict[str, tuple[dict[str, Any], ...]] = {
    "invalid_json": (
        {"do": "set", "param": "response_format", "value": "json_object"},
        {"do": "set", "param": "temperature", "value": 0},
    ),
    "schema": ({"do": "set", "param": "response_format", "value": "json_schema"},),
    "truncated": ({"do": "raise", "param": "max_tokens", "factor": 2},),
    "context_length": ({"do": "shorten", "param": "messages"},),
    "repetition": ({"do": "raise", "param": "temperature", "step": 0.2},),
    "out_of_memory": ({"do": "lower", "param": "batch_size", "factor": 2},),
    "rate_limit": ({"do": "slow_down"},),
    "unavailable": ({"do": "slow_down"},),
    "timeout": ({"do": "raise", "param": "timeout", "factor": 2},),
}
_SAYINGS = {
    "invalid_json": "The last answer was not valid JSON: {message}",
    "schema": "The last answer did not have the form that was asked for: {message}",
    "truncated": "The last answer was cut off: {message}",
    "context_length": "The last prompt was too long: {message}",
    "refusal": "The last request was refused: {message}",
    "tool_call": "The last tool call was not valid: {message}",
    "repetition": "The last answer repeated itself: {message}",
}


def hint(
    ended: Ended, *, attempt: int, max_attempts: int | None, history: Sequence[Ended], deadline_left_s: float | None
) -> dict[str, Any]:
    """Return what `AITRACK_HINT_FILE` tells attempt number *attempt* about the failure *ended* before it."""
    return {
        "schema": SCHEMA,
        "attempt": attempt,
        "max_attempts": max_attempts,
        "failure": _failure(ended),
        "history": [
            {"attempt": number, "category": past.category, "kind": past.kind} for number, past in enumerate(history, 1)
        ],
        "advice": [*_ADVICE.get(ended.kind, ()), {"do": "say", "text": say(ended)}],
        "deadline_left_s": deadline_left_s,
    }


def say(ended: Ended) -> str:
    """Return the sentence of `AITRACK_HINT`."""
    message = clean(str((ended.failure or {}).get("message") or ""), _MESSAGE_LIMIT)
    said = _SAYINGS.get(ended.kind, "The last attempt failed with {type}: {message}")
    text = said.replace("{type}", clean(ended.type, 80)).replace(
        "{message}", f'"{message}"' if message else "no message"
    )
    return clean(text, SAY_LIMIT)


def _failure(ended: Ended) -> dict[str, Any]:
    failure = ended.failure or {}
    blame = failure.get("blame")
    place = blame if is_table(blame) else {}
    return {
        "category": ended.category,
        "kind": ended.kind,
        "type": clean(ended.type, 200),
        "message": clean(str(failure.get("message") or ""), _MESSAGE_LIMIT),
        "frame": {key: place.get(key) for key in ("file", "line", "function")} if place.get("file") else None,
        "retry_after_s": ended.retry_after_s,
    }


def clean(text: str, limit: int) -> str:
    """Return *text* as one line without control characters or terminal escapes, at most *limit* signs."""
    flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: limit * 8]).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def filled(word: str, ended: Ended | None, hint_file: str, attempt: int, extra: dict[str, str] | None = None) -> str:
    """Return a word of the command with its `--template` placeholders filled; braces are doubled to stay.

    In a first attempt nothing has *ended* yet, and there is no hint to give.
    """
    told = {"hint": say(ended), "kind": ended.kind} if ended is not None else {"hint": "", "kind": ""}
    values = {**told, "hint_file": hint_file, "attempt": str(attempt), **(extra or {})}
    return "".join([values[text] if is_name else text for is_name, text in _pieces(word, values)])


def placeholders(word: str) -> list[str]:
    """Return the names in *word* that `filled` would replace."""
    return [text for is_name, text in _pieces(word, NAMES) if is_name]


def _pieces(word: str, names: Container[str]) -> Iterator[tuple[bool, str]]:
    """Cut *word* into names that are replaced, and the signs between them."""
    index = 0
    while index < len(word):
        if word[index : index + 2] in ("{{", "}}"):
            yield False, word[index]
            index += 2
            continue
        name = word[index + 1 : word.find("}", index)] if word[index] == "{" and "}" in word[index:] else ""
        if name and name in names:
            yield True, name
            index += len(name) + 2
        else:
            yield False, word[index]
            index += 1
