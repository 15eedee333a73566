"""What of a session's own record may be written: user text without secrets, and of the environment a few values.

A successful run must not pay for the rules of redaction, forty milliseconds of loading. So each text is first looked
at quickly, in a way that is sure when it says clean; only a text of which that is not sure loads the rules, which
know the secrets in the environment and on the command line.
"""

from __future__ import annotations

from aitrack.collector.plain import plainly_clean
from aitrack.collector.redact_names import SHORT_STEMS, STEMS, may_be_secret, strength
from aitrack.store.key import keyed_hash
from aitrack.store.layout import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Values of these variables are kept, of all others the name and a keyed hash.
_KEPT = ("PATH", "LANG", "TZ", "CI", "VIRTUAL_ENV")
_KEPT_PREFIXES = ("PYTHON", "CONDA", "LC_")
_OURS = "AITRACK_"
_FOLDERS = ("PWD", "OLDPWD")  # a shell's own, in which `pwd` is no password
SET = "set"  # in place of the hash of a value that could be guessed
_MEAN_SOMETHING = frozenset("=%@?&;<>{}[]()|\"'`\\$#!*^~‹")  # a secret may stand beside one of these
_SHORTEST = 4  # signs of a value that is looked for in the other texts
_LONG = 13  # signs without a break: a token may be as short


def variables(
    environ: dict[bytes, bytes], key: bytes, secret: frozenset[str], *, keep: bool = True
) -> dict[str, object]:
    """Return the environment as it is stored: values of a few unless not to *keep* any, of the rest keyed hashes.

    *secret* are the names that `secret_names` found.

    Whoever holds the key can test guesses, so of a secret that is easily guessed nothing but its presence is stored.
    """
    kept, hidden = {}, {}
    for raw_name, value in environ.items():
        name = decode(raw_name)
        if name.startswith(_OURS):
            continue
        is_secret = name in secret
        if keep and not is_secret and (name in _KEPT or name.startswith(_KEPT_PREFIXES)) and b"://" not in value:
            kept[name] = decode(value)
        else:
            hidden[name] = SET if is_secret and _is_guessable(decode(value)) else keyed_hash(key, value)
    return {"kept": kept, "hidden": hidden, "count": len(environ)}


def secret_names(environ: dict[bytes, bytes]) -> frozenset[str]:
    """Return the names of variables that may hold a secret.

    All names are looked through at once: one by one this took as long as all other facts of a session.
    """
    names = decode(b"\n".join(environ))
    lower = names.lower()
    found: set[str] = set()
    if len(lower) != len(names):  # a letter whose small form is longer
        lower = names
    for stem in STEMS + SHORT_STEMS:
        place = lower.find(stem)
        while place >= 0:
            end = names.find("\n", place)
            end = len(names) if end < 0 else end
            found.add(names[names.rfind("\n", 0, place) + 1 : end])
            place = lower.find(stem, end)
    return frozenset([name for name in found if name not in _FOLDERS and strength(name)])


def _is_guessable(value: str) -> bool:
    from aitrack.collector.redact_looks import is_guessable

    return is_guessable(value)


def is_clean(record: dict[str, Any], environ: dict[bytes, bytes], secret: frozenset[str]) -> bool:
    """Say whether the *record* of a session surely holds no secret, quickly; False when that is not sure."""
    secrets = list(_secret_values(environ, secret))
    command: dict[str, Any] = record["command"]
    kept: dict[str, str] = record["env"]["kept"]
    words: list[str] = command["argv"]
    if not all(plainly_clean(word) for word in words):
        return False
    texts = [command["cwd"], record["name"], record["environment"], record["user"]["name"]]
    for part in (record["git"], record["ci"], record["parent"], record["python"]):
        texts += (part or {}).values()
    texts = [text for text in texts if isinstance(text, str)]
    texts += [part for name, value in kept.items() if name != "PATH" for part in value.split(":")]
    labels: dict[str, str] = record["labels"]
    if any(map(strength, labels)) or not all(map(_is_plain, (*texts, *labels.values()))):
        return False
    everything = "\n".join((*words, *texts, *labels.values(), kept.get("PATH", "")))
    return "@" not in kept.get("PATH", "") and not any(secret in everything for secret in secrets)


def _is_plain(text: str) -> bool:
    """Say whether *text*, a path, a page or a name, has nothing by which a secret would be known."""
    text = text.removeprefix("https://")
    if ":" in text or _MEAN_SOMETHING.intersection(text):
        return False
    lower = text.lower()
    if " " in text and may_be_secret(lower):
        return False
    run, has_digit = 0, False
    for sign in text:
        if not sign.isalnum():
            run, has_digit = 0, False
            continue
        run += 1
        has_digit = has_digit or sign.isdigit()
        if run >= _LONG and has_digit:
            return text.isalnum() and len(text) in (40, 64)  # a commit, as git's files have it
    return True


def _secret_values(environ: dict[bytes, bytes], secret: frozenset[str]) -> Iterator[str]:
    """Yield the values of secret variables, and the passwords in the URLs of others."""
    for raw_name, value in environ.items():
        if len(value) >= _SHORTEST:
            if b"://" in value and b"@" in value:
                yield from _passwords(decode(value))
            elif value[:1] != b"/" and decode(raw_name) in secret:  # a path is none
                yield decode(value)


def _passwords(url: str) -> Iterator[str]:
    for part in url.rpartition("@")[0].partition("://")[2].split(":"):
        if len(part) >= _SHORTEST:
            yield part
