"""Pictures of values, made without running any code of the program.

Only exact built-in types are read by content, and instances by their instance dictionary through the descriptors of
the interpreter itself: no repr, len, iter, ==, hash, property or `__class__` of a user's type is ever asked. What is
too big is cut, and says so.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import time

from .redact_looks import is_guessable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict

    from .redact import Redactor

    Record = Dict[str, Any]
    Renderer = Callable[["Picture", Any, str, int], str]

MOST_NODES = 4000  # an exception
MOST_NODES_LOCAL = 200
DEEPEST = 6
MOST_ITEMS = 20
LONGEST_TEXT = 1000
_OURS = ("aitrack.", "_aitrack_collector.")
MOST_BITS = 4000
_MARGIN = 4096  # signs looked at beyond the cut, so that a secret that begins before it is seen whole

_type_name = type.__dict__["__name__"].__get__
_type_qualname = type.__dict__["__qualname__"].__get__
_type_module = type.__dict__["__module__"].__get__
_type_mro = type.__dict__["__mro__"].__get__
_type_dict = type.__dict__["__dict__"].__get__
_GetSet = type(type.__dict__["__dict__"])
_Member = type(type(lambda: 0).__dict__["__globals__"])
_Function = type(lambda: 0)
_Builtin = type(len)
_Method = type((lambda: 0).__get__(0))
_Module = type(time)
_module_dict: Any = vars(_Module)["__dict__"].__get__
_exception_args = BaseException.__dict__["args"].__get__
_SECRET_HOLDERS = ("SecretStr", "SecretBytes", "Secret")


def mro(kind: type) -> tuple[type, ...]:
    """Return the classes of *kind*, without asking its metaclass."""
    found = _type_mro(kind)
    return found if type(found) is tuple else ()


def class_dict(kind: type) -> Any:
    """Return the raw dictionary of a class."""
    return _type_dict(kind)


def class_name(kind: type) -> str:
    """Return the short name of a class."""
    name = _type_name(kind)
    return name if type(name) is str else "?"


def qualified_name(kind: type) -> str:
    """Return module and qualified name of a class as a traceback prints them."""
    name = _type_qualname(kind)
    try:
        module = _type_module(kind)
    except AttributeError:
        module = None
    name = name if type(name) is str else "?"
    return name if type(module) is not str or module in ("builtins", "__main__") else module + "." + name


def instance_dict(value: object) -> dict[str, Any] | None:
    """Return the instance dictionary of *value* by the interpreter's own descriptor, if it has one."""
    for base in mro(type(value)):
        descriptor = _type_dict(base).get("__dict__")
        if type(descriptor) is _GetSet:
            try:
                found = descriptor.__get__(value)
            except (AttributeError, TypeError):
                return None
            return found if type(found) is dict else None
    return None


def slots(value: object) -> dict[str, Any]:
    """Return what stands in the slots of *value*."""
    found: dict[str, Any] = {}
    for base in mro(type(value)):
        names = _type_dict(base).get("__slots__")
        if names is None:
            continue
        for name, descriptor in list(_type_dict(base).items()):
            if type(descriptor) is _Member and type(name) is str and name not in found:
                try:
                    found[name] = descriptor.__get__(value)
                except AttributeError:
                    continue
    return found


def fields(value: object) -> dict[str, Any]:
    """Return the raw fields of an instance: dictionary and slots."""
    found = slots(value)
    named = instance_dict(value)
    if named:
        for name in list(named):
            if type(name) is str:
                found[name] = named[name]
    return found


class Numbers:
    """Small numbers for objects, by which two places with one object are seen as one."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def of(self, value: object) -> int:
        """Return the number of *value*'s identity."""
        return self._known.setdefault(id(value), len(self._known) + 1)


