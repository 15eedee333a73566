"""Remembers secrets by value, to find them again wherever they turn up, plain or encoded.

A value learnt in this process is searched for as it is. What another process learnt arrives as length and keyed hash
of its whole forms, and is tested where a word starts and another ends.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Iterator, Tuple

    Taint = Tuple[int, str, str]  # length, keyed hash, kind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SHINGLE = 12  # so many signs of a long secret, from either end, give it away
_LONG = 20
_SPACED = "~"  # before a hash: the form holds white space
_MOST_HASHED = 65536  # signs; longer secrets are not looked for across processes
# Too common to hide wherever they stand: the rest of the text would suffer.
_COMMON = _words(
    "password passwd secret token changeme default postgres postgresql mysql root admin administrator guest "
    "localhost example testing test test123 production development staging redis rabbitmq username anonymous "
    "nobody public private disabled enabled required optional unknown undefined basic bearer digest github gitlab "
    "docker python string"
)


def keyed_hash(key: bytes, data: bytes) -> str:
    """Return the store's keyed hash of *data*: comparable, and useless without the key."""
    from _blake2 import blake2b

    return blake2b(data, key=key[:64], digest_size=8).hexdigest()


def encoded(text: str) -> bytes:
    """Return *text* as bytes, also when it holds lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def percent(text: str, safe: str = "", lower: bool = False) -> str:
    """Return *text* in percent form."""
    pieces: list[str] = []
    for byte in encoded(text):
        sign = chr(byte)
        pieces.append(sign if sign in _PLAIN or sign in safe else ("%%%02x" if lower else "%%%02X") % byte)
    return "".join(pieces)


def _base64_forms(data: bytes) -> Iterator[str]:
    """Yield what *data* looks like inside base64, at each of the three places it can begin."""
    from binascii import b2a_base64

    for shift in range(3):
        whole = b2a_base64(b"\0" * shift + data, newline=False).decode("ascii")
        first = (0, 2, 3)[shift]
        last = len(whole) - (0, 3, 2)[(len(data) + shift) % 3]
        piece = whole[first:last]
        if len(piece) >= 8:
            yield piece
            yield piece.replace("+", "-").replace("/", "_")


def _whole_forms(value: str) -> Iterator[str]:
    """Yield the forms in which the whole of *value* may be written."""
    from binascii import b2a_base64

    yield value
    whole = b2a_base64(encoded(value), newline=False).decode("ascii")
    yield whole
    yield whole.rstrip("=")
    yield whole.replace("+", "-").replace("/", "_").rstrip("=")
    yield percent(value)
    yield percent(value, "/")
    yield percent(value).replace("%20", "+")
    yield percent(value, lower=True)
    yield repr(value)[1:-1]
    yield value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    yield value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _forms(value: str) -> set[str]:
    """Return all forms in which *value* is searched for."""
    forms = set(_whole_forms(value))
    data = encoded(value)
    if len(data) >= 6:
        forms.update(_base64_forms(data))
        forms.add(data.hex())
        forms.add(data.hex().upper())
        forms.add(value[::-1] if len(value) >= _SHINGLE else value)
    return forms


def is_telling(value: str) -> bool:
    """Say whether *value* is special enough to be hidden wherever it stands."""
    if len(value) < 4 or value.lower() in _COMMON or "‹redacted:" in value:
        return False
    if value.isalpha() or value.isdigit():
        return len(value) >= 6
    return len(value) >= 6 or (any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value))


def _mark_of(form: str) -> str:
    return _SPACED if form.split() != [form] else ""


class Taints:
    """The secrets that are known by value."""

    __slots__ = ("_forms", "_key", "_solid", "_spaced", "_values")

    def __init__(self, key: bytes, taints: Iterable[Taint] = ()) -> None:
        self._key = key
        self._values: dict[str, str] = {}
        self._forms: dict[str, tuple[str, bool]] = {}  # form -> kind, whether it must stand alone
        self._solid: dict[int, dict[str, str]] = {}  # length -> hash -> kind
        self._spaced: dict[int, dict[str, str]] = {}  # the same for secrets that hold white space: slower to look for
        for length, digest, kind in taints:
            if 4 <= length <= _MOST_HASHED:
                hashes = self._spaced if digest.startswith(_SPACED) else self._solid
                hashes.setdefault(length, {})[digest.lstrip(_SPACED)] = kind

    def learn(self, value: str, kind: str) -> None:
        """Remember *value*, if it is telling, in all its forms."""
        value = value.strip()
        if value in self._values or not is_telling(value):
            return
        self._values[value] = kind
        word = len(value) < 6 or (len(value) < 16 and (value.isalpha() or value.isdigit()))
        for form in _forms(value):
            if len(form) >= 4:
                self._forms.setdefault(form, (kind, word and form == value))

    def spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield where a known secret stands in *text*."""
        for form, (kind, alone) in self._forms.items():
            if len(form) >= _LONG:
                yield from _long_spans(text, form, kind)
            elif form in text:
                yield from _short_spans(text, form, kind, alone)
        if self._solid or self._spaced:
            yield from self._hashed_spans(text)

    def _hashed_spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        if self._solid:
            import re

            for run in re.finditer(rf"\S{{{min(self._solid)},}}", text):
                yield from self._spans_in(run.group(), run.start(), self._solid)
        if self._spaced:
            yield from self._spans_in(text, 0, self._spaced)

    def _spans_in(self, text: str, shift: int, hashes: dict[int, dict[str, str]]) -> Iterator[tuple[int, int, str]]:
        starts, ends = _edges(text)
        for length, known in hashes.items():
            if length > len(text):
                continue
            for start in starts:
                if start + length in ends:
                    piece = text[start : start + length]
                    kind = known.get(keyed_hash(self._key, encoded(piece)), "")
                    if kind:
                        yield shift + start, shift + start + length, kind

    def all(self) -> list[Taint]:
        """Return what another process needs to know: length, keyed hash and kind of each whole form."""
        found: dict[tuple[int, str], str] = {}
        for value, kind in self._values.items():
            for form in _whole_forms(value):
                if is_telling(form) and len(form) <= _MOST_HASHED:
                    found[len(form), _mark_of(form) + keyed_hash(self._key, encoded(form))] = kind
        for hashes, mark in ((self._solid, ""), (self._spaced, _SPACED)):
            for length, known in hashes.items():
                for digest, kind in known.items():
                    found[length, mark + digest] = kind
        return [(length, digest, kind) for (length, digest), kind in found.items()]


