"""Says what a value looks like: a path, a digest, a word, something random, an encoded text."""

from __future__ import annotations

from . import redact_names as names
from .redact_taints import encoded

LONGEST_OPENED = 65536  # signs


def is_path_or_url(value: str) -> bool:
    """Say whether *value* is a path, or a URL (credentials in it are found by their form)."""
    if "://" in value[:20]:
        return True
    if value.startswith(("/", "./", "../", "~/", "C:\\", "D:\\", "file:")):
        if "/" not in value[1:] and value.startswith("/") and len(value) > 9 and "." not in value:
            return not looks_random(value[1:])  # a secret may begin with a slash
        return not any(len(piece) >= 20 and looks_random(piece) for piece in value.replace("\\", "/").split("/"))
    return False


def is_hexadecimal(value: str) -> bool:
    """Say whether *value* is a digest."""
    body = value.split(":", 1)[-1].split("-", 1)[-1] if value[:3].lower() in ("sha", "md5") else value
    return len(body) >= 7 and all(sign in "0123456789abcdefABCDEF" for sign in body)


def is_own_id(value: str) -> bool:
    """Say whether *value* is the id of a session of ours: nine signs of time and seven of chance, in small letters."""
    return len(value) == 16 and value[0] == "0" and value.isalnum() and value.islower() and value.isascii()


def is_plain_word(value: str) -> bool:
    """Say whether *value* is what a parser calls a token: a word, a sign, an upper-case name."""
    if len(value) < 6 and not any(sign.isdigit() for sign in value):
        return True
    body = value.replace("_", "").replace("-", "")
    if body.isalpha():
        return (len(body) < 16 or "_" in value or "-" in value) and (
            value.islower() or value.isupper() or value.istitle() or is_camel(value)
        )
    return " " in value or not any(sign.isalnum() for sign in value)


def looks_random(value: str) -> bool:
    """Say whether *value* looks like chosen at random: long, with letters and digits, few of them alike."""
    if len(value) > 96:
        value = value[:64] + value[-32:]  # enough to tell, and a value may be very long
    kinds = len(set(value))
    if len(value) < 8 or kinds < 6:
        return False
    digits = sum(map(str.isdigit, value))
    letters = sum(map(str.isalpha, value))
    if letters + digits < len(value) * 0.7 or not letters:
        return False
    if digits >= 2:
        return True
    mixed = any(map(str.islower, value)) and any(map(str.isupper, value))
    return mixed and len(value) >= 16 and kinds >= 10 and " " not in value and not is_camel(value)


def is_camel(value: str) -> bool:
    """Say whether *value* is a name of words joined by capitals or signs."""
    parts = names.words(value)
    return sum(len(part) for part in parts) / max(1, len(parts)) >= 3.5


def open_base64(run: str) -> str:
    """Return the text inside *run*, or nothing when it is not base64 of text."""
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) > LONGEST_OPENED or len(body) % 4 == 1 or body.islower() or body.isupper() or body.isdigit():
        return ""
    from binascii import Error, a2b_base64

    try:
        text = a2b_base64(body + "=" * (-len(body) % 4)).decode("utf-8")
    except (Error, ValueError):
        return ""
    printable = sum(sign.isprintable() or sign in "\n\r\t" for sign in text)
    return text if printable >= len(text) * 0.95 else ""


def open_percent(run: str) -> tuple[str, list[int]]:
    """Return what *run* says without percent form, and where each byte of it, and its end, stands in *run*."""
    pieces = run.split("%")
    data = bytearray(encoded(pieces[0]))
    places = list(range(len(data)))
    at = len(pieces[0])
    for piece in pieces[1:]:
        rest = piece
        try:
            data.append(int(piece[:2], 16))
            places.append(at)
            rest, at = piece[2:], at + 3
        except ValueError:
            rest = "%" + piece
        added = encoded(rest)
        data += added
        places.extend(range(at, at + len(added)))
        at += len(rest)
    places.append(at)
    return data.decode("utf-8", "replace"), places


def is_guessable(value: str) -> bool:
    """Say whether *value* could be found by trying: short, a number, words, or a word with figures behind it.

    Of such a value no hash is kept: whoever holds the key would have it within a day.
    """
    if len(value) < 12 or len(set(value)) < 8:
        return True
    if not any(sign.isdigit() for sign in value):
        return value.islower() or value.isupper() or value.istitle() or not value.isalpha()
    word = value.rstrip("0123456789!?.,;:*#$%&@+-_ ")
    return not word or word.isalpha()
