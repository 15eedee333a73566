"""Why it failed, read from the values: which keys the dict has, what was None, how long the list was.

Each explainer answers from what the frame shows, or not at all: "unsure" is better than a guess.
"""

from __future__ import annotations

from aitrack.diagnose import pictures, record
from aitrack.diagnose.expression import accesses, bracketed, expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from aitrack.diagnose.record import Record

    Names: TypeAlias = dict[str, str]  # name in a frame: picture of its value

_SHOWN_KEYS, _SHOWN_SIGNS = 8, 60
_FRAMES = 8  # innermost frames of the user's own that are searched for a value of the message


def why(exception: Record, frames: list[Record], frame: Record | None) -> tuple[str, Record | None]:
    """Return (reason or "", the frame that shows it when it is another than *frame*)."""
    explain = _EXPLAINERS.get(record.text(exception, "type"))
    if explain is not None and frame is not None:
        reason = explain(record.text(exception, "message"), frame, names_in(frame))
        if reason:
            return reason, frame
    if record.text(exception, "type") in ("RecursionError", "StackOverflowError"):
        return _recursion(frames), frame
    return _from_message(exception, frames) or _from_code(exception, frame)


def names_in(frame: Record) -> Names:
    """Return the pictures of a frame's locals by name."""
    return {record.text(local, "name"): record.text(local, "value") for local in record.records(frame, "locals")}


def _walk(name: str, accessors: list[str], names: Names) -> str | None:
    """Return the picture of `name` followed by *accessors*, when the frame shows it."""
    picture = names.get(name)
    for accessor in accessors:
        if picture is None or accessor == "()":
            return None
        picture = pictures.step(picture, _valued(accessor, names))
    return picture


def _valued(accessor: str, names: Names) -> str:
    """Return what stands between brackets as a value: a literal as it is, a name or `item["sku"]` by its picture."""
    if accessor in names or accessor.startswith(".") or not accessor[:1].isidentifier():
        return names.get(accessor, accessor)
    name, accessors = next(accesses(accessor))
    if _spelled(name, accessors).replace(" ", "") != accessor.replace(" ", ""):
        return accessor  # an expression, not a path
    return _walk(name, accessors, names) or accessor


def _spelled(name: str, accessors: list[str]) -> str:
    written = "".join("(…)" if item == "()" else item if item.startswith(".") else f"[{item}]" for item in accessors)
    return name + written


def _short(text: str, limit: int = _SHOWN_SIGNS) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


# ---- explainers by type ----


def _missing_key(message: str, frame: Record, names: Names) -> str:
    wanted = message.strip()
    for name, accessors in accesses(expression(frame)):
        for length in range(len(accessors), 0, -1):
            accessor = accessors[length - 1]
            if _valued(accessor, names).replace('"', "'") != wanted.replace('"', "'"):
                continue
            if (name, *accessors[: length - 1])[-1] in ("environ", ".environ"):
                return f"the environment has no {pictures.unquoted(wanted)}"
            return _keys_of(
                _spelled(name, accessors[: length - 1]), _walk(name, accessors[: length - 1], names), wanted
            )
    holders = [name for name, picture in names.items() if pictures.keys(picture) and name in record.text(frame, "code")]
    return _keys_of(holders[0], names[holders[0]], wanted) if len(holders) == 1 else ""


def _keys_of(holder: str, picture: str | None, wanted: str) -> str:
    shown = pictures.keys(picture) if picture else None
    if shown is None or wanted in shown:
        return ""
    plain = [pictures.unquoted(key) for key in shown]
    if not plain:
        return f"{holder} is empty"
    listed = ", ".join(_short(key, 30) for key in plain[:_SHOWN_KEYS]) + (
        f" and {len(plain) - _SHOWN_KEYS} more" if len(plain) > _SHOWN_KEYS else ""
    )
    alike = [key for key in plain if _alike(key, pictures.unquoted(wanted))]
    return f"{holder} has keys {listed}" + (f"; did it mean {alike[0]}?" if alike else "")


def _alike(one: str, other: str) -> bool:
    return (
        one.lower().replace("_", "").replace("-", "").strip() == other.lower().replace("_", "").replace("-", "").strip()
        and one != other
    )


