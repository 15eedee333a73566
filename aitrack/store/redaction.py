"""Records without secrets: one pass over all texts of a record before it is written, whoever writes it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aitrack.collector.redact import Redactor


def redacted(record: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    """Return *record* without secrets: command lines as such, named values by their names, all else as text."""

    def named(name: str, value: Any) -> Any:
        if name == "argv" and isinstance(value, list):
            words: list[Any] = value  # pyright: ignore[reportUnknownVariableType]  # any JSON may come
            return redactor.arguments([str(word) for word in words])
        if name in ("kept", "labels") and isinstance(value, dict):
            parts: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]  # any JSON may come
            return {redactor.text(key): redactor.named(key, str(part)) for key, part in parts.items()}
        return mapped(value, redactor.text, named)

    return {name: named(name, value) for name, value in record.items()}


def mapped(value: Any, change: Callable[[str], str], named: Callable[[str, Any], Any] | None = None) -> Any:
    """Return *value*, as JSON has it, with each text changed; *named* changes the parts of objects, if given."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        parts: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]  # any JSON may come
        return {key: named(key, part) if named else mapped(part, change) for key, part in parts.items()}
    if isinstance(value, (list, tuple)):
        items: list[Any] = [*value]  # pyright: ignore[reportUnknownVariableType]  # as above
        return [mapped(item, change, named) for item in items]
    return value