class Picture:
    """One bounded walk through a value."""

    __slots__ = ("bits", "cut", "deadline", "nodes", "open", "redactor", "strict")

    def __init__(self, redactor: Redactor, nodes: int, deadline: float, strict: bool = False) -> None:
        self.redactor = redactor
        self.nodes = nodes
        self.deadline = deadline
        self.strict = strict
        self.cut: dict[str, Any] = {}
        self.open: set[int] = set()

    def render(self, value: Any, name: str = "", depth: int = 0) -> str:
        """Return the literal of *value*, which stands under *name*."""
        self.nodes -= 1
        if self.nodes < 0 or depth > DEEPEST:
            self.cut.setdefault("nodes" if self.nodes < 0 else "depth", True)
            return "…"
        if self.nodes & 15 == 0 and time.monotonic() > self.deadline:
            self.cut["time"] = True
            self.nodes = 0
            return "…"
        kind = type(value)
        renderer = _RENDERERS.get(id(kind))
        if renderer is None:
            return self._instance(value, kind, name, depth)
        if id(kind) in _SCALARS:
            return renderer(self, value, name, depth)
        return self._nested(renderer, value, name, depth)

    def _nested(self, renderer: Renderer, value: Any, name: str, depth: int) -> str:
        number = id(value)
        if number in self.open:
            return "<cycle>"
        self.open.add(number)
        try:
            return renderer(self, value, name, depth)
        finally:
            self.open.discard(number)

    def _instance(self, value: Any, kind: type, name: str, depth: int) -> str:
        """Return the picture of anything that is not exactly a built-in."""
        if _is_class(value):
            return _class(self, value, name, depth)
        return self._nested(_fields, value, name, depth)

    def items(self, count: int, shown: int) -> None:
        """Note that of *count* items only *shown* are pictured."""
        if count > shown:
            self.cut["items"] = max(count, self.cut.get("items", 0))


def picture(value: Any, name: str, redactor: Redactor, nodes: int, deadline: float) -> tuple[Record, int]:
    """Return the record of *value* under *name*, and how many nodes it took."""
    walk = Picture(redactor, nodes, deadline)
    kind = type(value)
    try:
        text = walk.render(value, name)
    except RecursionError:
        text = "<too deep>"
    except (RuntimeError, MemoryError, ValueError, TypeError, SystemError) as error:
        text = f"<not readable: {type(error).__name__}>"  # changed by another thread while it was read
    record: Record = {"type": class_name(kind), "value": text}
    if "‹redacted:" in text:
        mark = text.partition("‹redacted:")[2]
        record["redacted"] = mark.partition(":")[0]
        if kind is str and not is_guessable(value):
            record["hash"] = redactor.keyed_hash(value[: LONGEST_TEXT + _MARGIN])
    elif id(kind) not in _SCALARS:
        record["value"] = redactor.text(text)
    if walk.cut:
        record["cut"] = walk.cut
    return record, nodes - max(walk.nodes, 0)


def shape(value: Any) -> str:
    """Return type and size alone, for the strict mode: no value at all."""
    kind = type(value)
    if id(kind) in _SIZED:
        return f"<{class_name(kind)} of {len(value)}>"
    return f"<{class_name(kind)}>"


# -- one function for each type --------------------------------------------------------------------------------------


def _plain(walk: Picture, value: Any, name: str, depth: int) -> str:
    return repr(value)


def _integer(walk: Picture, value: int, name: str, depth: int) -> str:
    bits = value.bit_length()
    if bits > MOST_BITS:
        walk.cut["bits"] = bits
        return "{}0x{:x}…".format("-" if value < 0 else "", abs(value) >> (bits - 256))
    text = str(value) if bits < 2000 else hex(value)
    return walk.redactor.text(text) if 43 < bits < 70 else text  # a card number has 13 to 19 digits


def _text(walk: Picture, value: str, name: str, depth: int) -> str:
    size = len(value)
    clean = walk.redactor.cut(value, LONGEST_TEXT, name)
    if size > LONGEST_TEXT:
        walk.cut["signs"] = max(size, walk.cut.get("signs", 0))
        return repr(clean) + "…"
    return repr(clean)


