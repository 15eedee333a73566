"""What to repeat to make a rule of redaction slow: its own letters, prefixes, names, separators, alone and in pairs.

All is read from the rules' own tables, so that a new rule is tried without being listed here.
"""

from __future__ import annotations

import string
from collections.abc import Iterator

from aitrack.collector import redact_judge as judge
from aitrack.collector import redact_names as names
from aitrack.collector.redact_formats import RULES
from aitrack.collector.redact_tokens import beside, rows
from aitrack.collector.redact_tools import NAMES

SEPARATORS = ("=", ": ", ":", "=>", "=\"", "='", "=`", "=[", "=['", "=('", "={'", ": |\n ", "\":\"", "', '", ">", " ", "\n", ",", "\\",
              "\\\"", "%3D", "%22", "%", "://", ":@", "&", ";", "<", ". ", " -", "=(", "\t")  # fmt: skip
PHRASES = ("Cookie: a=", "Cookie: a;", "Set-Cookie: ", "passwords=['", "password: |\n ", "auth=('a','", "name: token value: ", '{"key": "token", "value": "',
           '{"value": "', "<password>", "</password><password>", "insert into t(password) values('", "insert into t(password) values ", "a,password\n",
           "password|a\n", "password password\n", "password is ", "--token ", "'--token', '", "(b'cookie', b'", "password:\n  - ", "api key ", "key ",
           "eyJ", "eyJ.", "sk-", "sig=", "?sig=", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "a" * 64 + "\n", "%41", "%4", "50% ", "4111 ",
           "password='\\", 'password="\\"', "password=\\\\\\\"", "key=%22", "password=a,", "password=a;b", "password=)", "password=\"\"\"")  # fmt: skip


def parts() -> list[str]:
    """Return what the tables name: stems of names, prefixes of tokens."""
    found = {*names.STEMS, *names.SHORT_STEMS, *judge._PROSE, "password", "api_key"}
    for _kind, anchors, _back, _pattern in RULES:
        for anchor in anchors:
            found.update((anchor, anchor.upper()))
    found |= {form.partition("{")[0].replace("(", "").split("|")[0] for _kind, form, _mark in rows()}
    found |= {*NAMES, *beside()} - {""}
    return sorted(found)


def singles() -> Iterator[str]:
    """Yield what is repeated alone."""
    yield from string.printable
    yield from SEPARATORS
    yield from PHRASES
    yield from parts()


def pairs() -> Iterator[str]:
    """Yield each part with each separator and each kind of filling."""
    for part in parts():
        for other in (*SEPARATORS, "a", "1", "aB3"):
            yield part + other
    for first in "aA1%='\"\\/-_.:{[(<&;, \n":
        for second in "aA1%='\"\\/-_.:{[(<&;, \n":
            yield first + second
            yield "password=" + first + second


def ordinary(size: int) -> dict[str, str]:
    """Return texts of *size* signs such as programs print."""
    import base64
    import json
    import random

    chance = random.Random(7)
    log = "2026-11-23 12:00:01,123 INFO app.module processed row {} in 3.2 ms path=/data/file_{}.csv user=bob\n"
    blob = chance.randbytes(size)
    found = {
        "log": "".join(log.format(number, number) for number in range(size // 80)),
        "base64 line": base64.b64encode(blob).decode(),
        "base64 lines": base64.encodebytes(blob).decode(),
        "base64 of text": base64.b64encode((log.format(1, 2) * (size // 80)).encode()).decode(),
        "one % and a base64 line": "50% done\n" + base64.b64encode(blob).decode(),
        "one % in a base64 line": "%" + base64.b64encode(blob).decode(),
        "hex dump": "\n".join(blob[at : at + 16].hex(" ") for at in range(0, size // 3, 16)),
        "hex line": blob[: size // 2].hex(),
        "row of numbers": " ".join(str(chance.randrange(10**9)) for _ in range(size // 10)),
        "digits": "".join(chance.choice("0123456789") for _ in range(size)),
        "JSON lines": "".join(json.dumps({"id": number, "user": "bob", "token_count": 3, "message": f"row {number} done"}) + "\n" for number in range(size // 70)),
        "one long word": "a" * size,
        "blanks": " " * size,
        "words": "".join(chance.choice(["error ", "token ", "the ", "session ", "key ", "of ", "row ", "user "]) for _ in range(size // 5)),
        "percent form": "".join(f"%{byte:02X}" for byte in blob[: size // 3]),
    }  # fmt: skip
    return {name: text[:size] for name, text in found.items()}
