"""Tools that are followed: each call a span, its counts exact, its details sampled when there are many.

The wrapper is what a tracked program runs most, so it is written flat: a queue to append to, one context variable,
two looks at the clock.
"""

from __future__ import annotations

import functools
import inspect
import time
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, overload

from aitrack.api import arguments
from aitrack.api.context import Span, current, follow_threads, innermost, place_of
from aitrack.api.failing import brief
from aitrack.api.operations import finished
from aitrack.api.tally import DRAIN
from aitrack.api.tokens import Usage, raw, usage_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Mapping

    from aitrack.api.place import Place
    from aitrack.api.tally import Tally

    P = ParamSpec("P")
    T = TypeVar("T")

LLM = "llm"
_SELF = ("self", "cls")


class _Tool:
    """What the wrappers of one function share."""

    __slots__ = ("category", "is_llm", "name", "names", "place", "tally")

    def __init__(self, function: Any, name: str | None, category: str) -> None:
        code = getattr(function, "__code__", None)
        self.name = name or str(getattr(function, "__qualname__", None) or type(function).__name__).replace(
            "<locals>.", ""
        )
        self.category = category
        self.is_llm = category == LLM
        self.names: tuple[str, ...] = code.co_varnames[: code.co_argcount] if code is not None else ()
        if inspect.ismethod(function):
            self.names = self.names[1:]
        self.place: Place | None = None
        self.tally: Tally | None = None

    def counts(self, place: Place) -> Tally:
        """Return the counts in *place*."""
        if place is not self.place or self.tally is None:
            self.place, self.tally = place, place.tally(self.name, self.category)
        return self.tally

    def begin(self) -> Span | None:
        """Begin a span, None when nothing is recorded."""
        outer = innermost()
        place = outer.place if outer is not None else place_of(None)
        if place.stream.is_closed:
            return None
        return Span(place, self.name, self.category, outer)

    def end(
        self,
        span: Span,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        result: object,
        error: BaseException | None = None,
        usage: Usage | None = None,
        items: int | None = None,
    ) -> None:
        """End a span that is told in detail, or that failed, or that took tokens."""
        took_ns = time.monotonic_ns() - span.began_ns
        span.is_open = False
        place = span.place
        if self.is_llm and error is None and usage is None:
            usage = usage_of(result)
        model = self._model(usage, kwargs) if self.is_llm else ""
        tally = place.tally(self.name, self.category, model) if model else self.counts(place)
        tally.add(took_ns, failed=error is not None)
        if usage is not None:
            tally.spend(usage, wasted=error is not None)
        if not (tally.wants_detail(span.began_ns) if error is None else True):
            place.stream.tell_counts()
            return
        data = finished(span, took_ns, failed=error is not None)
        data["args"] = place.pictures.values(self._named(args, kwargs))
        if model:
            data["model"] = model[:100]
        data |= usage.as_fields() if usage is not None else {}
        if error is not None:
            data["error"] = brief(error, place)
        elif items is not None:
            data["items"] = items
        else:
            data["result"] = place.pictures.value(result)
        place.stream.tell("span", self.name, data, span.id)

    def _model(self, usage: Usage | None, kwargs: Mapping[str, Any]) -> str:
        if usage is not None and usage.model:
            return usage.model
        asked = kwargs.get("model")
        return asked if type(asked) is str else ""

    def _named(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, value in enumerate(args):
            name = self.names[place] if place < len(self.names) else f"args[{place}]"
            if not (place == 0 and name in _SELF):
                found[name] = value
        return {**found, **kwargs}


@overload
def track(function: Callable[P, T], /, *, name: str | None = None, category: str = "tool") -> Callable[P, T]: ...
@overload
def track(*, name: str | None = None, category: str = "tool") -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def track(function: Any = None, /, *, name: str | None = None, category: str = "tool") -> Any:
    """Follow the calls of a function, coroutine, generator or method.

    `@aitrack.track(category="llm")`, or `create = aitrack.track(client.create, name="chat", category="llm")`. With
    the category `llm` model and tokens are read from what it returns.
    """
    arguments.text("category", category)
    if name is not None:
        arguments.text("name", name)
    if function is None:
        return functools.partial(track, name=name, category=category)
    if isinstance(function, (staticmethod, classmethod)):
        bound = cast("Any", function)
        return bound.__class__(track(bound.__func__, name=name, category=category))
    arguments.function("function", function)
    if inspect.isclass(function):
        raise TypeError(f"`function` must be a function or method, not the class {function.__name__}")
    follow_threads()
    wrapped = _wrapped(function, _Tool(function, name, category))
    wrapped.__aitrack_tracked__ = True  # who records calls of its own leaves this one alone
    return wrapped


def _wrapped(function: Any, tool: _Tool) -> Any:
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, tool)
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None)):  # noqa: B004 - an object whose call is a coroutine
        return _coroutine(function, tool)
    return _generator(function, tool) if inspect.isgeneratorfunction(function) else _plain(function, tool)