def _bytes(walk: Picture, value: Any, name: str, depth: int) -> str:
    size = len(value)
    seen = bytes(value[: LONGEST_TEXT + _MARGIN]).decode("latin-1")
    clean = walk.redactor.cut(seen, LONGEST_TEXT, name)
    if size > LONGEST_TEXT:
        walk.cut["bytes"] = max(size, walk.cut.get("bytes", 0))
    try:
        text = repr(clean.encode("latin-1"))
    except UnicodeEncodeError:  # a mark has no place in bytes
        text = "b" + repr(clean)
    if type(value) is not bytes:
        text = f"{class_name(type(value))}({text})"
    return text + ("…" if size > LONGEST_TEXT else "")


def _sequence(walk: Picture, value: Any, name: str, depth: int) -> str:
    opening, closing = ("[", "]") if type(value) is list else ("(", ")")
    size = len(value)
    shown = min(size, MOST_ITEMS)
    walk.items(size, shown)
    pieces: list[str] = []
    for index in range(shown):
        if walk.nodes <= 0 or index >= len(value):
            walk.items(size, index)
            pieces.append("…")
            break
        pieces.append(walk.render(value[index], name, depth + 1))
    else:
        if size > shown:
            pieces.append("…")
    text = ", ".join(pieces)
    return opening + text + ("," if size == 1 and closing == ")" else "") + closing


def _set(walk: Picture, value: Any, name: str, depth: int) -> str:
    size = len(value)
    walk.items(size, min(size, MOST_ITEMS))
    pieces: list[str] = []
    for item in value:
        if len(pieces) >= MOST_ITEMS or walk.nodes <= 0:
            pieces.append("…")
            break
        pieces.append(walk.render(item, name, depth + 1))
    text = "{" + ", ".join(pieces) + "}" if pieces else ""
    if type(value) is frozenset:
        return f"frozenset({text})"
    return text or "set()"


def _dict(walk: Picture, value: dict[Any, Any], name: str, depth: int) -> str:
    return "{" + _pairs(walk, value, dict.items(value), dict.__len__(value), name, depth) + "}"


def _pairs(walk: Picture, value: Any, items: Any, size: int, name: str, depth: int) -> str:
    walk.items(size, min(size, MOST_ITEMS))
    inherited = name if _holds_secrets(name) else ""
    pieces: list[str] = []
    for key, item in items:
        if len(pieces) >= MOST_ITEMS or walk.nodes <= 0:
            pieces.append("…")
            break
        key_name = key if type(key) is str else key.decode("latin-1") if type(key) is bytes else ""
        if inherited or not walk.redactor.is_secret_name(key_name):
            key_name = inherited
        left = walk.render(key, "", depth + 1)
        pieces.append(left + ": " + walk.render(item, key_name[:100], depth + 1))
    return ", ".join(pieces)


def _holds_secrets(name: str) -> bool:
    """Say whether *name* is a plural: a table of secrets by some other key."""
    lower = name.lower()
    return lower.endswith(("passwords", "secrets", "api_keys", "apikeys", "access_tokens", "passwds"))


def _range(walk: Picture, value: range, name: str, depth: int) -> str:
    return "range({})".format(
        ", ".join(walk.render(part, name, depth + 1) for part in (value.start, value.stop, value.step))
    )


def _slice(walk: Picture, value: slice, name: str, depth: int) -> str:
    parts = (value.start, value.stop, value.step)
    return "slice({})".format(", ".join(walk.render(part, name, depth + 1) for part in parts))


def _function(walk: Picture, value: Any, name: str, depth: int) -> str:
    code = value.__code__
    return f"<function {value.__qualname__} at {code.co_filename.rpartition('/')[2]}:{code.co_firstlineno}>"


def _builtin(walk: Picture, value: Any, name: str, depth: int) -> str:
    return f"<built-in {value.__name__}>"


def _method(walk: Picture, value: Any, name: str, depth: int) -> str:
    function = value.__func__
    return "<method %s>" % (function.__qualname__ if type(function) is _Function else class_name(type(function)))


