"""Retries of a call: as a decorator, as a call, as a loop with `with`; sync and async, by the policies of `run`."""

from __future__ import annotations

import functools
import inspect
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypedDict, TypeVar, Unpack, cast, overload

from aitrack.api import arguments
from aitrack.api.driving import MATCH, Drive, arun, asleep, run, sleep
from aitrack.api.place import settings
from aitrack.api.sessions import Session
from aitrack.policy import loop
from aitrack.policy.breaker import BreakerPolicy
from aitrack.policy.budget import Budget
from aitrack.policy.retry import BACKOFFS, IDEMPOTENT, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
    from datetime import timedelta
    from types import TracebackType
    from typing import Literal, TypeAlias

    P = ParamSpec("P")
    T = TypeVar("T")
    Test: TypeAlias = Callable[[BaseException], bool]
    Item: TypeAlias = str | type[BaseException] | Test
    Duration: TypeAlias = str | float | timedelta


class RetryOptions(TypedDict, total=False):
    """The settings of `[retry]`, for one function."""

    retries: int | Literal["unlimited"] | None  # after the first attempt; unlimited only with a deadline
    on: Item | Collection[Item]  # categories, kinds, `exc:TYPE`, `any`, exception classes, tests of an exception
    never: Item | Collection[Item]
    backoff: Literal["full", "decorrelated", "equal", "exponential", "constant"]
    delay: Duration
    max_delay: Duration
    factor: float
    attempt_timeout: Duration | None  # of an asynchronous call; another cannot be ended
    deadline: Duration | None
    max_retry_after: Duration
    budget: str | Mapping[str, Any] | None  # a name, or name, ratio, min, window
    breaker: str | None
    idempotent: Literal["yes", "guard", "no"]
    learn: bool
    name: str | None
    session: Session | None  # ended as failed when the retries are spent
    on_retry: Callable[[Retry], object] | None  # called before each wait


class Retry:
    """What is told before a wait."""

    __slots__ = ("attempt", "error", "name", "reason", "wait_s")

    def __init__(self, name: str, attempt: int, error: BaseException, wait_s: float, reason: str) -> None:
        self.name = name
        self.attempt = attempt
        self.error = error
        self.wait_s = wait_s
        self.reason = reason


class Options:
    """Checked options: what a drive is made of."""

    def __init__(self, options: RetryOptions, *, is_async: bool | None = None) -> None:
        found: dict[str, Any] = dict(options)
        _check_names(found)
        self._tests: list[Test] = []
        self.name = found.get("name") and arguments.text("name", found["name"])
        session: Any = found.get("session")
        if session is not None and not isinstance(session, Session):
            raise TypeError(f"`session` must be a Session, not {type(session).__name__}")
        self.session: Session | None = session
        self._on_retry = found.get("on_retry") and arguments.function("on_retry", found["on_retry"])
        if found.get("attempt_timeout") is not None and is_async is False:
            raise ValueError("`attempt_timeout` needs an async function: a running call cannot be ended")
        self.plan = loop.Plan(
            self._policy(found), breakers=_breakers(found.get("breaker")), budget=_budget(found.get("budget"))
        )

    def _policy(self, found: dict[str, Any]) -> RetryPolicy:
        kept: dict[str, Any] = {"retries": _retries(found.get("retries", 3))}
        for name, key in (("delay", "delay_s"), ("max_delay", "max_delay_s"), ("max_retry_after", "max_retry_after_s")):
            if name in found:
                kept[key] = arguments.duration(name, found[name])
        for name in ("attempt_timeout", "deadline"):
            if name in found:
                kept[f"{name}_s"] = arguments.maybe_duration(name, found[name])
        for name in ("on", "never"):
            if name in found:
                kept[name] = self._items(name, found[name])
        for name, allowed in (("backoff", BACKOFFS), ("idempotent", IDEMPOTENT)):
            if name in found:
                kept[name] = arguments.one_of(name, found[name], allowed)
        if "factor" in found:
            kept["factor"] = _factor(found["factor"])
        if not isinstance(found.get("learn", True), bool):
            raise TypeError("`learn` must be True or False")
        return RetryPolicy(**kept, learn=found.get("learn", True), own_kinds=_own_kinds())

    def _items(self, field: str, value: Any) -> tuple[str, ...]:
        items = value.split(",") if isinstance(value, str) else (value,) if callable(value) else value
        if type(items) not in (list, tuple, set, frozenset):
            raise TypeError(f"`{field}` must be words, exception classes or tests, not {type(value).__name__}")
        return tuple(self._item(field, item) for item in items)

    def _item(self, field: str, item: Any) -> str:
        if isinstance(item, str):
            return item.strip()
        if isinstance(item, type):
            if not issubclass(item, BaseException):
                raise TypeError(f"`{field}` must name exception classes, not `{item.__name__}`")
            kind = item
            self._tests.append(lambda error: isinstance(error, kind))
        else:
            self._tests.append(arguments.function(field, item))
        return f"exc:{MATCH}{len(self._tests) - 1}"

    def drive(self, function: object = None) -> Drive:
        """Return a drive of one call of *function*."""
        name = self.name or str(getattr(function, "__qualname__", None) or "retry").replace("<locals>.", "")
        heard = None if self._on_retry is None else functools.partial(self._tell, name)
        return Drive(self.plan, name, tests=self._tests, session=self.session, heard=heard)

    def _tell(self, name: str, wait: loop.Wait, error: BaseException, attempt: int) -> None:
        assert self._on_retry is not None
        self._on_retry(Retry(name, attempt, error, wait.seconds, wait.reason))