def _index(message: str, frame: Record, names: Names) -> str:
    for name, accessors in accesses(expression(frame)):
        for length, accessor in enumerate(accessors, 1):
            index = _valued(accessor, names)
            holder = _walk(name, accessors[: length - 1], names)
            listed = pictures.items(holder) if holder else None
            if (
                listed is None
                or "…" in listed
                or not index.removeprefix("-").isdecimal()
                or -len(listed) <= int(index[:9]) < len(listed)
            ):
                continue
            many = f"{len(listed)} item{'' if len(listed) == 1 else 's'}" if listed else "no items"
            said = f"{accessor} is {index}" if accessor != index else f"index {index}"
            return f"{said}, {_spelled(name, accessors[: length - 1])} has {many}"
    return _empty_holder(expression(frame), names) if "empty" in message or "pop" in message else ""


def _empty_holder(code: str, names: Names) -> str:
    return next(
        (
            f"{name} is empty"
            for name, _ in accesses(code)
            if names.get(name) in ("[]", "{}", "()", "set()", "deque([])")
        ),
        "",
    )


def _missing_attribute(message: str, frame: Record, names: Names) -> str:
    attribute = message.rpartition("no attribute '")[2].partition("'")[0]
    for name, accessors in accesses(expression(frame)):
        if "." + attribute not in accessors:
            continue
        before = accessors[: accessors.index("." + attribute)]
        if before and before[-1] == "()" and "'NoneType'" in message:
            return f"{_spelled(name, before)} returned None"
        if _walk(name, before, names) == "None":
            return f"{_spelled(name, before)} is None" + _set_by(frame, name if not before else "")
        picture = _walk(name, before, names)
        if picture and message.startswith("'"):  # `'str' object has no attribute ...`, not a module's
            return f"{_spelled(name, before)} is a {message[1:].partition(chr(39))[0]}: {_short(picture)}"
    return ""


def _set_by(frame: Record, name: str) -> str:
    """Return where *name* got its value, when the lines above show an assignment."""
    context = record.mapping(frame, "context")
    lines, start, line = context.get("lines"), record.integer(context, "start"), record.integer(frame, "line")
    if not name or not record.is_array(lines) or start is None or line is None:
        return ""
    for number in range(min(line - start, len(lines)) - 1, -1, -1):
        source = lines[number]
        target, equals, value = source.strip().partition(" = ") if isinstance(source, str) else ("", "", "")
        if equals and target == name:
            return f", set in line {start + number} by {_short(value)}"
    return ""


def _type_error(message: str, frame: Record, names: Names) -> str:
    if "'NoneType'" in message:
        for name, accessors in accesses(expression(frame)):
            if accessors[:1] == ["()"] or name not in names:
                continue
            for length in range(len(accessors) + 1):
                if _walk(name, accessors[:length], names) == "None":
                    return f"{_spelled(name, accessors[:length])} is None" + _set_by(frame, name if not length else "")
    if "unsupported operand" in message or "concatenate" in message or "not supported between" in message:
        return _values_in(frame, names)
    return _of_type(message, frame, names) if " object is not " in message or " object does not " in message else ""


def _of_type(message: str, frame: Record, names: Names) -> str:
    """Return the name in the failing expression that has the type which the message complains of."""
    wanted = message.partition("'")[2].partition("'")[0]
    types = {record.text(local, "name"): record.text(local, "type") for local in record.records(frame, "locals")}
    for name, _ in accesses(expression(frame)):
        if wanted and types.get(name) == wanted and names.get(name):
            return f"{name} is {_short(names[name])} ({wanted})"
    return ""


def _values_in(frame: Record, names: Names) -> str:
    """Return `name = value (type)` of what the failing expression is made of."""
    types = {record.text(local, "name"): record.text(local, "type") for local in record.records(frame, "locals")}
    said: list[str] = []
    for name, accessors in accesses(expression(frame)):
        picture = _walk(name, accessors, names)
        if picture and len(said) < 3:
            kind = f" ({types[name]})" if not accessors and types.get(name) else ""
            said.append(f"{_spelled(name, accessors)} = {_short(picture, 40)}{kind}")
    return ", ".join(dict.fromkeys(said))


