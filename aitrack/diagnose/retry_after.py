"""How long a server asks us to wait: `Retry-After` in all its forms, from headers or from text."""

from __future__ import annotations

from aitrack.diagnose import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrack.diagnose.record import Record

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_EPOCH_FLOOR = 1e9  # a "number of seconds" above thirty years is a point in time
_TEXT_LIMIT = 4096
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_UNIT_WORDS = r"milliseconds?|ms|seconds?|secs?|minutes?|mins?|hours?|[smh]"


def from_failure(failure: Record, now: float | None = None) -> float | None:
    """Return the seconds that any exception of *failure* was asked to wait, outermost first."""
    for exception in record.everyone(failure):
        headers = _lowered(record.mapping(record.mapping(exception, "facts"), "headers"))
        seconds = from_headers(headers, now) if headers else None
        if seconds is not None:
            return seconds
    return None


def from_headers(headers: dict[str, str], now: float | None = None) -> float | None:
    """Return the seconds to wait by *headers* (lower-case names); *now* stands in for a missing `Date`."""
    clock = http_date(headers.get("date", ""))
    clock = now if clock is None else clock
    milliseconds = _finite(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after", "")
    seconds = _finite(asked)
    if seconds is not None:
        return seconds
    date = http_date(asked)
    if date is not None and clock is not None:
        return max(date - clock, 0.0)
    return _rate_limit_reset(headers, clock)


def _rate_limit_reset(headers: dict[str, str], clock: float | None) -> float | None:
    """Return the longest reset among the limits that are used up."""
    waits: list[float] = []
    for name, value in headers.items():
        if not name.startswith(("x-ratelimit-reset", "ratelimit-reset")):
            continue
        if headers.get(name.replace("reset", "remaining"), "0").strip() not in ("", "0"):
            continue
        seconds = duration(value)
        if seconds is not None and seconds > _EPOCH_FLOOR:
            seconds = None if clock is None else max(seconds - clock, 0.0)
        if seconds is not None:
            waits.append(seconds)
    return max(waits, default=None)


def _lowered(headers: Record) -> dict[str, str]:
    lowered: dict[str, str] = {}
    for name, value in headers.items():
        first = value[0] if record.is_array(value) and value else value
        if isinstance(first, (str, int, float)):
            lowered[str(name).lower()] = str(first)
    return lowered


def _finite(text: str) -> float | None:
    """Return a number of seconds that can be waited; NaN, negative and unparsable ones are none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def duration(text: str) -> float | None:
    """Return the seconds of `1.5`, `20ms`, `6m0s` or `1h2m3.5s`.

    >>> duration("1m2.5s")
    62.5
    """
    text = text.strip().lower()
    plain = _finite(text)
    if plain is not None or not text or len(text) > 40:
        return plain
    total, number = 0.0, ""
    index = 0
    while index < len(text):
        if text[index].isascii() and (text[index].isdigit() or text[index] == "."):
            number += text[index]
            index += 1
            continue
        unit = "ms" if text.startswith("ms", index) else text[index]
        value = _finite(number)
        if unit not in _UNITS or value is None:
            return None
        total += value * _UNITS[unit]
        number = ""
        index += len(unit)
    return None if number else total


def http_date(text: str) -> float | None:
    """Return the epoch seconds of an HTTP date in any of its three forms.

    Written out because `email.utils` imports eighteen modules, and this runs after each failure.
    """
    words = text.replace("-", " ").replace(",", " ").split()
    if len(words) < 5:
        return None
    if words[1][:3].lower() in _MONTHS:  # asctime: Sun Nov  6 08:49:37 1994
        words = [words[0], words[2], words[1], words[4], words[3]]
    try:
        day, month, year = int(words[1]), _MONTHS.index(words[2][:3].lower()) + 1, int(words[3])
        hour, minute, second = (int(part) for part in words[4].split(":"))
    except ValueError:
        return None
    year += 0 if year > 99 else 1900 if year >= 70 else 2000
    if not (1 <= day <= 31 and 1970 <= year < 10000 and hour < 24 and minute < 60 and second <= 60):
        return None
    return float(_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second)


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the Gregorian calendar (Howard Hinnant's `days_from_civil`)."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def from_text(text: str, now: float | None = None) -> float | None:
    """Return the seconds that *text* asks to wait; the last request counts."""
    import re

    pattern = re.compile(
        r"retry[-_ ]after(-ms)?['\"]?[:= ]{0,3}['\"]?"
        rf"(?:(\w{{3}}, \d{{1,2}} \w{{3}} \d{{4}} \d{{2}}:\d{{2}}:\d{{2}} GMT)|({_NUMBER}) ?({_UNIT_WORDS})?\b)"
        rf"|(?:try again|retry|retrying|wait)(?: in| after| for)? "
        rf"((?:{_NUMBER} ?(?:{_UNIT_WORDS})\b ?){{1,3}}|(?:{_NUMBER}(?:ms|[hms])){{1,4}})",
        re.IGNORECASE,
    )
    found: float | None = None
    for match in pattern.finditer(text[-_TEXT_LIMIT:]):
        seconds = _from_match(match.group, now)
        found = found if seconds is None else seconds
    return found


def _from_match(group: Callable[[int], str | None], now: float | None) -> float | None:
    date, number, unit, spoken = group(2), group(3), group(4), group(5)
    if date:
        moment = http_date(date)
        return None if moment is None or now is None else max(moment - now, 0.0)
    if number:
        factor = 0.001 if group(1) else _UNITS[_short_unit(unit or "s")]
        value = _finite(number)
        return None if value is None else value * factor
    return _spoken(spoken or "")


def _spoken(text: str) -> float | None:
    """Return the seconds of `1 minute 20 seconds`, `20s` or `6m0s`."""
    joined = text.replace(" ", "").lower()
    for word in (
        "milliseconds",
        "millisecond",
        "seconds",
        "second",
        "secs",
        "sec",
        "minutes",
        "minute",
        "mins",
        "min",
        "hours",
        "hour",
    ):
        joined = joined.replace(word, _short_unit(word))
    return duration(joined)


def _short_unit(word: str) -> str:
    word = word.lower()
    return "ms" if word.startswith(("ms", "milli")) else word[0]
