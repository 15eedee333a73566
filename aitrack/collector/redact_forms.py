"""Finds tokens by the table of their forms: one pass for all the prefixes, then a walk along the form.

Prefixes are found by one pattern, a tree of all of them, tried where a word begins: 500 searches, one for each, cost
eight times as much. What a walk reads is never read again by the same walk's neighbours: the search goes on after it.
"""

from __future__ import annotations

from .redact_tokens import ALPHABETS, beside, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple, Union

    Node = Dict[str, Any]  # a sign, and what may follow it
    Span = Tuple[int, int, str]  # start, end, kind
    Part = Union[str, Tuple[str, int, int]]  # a literal, or an alphabet and how many of its signs
    Form = Tuple[str, List[Part], str]  # kind, parts, mark

_ESCAPES = ("\\", "%", "\x1b")  # signs that begin an escape, whose letters are no part of a word
_EXACT = ("=", "&", "!")
# An escape right before a token: `\n`, `\u003d`, `%3D`, or the colours of a terminal.
_ESCAPE = r"(?:\\(?:[nrtbf0\"'/]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})|%[0-9a-fA-F]{2}|\x1b\[[0-9;]{0,20}[A-Za-z])"
_CHECKED = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_")
# What may be a token beside a service's name.
_BESIDE = r"[A-Za-z0-9_.+/:\-]{14,}"
_AFTER_A_TOOL = (" ", "\t", "\\", "'", '"', ".exe", ".cmd", ".jar")
_CUES = ("key", "token", "secret", "api", "auth", "pass", "cred", "pat", "bearer")
_DIGESTS = frozenset(("commit", "sha", "digest", "revision", "rev", "uuid", "build", "checksum", "etag", "id"))
_LONG = 1000  # signs of a run
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FIXED_WORDS = ("xxxx", "placeholder", "redacted", "your-", "your_", "****", "....")


def parts_of(form: str) -> list[Part]:
    """Return the parts of a *form* without alternatives: literals, and `(alphabet, least, most)`."""
    found: list[Part] = []
    for index, piece in enumerate(form.split("{")):
        run, brace, literal = piece.partition("}") if index else ("", "", piece)
        if brace:
            least, _dash, most = run[1:].partition("-")
            found.append((run[0], int(least), int(most or least)))
        if literal:
            found.append(literal)
    return found


def alternatives(form: str) -> list[str]:
    """Return the forms that *form* stands for: `gh(p|o)_` is two."""
    start = form.find("(")
    if start < 0:
        return [form]
    end = form.index(")", start)
    return [
        form[:start] + choice + rest
        for choice in form[start + 1 : end].split("|")
        for rest in alternatives(form[end + 1 :])
    ]


def tree(words: dict[str, str]) -> str:
    """Return a pattern of all *words*, each with what must follow it, that reads each sign once, the longest first."""
    root: Node = {}
    for word, guard in words.items():
        node = root
        for sign in word:
            node = node.setdefault(sign, {})
        node[""] = guard
    return _branches(root)


def _branches(node: Node) -> str:
    found = [_escaped(sign) + _branches(node[sign]) for sign in sorted(node) if sign]
    if "" in node:
        found.append(node[""])
    return found[0] if len(found) == 1 else "(?:" + "|".join(found) + ")"


def _escaped(sign: str) -> str:
    return sign if sign.isalnum() or sign in "_-/%=:" else "\\" + sign


def _guard(forms: list[Form]) -> str:
    """Return a look at what follows the prefix of all *forms*: `path` must not be tried as one that begins `pat`."""
    signs, least = "", 12
    for _kind, parts, _mark in forms:
        if len(parts) < 2 or isinstance(parts[1], str):
            return ""
        alphabet, fewest, _most = parts[1]
        signs += "" if ALPHABETS[alphabet] in signs else ALPHABETS[alphabet]
        least = min(least, fewest)
    return "(?=[%s]{%d})" % (signs, least) if least > 5 else ""  # noqa: UP031  # braces