def _check_names(found: Mapping[str, Any]) -> None:
    known = list(RetryOptions.__annotations__)
    for name in found:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"the options are {', '.join(known)}"
            raise TypeError(f"there is no option `{name}`; {hint}")


def _retries(value: object) -> int | None:
    return None if value is None or value == "unlimited" else arguments.whole("retries", value)


def _factor(value: object) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"`factor` must be a number, not {type(value).__name__}")
    return float(value)


def _own_kinds() -> list[str]:
    rules: list[dict[str, Any]] = settings().value("retry.rule")
    return [rule["kind"] for rule in rules if rule.get("kind")]


def _breakers(name: object) -> tuple[tuple[str, BreakerPolicy], ...]:
    if name is None:
        return ()
    known = arguments.text("breaker", name)
    return ((known, BreakerPolicy.from_settings(settings(), known)),)


def _budget(value: object) -> Budget | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Budget(arguments.text("budget", value))
    if not isinstance(value, dict):
        raise TypeError(f"`budget` must be a name or a table, not {type(value).__name__}")
    table = cast("dict[str, Any]", value)
    unknown = set(table) - {"name", "ratio", "min", "window"}
    if unknown or "name" not in table:
        raise ValueError("`budget` takes name, ratio, min and window, and needs a name")
    return Budget(
        arguments.text("budget name", table["name"]),
        ratio=float(table.get("ratio", 0.1)),
        minimum=arguments.whole("budget min", table.get("min", 3)),
        window_s=arguments.duration("budget window", table.get("window", 60)),
    )


# ---- the three forms ----


@overload
def retry(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def retry(**options: Unpack[RetryOptions]) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def retry(function: Any = None, /, **options: Unpack[RetryOptions]) -> Any:
    """Retry a function, sync or async: `@aitrack.retry(retries=3, on={"transient", "overload"}, delay="1s")`.

    Categories, `Retry-After`, budgets, deadlines and what was learnt are those of `aitrack run --retries`.
    """
    if function is None:
        Options(options)  # a wrong option is told here, not at the moment of the failure
        return functools.partial(_retried, options)
    return _retried(options, function)


def _retried(options: RetryOptions, function: Any) -> Any:
    arguments.function("function", function)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("`function` must not be a generator: what it has given cannot be taken back")
    is_async = inspect.iscoroutinefunction(function)
    checked = Options(options, is_async=is_async)
    if is_async:

        @functools.wraps(function)
        async def retried_async(*args: Any, **kwargs: Any) -> Any:
            return await arun(checked.drive(function), lambda: function(*args, **kwargs))

        return retried_async

    @functools.wraps(function)
    def retried(*args: Any, **kwargs: Any) -> Any:
        return run(checked.drive(function), lambda: function(*args, **kwargs))

    return retried


@overload
def retry_call(
    function: Callable[..., Awaitable[T]],
    /,
    *args: Any,
    kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[RetryOptions],
) -> Awaitable[T]: ...
@overload
def retry_call(
    function: Callable[..., T], /, *args: Any, kwargs: Mapping[str, Any] | None = None, **options: Unpack[RetryOptions]
) -> T: ...
def retry_call(
    function: Any, /, *args: Any, kwargs: Mapping[str, Any] | None = None, **options: Unpack[RetryOptions]
) -> Any:
    """Call *function* with *args* and *kwargs*, again while that can help; an async one gives an awaitable."""
    return _retried(options, function)(*args, **(kwargs or {}))


class Attempt:
    """One attempt of a loop: `with attempt:` around what may fail."""

    def __init__(self, loop_: retrying, number: int) -> None:
        self.number = number
        self._loop = loop_

    def __enter__(self) -> Self:
        self._loop.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return self._loop.end(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return self.__exit__(kind, error, traceback)


class retrying:  # noqa: N801 - a function for its users
    """`for attempt in aitrack.retrying(retries=3): with attempt: ...`; `async for` waits without holding others up."""

    def __init__(self, **options: Unpack[RetryOptions]) -> None:
        self._options = Options(options)
        self._drive: Drive | None = None
        self._request: Any = None

    def begin(self) -> None:
        """Begin the attempt that the loop has just given."""
        assert self._drive is not None
        self._drive.begin(self._request)

    def end(self, error: BaseException | None) -> bool:
        """End it; return whether the loop goes on, so that the error is not raised."""
        drive = self._drive
        assert drive is not None
        self._request = drive.reply(drive.end(error))
        if not isinstance(self._request, loop.Finish):
            return True
        if error is not None and drive.error is error and isinstance(error, Exception) and self._options.session:
            self._options.session.fail(error, reason=self._request.says)
        return False

    def _next(self) -> Attempt | float | None:
        """Return the next attempt, the seconds to wait before it, or None at the end."""
        request = self._request
        if isinstance(request, loop.Finish):
            if request.status == "rejected" and self._drive is not None:
                raise self._drive.refusal(request)
            return None
        if isinstance(request, loop.Wait):
            return request.seconds
        return Attempt(self, request.n)

    def _start(self) -> None:
        self._drive = self._options.drive()
        self._request = self._drive.first()

    def _waited(self) -> None:
        assert self._drive is not None
        self._request = self._drive.reply(True)

    def __iter__(self) -> Iterator[Attempt]:
        self._start()
        while (step := self._next()) is not None:
            if isinstance(step, Attempt):
                before = self._request
                yield step
                if self._request is before:
                    return  # the body left the attempt alone: nothing was tried
            else:
                sleep(step)
                self._waited()

    async def __aiter__(self) -> AsyncIterator[Attempt]:
        self._start()
        while (step := self._next()) is not None:
            if isinstance(step, Attempt):
                before = self._request
                yield step
                if self._request is before:
                    return
            else:
                await asleep(step)
                self._waited()
