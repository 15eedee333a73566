"""Values of settings: from the text or the TOML that a user wrote to what the code uses.

Each kind is a function from the raw value to the typed one; it raises
ValueError with what was expected, and the caller says where.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeGuard

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def is_table(raw: Any) -> TypeGuard[dict[str, Any]]:
    """Whether *raw* is a table; TOML has only text for names."""
    return isinstance(raw, dict)


def is_list(raw: Any) -> TypeGuard[list[Any]]:
    """Whether *raw* is a list."""
    return isinstance(raw, (list, tuple))


def duration(raw: Any) -> float:
    """Return seconds: `500ms`, `2s`, `5m`, `1h`, `7d`, or a bare number of seconds."""
    if isinstance(raw, bool):
        raise ValueError("expected a duration such as `500ms`, `2s`, `5m` or `1h`")
    if isinstance(raw, (int, float)):
        return _not_negative(float(raw))
    text = str(raw).strip().lower()
    digits = text.rstrip("mshdw")
    unit = text[len(digits) :] or "s"
    if unit not in _UNITS or not _is_number(digits):
        raise ValueError("expected a duration such as `500ms`, `2s`, `5m` or `1h`")
    return _not_negative(float(digits) * _UNITS[unit])


def size(raw: Any) -> int:
    """Return bytes: `512M`, `1G`, `64K`, or a bare number of bytes."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return int(_not_negative(raw))
    text = str(raw).strip().upper().removesuffix("IB").removesuffix("B")
    digits = text.rstrip("KMGT")
    unit = text[len(digits) :]
    if unit not in _SIZES or not _is_number(digits):
        raise ValueError("expected a size such as `64K`, `512M` or `1G`")
    return int(_not_negative(float(digits) * _SIZES[unit]))


def flag(raw: Any) -> bool:
    """Return a truth value; text may say it as people do."""
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("expected `true` or `false`")


def count(raw: Any) -> int:
    """Return a whole number that is not negative."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        number = raw
    else:
        text = str(raw).strip()
        if not text.lstrip("+-").isdecimal():
            raise ValueError("expected a whole number")
        number = int(text)
    return int(_not_negative(number))


def positive(raw: Any) -> int:
    """Return a whole number of at least one."""
    number = count(raw)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def retries(raw: Any) -> int | None:
    """Return a count of retries; `unlimited` is None."""
    return None if str(raw).strip().lower() == "unlimited" else count(raw)


def number(raw: Any) -> float:
    """Return a number that is not negative."""
    if isinstance(raw, bool) or not _is_number(str(raw).strip()):
        raise ValueError("expected a number")
    return float(_not_negative(float(raw)))


def percent(raw: Any) -> float:
    """Return a number from 0 to 100; a trailing `%` is allowed."""
    value = number(str(raw).strip().rstrip("%") if isinstance(raw, str) else raw)
    if value > 100:
        raise ValueError("expected a percentage from 0 to 100")
    return value


def window(raw: Any) -> tuple[str, float]:
    """Return ("calls", n) for a bare number, else ("seconds", s)."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return "calls", float(positive(raw))
    if isinstance(raw, str) and raw.strip().isdecimal():
        return "calls", float(positive(raw))
    seconds = duration(raw)
    if seconds == 0:
        raise ValueError("must be more than 0")
    return "seconds", seconds


def text(raw: Any) -> str:
    """Return *raw* if it is text."""
    if not isinstance(raw, str):
        raise ValueError("expected text")
    return raw


def words(raw: Any) -> list[str]:
    """Return a list of words; text is cut at commas."""
    if isinstance(raw, str):
        return [word.strip() for word in raw.split(",") if word.strip()]
    if is_list(raw) and all(isinstance(word, str) for word in raw):
        return list(raw)
    raise ValueError("expected a list of words")


def names(raw: Any) -> list[str]:
    """Return a list of names, which hold no space, comma or `=`: they go on as parts of one text."""
    found = [name for word in words(raw) for name in word.replace(",", " ").split()]
    for name in found:
        if "=" in name or not name.isprintable():
            raise ValueError("expected a list of names")
    return found


def command(raw: Any) -> list[str]:
    """Return an argument vector; text is split like a POSIX shell does, and no shell runs."""
    if isinstance(raw, str):
        from shlex import split

        raw = split(raw)
    if not is_list(raw) or not raw or not all(isinstance(word, str) for word in raw):
        raise ValueError('expected a command such as ["python", "small.py"]')
    return list(raw)


def pairs(raw: Any) -> dict[str, str]:
    """Return names with their values, from a table or from `K=V` words."""
    if is_table(raw):
        return {str(name): value if isinstance(value, str) else _plain(value) for name, value in raw.items()}
    found: dict[str, str] = {}
    for word in words(raw):
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ValueError("expected `NAME=VALUE`")
        found[name] = value
    return found


def table(raw: Any) -> dict[str, Any]:
    """Return *raw* if it is a table."""
    if not is_table(raw):
        raise ValueError("expected a table")
    return raw


def choice(*allowed: str) -> Callable[[Any], str]:
    """Return a kind that takes one of *allowed*."""

    def one_of(raw: Any) -> str:
        word = {True: "yes", False: "no"}.get(raw) if isinstance(raw, bool) else raw
        if word not in allowed:
            raise ValueError("expected one of " + ", ".join(f"`{name}`" for name in allowed))
        return str(word)

    one_of.__name__ = "|".join(allowed)
    return one_of


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise ValueError("expected names with plain values")


def _not_negative(value: float) -> float:
    if not 0 <= value < float("inf"):
        raise ValueError("must not be negative or infinite")
    return value


def _is_number(digits: str) -> bool:
    try:
        float(digits)
    except ValueError:
        return False
    return ("_" not in digits and digits[-1:].isdigit()) or digits.endswith(".")
