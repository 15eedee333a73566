"""Ways out of a failed call, as plain values: what to do instead, in order."""

from __future__ import annotations

import copy
import inspect
import json
import os
import time
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from aitrack.api import arguments
from aitrack.api.place import home
from aitrack.policy.fallback import is_filter
from aitrack.store import ownership
from aitrack.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aitrack.api.driving import Drive

_MOST_KEPT = 1000
_MOST_BYTES = 64 << 20
_kept: dict[str, tuple[float, Any]] = {}  # values that JSON cannot hold, for this process only


class NoAnswer(Exception):  # noqa: N818 - a state of things
    """This way out does not lead anywhere here."""


class Primary:
    """The call that failed: what a way out may call again."""

    __slots__ = ("args", "error", "function", "kwargs")

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.function = function
        self.args = args
        self.kwargs = dict(kwargs)
        self.error: BaseException | None = None


class Strategy:
    """One way out. *kind* names it in events; *on* limits it to categories and kinds."""

    kind = ""

    def __init__(self, on: Sequence[str] | str = ()) -> None:
        words = (on,) if isinstance(on, str) else tuple(on)
        for word in words:
            if not is_filter(word):
                raise ValueError(f"`on` of {self.kind} must be categories or kinds, not `{word}`")
        self.on = words
        self.primary: Primary | None = None

    @property
    def is_async(self) -> bool:
        """Whether it calls an asynchronous function."""
        return False

    def answer(self, primary: Primary) -> Any:
        """Return what to use instead, or an awaitable of it; raise when there is nothing."""
        raise NotImplementedError

    def saw(self, primary: Primary, value: Any) -> None:
        """Hear what the primary call answered."""

    def bound(self, primary: Primary) -> Strategy:
        """Return a copy for one call."""
        own = copy.copy(self)
        own.primary = primary
        return own

    def attempt(self, drive: Drive) -> bool:
        """Try it; return whether *drive* has a value now."""
        try:
            value = self._answer(drive)
            if inspect.isawaitable(value):
                close = getattr(value, "close", None)
                if close is not None:
                    close()
                raise TypeError(f"{self.kind} gave an awaitable, and the call is not asynchronous")
        except Exception as error:
            return self._failed(drive, error)
        return self._answered(drive, value)

    async def aattempt(self, drive: Drive) -> bool:
        """Try it; return whether *drive* has a value now."""
        try:
            value = self._answer(drive)
            if inspect.isawaitable(value):
                value = await value
        except Exception as error:
            return self._failed(drive, error)
        return self._answered(drive, value)

    def _answer(self, drive: Drive) -> Any:
        assert self.primary is not None
        self.primary.error = drive.error
        return self.answer(self.primary)

    def _failed(self, drive: Drive, error: Exception) -> bool:
        said = (
            str(error)
            if isinstance(error, NoAnswer)
            else f"{type(error).__name__}: {drive.place.pictures.text(_words(error), 200)}"
        )
        drive.trials.append(f"aitrack: fallback {self.kind} failed: {said}")
        self._tell(drive, "failed", type(error).__name__)
        return False

    def _answered(self, drive: Drive, value: Any) -> bool:
        drive.value = value
        self._tell(drive, "answered", None)
        return True

    def _tell(self, drive: Drive, result: str, error: str | None) -> None:
        values = {"strategy": self.kind, "result": result, "error": error, "instead_of": type(drive.error).__name__}
        drive.place.stream.add("fallback", drive.name, values, drive.span_id)


def _words(error: Exception) -> str:
    return next((word for word in error.args if type(word) is str), "")


class _Calling(Strategy):
    """Calls something else."""

    def __init__(
        self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], on: Sequence[str] | str
    ) -> None:
        super().__init__(on)
        self._function = arguments.function(self.kind, function)
        self._args = args
        self._kwargs = kwargs

    @property
    def is_async(self) -> bool:
        """Whether it calls an asynchronous function."""
        return inspect.iscoroutinefunction(self._function)

    def answer(self, primary: Primary) -> Any:
        """Call it with its own arguments, else with those of the primary call."""
        if self._args or self._kwargs:
            return self._function(*self._args, **self._kwargs)
        return self._function(*primary.args, **primary.kwargs)


class _Alternative(_Calling):
    kind = "alternative"


class _Simplified(_Calling):
    kind = "simplified"


class _Degraded(Strategy):
    kind = "degraded"

    def __init__(self, value: Any, on: Sequence[str] | str) -> None:
        super().__init__(on)
        self._value = value

    def answer(self, primary: Primary) -> Any:
        return self._value() if callable(self._value) else self._value


class _Empty(_Degraded):
    kind = "empty"


class _Skip(Strategy):
    kind = "skip"

    def answer(self, primary: Primary) -> Any:
        return None


class _Cached(Strategy):
    kind = "cached"

    def __init__(self, key: str | Callable[..., str] | None, max_age_s: float, on: Sequence[str] | str) -> None:
        super().__init__(on)
        self._key = key
        self._max_age_s = max_age_s

    def _name(self, primary: Primary) -> str:
        if isinstance(self._key, str):
            return self._key
        if self._key is not None:
            return str(self._key(*primary.args, **primary.kwargs))
        function = primary.function
        owner = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__name__)}"
        given = json.dumps([primary.args, primary.kwargs], default=lambda value: type(value).__name__, sort_keys=True)
        return owner + given

    def answer(self, primary: Primary) -> Any:
        """Return the last good value, if it is young enough; a clock that was set back does not make it younger."""
        name = self._name(primary)
        found = _kept.get(name) or _read(_path(name))
        if found is None:
            raise NoAnswer("nothing was kept")
        age = time.time() - found[0]
        if not -1 < age <= self._max_age_s:
            raise NoAnswer(f"what was kept is {age:.0f} s old")
        return copy.copy(found[1])

    def saw(self, primary: Primary, value: Any) -> None:
        """Keep a good value: on disk where it is plain JSON, else in this process."""
        name = self._name(primary)
        try:
            text = json.dumps({"at": time.time(), "value": value}, allow_nan=False)
            if json.loads(text)["value"] == value and len(text) < _MOST_BYTES:
                _write(_path(name), text)
                _kept.pop(name, None)
                return
        except (TypeError, ValueError, RecursionError, OSError):
            pass
        if len(_kept) < _MOST_KEPT or name in _kept:
            _kept[name] = (time.time(), value)


