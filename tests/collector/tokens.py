"""Makes random tokens from the table of their forms, so that none stands in the repository."""

from __future__ import annotations

import random
import re
import zlib

from aitrack.collector.redact_forms import alternatives, parts_of
from aitrack.collector.redact_tokens import ALPHABETS, rows

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PRINTABLE = "".join(chr(code) for code in range(33, 127))


def signs(alphabet: str) -> str:
    """Return the signs of an alphabet."""
    return "".join(re.findall(f"[{ALPHABETS[alphabet]}]", PRINTABLE))


def uuid(chance: random.Random) -> str:
    """Return a random UUID."""
    return "-".join("".join(chance.choice("0123456789abcdef") for _ in range(size)) for size in (8, 4, 4, 4, 12))


def run(alphabet: str, size: int, chance: random.Random) -> str:
    """Return *size* random signs of *alphabet*, of each sort at least one, and no sign that ends a sentence last."""
    if alphabet == "g":
        return uuid(chance)
    pool = signs(alphabet)
    edges = [sign for sign in pool if sign.isalnum()]
    found = [chance.choice(pool) for _ in range(size)]
    if size >= 12:
        sorts = [set("0123456789"), set("abcdefghijklmnopqrstuvwxyz"), set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
        for place, sort in zip(chance.sample(range(1, size - 1), 3), sorts, strict=True):
            found[place] = chance.choice([sign for sign in pool if sign in sort] or pool)
    if size:
        found[0], found[-1] = chance.choice(edges), chance.choice(edges)
    return "".join(found)


def checksum(body: str) -> str:
    """Return the CRC32 of *body* in base 62, six signs."""
    number, written = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        written = BASE62[digit] + written
    return written


def token(form: str, mark: str, chance: random.Random) -> str:
    """Return a random token of *form*, which has no alternatives."""
    pieces = []
    for part in parts_of(form):
        if isinstance(part, str):
            pieces.append(part)
        else:
            alphabet, least, most = part
            pieces.append(run(alphabet, 30 if mark == "#" else chance.randint(least, min(most, least + 60)), chance))
    made = "".join(pieces)
    return made + checksum(pieces[-1]) if mark == "#" else made


FORMS = [(kind, form, mark) for kind, written, mark in rows() for form in alternatives(written)]
