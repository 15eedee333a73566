"""Message templates: what stays the same when the same failure happens with other values.

Quoted parts, paths, urls, ids, dates, hex and numbers become marks; words that tell failures
apart (HTTP statuses, errno names, SQLSTATE, signal names) stay.
The grammar is part of the fingerprint's version: change it there too.
"""

from __future__ import annotations

import re

_LIMIT = 2000  # signs of a message that take part
_NAMED = frozenset(
    (
        "KeyError",
        "AttributeError",
        "NameError",
        "UnboundLocalError",
        "ModuleNotFoundError",
        "ImportError",
        "NoMethodError",
    )
)

# One alternation, tried from left to right at each sign; each part is linear.
_TOKENS = re.compile(
    r"(?P<url>\b[a-zA-Z][a-zA-Z0-9+.-]{1,15}://[^\s'\"<>)\]},]{1,2000})"
    r"|(?P<redacted>‹redacted:[^›]{0,80}›)"
    r"|(?P<email>\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}\b)"
    r"|(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)"
    r"|(?P<date>\b\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\w)"
    r"|\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\b)"
    r"|(?P<kept>\bHTTP(?:/\d(?:\.\d)?)?[ /]{1,3}\d{3}\b"
    r"|\b(?:status(?: code)?|HTTP Error|Error code|error code|code|exit status|exit code|Errno|errno|SQLSTATE"
    r"|signal|returned non-zero exit status)[ :=\[]{1,3}-?\w{1,9}\b\]?"
    r"|\b[45]\d\d (?:Client|Server) Error\b|\b[45]\d\d (?=[A-Z][a-z]))"
    r"|(?P<address>\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b)"
    r"|(?P<quoted>(?<!\w)'(?:\[[^\]\n]{0,1000}\]|(?:[^'\\\n]|\\.){0,400})'(?!\w)|\"(?:[^\"\\\n]|\\.){0,400}\"|`[^`'\n]{0,400}[`'])"
    r"|(?P<ratio>\b\d{1,20}/\d{1,20}\b(?!/))"
    r"|(?P<path>(?:(?<![\w.])(?:\.{1,2}|~)?/|\b[A-Za-z]:\\)[\w.@+%=,~-]{1,255}(?:[/\\][\w.@+%=,~-]{0,255}){0,40}"
    r"|\b[\w.-]{1,100}(?:/[\w.-]{1,100}){2,40}|\b(?:[\w.-]{1,100}/)?[\w-]{1,100}\.(?:py|js|ts|json|csv|txt|log|yaml|yml|toml|xml|html|db|sqlite|parquet"
    r"|tmp|lock|pid|gz|zip|tar|png|jpg|pdf|xlsx|ini|cfg|sh|sql|pkl|npy|rb|go|rs|java|c|h|cpp)\b)"
    r"|(?P<hex>\b0[xX][0-9a-fA-F]{1,64}\b|\b(?=[0-9a-fA-F]{0,63}\d)(?=[0-9a-fA-F]{0,63}[a-fA-F])[0-9a-fA-F]{8,64}\b)"
    r"|(?P<id>\b(?=[A-Za-z_-]{0,39}\d)(?=[\w-]{0,40}[A-Za-z])[A-Za-z0-9_-]{12,128}\b)"
    r"|(?P<number>[-+]?(?<![\w.])\d{1,40}(?:,\d{3}){0,8}(?:\.\d{1,40}){0,4}(?:[eE][-+]?\d{1,3})?(?=[^\w]|$|[a-zA-Z%]{1,3}\b)|(?<=[A-Za-z_#-])\d{1,40}(?:\.\d{1,20}){0,4}\b)"
)


def template(message: str) -> str:
    """Return *message* with everything that varies from run to run masked.

    >>> template("user 1842 not found in '/srv/a/users.db'")
    'user ‹n› not found in ‹str›'
    """
    return _squeezed(_TOKENS.sub(_mask, message[:_LIMIT]))


def named_template(type_: str, message: str) -> str:
    """Return the template with the names kept where they are the failure: a missing key, attribute, module."""
    if type_ not in _NAMED:
        return template(message)
    return _squeezed(_TOKENS.sub(_mask_but_names, message[:_LIMIT]))


def _squeezed(text: str) -> str:
    """One line; runs of masks of a kind, as in a list of numbers, count as one."""
    flat = " ".join(text.split())
    return _REPEATS.sub(r"\1…", flat)[:500]


_REPEATS = re.compile(r"(‹[a-z]{1,5}›)(?:, ?\1){1,500}")


def _mask(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "kept":
        return match.group(0)
    return _MARKS.get(kind or "", "‹n›")


_MARKS = {
    "url": "‹url›", "redacted": "‹str›", "email": "‹email›", "uuid": "‹id›", "date": "‹date›", "address": "‹addr›",
    "quoted": "‹str›",
    "path": "‹path›", "hex": "‹hex›", "id": "‹id›", "number": "‹n›",
}  # fmt: skip


def _mask_but_names(match: re.Match[str]) -> str:
    inside = match.group(0)[1:-1]
    if match.lastgroup == "quoted" and 0 < len(inside) <= 80 and _is_name(inside):
        return "'" + inside + "'"
    return _mask(match)


def _is_name(text: str) -> bool:
    """Return whether *text* is a name that somebody wrote into a program rather than a value that came in."""
    words = text.replace(".", "_").replace("-", "_").replace(" ", "_").split("_")
    return all(word.isidentifier() or word == "" for word in words) and sum(map(str.isdigit, text)) <= 2
