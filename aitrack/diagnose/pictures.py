"""Pictures of values read back: how many items a list has, which keys a dict, which fields an object.

A picture is the literal of a shortened value and may hold `<Name field=…>` or an ellipsis,
so no parser of Python reads it. This one splits at the outer level and takes the rest as text.
"""

from __future__ import annotations

_OPEN, _CLOSE = "([{<", ")]}>"
_LIMIT = 20_000  # signs of one picture that are looked at


def items(picture: str) -> list[str] | None:
    """Return the texts between the outer brackets, or None when it is no container.

    >>> items("[1, {'a': 2}, <Row id=3>]")
    ['1', "{'a': 2}", '<Row id=3>']
    """
    picture = picture.strip()
    if picture.startswith(
        ("set(", "frozenset(", "deque(", "OrderedDict(", "defaultdict(", "Counter(")
    ) and picture.endswith(")"):
        picture = picture.partition("(")[2][:-1].strip()
    if len(picture) < 2 or picture[0] not in "[({" or picture[-1] not in "])}" or len(picture) > _LIMIT:
        return None
    return [part for part in _split(picture[1:-1], ",") if part]


def keys(picture: str) -> dict[str, str] | None:
    """Return {text of the key: text of the value} of a dict's picture, or None when it is none."""
    parts = items(picture)
    if parts is None or not picture.strip().endswith(("}", "})")):
        return None
    pairs = [_split(part, ":") for part in parts]
    if any(len(pair) < 2 for pair in pairs if pair != ["…"] and pair != ["..."]):
        return None
    return {pair[0]: ":".join(pair[1:]) for pair in pairs if len(pair) > 1}


def fields(picture: str) -> dict[str, str]:
    """Return the fields of `<Name field=value other=…>`; empty when there are none.

    >>> fields("<Client cfg={'a': 1, 'b': 2} n=3>")
    {'cfg': "{'a': 1, 'b': 2}", 'n': '3'}
    """
    picture = picture.strip()
    if not picture.startswith("<") or not picture.endswith(">") or len(picture) > _LIMIT:
        return {}
    pairs = (part.partition("=") for part in _split(picture[1:-1], " "))
    return {name: value for name, equals, value in pairs if equals and name.isidentifier()}


def _split(text: str, separator: str) -> list[str]:
    """Split at *separator* outside of brackets and quotes."""
    parts: list[str] = []
    depth, start, index, quote = 0, 0, 0, ""
    while index < len(text):
        sign = text[index]
        if quote:
            if sign == "\\":
                index += 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"":
            quote = sign
        elif sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            depth -= 1
        elif sign == separator and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
        index += 1
    parts.append(text[start:].strip())
    return parts


def unquoted(picture: str) -> str:
    """Return the text of a string's picture, or the picture itself."""
    picture = picture.strip()
    if picture[:1] in ("b", "r") and picture[1:2] in ("'", '"'):
        picture = picture[1:]
    if len(picture) > 1 and picture[0] == picture[-1] and picture[0] in "'\"":
        return picture[1:-1].replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")
    return picture


def step(picture: str, accessor: str) -> str | None:
    """Return the picture of what `[accessor]` or `.accessor` of *picture* is, when it is shown."""
    if accessor.startswith("."):
        return fields(picture).get(accessor[1:])
    pairs = keys(picture)
    if pairs is not None:
        return pairs.get(accessor) if accessor in pairs else pairs.get(accessor.replace('"', "'"))
    listed = items(picture)
    if listed is None or not accessor.removeprefix("-").isdecimal() or len(accessor) > 9:
        return None
    index = int(accessor)
    return listed[index] if -len(listed) <= index < len(listed) and "…" not in listed else None