def _short_spans(text: str, form: str, kind: str, alone: bool) -> Iterator[tuple[int, int, str]]:
    start = text.find(form)
    while start >= 0:
        end = start + len(form)
        if not (alone and (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())):
            yield start, end, kind
        start = text.find(form, end)


def _long_spans(text: str, form: str, kind: str) -> Iterator[tuple[int, int, str]]:
    """Find *form*, and also its beginning or end alone: a message may show a part."""
    head, tail = form[:_SHINGLE], form[-_SHINGLE:]
    if not _is_mixed(head):
        head = form
    start = text.find(head)
    while start >= 0:
        end = start + len(head)
        while end - start < len(form) and text[end : end + 1] == form[end - start]:
            end += 1
        yield start, end, kind
        start = text.find(head, end)
    end = text.find(tail) if _is_mixed(tail) else -1
    while end >= 0:
        end += _SHINGLE
        start = end - _SHINGLE
        while start > 0 and end - start < len(form) and text[start - 1] == form[len(form) - (end - start) - 1]:
            start -= 1
        yield start, end, kind
        end = text.find(tail, end)


def _is_mixed(piece: str) -> bool:
    """Say whether *piece* alone is telling: one run of letters and digits, not the start of a URL or of JSON."""
    if not piece.replace("_", "").replace("-", "").replace("+", "").replace("/", "").replace("=", "").isalnum():
        return False
    return any(sign.isdigit() for sign in piece) and any(sign.isalpha() for sign in piece)


def _edges(text: str) -> tuple[list[int], set[int]]:
    """Return where words can start and where they can end: anywhere but between two letters or digits."""
    import re

    starts = [match.start() for match in re.finditer(r"(?<![A-Za-z0-9])[^\s]", text)]
    ends = {match.end() for match in re.finditer(r"[^\s](?![A-Za-z0-9])", text)}
    return starts, ends
