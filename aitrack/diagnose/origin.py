"""Where a None came from: the function that returned it to where it was met.

Who uses a missing value fails; who gave it does not. The collector keeps each `return` that gave None, and to whom
(3.12 and later). The one that is named where the value was met, or where it was handed over, is its origin; when that
one only passed on what another function gave, the other is. Better no answer than a wrong one: a None that no
function of the program gave (`dict.get`) has none.
"""

from __future__ import annotations

from aitrack.diagnose import record
from aitrack.diagnose.expression import accesses, expression, statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aitrack.diagnose.record import Record

_FRAMES = 3  # of the user's own: who met the value, and who handed it over
_STEPS = 20  # from function to function
# Names that the built-in types and `re` have too: the program's own of that name is meant only where it was called.
_COMMON = frozenset(
    ("get", "pop", "setdefault", "find", "match", "search", "fullmatch", "group", "getenv", "next", "read")
)
# What calls a method without naming it.
SPECIAL = {
    "len": "__len__", "str": "__str__", "repr": "__repr__", "iter": "__iter__", "for": "__iter__", "next": "__next__",
    "list": "__iter__", "tuple": "__iter__", "with": "__enter__",
}  # fmt: skip


def origin(exception: Record, nothings: list[Record]) -> Record | None:
    """Return the place in *nothings* (oldest first) where the None that *exception* is about was returned."""
    if not nothings or "None" not in record.text(exception, "message"):
        return None
    frames = [frame for frame in record.records(exception, "frames") if frame.get("in_app") is True]
    near = list(reversed(frames))[:_FRAMES]
    called = {_last_name(_function(frame)) for frame in frames}
    done = [place for place in nothings if _last_name(_function(place)) not in called]
    on_stack = {(record.text(frame, "file"), _function(frame)) for frame in frames}
    ways = [_is_called(names, on_stack) for names in _likely_first(near)]
    ways += [_was_set(_used(frame, number), on_stack) for number, frame in enumerate(near)]
    if near and _was_stored(expression(near[0])):
        places = {(record.text(frame, "file"), _function(frame)) for frame in near}
        ways.append(lambda place: _receiver(place) in places)
    if near and _was_one_of_many(exception, near[0]):
        ways.append(lambda place: True)
    found = next((found for way in ways if (found := _latest(done, way)) is not None), None)
    return None if found is None else _first_giver(nothings, found)


def with_origin(why: str, place: Record) -> str:
    """Return the reason *why* with the place that gave the None."""
    where = f"({record.text(place, 'file').rpartition('/')[2]}:{place.get('line')})"
    function = record.text(place, "function")
    if why.endswith(f"{_last_name(function)}(…) returned None"):
        return f"{why} {where}"
    told = f"{function} returned None {where}"
    return told if why in ("", "unsure") else f"{why}; {told}"


def _likely_first(frames: list[Record]) -> Iterator[set[str]]:
    """Yield sets of names: of what failed in each frame, then of what its variables were set to."""
    for number, frame in enumerate(frames):
        used = _used(frame, number)
        yield used
        for line in _lines_above(frame):
            if _names(_assigned(line)) & used:
                yield _names(line)


def _used(frame: Record, number: int) -> set[str]:
    """Return the names in what failed, in the innermost frame, or in what was handed over by one around it."""
    code = expression(frame)
    return (_names(code) | _names(statement(frame)) if number == 0 else _handed_over(code)) - {"self", "cls"}


def _was_set(used: set[str], on_stack: set[tuple[str, str]]) -> Callable[[Record], bool]:
    """Return what says whether a place gave its None to one of the names *used*: an attribute, or a variable there."""

    def is_it(place: Record) -> bool:
        target = _assigned(record.text(record.mapping(place, "to"), "code"))
        attribute = target.strip().rpartition(".")[2] if "." in target else ""
        return attribute in used or (_receiver(place) in on_stack and bool(_names(target) & used))

    return is_it


def _assigned(line: str) -> str:
    """Return what a line sets: the target of an assignment or of a loop."""
    found = line.partition("=")[0] if "=" in line else ""
    return line.partition(" in ")[0] if line.lstrip().startswith(("for ", "async for ")) else found


def _handed_over(call: str) -> set[str]:
    """Return the names in the arguments of a call: what is called was not None."""
    _, opens, arguments = call.partition("(")
    return _names(arguments) if opens else _names(call)


def _was_stored(code: str) -> bool:
    """Return whether what failed was an item or an attribute of something: who put it there is not named here."""
    for _, accessors in accesses(code):
        before = accessors[: -2 if accessors[-1:] == ["()"] else -1]  # the last one is what None does not have
        if before and "()" not in before:
            return True
    return False


def _was_one_of_many(exception: Record, frame: Record) -> bool:
    """Return whether the None was met while the items of something were gone through: what was made last made them."""
    is_inner = _last_name(_function(frame)) in ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<lambda>")
    return is_inner or record.text(exception, "message").startswith("sequence item ")


def _lines_above(frame: Record) -> list[str]:
    """Return the lines before the failing one, the nearest first."""
    context, line = record.mapping(frame, "context"), record.integer(frame, "line")
    start, lines = record.integer(context, "start"), context.get("lines")
    if start is None or line is None or not record.is_array(lines):
        return []
    return [text for text in reversed(lines[: max(0, line - start)]) if isinstance(text, str)]


def _names(code: str) -> set[str]:
    words = set("".join(sign if sign.isalnum() or sign == "_" else " " for sign in code).split())
    words |= {SPECIAL[word] for word in words & SPECIAL.keys()}
    return words | {"__getitem__"} if "[" in code else words


def _latest(nothings: list[Record], is_it: Callable[[Record], bool]) -> Record | None:
    return next((place for place in reversed(nothings) if is_it(place)), None)


def _is_called(names: set[str], callers: set[tuple[str, str]]) -> Callable[[Record], bool]:
    """Return what says whether a place is of a function that is named: by a common name, only for its *callers*."""
    rare = names - _COMMON
    return lambda place: (
        (name := _last_name(_function(place))) in rare or (name in names and _receiver(place) in callers)
    )


def _first_giver(nothings: list[Record], place: Record) -> Record:
    """Follow `return other(...)` to the function that did not get its None from another."""
    for _ in range(_STEPS):
        code = record.text(place, "code")
        if not code.startswith("return ") or code.removeprefix("return").partition("#")[0].strip(" ()") == "None":
            return place
        nothings = nothings[: nothings.index(place)]
        own = (record.text(place, "file"), _function(place))
        names = _names(code) - {_last_name(own[1])}
        before = _latest(nothings, _gave(own, place.get("line"))) or _latest(nothings, _is_called(names, {own}))
        if before is None and "(" not in code:
            before = _latest(nothings, _gave(own))
        if before is None:
            return place
        place = before
    return place


def _gave(receiver: tuple[str, str], line: object = None) -> Callable[[Record], bool]:
    """Return what says whether a place gave its None to *receiver*, in *line* when one is named."""
    return lambda place: (
        _receiver(place) == receiver and (line is None or record.mapping(place, "to").get("line") == line)
    )


def _receiver(place: Record) -> tuple[str, str]:
    to = record.mapping(place, "to")
    return record.text(to, "file"), record.text(to, "function")


def _function(place: Record) -> str:
    return record.text(place, "qualname") or record.text(place, "function")


def _last_name(qualified: str) -> str:
    return qualified.rpartition(".")[2]
