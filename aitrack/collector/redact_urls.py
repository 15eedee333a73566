"""Finds the credentials in URLs, also where the password holds signs that a URL does not allow in it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Match, Pattern
    from typing import Callable, Iterator, Tuple

    Span = Tuple[int, int, str]  # start, end, kind

_LONGEST = 2048  # signs of a URL's credentials
_USER = r"[^\s/:@?#\"'<>\\]{0,256}"
_PORT = r":\d{1,5}(?:[/?#\s\"'>),;\]}\\]|$)"
_HOST = (
    r"(?:[A-Za-z0-9._\-]{1,253}|\[[0-9A-Fa-f:.%]{2,60}\]|%2[fF][^\s/@]{1,100}|\{[^\s{}@]{1,60}\}|\$\{?\w{1,60}\}?|(?=/))"
    r"(?::(?:\d{1,5}|[{$][^\s/@]{1,60}))?(?:,[A-Za-z0-9._\-]{1,253}(?::\d{1,5})?){0,20}(?=[/?#\s\"'<>,;)\]}\\|`*&]|\.(?:\s|$)|$)"
)
_SURE = (
    r"(?:[A-Za-z0-9_\-]{1,63}\.)+[A-Za-z]{2,24}(?![\w])|localhost\b|[^\s/@]{1,253}:\d{2,5}|\[|\d{1,3}(?:\.\d{1,3}){3}"
)
_VARIABLE = (
    r"\$\{?[A-Za-z_]\w{0,99}\}?|\$\([^)]{0,99}\)|\{\{?[\w.!: ]{0,99}\}?\}|%\(\w{1,99}\)s|%s|<[\w .\-]{1,99}>"
    r"|\*{1,99}|:?\.{3}"
)
_OF_A_TOKEN = ("x-token-auth", "")  # a password that says that the user is the token


def credentials(text: str, pattern: Callable[[str], Pattern[str]]) -> Iterator[Span]:
    """Yield passwords and tokens before the `@` of each URL in *text*."""
    place = text.find("://")
    while place >= 0:
        begin = place + 3
        following = text.find("://", begin)
        if text.find("@", begin, min(begin + _LONGEST, following if following >= 0 else len(text))) >= 0:
            yield from _in_one(text, begin, _end_of_region(text, place, begin, following, pattern), pattern)
        place = following


def _end_of_region(text: str, place: int, begin: int, following: int, pattern: Callable[[str], Pattern[str]]) -> int:
    """Return where the URL surely ends: white space, the next URL, or the quote that it began with."""
    match = pattern(r"[^\s\"<>`]*").match(text, begin, begin + _LONGEST)
    end = match.end() if match is not None else begin
    if 0 <= following < end:
        end = following
    scheme = place
    while scheme > 0 and place - scheme < 40 and (text[scheme - 1].isalnum() or text[scheme - 1] in "+.-"):
        scheme -= 1
    if text[scheme - 1 : scheme] == "'":
        quote = text.find("'", begin, end)
        end = quote if quote >= 0 else end
    elif text[scheme - 2 : scheme] == '\\"':
        quote = text.find("\\", begin, end)
        end = quote if quote >= 0 else end
    return end


def _in_one(text: str, begin: int, end: int, pattern: Callable[[str], Pattern[str]]) -> Iterator[Span]:
    token = text.find(":x-oauth-basic@", begin, end)
    if token > begin:
        yield begin, token, "credentials"
        return
    user = pattern(_USER).match(text, begin, end)
    after = user.end() if user is not None else begin
    sign = text[after : after + 1]
    if sign == "@":
        if _is_token(text[begin:after]):
            yield begin, after, "credentials"
        return
    if sign != ":" or pattern(_PORT).match(text, after, end + 1 if end < len(text) else end) is not None:
        return
    at = _last_at(text, after + 1, end, pattern)
    if at < 0:
        return
    password = text[after + 1 : at]
    if password.lower() in _OF_A_TOKEN:
        if len(text[begin:after]) > 7 and not _is_variable(text[begin:after], pattern):
            yield begin, after, "credentials"
    elif not _is_variable(password, pattern) and "‹redacted:" not in password:
        yield after + 1, at, "credentials"
        if pattern(r"[0-9a-f]{32}").fullmatch(text[begin:after]) and ".ingest" in text[at:end]:
            yield begin, after, "credentials"  # both halves of an error tracker's old address


def _last_at(text: str, begin: int, end: int, pattern: Callable[[str], Pattern[str]]) -> int:
    """Return the place of the `@` that ends the password.

    It is the first one with a host behind it. A later one counts when the first host is in doubt, or when what lies
    between is no path or query that has an `@` of its own.
    """
    found = -1
    sure = False
    at = text.find("@", begin, end)
    while at >= 0:
        if _is_host(text, at + 1, end, pattern):
            if found < 0:
                found, sure = at, pattern(_SURE).match(text, at + 1, end) is not None
            elif not sure or _may_be_password(text[found:at]):
                found = at
        at = text.find("@", at + 1, end)
    return found


def _is_host(text: str, begin: int, end: int, pattern: Callable[[str], Pattern[str]]) -> bool:
    match: Match[str] | None = pattern(_HOST).match(text, begin, min(len(text), end + 2))
    return match is not None and match.end() <= end and not text.startswith(("sha256:", "sha512:"), begin)


def _may_be_password(between: str) -> bool:
    return not ("=" in between or between.endswith("/") or ".git" in between or between.count("/") > 1)


def _is_token(user: str) -> bool:
    return (
        len(user) >= 16
        and any(sign.isdigit() for sign in user)
        and any(sign.isalpha() for sign in user)
        and all(sign.isalnum() or sign in "_-" for sign in user)
    )


def _is_variable(value: str, pattern: Callable[[str], Pattern[str]]) -> bool:
    return pattern(_VARIABLE).fullmatch(value) is not None
