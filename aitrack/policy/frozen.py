"""Records that do not change: each slot is set once. `dataclasses` costs more than a bare interpreter's start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self


class Frozen:
    """A record whose fields are its slots; equal when they are."""

    __slots__: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, name):
            raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted")

    def _fields(self) -> tuple[tuple[str, object], ...]:
        return tuple((name, getattr(self, name)) for name in type(self).__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((type(self).__name__, repr(self)))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self._fields())
        return f"{type(self).__name__}({inside})"

    def replaced(self, **changes: object) -> Self:
        """Return a copy in which the fields named are others."""
        copy = object.__new__(type(self))
        for name, value in self._fields():
            object.__setattr__(copy, name, changes.pop(name, value))
        if changes:
            raise TypeError(f"{type(self).__name__} has no field `{next(iter(changes))}`")
        return copy
