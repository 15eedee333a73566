"""The message of an exception, put together from its raw parts.

`str()` of an exception may run code of the program. Where the class takes its text from the interpreter, the text is
made here by the same rules; where it has a `__str__` of its own, the arguments are all that can be said.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from .redact import before_mark
from .values import MOST_NODES_LOCAL, Picture, class_dict, class_name, mro

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .frames import Budget
    from .redact import Redactor

LONGEST = 4000
_args_of = BaseException.__dict__["args"].__get__
_SlotWrapper = type(BaseException.__dict__["__str__"])


def arguments(error: BaseException) -> tuple[Any, ...]:
    """Return the raw arguments of an exception."""
    found = _args_of(error)
    return found if type(found) is tuple else ()


def message(error: BaseException, redactor: Redactor, budget: Budget) -> dict[str, Any]:
    """Return message, its source, and the pictured arguments of *error*."""
    walk = Picture(redactor, MOST_NODES_LOCAL, budget.deadline)
    args = arguments(error)
    record: dict[str, Any] = {"args": [walk.render(item, "", 1) for item in args[:20]]}
    owner = _owner_of_str(type(error))
    text = _by_rule(owner, error, walk) if owner else None
    if text is None:
        text = _from_arguments(args, walk, owner is not KeyError)
    if not owner:
        record["custom_str"] = True  # what the program itself prints may say more
    record["message"] = before_mark(text, LONGEST)
    record["message_source"] = "args"
    return record


def _owner_of_str(kind: type) -> type | None:
    """Return the built-in class whose `__str__` speaks for *kind*; None when the program's own does."""
    for base in mro(kind):
        found = class_dict(base).get("__str__")
        if found is not None:
            return base if type(found) is _SlotWrapper or type(found).__name__ == "method_descriptor" else None
    return None


def _by_rule(owner: type, error: BaseException, walk: Picture) -> str | None:
    rule = _RULES.get(id(owner))
    return rule(error, walk) if rule else None


def _from_arguments(args: tuple[Any, ...], walk: Picture, plain: bool) -> str:
    if not args:
        return ""
    if len(args) == 1:
        return _text(args[0], walk) if plain else walk.render(args[0], "", 1)
    return walk.render(args, "", 1)


def text_of_arguments(kind: type, args: tuple[Any, ...]) -> str:
    """Return the message that an exception of *kind* with these built-in arguments would have."""
    if not args:
        return ""
    if any(base is OSError for base in mro(kind)) and len(args) >= 2 and type(args[0]) is int:
        return f"[Errno {args[0]}] {args[1]}" + (f": {args[2]!r}" if len(args) > 2 and args[2] is not None else "")
    if len(args) == 1:
        plain = type(args[0]) is str and not any(base is KeyError for base in mro(kind))
        return args[0] if plain else repr(args[0])
    return repr(args)


def _text(value: Any, walk: Picture) -> str:
    """Return *value* as `str()` would show it, were it a built-in."""
    if type(value) is str:
        return walk.redactor.cut(value, LONGEST)
    return walk.render(value, "", 1)


def _field(error: BaseException, owner: type, name: str) -> Any:
    descriptor = class_dict(owner).get(name)
    try:
        return descriptor.__get__(error) if descriptor is not None else None
    except (AttributeError, TypeError):
        return None


def _of_os_error(error: BaseException, walk: Picture) -> str | None:
    number, words, file, other = (
        _field(error, OSError, name) for name in ("errno", "strerror", "filename", "filename2")
    )
    if file is not None:
        text = "[Errno {}] {}: {}".format(_text(number, walk), _text(words, walk), walk.render(file, "", 1))
        return text + (" -> " + walk.render(other, "", 1) if other is not None else "")
    if number is not None and words is not None:
        return f"[Errno {_text(number, walk)}] {_text(words, walk)}"
    return None


def _of_import_error(error: BaseException, walk: Picture) -> str | None:
    words = _field(error, ImportError, "msg")
    return walk.redactor.cut(words, LONGEST) if type(words) is str else None


def _of_syntax_error(error: BaseException, walk: Picture) -> str | None:
    words, file, line = (_field(error, SyntaxError, name) for name in ("msg", "filename", "lineno"))
    text = _text(words, walk)
    if type(file) is str and type(line) is int:
        return f"{text} ({file.rpartition('/')[2]}, line {line})"
    return f"{text} (line {line})" if type(line) is int else text


def _of_unicode_error(error: BaseException, walk: Picture) -> str | None:
    for owner in (UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError):
        if any(base is owner for base in mro(type(error))):
            try:
                return walk.redactor.text(owner.__dict__["__str__"](error))  # its parts are str, bytes and int
            except Exception:
                return None
    return None


def _of_group(error: BaseException, walk: Picture) -> str | None:
    owner = _GROUP
    words = _field(error, owner, "message") if owner else None
    members = _field(error, owner, "exceptions") if owner else None
    if type(words) is not str or type(members) is not tuple:
        return None
    return f"{walk.redactor.cut(words, LONGEST)} ({len(members)} sub-exception{'' if len(members) == 1 else 's'})"


def members_of(error: BaseException) -> tuple[BaseException, ...]:
    """Return the members of an exception group, none for any other exception."""
    if _GROUP is None or not any(base is _GROUP for base in mro(type(error))):
        return ()
    found = _field(error, _GROUP, "exceptions")
    return found if type(found) is tuple else ()


def syntax_of(error: BaseException, redactor: Redactor) -> dict[str, Any] | None:
    """Return where a syntax error is, if *error* is one."""
    if not any(base is SyntaxError for base in mro(type(error))):
        return None
    file, line, column, text = (_field(error, SyntaxError, name) for name in ("filename", "lineno", "offset", "text"))
    return {
        "file": file if type(file) is str else None,
        "line": line if type(line) is int else None,
        "col": max(0, column - 1) if type(column) is int else None,
        "text": redactor.cut_source(text, LONGEST).rstrip("\n") if type(text) is str else None,
    }


def os_error_number(error: BaseException) -> int | None:
    """Return the errno of an OSError."""
    if not any(base is OSError for base in mro(type(error))):
        return None
    number = _field(error, OSError, "errno")
    return number if type(number) is int else None


def bases_of(kind: type) -> list[str]:
    """Return the names of the classes above *kind*, nearest first, as far as they say anything."""
    return [class_name(base) for base in mro(kind)[1:12] if id(base) not in _PLAIN_BASES]


_PLAIN_BASES = (id(object), id(BaseException), id(Exception))
# Absent before 3.11; `__builtins__` is a dictionary inside the target and a module elsewhere.
_BUILTINS: Any = __builtins__
_GROUP: type | None = (
    _BUILTINS.get("BaseExceptionGroup") if type(_BUILTINS) is dict else getattr(_BUILTINS, "BaseExceptionGroup", None)
)
_RULES: dict[int, Any] = {
    id(OSError): _of_os_error,
    id(ImportError): _of_import_error,
    id(SyntaxError): _of_syntax_error,
    id(UnicodeDecodeError): _of_unicode_error,
    id(UnicodeEncodeError): _of_unicode_error,
    id(UnicodeTranslateError): _of_unicode_error,
}
if _GROUP is not None:
    _RULES[id(_GROUP)] = _of_group
