"""A quick look at the words of a command: most hold nothing secret, and need no rule of `redact` loaded.

Every run asks this about its arguments, so it stands apart from the rules themselves.
"""

from __future__ import annotations

from .redact_names import may_be_secret

_PLAIN_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,+=")
_UNSURE_FLAGS = ("-p", "-a", "-u", "-H", "-k", "-P", "-w", "-W", "-e", "-c")


def plainly_clean(argument: str) -> bool:
    """Say whether *argument* surely holds no secret, quickly; False when unsure.

    When it is True for all arguments of a command, nothing in that command needs to be hidden.
    """
    if len(argument) > 200 or not _PLAIN_SIGNS.issuperset(argument):
        return False
    if argument.startswith("-") and not argument.startswith("--") and argument[:2] in _UNSURE_FLAGS:
        return argument == "-c"
    lower = argument.lower()
    if may_be_secret(lower):
        return False
    pieces = argument.replace(".", "/").replace(",", "/").replace("=", "/").split("/")
    return all(len(piece) < 13 or not any(sign.isdigit() for sign in piece) for piece in pieces)
