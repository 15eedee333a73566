"""The one owner of what is secret: by name, by form, and by value once seen.

Only the value is hidden, by `‹redacted:KIND:len›`; the name, the host, the flag and the rest of the line stay.
Importing this is cheap (no `re`); the patterns are compiled when a text first needs them.
"""

from __future__ import annotations

from . import redact_looks as looks
from . import redact_names as names
from .plain import plainly_clean as plainly_clean
from .redact_formats import Formats, is_placeholder
from .redact_taints import Taints, encoded, keyed_hash
from .redact_tools import argument_spans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Match, Pattern
    from typing import Callable, Iterable, Iterator, Mapping

    from .redact_formats import Span
    from .redact_taints import Taint


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RULES_VERSION = 1
_DEEPEST = 2  # levels of base64 or percent form that are opened

_SEPARATOR = (
    r"(?:\\*[\"'])?"
    r"(?:(?<=[\"'])\s*:\s*|[ \t]*(?:=>|:=|==?|:)[ \t]*|%3[dD]|%22%3[aA](?:%20|\+)*(?=%22)|(?<=[\"'])[ \t]+)"
)
_ANNOTATED = r"[ \t]*:[ \t]*[\w.\[\], |]{2,40}?[ \t]*=[ \t]*"
_OPENING = r"(?:[bBrRuUfF]{1,2}(?=\\*[\"']))?(\\*)(\"\"\"|'''|\"|')"
_QUOTED = {'"': r'(?:[^"\\\n]|\\.)*', "'": r"(?:[^'\\\n]|\\.)*"}
_PAIR = r"(?:[\w.\-]+[ \t]*[=:]|[\"'}\]]|--?[A-Za-z])"
_BARE = (
    r"(?:[^\s,;&)\]}<>|\"'`]|[,;](?![ \t]*" + _PAIR + r"|\s|$)|&(?![\w.\-%\[\]]*=|amp;|\s|$)"
    r"|[)\]}<>|](?![\s,;.)\]}<>|\"']|$)|[\"'`](?=\w))+"
)
_LINE = r"(?:(?![ \t]+[\w.\-]+[ \t]*=)[^\n\r])*"
_PROSE = (
    r"[ \t]+(?:(?:is|was|of|are|value|for|used|given|named|got|the|wrong|invalid|bad"
    r"|rejected)[ \t:]+){0,2}[\"'`(\[]?([^\s\"'`<>,;()\[\]]{8,})"
)
_FLAG_VALUE = r"[ \t]+([^\s\-\"'][^\s\"']*)"
_AUTH_TUPLE = r"[\"']?[ \t]*[=:][ \t]*[(\[][ \t]*[bu]?([\"'])[^\"']*\1[ \t]*,[ \t]*[bu]?([\"'])((?:(?!\2).)+)\2"
# Of a pair that names its name and its value.
_VALUE_FIELD = r"[\"']?[ \t]*,?\s*[\"']?(?:[Vv]alue|content)[\"']?\s*(?:=>|[:=])\s*"
_COOKIE = r"([^\s=;,\"']+)=([^;\"'\s]*)"
_SCHEME = (
    r"(?:(?:bearer|basic|token|apikey|api-key|negotiate|digest|aws4-hmac-sha256|sso-key|key|signature"
    r"|hawk)(?:[ \t]+|%20))"
)
_CODE = (
    r"(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[(\[]|(?:self|cls|os|args|config|settings|cfg|conf|opts?|options|env"
    r"|environ|params|kwargs|request|req|data|user|process|ctx|context)\.\w)"
)
_VARIABLE = (
    r"\$(?:[A-Z_][A-Z0-9_]*|[a-z_]+|\{[^}]*\}?|\([^)]*\)?)|%[A-Z_]+%|%\(\w+\)s|%s"
    r"|\{[\w.!:]*\}?|\{\{.*|<[\w .:/-]*>?|\[[A-Za-z_ ]*\]?|\.\.\.|…"
)
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_NUMBER = r"[-+]?(?:\d[\d_,]*(?:\.\d*)?(?:[eE][-+]?\d+)?|0x[0-9a-fA-F]{1,8})(?:ms|s|m|h|d|%|[kKMG]i?B?)?"
_ORDINARY = _words(
    "none null nil true false yes no on off required optional missing invalid incorrect expired wrong empty unset "
    "set hidden masked changed not is was for has from the and or with in of to string str int float bytes bool "
    "any object dict list type undefined default unknown error failed ok denied redacted secret password token "
    "rejected accepted revoked refreshed valid must should cannot could prompt field header basic bearer digest "
    "self sslmode auto prompted given found nan disabled enabled disable enable prefer require allow same-origin "
    "include"
)


