"""Remembers secrets by value, to find them again wherever they turn up, plain or encoded.

A value learnt in this process is searched for as it is. What another process learnt arrives as length and keyed hash
of its whole forms, and is tested where a word starts and another ends.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import AbstractSet as Set
    from typing import Dict, Iterable, Iterator, Tuple

    Taint = Tuple[int, str, str]  # length, keyed hash, kind
    _Hashes = Dict[str, Dict[int, Dict[str, str]]]
    _Needle = Tuple[str, str, str, int]  # what to look for, the form that it is a part of, kind, how it is found


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SHINGLE = 12  # so many signs of a long secret, from either end, give it away
_LONG = 20
_WHOLE, _ALONE, _HEAD, _TAIL = range(4)
_DIGEST = 16  # digits of a keyed hash; two of the hash of its beginning may follow
_GRAM = 4
_MOST_GRAMS = 200_000
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
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

    data = encoded(value)
    yield value
    whole = b2a_base64(data, newline=False).decode("ascii")
    yield whole
    yield whole.rstrip("=")
    yield whole.replace("+", "-").replace("/", "_").rstrip("=")
    yield percent(value)
    yield percent(value, "/")
    yield percent(value).replace("%20", "+")
    yield percent(value, lower=True)
    yield repr(value)[1:-1]
    yield repr(data)[2:-1]
    yield from _escaped(value)
    if len(data) >= 6:
        yield data.hex()
        yield data.hex().upper()
    if len(value) >= _SHINGLE:
        yield value[::-1]
        if _HEXADECIMAL.issuperset(value):
            yield value.lower()
            yield value.upper()


def _escaped(value: str) -> Iterator[str]:
    """Yield *value* as JSON, HTML, a shell and mail write it."""
    plain = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    yield plain
    yield plain.replace("/", "\\/")
    if not value.isascii():
        units = [plain[index] for index in range(len(plain))]
        ascii_only = "".join([unit if unit.isascii() else _unicode_escape(unit) for unit in units])
        yield ascii_only
        yield ascii_only.replace("/", "\\/")
    markup = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    yield markup
    yield markup.replace("'", "&#x27;")
    yield markup.replace("'", "&#39;").replace("&quot;", "&#34;")
    yield value.replace("'", "'\\''")
    yield value.replace("'", "'\"'\"'")
    yield "".join([sign if 32 <= ord(sign) < 127 and sign != "=" else _mailed(sign) for sign in value])


def _unicode_escape(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(["\\u" + units[at : at + 4] for at in range(0, len(units), 4)])


def _mailed(sign: str) -> str:
    return "".join([f"={byte:02X}" for byte in encoded(sign)])


def _forms(value: str) -> set[str]:
    """Return all forms in which *value* is searched for."""
    forms = set(_whole_forms(value))
    data = encoded(value)
    if len(data) >= 6:
        forms.update(_base64_forms(data))
        for wide in (value.encode("utf-16-le", "surrogatepass"), value.encode("utf-16-be", "surrogatepass")):
            forms.update((wide.decode("latin-1"), repr(wide)[2:-1]))
            forms.update(_base64_forms(wide))
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

    __slots__ = ("_by_run", "_forms", "_grams", "_hashes", "_key", "_received", "_values", "_without_run")

    def __init__(self, key: bytes, taints: Iterable[Taint] = ()) -> None:
        self._key = key
        self._values: dict[str, str] = {}
        self._forms: set[str] = set()
        self._by_run: dict[str, list[_Needle]] = {}  # a run of letters inside -> what to look for when a text has it
        self._without_run: list[_Needle] = []
        self._received: dict[tuple[int, str], str] = {}
        # beginning -> length -> hash -> kind, of secrets without white space and of those with some
        self._hashes: tuple[_Hashes, _Hashes] = ({}, {})
        self._grams: dict[str, str] = {}
        for length, digest, kind in taints:
            if 4 <= length <= _MOST_HASHED:
                self._received[length, digest] = kind
                body = digest.lstrip(_SPACED)
                by_length = self._hashes[digest.startswith(_SPACED)].setdefault(body[_DIGEST:], {})
                by_length.setdefault(length, {})[body[:_DIGEST]] = kind

    def learn(self, value: str, kind: str) -> None:
        """Remember *value*, if it is telling, in all its forms."""
        value = value.strip()
        if value in self._values or not is_telling(value):
            return
        self._values[value] = kind
        word = len(value) < 6 or (len(value) < 16 and (value.isalpha() or value.isdigit()))
        for form in _forms(value):
            if len(form) >= 4 and form not in self._forms:
                self._forms.add(form)
                self._add(form, kind, word and form == value)

    def _add(self, form: str, kind: str, alone: bool) -> None:
        head, tail = form[:_SHINGLE], form[-_SHINGLE:]
        needles: list[_Needle] = []
        if len(form) < _LONG or not _is_mixed(head):
            needles.append((form, form, kind, _ALONE if alone else _WHOLE))
        else:
            needles.append((head, form, kind, _HEAD))
        if len(form) >= _LONG and _is_mixed(tail):
            needles.append((tail, form, kind, _TAIL))
        for needle in needles:
            run = _inner_run(needle[0][:200].lower())
            if run:
                self._by_run.setdefault(run, []).append(needle)
            else:
                self._without_run.append(needle)

    def spans(self, text: str, runs: Set[str]) -> Iterator[tuple[int, int, str]]:
        """Yield where a known secret stands in *text*; *runs* are its runs of letters, in lower case."""
        for needle in self._without_run:
            if needle[0] in text:
                yield from _found(text, needle)
        for run in self._by_run.keys() & runs:
            for needle in self._by_run[run]:
                if needle[0] in text:
                    yield from _found(text, needle)
        if self._received:
            yield from self._hashed_spans(text)

    def _hashed_spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        solid, spaced = self._hashes
        if solid:
            import re

            shortest = min(length for by_length in solid.values() for length in by_length)
            for run in re.finditer(rf"\S{{{shortest},}}", text):
                yield from self._spans_in(run.group(), run.start(), solid)
        if spaced:
            yield from self._spans_in(text, 0, spaced)

    def _spans_in(self, text: str, shift: int, hashes: _Hashes) -> Iterator[tuple[int, int, str]]:
        starts, ends = _edges(text)
        resume = 0
        for start in starts:
            if start < resume:
                continue
            for by_length in (hashes.get(self._gram(text[start : start + _GRAM])), hashes.get("")):
                for length, known in by_length.items() if by_length else ():
                    if start + length in ends:
                        piece = text[start : start + length]
                        kind = known.get(keyed_hash(self._key, encoded(piece)), "")
                        if kind:
                            resume = max(resume, start + length)
                            yield shift + start, shift + start + length, kind

    def _gram(self, beginning: str) -> str:
        """Return eight bits that tell most other beginnings apart: a hash is made only where they agree."""
        found = self._grams.get(beginning)
        if found is None:
            if len(self._grams) > _MOST_GRAMS:
                self._grams.clear()
            found = self._grams[beginning] = keyed_hash(self._key, b"beginning " + encoded(beginning))[:2]
        return found

    def all(self) -> list[Taint]:
        """Return what another process needs to know: length, keyed hash and kind of each whole form."""
        found: dict[tuple[int, str], str] = {}
        for value, kind in self._values.items():
            for form in _whole_forms(value):
                if is_telling(form) and len(form) <= _MOST_HASHED:
                    digest = keyed_hash(self._key, encoded(form)) + self._gram(form[:_GRAM])
                    found[len(form), _mark_of(form) + digest] = kind
        found.update(self._received)
        return [(length, digest, kind) for (length, digest), kind in found.items()]


def _found(text: str, needle: _Needle) -> Iterator[tuple[int, int, str]]:
    piece, form, kind, mode = needle
    if mode == _HEAD:
        return _from_head(text, piece, form, kind)
    if mode == _TAIL:
        return _from_tail(text, piece, form, kind)
    return _short_spans(text, form, kind, mode == _ALONE)


def _inner_run(piece: str) -> str:
    """Return the longest run of letters inside *piece* that does not touch its ends, if there is one."""
    best, start = "", -1
    for index, sign in enumerate(piece):
        if sign.islower() or ord(sign) > 127:
            start = index if start < 0 else start
        else:
            if start > 0 and index - start > max(1, len(best)):
                best = piece[start:index]
            start = -1
    return best


def _short_spans(text: str, form: str, kind: str, alone: bool) -> Iterator[tuple[int, int, str]]:
    start = text.find(form)
    while start >= 0:
        end = start + len(form)
        if not (alone and (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())):
            yield start, end, kind
        start = text.find(form, end)


def _from_head(text: str, head: str, form: str, kind: str) -> Iterator[tuple[int, int, str]]:
    """Find *form* by its beginning, which a message may show alone."""
    start = text.find(head)
    while start >= 0:
        end = start + len(head) + _alike(text, start + len(head), form[len(head) :])
        yield start, end, kind
        start = text.find(head, end)


def _from_tail(text: str, tail: str, form: str, kind: str) -> Iterator[tuple[int, int, str]]:
    """Find *form* by its end."""
    floor = 0
    start = text.find(tail)
    while start >= 0:
        lowest = max(floor, start + len(tail) - len(form))
        back = _alike(text[lowest:start][::-1], 0, form[: -len(tail)][::-1])
        floor = start + len(tail)
        yield start - back, floor, kind
        start = text.find(tail, floor)


def _alike(text: str, place: int, wanted: str) -> int:
    """Return how many signs at *place* are as in *wanted*."""
    if text.startswith(wanted, place):
        return len(wanted)
    low, high = 0, len(wanted)
    while high - low > 1:
        middle = (low + high) // 2
        if text.startswith(wanted[:middle], place):
            low = middle
        else:
            high = middle
    return low


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
