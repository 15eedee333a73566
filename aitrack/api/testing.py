"""Test mode: retries, breakers and prompts without a wait, and without learning from tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from aitrack.api import arguments

if TYPE_CHECKING:
    from types import TracebackType


class Testing:
    """The mode that is on now. *waits* lists what would have been waited, in seconds."""

    __test__ = False  # no test of pytest's

    def __init__(self, on: bool, attempts: int | None) -> None:
        self.on = on
        self.attempts = attempts
        self.waits: list[float] = []
        self._before: Testing | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is not None:
            _now[0] = self._before

    def begin(self) -> Self:
        """Make this mode the one that holds."""
        self._before = _now[0]
        _now[0] = self
        return self


_now: list[Testing] = [Testing(False, None)]


def set_testing(on: bool = True, *, attempts: int | None = None) -> Testing:
    """Switch test mode on or off: nothing sleeps, nothing is learnt, and there are at most *attempts* attempts.

    It holds until it is switched off; as a context manager until the block ends.
    """
    most = None if attempts is None else arguments.whole("attempts", attempts, 1)
    return Testing(bool(on), most).begin()


def mode() -> Testing:
    """Return the mode that holds."""
    return _now[0]