class Redactor:
    """Hides secrets in text, streams, argument lists and named values."""

    __slots__ = ("_extra", "_formats", "_key", "_pending", "_safe", "_taints", "counts")

    def __init__(
        self, key: bytes, taints: Iterable[Taint] = (), safe_keys: Iterable[str] = (), extra: Iterable[str] = ()
    ) -> None:
        self._key = key
        self._taints = Taints(key, taints)
        self._safe = frozenset(name.lower() for name in safe_keys)
        self._extra = frozenset(name.lower() for name in extra)
        self._formats: Formats | None = None
        self._pending: list[str] = []
        self.counts: dict[str, int] = {}

    # -- learning -------------------------------------------------------------------------------------------------

    def learn_environment(self, environment: Mapping[str, str]) -> None:
        """Remember the values of variables whose names are secret, and credentials inside the others."""
        for name, value in environment.items():
            self.learn(name, value)

    def learn_arguments(self, arguments: Iterable[str]) -> None:
        """Remember the values of secret flags."""
        if not all(plainly_clean(argument) for argument in arguments):
            for text, start, end, kind in self._argument_spans(list(arguments)):
                self._taints.learn(text[start:end], kind)

    def learn(self, name: str, value: str) -> None:
        """Remember *value* if *name* makes it a secret, or what in it has the form of one."""
        if len(value) > looks.LONGEST_OPENED:
            value = value[: looks.LONGEST_OPENED]
        if self._strength(name) and self._is_secret_value(name, value, True):
            self._taints.learn(_without_scheme(value), _kind(name))
            self._learn_lines(value, _kind(name))
        elif not plainly_clean(value) and len(self._pending) < 10_000:
            self._pending.append(value)

    def _learn_lines(self, value: str, kind: str) -> None:
        """A key of many lines is also known by each of its lines."""
        if "\n" in value:
            for line in value.split("\n"):
                if len(line) >= 16 and " " not in line:
                    self._taints.learn(line, kind)

    def _learn_pending(self) -> None:
        while self._pending:
            value = self._pending.pop()
            for start, end, kind in self._known_forms(value, value.lower()):
                if kind != "card":
                    self._taints.learn(value[start:end], kind)

    def taints(self) -> list[Taint]:
        """Return what is known by value in a form that may leave the process."""
        self._learn_pending()
        return self._taints.all()

    def keyed_hash(self, value: str) -> str:
        """Return the keyed hash of a hidden *value*, by which two runs can be compared."""
        return keyed_hash(self._key, encoded(value))

    # -- hiding ---------------------------------------------------------------------------------------------------

    def is_secret_name(self, name: str) -> bool:
        """Say whether a value under *name* may be a secret."""
        return self._strength(name) != names.NONE

    def text(self, text: str) -> str:
        """Return *text* with its secrets hidden."""
        return self._apply(text, self._spans(text, False)) if len(text) > 3 else text

    def source(self, text: str) -> str:
        """Return source code with its secrets hidden: under a secret name only literals are values."""
        return self._apply(text, self._spans(text, True)) if len(text) > 3 else text

    def data(self, data: bytes) -> bytes:
        """Return the bytes of a stream with their secrets hidden."""
        text = data.decode("utf-8", "surrogateescape")
        clean = self.text(text)
        if clean is not text and clean != text:
            data = clean.encode("utf-8", "surrogateescape")
        return self._wide_data(data) if data.count(0) * 4 > len(data) else data

    def _wide_data(self, data: bytes) -> bytes:
        """Hide secrets in UTF-16, which a Windows tool may print."""
        for codec in ("utf-16-le", "utf-16-be"):
            text = data.decode(codec, "ignore")
            clean = self.text(text)
            if clean != text:
                return clean.encode(codec, "surrogatepass")
        return data

    def arguments(self, arguments: list[str]) -> list[str]:
        """Return an argument list with its secrets hidden."""
        if all(plainly_clean(argument) for argument in arguments):
            return list(arguments)
        clean = list(arguments)
        whole: dict[int, list[Span]] = {}
        for index, start, end, kind in argument_spans(arguments, self._named_argument):
            whole.setdefault(index, []).append((start, end, kind))
        for index, argument in enumerate(arguments):
            spans = list(self._spans(argument, False)) if len(argument) > 3 else []
            spans = [span for span in spans if not _is_told(argument, span, whole.get(index, []))]
            spans.extend(whole.get(index, []))
            clean[index] = self._apply(argument, spans)
        return clean

    def named(self, name: str, value: str) -> str:
        """Return *value*, which stood under *name*, with its secrets hidden; what is hidden is remembered."""
        if not self._strength(name):
            return self.text(value)
        if names.is_cookie_name(name) and "=" in value:
            return self._apply(value, list(self._cookie_spans(value, 0, len(value))))
        if not self._is_secret_value(name, value, True):
            return self.text(value)
        self.learn(name, value)
        start = len(value) - len(_without_scheme(value))
        return self._apply(value, [(start, len(value), _kind(name))])

    # -- how ------------------------------------------------------------------------------------------------------

    def _apply(self, text: str, spans: Iterable[Span]) -> str:
        found = sorted(spans, key=_by_place)
        if not found:
            return text
        pieces: list[str] = []
        done = 0
        for start, end, kind in _merged(found):
            pieces.append(text[done:start])
            pieces.append(f"‹redacted:{kind}:{end - start}›")
            self.counts[kind] = self.counts.get(kind, 0) + 1
            done = end
        pieces.append(text[done:])
        return "".join(pieces)

    def _strength(self, name: str) -> int:
        if self._safe or self._extra:
            lower = name.strip("-").lower()
            if lower in self._safe:
                return names.NONE
            if lower in self._extra:
                return names.STRONG
        return names.strength(name)

    def _rules(self) -> Formats:
        if self._formats is None:
            self._formats = Formats(_compiler())
        return self._formats

    def _spans(self, text: str, is_source: bool, depth: int = 0) -> list[Span]:
        if self._pending:
            self._learn_pending()
        lower = _lower(text)
        found = self._known_forms(text, lower)
        found.extend(self._taints.spans(text))
        told = list(self._rules().told) if len(text) >= 12 else []
        for span in self._named_spans(text, lower, is_source):
            if not told or not _is_told(text, span, told):
                found.append(span)
        if depth < _DEEPEST and len(text) >= 12:
            found.extend(self._opened_spans(text, depth))
        return found

    def _known_forms(self, text: str, lower: str) -> list[Span]:
        if len(text) < 12:
            return []
        return self._rules().spans(text, lower)

    def _opened_spans(self, text: str, depth: int) -> Iterator[Span]:
        """Find secrets inside base64 and percent form."""
        for start, end in self._rules().base64_runs(text):
            opened = looks.open_base64(text[start:end])
            if opened and self._spans(opened, False, depth + 1):
                yield start, end, "encoded"
        if "%" in text:
            for match in self._rules().pattern(r"[^\s\"'<>?&=]*%[0-9A-Fa-f]{2}[^\s\"'<>&]*").finditer(text):
                opened, places = looks.open_percent(match.group())
                if opened != match.group():
                    for start, end, kind in self._spans(opened, False, depth + 1):
                        if len(places) > len(opened):  # sign by sign: only the secret's own part is hidden
                            yield match.start() + places[start], match.start() + places[end], kind
                        else:
                            yield match.start(), match.end(), "encoded"

    def _named_spans(self, text: str, lower: str, is_source: bool) -> Iterator[Span]:
        seen: set[int] = set()
        for stem in names.STEMS:
            place = lower.find(stem)
            while place >= 0:
                start, end = _name_around(text, place)
                if start not in seen:
                    seen.add(start)
                    if self._strength(text[start:end]):
                        yield from self._value_after(text, start, end, is_source)
                place = lower.find(stem, max(end, place + len(stem)))

    def _value_after(self, text: str, start: int, end: int, is_source: bool) -> Iterator[Span]:
        name = text[start:end]
        match = self._match(_SEPARATOR, text, end)
        if match is None or match.end() == match.start():
            yield from self._value_without_separator(text, start, end, is_source)
            return
        annotated = self._match(_ANNOTATED, text, end)
        if annotated is not None and self._match(_OPENING, text, annotated.end()):
            match = annotated
        place = match.end()
        if names.is_cookie_name(name):
            yield from self._cookie_spans(text, place, _line_end(text, place))
            return
        if text[place : place + 1] in ("(", "[", "{"):
            yield from self._container_spans(text, start, end, place, name)
            return
        value_start, value_end, quoted = self._value_span(text, start, place)
        if quoted or not is_source:
            yield from self._judged(text, name, value_start, value_end, quoted)

    def _judged(self, text: str, name: str, start: int, end: int, quoted: bool) -> Iterator[Span]:
        value = text[start:end]
        while value.startswith("‹redacted:") and "›" in value:
            return
        scheme = self._rules().pattern(_SCHEME, 2).match(value)  # 2 = re.IGNORECASE
        if scheme is not None and scheme.end() < len(value):
            start += scheme.end()
            value = value[scheme.end() :]
        if self._is_secret_value(name, value, quoted):
            yield start, end, _kind(name)

    def _value_span(self, text: str, name_start: int, place: int) -> tuple[int, int, bool]:
        """Return where the value that begins at *place* starts and ends, and whether it is quoted."""
        opening = self._match(_OPENING, text, place)
        if opening is not None:
            return self._quoted_span(text, opening)
        if text.startswith("%22", place):
            end = text.find("%22", place + 3)
            return place + 3, end if end >= 0 else len(text), True
        if _starts_line(text, name_start) and not self._match(_SCHEME + "?" + _CODE, text, place):
            match = self._match(_LINE, text, place)
            if (
                match is not None
                and self._match(_BARE + r"[ \t]*(?:[\r\n]|$)", text, place) is None
                and " " in match.group()
            ) and not self._is_sentence(match.group()):
                return place, len(text[: match.end()].rstrip(" \t,;\"'")), False
        scheme = self._rules().pattern(_SCHEME, 2).match(text, place)
        begin = scheme.end() if scheme is not None else place
        match = self._match(_BARE, text, begin)
        end = match.end() if match is not None else begin
        while end > begin and text[end - 1] in ".,;:!" and (end == len(text) or text[end].isspace()):
            end -= 1
        return begin, end, False

    def _is_sentence(self, line: str) -> bool:
        first = line.split(" ", 1)[0].strip(".,;:!")
        return first.lower() in _ORDINARY or line.count(" ") > 8

    def _quoted_span(self, text: str, opening: Match[str]) -> tuple[int, int, bool]:
        slashes, quote = opening.group(1), opening.group(2)
        start = opening.end()
        if slashes or len(quote) == 3:
            end = text.find(slashes + quote, start)
            return start, end if end >= 0 else len(text), True
        match = self._match(_QUOTED[quote], text, start)
        return start, match.end() if match is not None else len(text), True

    def _container_spans(self, text: str, start: int, end: int, place: int, name: str) -> Iterator[Span]:
        """Yield the strings of a short list under a secret name, or the second of `auth=(user, password)`."""
        match = self._match(_AUTH_TUPLE, text, end)
        if match is not None and names.words(name)[-1:] not in (["secrets"], ["passwords"], ["keys"], ["tokens"]):
            yield match.start(3), match.end(3), "password"
            return
        if self._strength(name) < names.STRONG or text[place] == "{":
            return
        close = text.find("]" if text[place] == "[" else ")", place)
        close = close if 0 <= close < place + 4000 else min(len(text), place + 4000)
        for match in self._rules().pattern(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'").finditer(text, place, close):
            group = match.lastindex or 1
            yield from self._judged(text, name, match.start(group), match.end(group), True)

    def _value_without_separator(self, text: str, start: int, end: int, is_source: bool) -> Iterator[Span]:
        name = text[start:end]
        if is_source:
            return
        if text[end : end + 1] == ">":
            close = text.find("<", end)
            if close > end + 1:
                yield from self._judged(text, name, end + 1, close, True)
            return
        if text[start - 2 : start] in ("('", '("', "['", '["'):
            match = self._match(r"[\"'][ \t]*,[ \t]*[bu]?([\"'])((?:(?!\1)[^\\]|\\.)*)\1[ \t]*[)\]]", text, end)
            if match is not None:
                yield from self._judged(text, name, match.start(2), match.end(2), True)
            return
        match = self._match(_VALUE_FIELD, text, end)
        if match is not None:
            value_start, value_end, quoted = self._value_span(text, start, match.end())
            yield from self._judged(text, name, value_start, value_end, quoted)
            return
        if text[start - 1 : start] == "-":
            match = self._match(r"[ \t]+([\"'])((?:(?!\1).)*)\1", text, end) or self._match(_FLAG_VALUE, text, end)
            if match is not None:
                group = match.lastindex or 1
                yield from self._judged(text, name, match.start(group), match.end(group), group == 2)
            return
        match = self._match(_PROSE, text, end)
        if match is not None and looks.looks_random(match.group(1)):
            yield from self._judged(text, name, match.start(1), match.end(1), False)

    def _cookie_spans(self, text: str, start: int, end: int) -> Iterator[Span]:
        for match in self._rules().pattern(_COOKIE).finditer(text, start, end):
            key, value = match.group(1).lower(), match.group(2)
            if key in ("path", "domain", "expires", "max-age", "samesite", "version", "priority") or len(value) < 4:
                continue
            if not is_placeholder(value) and not _whole(self._rules(), _NUMBER, value):
                self._taints.learn(value, "cookie")
                yield match.start(2), match.end(2), "cookie"

    def _match(self, pattern: str, text: str, place: int) -> Match[str] | None:
        return self._rules().pattern(pattern).match(text, place)

    def _is_secret_value(self, name: str, value: str, quoted: bool) -> bool:
        """Say whether *value* can be the secret that *name* promises."""
        stripped = value.strip()
        if len(stripped) < 3 or stripped.lower() in _ORDINARY or is_placeholder(stripped):
            return False
        strength = self._strength(name)
        rules = self._rules()
        if _whole(rules, _NUMBER, stripped):
            return strength == names.STRONG and len(stripped) >= 6 and names.is_password(name)
        if _whole(rules, _VARIABLE, stripped) or (not quoted and _is_code(rules, name, stripped)):
            return False
        if looks.is_path_or_url(stripped) or (names.is_hash_name(name) and looks.is_hexadecimal(stripped)):
            return False
        if strength == names.WEAK:
            return looks.looks_random(stripped) and not _whole(rules, _UUID, stripped) and " " not in stripped
        if strength == names.TOKEN:
            return not looks.is_plain_word(stripped)
        return True

    def _named_argument(self, name: str, value: str) -> tuple[int, str] | None:
        """Return where in the *value* of a flag or setting the secret begins that its *name* promises, and its kind."""
        if self._strength(name) and self._is_secret_value(name, value, True):
            return len(value) - len(_without_scheme(value)), _kind(name)
        return None

    def _argument_spans(self, arguments: list[str]) -> Iterator[tuple[str, int, int, str]]:
        for index, start, end, kind in argument_spans(arguments, self._named_argument):
            yield arguments[index], start, end, kind
        for argument in arguments:
            if not plainly_clean(argument):
                for start, end, kind in self._known_forms(argument, _lower(argument)):
                    yield argument, start, end, kind


def _compiler() -> Callable[[str, int], Pattern[str]]:
    """Return what compiles a pattern: `re`, or inside the target the collector's cache of programs."""
    if __package__ == "_aitrack_collector":
        from .patterns import compile as compile_pattern

        return compile_pattern
    import re

    return re.compile


def _by_place(span: Span) -> tuple[int, int]:
    return span[0], -span[1]


def _is_told(text: str, span: Span, told: list[Span]) -> bool:
    """Say whether a command or a URL says more exactly which part of *span* is secret: `--creds bob:S`."""
    start, end, _kind_of_it = span
    return any(
        (first > start and last <= end and not text[last:end].strip(")]}"))
        or (first == start and last < end and (kind == "credentials" or text[last] in ")]} \t\n,\"'"))
        for first, last, kind in told
    )


def _merged(spans: list[Span]) -> Iterator[Span]:
    """Join spans that overlap; the first, widest one names the kind."""
    start, end, kind = spans[0]
    for next_start, next_end, next_kind in spans[1:]:
        if next_start < end:
            end = max(end, next_end)
        else:
            yield start, end, kind
            start, end, kind = next_start, next_end, next_kind
    yield start, end, kind


def _lower(text: str) -> str:
    lower = text.lower()
    return lower if len(lower) == len(text) else text.replace("\u0130", "I").lower()


def _name_around(text: str, place: int) -> tuple[int, int]:
    """Return the bounds of the name that covers *place*: letters, digits, `_` and `-`."""
    start = end = place
    lowest, highest, size = place - 60, place + 60, len(text)
    while start > 0 and start > lowest and (text[start - 1].isalnum() or text[start - 1] in "_-"):
        start -= 1
    while end < size and end < highest and (text[end].isalnum() or text[end] in "_-"):
        end += 1
    while start < end and text[start] == "-":
        start += 1
    if text[start - 1 : start] == "\\" and text[start : start + 1] in "nrt" and end - start > 1:
        start += 1  # the letter of an escape is no part of the name
    return start, max(end, place + 1)


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return end if end >= 0 else len(text)


def _starts_line(text: str, start: int) -> bool:
    """Say whether only an indentation, `export` or a list's dash stands before *start* on its line."""
    begin = text.rfind("\n", max(0, start - 80), start) + 1
    if begin == 0 and start > 80:
        return False
    before = text[begin:start].strip(" \t-\"'")
    return before in ("", "export", "set", "+", "env")


def _without_scheme(value: str) -> str:
    first, space, rest = value.partition(" ")
    if space and first.lower() in (
        "bearer",
        "basic",
        "token",
        "apikey",
        "negotiate",
        "digest",
        "key",
        "aws4-hmac-sha256",
    ):
        return rest.lstrip()
    return value


def _kind(name: str) -> str:
    """Return a word for the kind of secret that *name* holds."""
    parts = names.words(name)
    if names.is_password(name) or "pass" in parts:
        return "password"
    for word in ("token", "cookie", "key", "secret", "authorization", "signature"):
        if any(part.endswith(word) for part in parts):
            return word
    return "secret"


def _whole(rules: Formats, pattern: str, value: str) -> bool:
    return rules.pattern(pattern).fullmatch(value) is not None


def _is_code(rules: Formats, name: str, value: str) -> bool:
    """Say whether an unquoted *value* is an expression rather than a secret: `password=args.password`."""
    if rules.pattern(_CODE).match(value):
        return True
    if (
        value.isidentifier()
        and names.words(value)[-1:] == names.words(name)[-1:]
        and not any(c.isdigit() for c in value)
    ):
        return True
    return value.startswith(("Optional[", "Union[", "typing."))