def _division(message: str, frame: Record, names: Names) -> str:
    for sign in ("//", "/", "%"):
        _, found, divisor = (
            expression(frame).partition(sign)
            if sign in expression(frame)
            else record.text(frame, "code").partition(sign)
        )
        if not found:
            continue
        for name, accessors in accesses(divisor):
            if name == "len" and accessors == ["()"]:
                inside, _ = bracketed(divisor, divisor.index("("))
                return f"{inside} is empty" if pictures.items(names.get(inside, "")) == [] else ""
            if _walk(name, accessors, names) in ("0", "0.0", "-0.0", "0j"):
                return f"{_spelled(name, accessors)} is 0" + _set_by(frame, name if not accessors else "")
            break
    return ""


def _undefined(message: str, frame: Record, names: Names) -> str:
    wanted = message.partition("'")[2].partition("'")[0]
    alike = next((name for name in names if wanted and _alike(name, wanted)), "")
    return f"there is a {alike}" if alike else ""


def _assertion(message: str, frame: Record, names: Names) -> str:
    return _values_in({**frame, "col": None, "span": None}, names)


def _json(message: str, frame: Record, names: Names) -> str:
    for name, accessors in accesses(expression(frame)):
        picture = _walk(name, accessors, names) if name in names else None
        if picture and picture[0] in "'\"b":
            return (
                f"{_spelled(name, accessors)} is {_short(picture)}"
                if len(picture) > 3
                else f"{_spelled(name, accessors)} is empty"
            )
    arguments = [name for name in names if name in expression(frame)]
    return f"{arguments[0]} is {_short(names[arguments[0]])}" if len(arguments) == 1 else ""


_EXPLAINERS: dict[str, Callable[[str, Record, Names], str]] = {
    "KeyError": _missing_key,
    "IndexError": _index,
    "AttributeError": _missing_attribute,
    "TypeError": _type_error,
    "ZeroDivisionError": _division,
    "NameError": _undefined,
    "UnboundLocalError": _undefined,
    "AssertionError": _assertion,
    "JSONDecodeError": _json,
}


# ---- what any exception can show ----


def _recursion(frames: list[Record]) -> str:
    counts: dict[str, int] = {}
    for frame in frames:
        name = record.text(frame, "function")
        counts[name] = (
            counts.get(name, 0) + 1 + (record.integer(frame, "repeated") or 0) + (record.integer(frame, "omitted") or 0)
        )
    name = max(counts, key=lambda one: counts[one], default="")
    return f"{name} calls itself without an end" if counts.get(name, 0) > 2 else ""


def _from_message(exception: Record, frames: list[Record]) -> tuple[str, Record | None] | None:
    """Find the innermost frame of the user's own that holds a value which the message names."""
    values = _named_values(record.text(exception, "message"))
    own = [frame for frame in reversed(frames) if frame.get("in_app") is True][:_FRAMES]
    for frame in own:
        for name, picture in names_in(frame).items():
            for value in values:
                if picture and pictures.unquoted(picture) == value:
                    return f"{name} is {_short(picture)}", frame
    for frame in own:
        for name, picture in names_in(frame).items():
            for value in values:
                if len(value) > 3 and value in picture:
                    return f"{_short(value)} stands in {name}", frame
    return None


def _named_values(message: str) -> list[str]:
    """Return what *message* quotes, longest first: `'data/x.csv'`, `"abc"`, and what follows a last colon."""
    found: list[str] = []
    for quote in "'\"":
        parts = message[:2000].split(quote)
        found += [
            part
            for part in parts[1::2]
            if part and len(part) < 300 and part not in ("NoneType", "str", "int", "float", "list", "dict", "utf-8")
        ]
    return sorted(dict.fromkeys(found), key=len, reverse=True)[:5]


def _from_code(exception: Record, frame: Record | None) -> tuple[str, Record | None]:
    """For a wrong value or type: show what the failing expression was made of."""
    if frame is None or record.text(exception, "type") not in (
        "ZeroDivisionError",
        "ValueError",
        "TypeError",
        "OverflowError",
        "UnicodeDecodeError",
        "UnicodeEncodeError",
    ):
        return "", None
    code = expression(frame)
    return ("", None) if code.lstrip().startswith("raise") else (_values_in(frame, names_in(frame)), frame)