def _module(walk: Picture, value: Any, name: str, depth: int) -> str:
    found = _module_dict(value).get("__name__")
    return "<module %s>" % (repr(found) if type(found) is str else "?")


def _is_class(value: object) -> bool:
    return any(base is type for base in mro(type(value)))


def _class(walk: Picture, value: Any, name: str, depth: int) -> str:
    return f"<class '{qualified_name(value)}'>"


def _fields(walk: Picture, value: Any, name: str, depth: int) -> str:
    """Return an instance as `<Name field=…>`, with the content that it inherits from a built-in."""
    kind = type(value)
    title = class_name(kind)
    if title in _SECRET_HOLDERS:
        return _holder(walk, value, title)
    is_exception = any(ancestor is BaseException for ancestor in mro(kind))
    if not is_exception and qualified_name(kind).startswith(_OURS):
        return f"<{title} object>"  # a session of ours leads to the store's key
    pieces = [title]
    base = _builtin_base(kind)
    if base is not None:
        pieces.append(_BASES[id(base)](walk, value, name, depth))
    fact = _size_fact(value, kind)
    if fact:
        pieces.append(fact)
    if is_exception:
        pieces.append(walk.render(_exception_args(value), name, depth + 1))
    found = fields(value)
    if "_name_" in found and "_value_" in found:  # a member of an enumeration
        return "<{}.{}>".format(title, walk.render(found["_name_"], "", depth + 1).strip("'"))
    walk.items(len(found), min(len(found), MOST_ITEMS))
    inherited = name if walk.redactor.is_secret_name(name) and _holds_secrets(name) else ""
    for count, field in enumerate(found):
        if count >= MOST_ITEMS or walk.nodes <= 0:
            pieces.append("…")
            break
        pieces.append(field + "=" + walk.render(found[field], inherited or field.strip("_")[:100], depth + 1))
    if len(pieces) == 1:
        pieces.append("object")
    return "<" + " ".join(pieces) + ">"


def _holder(walk: Picture, value: Any, title: str) -> str:
    """Picture an object that says itself that what it holds is secret; what it holds is hidden everywhere."""
    for item in fields(value).values():
        text = item.decode("latin-1") if type(item) is bytes else item
        if type(text) is str:
            walk.redactor.learn("secret", text)
            return f"<{title} ‹redacted:secret:{len(text)}›>"
    return f"<{title} object>"


def _builtin_base(kind: type) -> type | None:
    for base in mro(kind):
        if id(base) in _BASES:
            return base
    return None


def _size_fact(value: Any, kind: type) -> str:
    """Return shape and element type of an array by the C descriptors of its own type."""
    if class_name(kind) != "ndarray" or qualified_name(kind) != "numpy.ndarray":
        return ""
    table = _type_dict(kind)
    found = [table.get(name) for name in ("shape", "dtype")]
    if any(type(descriptor) is not _GetSet for descriptor in found):
        return ""
    shape_of, element = found[0].__get__(value), found[1].__get__(value)
    word = _type_name(type(element))
    return "shape={} dtype={}".format(shape_of if type(shape_of) is tuple else "?", word)


def _list_content(walk: Picture, value: Any, name: str, depth: int) -> str:
    size = list.__len__(value)
    shown = [list.__getitem__(value, index) for index in range(min(size, MOST_ITEMS))]
    walk.items(size, len(shown))
    return (
        "[" + ", ".join(walk.render(item, name, depth + 1) for item in shown) + (", …]" if size > len(shown) else "]")
    )


def _tuple_content(walk: Picture, value: Any, name: str, depth: int) -> str:
    size = tuple.__len__(value)
    names = _tuple_fields(type(value))
    pieces: list[str] = []
    for index in range(min(size, MOST_ITEMS)):
        item = tuple.__getitem__(value, index)
        field = names[index] if index < len(names) else ""
        pieces.append((field + "=" if field else "") + walk.render(item, field or name, depth + 1))
    walk.items(size, len(pieces))
    return "(" + ", ".join(pieces) + (", …)" if size > len(pieces) else ")")