def _path(name: str) -> str:
    return f"{home()}/cache/value-{blake2b(name.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"


def _read(path: str) -> tuple[float, Any] | None:
    try:
        found: dict[str, Any] = json.loads(files.read_ours(path, _MOST_BYTES + 1024))
        return float(found["at"]), found["value"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: str, text: str) -> None:
    folder = os.path.dirname(path)
    if ownership.is_ours(os.path.dirname(folder)):
        os.makedirs(folder, 0o700, exist_ok=True)
        files.replace(path, text.encode(), is_shared=True)


class _AlternativePath(Strategy):
    kind = "alternative_path"

    def __init__(self, paths: Sequence[str | os.PathLike[str]], parameter: str | None, on: Sequence[str] | str) -> None:
        super().__init__(on)
        self._paths = [os.fspath(path) for path in paths]
        self._parameter = parameter

    def answer(self, primary: Primary) -> Any:
        """Call again with the first of the other paths that exists."""
        for path in self._paths:
            if os.path.exists(path):
                args, kwargs = _replaced(primary, self._parameter, path)
                return primary.function(*args, **kwargs)
        raise NoAnswer("none of the other paths exists")


def _replaced(primary: Primary, parameter: str | None, path: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with *path* in the place of the path that failed."""
    kwargs, args = dict(primary.kwargs), list(primary.args)
    failed = getattr(primary.error, "filename", None)
    names = [parameter] if parameter else ["path", "file", "filename", "source"]
    for name in [*names, *(name for name, value in kwargs.items() if failed is not None and _is_path(value, failed))]:
        if name in kwargs:
            return tuple(args), {**kwargs, name: path}
    code = getattr(primary.function, "__code__", None)
    known = list(code.co_varnames[: code.co_argcount]) if code is not None else []
    for place, value in enumerate(args):
        named = place < len(known) and known[place] in names
        if named or (failed is not None and _is_path(value, failed)):
            return (*args[:place], path, *args[place + 1 :]), kwargs
    return (path, *args[1:]), kwargs


def _is_path(value: object, failed: object) -> bool:
    return (isinstance(value, str) or hasattr(value, "__fspath__")) and str(value) == str(failed)


class _CreateIfMissing(Strategy):
    kind = "create_if_missing"

    def __init__(
        self, path: str | os.PathLike[str], content: str | bytes | Callable[[], str | bytes], on: Sequence[str] | str
    ) -> None:
        super().__init__(on)
        self._target = os.fspath(path)
        self._content = content

    def answer(self, primary: Primary) -> Any:
        """Make the file, never over one that is there, and call again."""
        if os.path.exists(self._target):
            raise NoAnswer("the file is there")
        content = self._content() if callable(self._content) else self._content
        os.makedirs(os.path.dirname(self._target) or ".", exist_ok=True)
        with open(self._target, "xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return primary.function(*primary.args, **primary.kwargs)


# ---- how they are written ----


def alternative(function: Callable[..., Any], /, *args: Any, on: Sequence[str] | str = (), **kwargs: Any) -> Strategy:
    """Call *function* instead: with its own arguments, or with those of the call that failed."""
    return _Alternative(function, args, kwargs, on)


def simplified(function: Callable[..., Any], /, *args: Any, on: Sequence[str] | str = (), **kwargs: Any) -> Strategy:
    """Call a simpler *function* instead, which does less."""
    return _Simplified(function, args, kwargs, on)


def cached(
    key: str | Callable[..., str] | None = None, /, *, max_age: str | float = "1h", on: Sequence[str] | str = ()
) -> Strategy:
    """Return the last good answer, at most *max_age* old; *key* tells calls apart, else function and arguments."""
    if key is not None and not callable(key):
        arguments.text("key", key)
    return _Cached(key, arguments.duration("max_age", max_age), on)


def degraded(value: Any, /, *, on: Sequence[str] | str = ()) -> Strategy:
    """Return *value*, or what it returns when it is a function."""
    return _Degraded(value, on)


def empty(value: Any = list, /, *, on: Sequence[str] | str = ()) -> Strategy:
    """Return something empty: a list, or what *value* makes."""
    return _Empty(value, on)


def skip(*, on: Sequence[str] | str = ()) -> Strategy:
    """Return None: leave this one out."""
    return _Skip(on)


def alternative_path(
    *paths: str | os.PathLike[str], parameter: str | None = None, on: Sequence[str] | str = ()
) -> Strategy:
    """Call again with the first of *paths* that exists, as *parameter* or in place of the path that failed."""
    if not paths:
        raise ValueError("`paths` must name at least one path")
    return _AlternativePath(paths, parameter, on)


def create_if_missing(
    path: str | os.PathLike[str],
    /,
    content: str | bytes | Callable[[], str | bytes] = b"",
    *,
    on: Sequence[str] | str = (),
) -> Strategy:
    """Make the file *path* with *content* if it is missing, and call again."""
    return _CreateIfMissing(path, content, on)
