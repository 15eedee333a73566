"""Fallbacks of a call: by category or by a list of ways out, as a call, as a decorator, or after a handled error."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypedDict, TypeVar, Unpack, cast, overload

from aitrack.api import arguments, strategies
from aitrack.api.driving import Drive, arun, run
from aitrack.api.handling import ErrorContext
from aitrack.api.strategies import Primary, Strategy
from aitrack.policy import loop
from aitrack.policy.fallback import Fallback
from aitrack.policy.retry import RetryPolicy

if TYPE_CHECKING:
    import os

P = ParamSpec("P")
T = TypeVar("T")
CATEGORIES = ("api", "file", "processing", "default")
_NOTHING: Any = object()


class FallbackOptions(TypedDict, total=False):
    """What a fallback may be told: a list of strategies, or the ingredients of its category's own."""

    category: str
    strategies: Sequence[Strategy] | None
    alternative: Callable[..., Any]
    params: Mapping[str, Any]  # of the alternative
    default: Any  # a value, or a function that makes it
    key: str
    max_age: str | float
    paths: Sequence[str | os.PathLike[str]]
    path: str | os.PathLike[str]  # made when it is missing
    content: str | bytes
    simplified: Callable[..., Any]
    name: str


@overload
def fallback(context: ErrorContext, /, **options: Unpack[FallbackOptions]) -> Any: ...
@overload
def fallback(call: Callable[[], Awaitable[T]], /, **options: Unpack[FallbackOptions]) -> Awaitable[T]: ...
@overload
def fallback(call: Callable[[], T], /, **options: Unpack[FallbackOptions]) -> T: ...
@overload
def fallback(**options: Unpack[FallbackOptions]) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def fallback(call: Any = _NOTHING, /, **options: Unpack[FallbackOptions]) -> Any:
    """Call, and when that fails go down the *strategies* until one answers.

    `aitrack.fallback(fetch, category="api", strategies=[aitrack.alternative(other), aitrack.degraded({})])`; without
    a call it is a decorator; with the context of a handled error the strategies are tried at once. When all fail, the
    original error is raised, with the others as notes.
    """
    chain = _chain(options)
    name = arguments.text("name", options["name"]) if "name" in options else None
    if call is _NOTHING:
        return functools.partial(_decorated, chain, name)
    if isinstance(call, ErrorContext):
        return _after(call, chain, name)
    return _decorated(chain, name, call)()


def _decorated(chain: Sequence[Strategy], name: str | None, function: Any) -> Any:
    arguments.function("call", function)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("`call` must not be a generator: what it has given cannot be taken back")
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def with_fallback_async(*args: Any, **kwargs: Any) -> Any:
            primary, drive = _begun(chain, name, function, args, kwargs)
            value = await arun(drive, lambda: function(*args, **kwargs))
            return _seen(drive, primary, value)

        return with_fallback_async

    @functools.wraps(function)
    def with_fallback(*args: Any, **kwargs: Any) -> Any:
        primary, drive = _begun(chain, name, function, args, kwargs)
        return _seen(drive, primary, run(drive, lambda: function(*args, **kwargs)))

    return with_fallback


def _begun(
    chain: Sequence[Strategy], name: str | None, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Primary, Drive]:
    primary = Primary(function, args, kwargs)
    own = [strategy.bound(primary) for strategy in chain]
    ways = tuple(Fallback("text", text=strategy.kind, on=strategy.on) for strategy in own)
    plan = loop.Plan(RetryPolicy(retries=0, learn=False), fallbacks=ways)
    called = name or str(getattr(function, "__qualname__", "call")).replace("<locals>.", "")
    return primary, Drive(plan, called, strategies=own)


def _seen(drive: Drive, primary: Primary, value: Any) -> Any:
    if drive.error is None:  # it was the primary call that answered
        for strategy in drive.strategies:
            strategy.saw(primary, value)
    return value


def _after(context: ErrorContext, chain: Sequence[Strategy], name: str | None) -> Any:
    """Try the ways out of an error that was handled already."""

    def failed(*_: Any, **__: Any) -> Any:
        raise context.error

    if any(strategy.is_async for strategy in chain):

        async def failed_async(*_: Any, **__: Any) -> Any:
            raise context.error

        return _decorated(chain, name or context.operation or context.type, failed_async)()
    return _decorated(chain, name or context.operation or context.type, failed)()


# ---- what the categories bring ----


def _chain(options: FallbackOptions) -> list[Strategy]:
    unknown = set(options) - set(FallbackOptions.__annotations__)
    if unknown:
        raise TypeError(
            f"there is no option `{min(unknown)}`; the options are {', '.join(FallbackOptions.__annotations__)}"
        )
    category = arguments.one_of("category", options.get("category", "default"), CATEGORIES)
    given = options.get("strategies")
    if given is None:
        return _of_category(category, options)
    return _checked(given)


def _checked(given: Any) -> list[Strategy]:
    if not isinstance(given, (list, tuple)):
        raise TypeError("`strategies` must be a list of strategies")
    found: list[Any] = list(cast("list[Any]", given))
    for strategy in found:
        if not isinstance(strategy, Strategy):
            raise TypeError(
                f"`strategies` must be of aitrack.alternative(...), cached(...) ..., not {type(strategy).__name__}"
            )
    if not found:
        raise ValueError("`strategies` must not be empty")
    return found


def _of_category(category: str, options: FallbackOptions) -> list[Strategy]:
    """Return the ways out that are usual for a *category*, as far as their ingredients are given."""
    possible = {
        "cached": strategies.cached(options.get("key"), max_age=options.get("max_age", "1h")),
        **_given(options),
    }
    if "default" not in options:
        possible |= {"empty": strategies.empty(), "skip": strategies.skip()}
    return [possible[name] for name in _DEFAULTS[category] if name in possible]


def _given(options: FallbackOptions) -> dict[str, Strategy]:
    found: dict[str, Strategy] = {}
    if "alternative" in options:
        found["alternative"] = strategies.alternative(options["alternative"], **dict(options.get("params", {})))
    if "simplified" in options:
        found["simplified"] = strategies.simplified(options["simplified"])
    if "paths" in options:
        found["alternative_path"] = strategies.alternative_path(*options["paths"])
    if "path" in options:
        found["create_if_missing"] = strategies.create_if_missing(options["path"], options.get("content", b""))
    if "default" in options:
        found["degraded"] = strategies.degraded(options["default"])
    return found


_DEFAULTS = {
    "api": ("alternative", "cached", "degraded"),
    "file": ("alternative_path", "create_if_missing", "alternative", "degraded", "empty"),
    "processing": ("simplified", "alternative", "degraded", "skip"),
    "default": ("alternative", "cached", "degraded"),
}