def _tuple_fields(kind: type) -> list[str]:
    """Return the field names of a named tuple."""
    for base in mro(kind):
        found = _type_dict(base).get("_fields")
        if type(found) is tuple:
            return [field if type(field) is str else "" for field in found]
    return []


def _dict_content(walk: Picture, value: Any, name: str, depth: int) -> str:
    return "{" + _pairs(walk, value, dict.items(value), dict.__len__(value), name, depth) + "}"


def _set_content(walk: Picture, value: Any, name: str, depth: int) -> str:
    pieces: list[str] = []
    for item in (set if any(base is set for base in mro(type(value))) else frozenset).__iter__(value):
        if len(pieces) >= MOST_ITEMS or walk.nodes <= 0:
            pieces.append("…")
            break
        pieces.append(walk.render(item, name, depth + 1))
    return "{" + ", ".join(pieces) + "}"


def _text_content(walk: Picture, value: Any, name: str, depth: int) -> str:
    return _text(walk, str.__str__(value), name, depth)


def _bytes_content(walk: Picture, value: Any, name: str, depth: int) -> str:
    return _bytes(walk, bytes.__getitem__(value, slice(0, LONGEST_TEXT + _MARGIN)), name, depth)


def _integer_content(walk: Picture, value: Any, name: str, depth: int) -> str:
    return _integer(walk, int.__int__(value), name, depth)


def _float_content(walk: Picture, value: Any, name: str, depth: int) -> str:
    return repr(float.__float__(value))


def _deque(walk: Picture, value: Any, name: str, depth: int) -> str:
    size = len(value)
    walk.items(size, min(size, MOST_ITEMS))
    shown = [value[index] for index in range(min(size, MOST_ITEMS))]
    return (
        "deque(["
        + ", ".join(walk.render(item, name, depth + 1) for item in shown)
        + (", …])" if size > len(shown) else "])")
    )


_SIZED = frozenset(id(kind) for kind in (str, bytes, list, tuple, dict, set, frozenset, bytearray))
_SCALARS = frozenset(
    id(kind) for kind in (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
)
_RENDERERS: dict[int, Renderer] = {
    id(kind): renderer
    for kind, renderer in (
        (type(None), _plain), (bool, _plain), (int, _integer), (float, _plain), (complex, _plain), (str, _text),
        (bytes, _bytes), (bytearray, _bytes), (list, _sequence), (tuple, _sequence), (set, _set),
        (frozenset, _set), (dict, _dict), (range, _range), (slice, _slice), (type(...), _plain),
        (type(NotImplemented), _plain), (_Function, _function), (_Builtin, _builtin), (_Method, _method),
        (_Module, _module), (type, _class),
    )
}  # fmt: skip
_BASES: dict[int, Renderer] = {
    id(kind): renderer
    for kind, renderer in (
        (list, _list_content), (tuple, _tuple_content), (dict, _dict_content), (set, _set_content),
        (frozenset, _set_content),
        (str, _text_content), (bytes, _bytes_content), (int, _integer_content), (float, _float_content),
    )
}  # fmt: skip


def know_standard_types(modules: dict[str, Any]) -> None:
    """Learn types of the standard library that are written in C, as far as the program has loaded them."""
    for module, name, renderer in (
        ("_collections", "deque", _deque),
        ("_datetime", "date", _plain),
        ("_datetime", "datetime", _dated),
        ("_datetime", "timedelta", _plain),
        ("_decimal", "Decimal", _plain),
    ):
        found = modules.get(module)
        kind = _module_dict(found).get(name) if type(found) is _Module else None
        if type(kind) is type and not _type_dict(kind).get("__slots__"):
            _RENDERERS.setdefault(id(kind), renderer)


def _dated(walk: Picture, value: Any, name: str, depth: int) -> str:
    """A zone may be an object of the program: the moment is read without it."""
    day = f"{value.year}-{value.month:02}-{value.day:02}"
    return f"datetime({day} {value.hour:02}:{value.minute:02}:{value.second:02}.{value.microsecond:06})"