def _plain(function: Any, tool: _Tool) -> Any:
    clock, get, put, reset = time.monotonic_ns, current.get, current.set, current.reset
    is_llm, name, category = tool.is_llm, tool.name, tool.category

    @functools.wraps(function)
    def tracked(*args: Any, **kwargs: Any) -> Any:
        outer = get()
        if outer is None or not outer.is_open:
            outer = innermost()
        place = outer.place if outer is not None else place_of(None)
        if place.stream.is_closed:
            return function(*args, **kwargs)
        span = Span(place, name, category, outer)
        token = put(span)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            reset(token)
            tool.end(span, args, kwargs, None, error)
            raise
        took_ns = clock() - span.began_ns
        reset(token)
        tally = tool.tally
        if tally is None or place is not tool.place:
            tally = tool.counts(place)
        if is_llm or tally.credit > 0 or span.began_ns - tally.refilled_ns > _REFILL_NS:
            tool.end(span, args, kwargs, result)
        else:
            span.is_open = False
            tally.ended.append(took_ns)
            if len(tally.ended) > DRAIN:
                tally.sum_up()
        return result

    return tracked


_REFILL_NS = 200_000_000  # as the counts refill


def _coroutine(function: Any, tool: _Tool) -> Any:
    @functools.wraps(function)
    async def tracked(*args: Any, **kwargs: Any) -> Any:
        span = tool.begin()
        if span is None:
            return await function(*args, **kwargs)
        token = current.set(span)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            current.reset(token)
            tool.end(span, args, kwargs, None, error)
            raise
        current.reset(token)
        tool.end(span, args, kwargs, result)
        return result

    return tracked


class _Items:
    """What is noted of a generator on its way: how many items, and the last usage that one of them told."""

    __slots__ = ("is_llm", "model", "number", "usage")

    def __init__(self, tool: _Tool) -> None:
        self.number = 0
        self.usage: Usage | None = None
        self.model = ""
        self.is_llm = tool.is_llm

    def note(self, item: object) -> None:
        """Count an item; of a language model's stream keep what it says of its tokens."""
        self.number += 1
        if self.is_llm:
            self.usage = merged(self.usage, usage_of(item))
            if not self.model:
                model = raw(item, "model")
                self.model = model if type(model) is str else ""


def merged(known: Usage | None, told: Usage | None) -> Usage | None:
    """Return the usage after one more part of a stream: each part repeats or completes what was said before."""
    if known is None or told is None:
        return told or known
    return Usage(
        max(known.input_tokens, told.input_tokens),
        max(known.output_tokens, told.output_tokens),
        told.model or known.model,
        told.cost if told.cost is not None else known.cost,
    )


def _generator(function: Any, tool: _Tool) -> Any:
    @functools.wraps(function)
    def tracked(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        span = tool.begin()
        if span is None:
            inner: Generator[Any, Any, Any] = function(*args, **kwargs)
            return (yield from inner)
        items = _Items(tool)
        try:
            result = yield from _stepped(function(*args, **kwargs), span, items)
        except GeneratorExit:
            tool.end(span, args, kwargs, None, usage=items.usage, items=items.number)
            raise
        except BaseException as error:
            tool.end(span, args, kwargs, None, error, usage=items.usage)
            raise
        tool.end(span, args, kwargs, None, usage=items.usage, items=items.number)
        return result

    return tracked


def _stepped(inner: Generator[Any, Any, Any], span: Span, items: _Items) -> Generator[Any, Any, Any]:
    """Run *inner* with *span* as the innermost only while it runs: between its steps the caller has its own."""
    step: Callable[[Any], Any] = inner.send
    sent: Any = None
    while True:
        token = current.set(span)
        try:
            item = step(sent)
        except StopIteration as end:
            return end.value
        finally:
            current.reset(token)
        items.note(item)
        try:
            sent = yield item
            step = inner.send
        except GeneratorExit:
            inner.close()
            raise
        except BaseException as error:
            step, sent = inner.throw, error


def _async_generator(function: Any, tool: _Tool) -> Any:
    @functools.wraps(function)
    async def tracked(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        span = tool.begin()
        inner = function(*args, **kwargs)
        items = _Items(tool)
        step: Callable[[Any], Any] = inner.asend
        sent: Any = None
        try:
            while True:
                token = current.set(span or current.get())
                try:
                    item = await step(sent)
                except StopAsyncIteration:
                    break
                finally:
                    current.reset(token)
                items.note(item)
                try:
                    sent = yield item
                    step = inner.asend
                except GeneratorExit:
                    raise
                except BaseException as error:
                    step, sent = inner.athrow, error
        except BaseException as error:
            left = isinstance(error, GeneratorExit)
            await inner.aclose()
            if span is not None:
                tool.end(span, args, kwargs, None, None if left else error, usage=items.usage, items=items.number)
            raise
        if span is not None:
            tool.end(span, args, kwargs, None, usage=items.usage, items=items.number)

    return tracked