class Forms:
    """The table, ready for the search."""

    __slots__ = ("_beside", "_forms", "_pattern", "_sieve", "_tools")

    def __init__(self, pattern: Callable[[str, int], Pattern[str]], tools: Iterable[str]) -> None:
        self._pattern = pattern
        self._tools = frozenset(tools)
        self._beside = beside()
        own: dict[str, list[Form]] = {}
        for kind, written, mark in rows():
            for form in alternatives(written):
                own.setdefault(form.partition("{")[0], []).append((kind, parts_of(form), mark))
        words = {prefix: _guard(forms) for prefix, forms in own.items()}
        words.update((name, "") for name in self._tools)
        for name in self._beside:
            words.update(((name, ""), (name.upper(), ""), (name.capitalize(), "")))
        # Only the longest word is found at a place, so it must know the forms of each shorter one that begins it.
        self._forms = {
            word: [form for size in range(len(word), 0, -1) for form in own.get(word[:size], ())] for word in words
        }
        self._sieve = tree(words)

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the tokens in *text*, and as kind `tool:NAME` where a tool with secret flags is named."""
        done = 0
        for start, word in self._places(text):
            if start < done:
                continue
            end, kind = self._token(text, start, word)
            if end:
                done = end
                if kind:
                    yield start, end, kind
                continue
            if word in self._tools and text.startswith(_AFTER_A_TOOL, start + len(word)):
                yield start, start + len(word), "tool:" + word
            if word.lower() in self._beside and not text[start + len(word) : start + len(word) + 1].isalpha():
                yield from self._named(text, start, word)

    def checked(self, text: str) -> Iterator[Span]:
        """Yield tokens with a right checksum that are glued to a word before them."""
        for prefix in _CHECKED:
            place = text.find(prefix)
            while place >= 0:
                end = self._run(text, "A", place + len(prefix), place + 260)
                size = end - place - len(prefix)
                if size >= 36 and has_checksum(text[place + len(prefix) : place + len(prefix) + 36]):
                    yield place, end, "npm" if prefix == "npm_" else "github"
                place = text.find(prefix, max(end, place + 1))

    def _places(self, text: str) -> Iterator[tuple[int, str]]:
        for match in self._pattern("(?<![A-Za-z0-9_])" + self._sieve, 256).finditer(text):  # 256 = re.ASCII
            yield match.start(), match.group()
        if any(sign in text for sign in _ESCAPES):
            for match in self._pattern(_ESCAPE + "(" + self._sieve + ")", 256).finditer(text):
                yield match.start(1), match.group(1)

    def _run(self, text: str, alphabet: str, start: int, limit: int) -> int:
        """Return where the run of signs of *alphabet* that begins at *start* ends, at most at *limit*."""
        match = self._pattern("[" + ALPHABETS[alphabet] + "]*", 0).match(text, start, limit)
        return match.end() if match is not None else start

    def _token(self, text: str, start: int, word: str) -> tuple[int, str]:
        """Return the end and the kind of the token at *start*; no kind when it only looks like one, 0 when not even."""
        longest, best = 0, ""
        for kind, parts, mark in self._forms[word]:
            end = self._walk(text, start, parts, mark)
            if mark == "&" and text[start - 1 : start] == "-":
                continue
            if end > longest and not (mark == "~" and self._is_inside_base64(text, start)):
                alphabet = parts[-1][0] if isinstance(parts[-1], tuple) else "A"
                value = text[start:end]
                if _is_mixed_enough(value[len(parts[0]) if isinstance(parts[0], str) else 0 :], alphabet, mark):
                    longest, best = end, "" if is_placeholder(value) else kind
                elif end - start > _LONG:
                    longest, best = end, ""  # reading such a run again and again would add up
        return longest, best

    def _is_inside_base64(self, text: str, start: int) -> bool:
        """Say whether what begins at *start* is the middle of a longer run of base64, as in a picture's bytes."""
        if start < 20 or text[start - 1] not in "+/":
            return False
        return self._run(text, "b", start - 20, start) == start

    def _walk(self, text: str, start: int, parts: list[Part], mark: str) -> int:
        """Return where *text*, read along *parts* from *start*, ends, or 0."""
        place = start
        last = len(parts) - 1
        for index, part in enumerate(parts):
            if isinstance(part, str):
                if not text.startswith(part, place):
                    return 0
                place += len(part)
                continue
            alphabet, least, most = part
            whole = index == last
            end = self._run(text, alphabet, place, len(text) if whole and mark not in _EXACT else place + most + whole)
            if whole:
                while end > place and text[end - 1] == ".":
                    end -= 1
                if end - place > most and (mark in _EXACT or not most):
                    return 0
            if end - place < least:
                return 0
            place = end
        after = text[place : place + 1]
        return 0 if mark in _EXACT and (after.isalnum() or after == "_") else place

    def _named(self, text: str, start: int, word: str) -> Iterator[Span]:
        """Yield a run of the form that the service *word* uses, close behind its name and a sign of a secret."""
        begin = start + len(word)
        for found in self._pattern(_BESIDE, 0).finditer(text, begin, begin + 64):
            match = self._pattern(_BESIDE, 0).match(text, found.start(), begin + 320)
            if match is None:
                return
            value = match.group().lstrip(":").rstrip(".:")
            start = match.start() + len(match.group()) - len(match.group().lstrip(":"))
            if start > begin + 48:
                return
            if self._is_told(text[begin:start].lower()) and self._fits(value, word.lower()):
                yield start, start + len(value), word.lower()
                return

    def _is_told(self, between: str) -> bool:
        """Say whether what stands *between* a service's name and a run speaks of a secret, and not of a digest."""
        words = self._pattern("[a-z]+", 0).findall(between)
        assigned = between.rstrip(" \t\"'`").endswith(("=", ":", ">"))
        return (assigned or any(cue in between for cue in _CUES)) and not _DIGESTS.intersection(words)

    def _fits(self, value: str, service: str) -> bool:
        for form in self._beside[service]:
            least, _dash, most = form[1:].partition("-")
            if int(least) <= len(value) <= int(most or least):
                whole = self._run(value, form[0], 0, len(value)) == len(value)
                if whole and _is_random(value, form[0] == "g"):
                    return True
        return False


