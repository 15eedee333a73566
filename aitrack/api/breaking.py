"""Circuit breakers around a call: the same stored ones that `aitrack run --breaker NAME` asks."""

from __future__ import annotations

import functools
import inspect
from contextvars import ContextVar
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, cast

from aitrack.api import arguments
from aitrack.api.driving import BreakerOpen, Drive, arun, asleep, run, sleep
from aitrack.api.place import settings
from aitrack.policy import loop
from aitrack.policy.breaker import BreakerPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType

    from aitrack.api.retrying import Duration

    P = ParamSpec("P")
    T = TypeVar("T")

__all__ = ["BreakerOpen", "breaker"]


class breaker:  # noqa: N801 - a function for its users
    """A circuit breaker: a decorator, or `with aitrack.breaker("payments"):`, also with `async`.

    What is not given comes from the configuration's `[breaker.NAME]`. A refused call raises `BreakerOpen`.
    """

    def __init__(
        self,
        name: str,
        /,
        *,
        window: int | Duration | None = None,
        rate: float | None = None,
        min_calls: int | None = None,
        open_for: Duration | None = None,
        max_open_for: Duration | None = None,
        probes: int | None = None,
        slow: Duration | None = None,
        slow_rate: float | None = None,
        counts: Collection[str] | None = None,
        wait: Duration | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise _no_option(next(iter(unknown)))
        self.name = arguments.text("name", name)
        given: dict[str, Any] = {}
        if window is not None:
            unit, size = arguments.window("window", window)
            given |= {
                "window_calls": int(size) if unit == "calls" else None,
                "window_s": size if unit == "seconds" else None,
            }
        for key, value in (("rate", rate), ("slow_rate", slow_rate)):
            if value is not None:
                given[key] = arguments.percent(key, value)
        for key, number in (("min_calls", min_calls), ("probes", probes)):
            if number is not None:
                given[key] = arguments.whole(key, number, 1)
        for key, length in (("open_for", open_for), ("max_open_for", max_open_for), ("slow", slow), ("wait", wait)):
            if length is not None:
                given[f"{key}_s"] = arguments.duration(key, length)
        if counts is not None:
            if isinstance(counts, str):
                raise TypeError("`counts` must be a collection of categories, not text")
            given["counts"] = tuple(counts)
        self.policy = _merged(BreakerPolicy.from_settings(settings(), self.name), given)
        self._open: ContextVar[tuple[Drive, ...]] = ContextVar(f"aitrack_breaker_{self.name}", default=())

    def _drive(self, name: str = "") -> Drive:
        return Drive(loop.Plan(breakers=((self.name, self.policy),)), name or self.name)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return *function* behind the breaker."""
        arguments.function("function", function)
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError("`function` must not be a generator: how it ends is only known when it was read")
        name = getattr(function, "__qualname__", self.name)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def guarded_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                return await arun(self._drive(name), lambda: function(*args, **kwargs))

            return cast("Callable[P, T]", guarded_async)

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            return run(self._drive(name), lambda: function(*args, **kwargs))

        return guarded

    def __enter__(self) -> Self:
        drive = self._drive()
        request = drive.first()
        while isinstance(request, loop.Wait):
            sleep(request.seconds)
            request = drive.reply(True)
        return self._entered(drive, request)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        *before, drive = self._open.get()
        self._open.set(tuple(before))
        drive.reply(drive.end(error))

    async def __aenter__(self) -> Self:
        drive = self._drive()
        request = drive.first()
        while isinstance(request, loop.Wait):
            await asleep(request.seconds)
            request = drive.reply(True)
        return self._entered(drive, request)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _entered(self, drive: Drive, request: object) -> Self:
        if isinstance(request, loop.Finish):
            raise drive.refusal(request)
        assert isinstance(request, loop.Start)
        drive.begin(request)
        self._open.set((*self._open.get(), drive))
        return self


def _no_option(name: str) -> TypeError:
    known = [key for key in inspect.signature(breaker.__init__).parameters if key not in ("self", "name", "unknown")]
    near = get_close_matches(name, known, 1)
    return TypeError(
        f"there is no option `{name}`; "
        + (f"did you mean `{near[0]}`?" if near else f"the options are {', '.join(known)}")
    )


def _merged(policy: BreakerPolicy, given: dict[str, Any]) -> BreakerPolicy:
    """Return *policy* with what is *given* in its place, checked as a whole."""
    if not given:
        return policy
    return BreakerPolicy(**{name: getattr(policy, name) for name in BreakerPolicy.__slots__} | given)