def has_checksum(value: str) -> bool:
    """Say whether the last six signs of *value* are the CRC32 of the others, in base 62."""
    from binascii import crc32

    number, written = crc32(value[:-6].encode()) & 0xFFFFFFFF, ""
    for _sign in range(6):
        number, digit = divmod(number, 62)
        written = _BASE62[digit] + written
    return written == value[-6:]


def _is_mixed_enough(value: str, alphabet: str, mark: str) -> bool:
    if mark not in ("!", "~", "^"):
        return True
    if mark == "^":
        return any(_is_random(piece) and len(piece) >= 12 for piece in value.replace("_", "-").split("-"))
    value = value[:4096]
    if not any(sign.isdigit() for sign in value):
        return False
    signs = ALPHABETS[alphabet]
    if "A-Z" in signs and "a-z" in signs and (mark == "!" or alphabet in "uvz"):
        return value.lower() != value and value.upper() != value
    return alphabet == "d" or any(sign.isalpha() for sign in value)


def _is_random(value: str, is_uuid: bool = False) -> bool:
    if is_uuid:
        return len(value) == 36 and value.count("-") == 4
    return len(set(value)) > 5 and any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)


def is_placeholder(value: str) -> bool:
    """Say whether *value* is obviously not a secret: a mask, a template, one sign repeated, a mark of ours."""
    if "‹redacted:" in value or not value.strip("*.x-_X"):
        return True
    lower = value.lower()
    if any(word in lower for word in _FIXED_WORDS) and len(set(lower)) < 16:
        return True
    body = lower.rsplit("_", 1)[-1].rsplit("-", 1)[-1]
    return len(body) > 7 and len(set(body)) == 1
