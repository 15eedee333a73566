"""Finds what stands under the name of a secret, in any notation that has names: `N=V`, `"N": "V"`, `--N V`, `<N>V</N>`.

A name is found by its stem; how its value is written is read off the signs beside it. Each look is bounded, and what
was read once (see `redact_extents`) is not read again.
"""

from __future__ import annotations

from . import redact_looks as looks
from . import redact_names as names
from .redact_extents import Extents
from .redact_judge import SCHEME
from .redact_tables import column_spans, insert_spans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Match
    from typing import Iterable, Iterator

    from .redact_formats import Span
    from .redact_judge import Compiler, Judge, Strength

LETTERS = r"[^\x00-\x60\x7b-\x7f]{2,}"  # of a text in lower case, and whatever is not ASCII
_BEFORE = r"[\w\-]{0,60}"
_CLOSING = r"(?:\\{0,8}[\"'`])?\]?"
_SEPARATOR = (
    r"(?:(?:\\{0,8}[\"'`])?\]?(?:(?<=[\"'`\]])\s{0,200}(?:=>|:=|={1,3}|->|!=|:)\s{0,200}"
    r"|[ \t]{0,80}(?:=>|:=|=~|~=|!=|<-|->|={1,3}|(?:\([\w .@\-]{1,40}\))?[:：]|＝)[ \t\u3000]{0,200}))"
    r"|%3[dDaA](?:%20|\+)?|%22%3[aA](?:%20|\+)?(?=%22)|\\u003[dD]"
    r"|(?:&quot;|&#34;)?\s{0,20}(?:=|:|&#61;|&gt;)\s{0,20}(?:&quot;|&#34;)?"
)
_ANNOTATED = (
    r"[ \t]{0,20}(?::[ \t]{0,20}[\w.\[\], |&*<>?']{2,40}?|[ \t][\w.\[\]*&]{2,40})[ \t]{0,20}:?=[ \t]{0,20}"
    r"(?=[bBrRuUfF]{0,2}[\"'`])"
)
_OPENING = r"(?:[bBrRuUfF@]{1,2}(?=\\{0,8}[\"']))?(\\{0,8})(\"\"\"|'''|\"|'|`)"
_CONTINUED = r"[ \t]{0,80}\\?\n?[ \t]{0,80}[bBrRuUfF]{0,2}(\"|')"
_ENTRY = r"[ \t]{0,80}[\w.\-]{1,80}[\"']?[ \t]{0,20}[=:]"
_PHRASE = r"[^\W\d_]{2,20}(?:[ \t][^\W\d_]{2,20}){2,30}(?=[ \t]{0,20}(?:[\r\n\"',;}\])]|$))"
_PROSE = (
    r"[ \t]{1,20}(?:(?:is|was|of|are|value|for|used|given|named|got|the|wrong|invalid|bad"
    r"|provided|supplied|specified|received|entered"
    r"|rejected)[ \t:]{1,20}){0,2}[\"'`(\[]?([^\s\"'`<>,;()\[\]]{6,512})"
)
_FLAG_VALUE = r"[ \t]{1,40}(?:\\?([\"'])((?:(?!\1)[^\n\\]|\\.){3,512})|([^\s\-\"'][^\s\"']{0,2000}))"
_AUTH_TUPLE = (
    r"[\"']?[ \t]{0,20}[=:][ \t]{0,20}[(\[][ \t]{0,20}[bu]?([\"'])[^\"'\n]{0,200}\1[ \t]{0,20},[ \t]{0,20}"
    r"[bu]?([\"'])((?:(?!\2)[^\n]){1,512})\2"
)
# Of a pair that names its name and its value, in either order.
_IS = r"\\{0,4}[\"']?\s{0,20}(?:=>|[:=])\s{0,80}"
_NAME_FIELD = (
    r"(?:[Nn]ame|[Kk]ey|[Vv]ariable|[Ff]ield|[Ii]d|[Hh]eader|[Pp]arameter(?:_?[Kk]ey)?)" + _IS + r"\\{0,4}[\"']?$"
)
_VALUE_FIELD = r"\\{0,4}[\"']?[^{}<>\n]{0,120}?\s{0,80}(?:- )?\\{0,4}[\"']?(?:[Vv]alue|val|content|[Dd]ata)" + _IS
_VALUE_BEFORE = (
    r"(?:^|[\s,{<(\"'])(?:[Vv]alue|val|content)\\{0,4}[\"']?\s{0,20}(?:=>|[:=])\s{0,80}"
    r"(?:\\{0,4}[\"']([^\"'\n\\]{3,400})\\{0,4}[\"']|([^\s\"',{}<>]{3,400}))[^{}<>]{0,60}$"
)
_SECOND = r"\\{0,8}[\"'][ \t]{0,20},\s{0,80}(?:[bBuUrR]{0,2}(?=\\{0,8}[\"']))?(\\{0,8})([\"'])"
_TAG = r"(?:[ \t][^<>\n]{0,200})?\\?[\"']?\s{0,20}>(?:<!\[CDATA\[)?([^<>\]]{3,4096}(?=<|\]\])|[^<>\]\s]{3,4096}\Z)"
_NEXT_TAG = r"[ \t]{0,20}</\w{1,20}>\s{0,200}<\w{1,20}>([^<>]{3,4096})<"
_BLOCK = r"[|>][-+0-9]{0,3}[ \t]{0,20}(?:#[^\n]{0,200})?\r?\n"
_ITEM = r"[ \t]{0,200}- [ \t]{0,20}[\"']?([^\s\"'#:]{3,400})"
_STRING = r"[bBuUrR]{0,2}(?:\"((?:[^\"\\\n]|\\.){0,2000})\"|'((?:[^'\\\n]|\\.){0,2000})')"
_QUOTED_AFTER = r"[ \t]{1,20}(?:[Ii][Ss][ \t]|:[ \t])?([\"'])([^\"'\n]{3,400})\1"
_PLAIN_LINE = r"[ \t]{1,40}([^\s\"']{6,512})[ \t]{0,40}(?:[\r\n]|$)"
_COOKIE_ATTRIBUTES = frozenset(("path", "domain", "expires", "max-age", "samesite", "version", "priority"))
_YAML_MARK = r"(?:!!?[\w/]{1,40}|&\w{1,40})[ \t]{1,20}(?=[^\s=])"
_FIELD_OF = r"\.\w{1,40}(?=[ \t]{0,20}[=:][ \t]{0,20}[^=\s])"
_INNER_VALUE = r"\{\s{0,80}[\"']?(?:value|plaintext|plain|text|data|secret|current|new)[\"']?\s{0,20}[:=]\s{0,80}"
_BASIC_AUTH = r"\([ \t]{0,20}[bu]?([\"'])[^\"'\n]{0,200}\1[ \t]{0,20},[ \t]{0,20}[bu]?([\"'])([^\"'\n]{1,512})\2"
_OTHERWISE = r"[^\n\"'#]{0,120}?(?:\bor|\belse|\?\?|\|\|)[ \t]{1,20}[bBrRuU]{0,2}[\"']([^\"'\n]{3,512})[\"']"
_CELL = r"[ \t]{0,40}[|,;][ \t]{0,40}([^\s\"'|,;]{6,512})[ \t]{0,40}(?:\||[\r\n]|$)"
_CHILD = r"[ \t]{1,200}[\w.\-]{1,80}:[ \t]{1,20}[\"']?([^\s\"'#]{3,400})"
_OPENINGS = "\"'`\\bBrRuUfF@"
_OWNED = frozenset(("key", "keys", "code", "codes", "id"))  # what an owner before them makes secret: `API key`
_LONGEST_CONTAINER = 8192
_MOST_REFUSED = 40


class Values:
    """One pass over one text for the values under names of secrets."""

    __slots__ = (
        "_container",
        "_cookies",
        "_is_source",
        "_items",
        "_judge",
        "_pattern",
        "_refused",
        "_strength",
        "ends",
        "learnt",
        "text",
    )

    def __init__(self, text: str, is_source: bool, judge: Judge, pattern: Compiler, strength: Strength) -> None:
        self.text = text
        self.ends = Extents(text, pattern)
        self.learnt: list[tuple[str, str]] = []  # values of cookies, with their kind
        self._is_source = is_source
        self._judge = judge
        self._pattern = pattern
        self._strength = strength
        self._container = 0  # up to where strings in brackets have been looked at
        self._cookies = 0
        self._items = 0
        self._refused = (-1, 0)  # where a run stops, and how many values in it were none

    def spans(self, lower: str, stems: Iterable[str]) -> Iterator[Span]:
        """Yield the place and kind of each value; *lower* is the text in lower case, *stems* of names are in it."""
        places = sorted(_places(lower, stems))
        if not places:
            return
        resume = 0
        for place, size in places:
            if place < resume:
                continue
            start, end = self._name_around(place, size)
            resume = end
            if self._strength(self.text[start:end]):
                for found in self._value_after(start, end):
                    resume = max(resume, found[1])
                    yield found
        if "insert" in lower and "values" in lower:
            yield from insert_spans(self.text, lower, self._pattern, self.judged)
        yield from column_spans(self.text, self.ends, places[0][0], self._pattern, self.judged, self._strength)

    def _name_around(self, place: int, size: int) -> tuple[int, int]:
        """Return the bounds of the name that covers *place*: letters, digits, `_` and `-`."""
        text, pattern = self.text, self._pattern(_BEFORE)
        match = pattern.match(text[max(0, place - 60) : place][::-1])
        start = place - (match.end() if match else 0)
        match = pattern.match(text, place + size)
        end = match.end() if match else place + size
        while start < place and text[start] == "-":
            start += 1
        if text[start - 1 : start] == "\\" and text[start : start + 1] in "nrt" and end - start > 1:
            start += 1  # the letter of an escape is no part of the name
        elif text[start - 1 : start] == " " and text[start:end].lower() in _OWNED:
            owner = text[max(0, start - 20) : start].split()[-1:]
            start -= len(owner[0]) + 1 if owner and owner[0].isalpha() else 0
        elif start < place and text[start - 1 : start] == "%" and _is_hexadecimal(text[start : start + 2]):
            start = min(place, start + 2)
        return start, end

    # -- what stands beside the name ------------------------------------------------------------------------------

    def _value_after(self, start: int, end: int) -> Iterator[Span]:
        text = self.text
        sign = text[end : end + 1] or "\n"
        if sign == "." and self._match(_FIELD_OF, end):
            end = self._match(_FIELD_OF, end).end()  # type: ignore[union-attr]
            sign = text[end]
            if not self._strength(text[start:end].replace(".", "_")):
                return
        elif sign == "(" and text[start:end].lower().replace("_", "").endswith(("basicauth", "digestauth")):
            match = self._match(_BASIC_AUTH, end)
            if match is not None:
                yield match.start(3), match.end(3), "password"
            return
        elif sign in ",;" or text[end : end + 2] == " |":
            match = self._match(_CELL, end) if self._starts_line(start) else None
            if match is not None and self._is_telling(match.group(1)):
                yield from self.judged(text[start:end], match.start(1), match.end(1), False)
            return
        if not (sign.isalnum() or sign in ",.;)}/"):
            match = self._match(_SEPARATOR, end)
            if match is not None and (match.end() == end or (sign == ":" and text[end + 1 : end + 2] == ":")):
                match = None
            annotated = self._match(_ANNOTATED, end) if sign in " \t:" and not self._is_tag(start) else None
            match = annotated or match
            if match is not None:
                yield from self._separated(start, end, match.end())
                return
            yield from self._beside(start, end, sign)

    def _is_tag(self, start: int) -> bool:
        """Say whether the name at *start* is that of a tag: `<password`, `<ns:password`."""
        before = self.text[max(0, start - 40) : start].rpartition("<")
        return bool(before[1]) and (not before[2] or before[2].replace(":", "").isalnum())

    def _separated(self, start: int, end: int, place: int) -> Iterator[Span]:
        """Yield the value that begins at *place*, after a separator."""
        text = self.text
        name = text[start:end]
        mark = self._match(_YAML_MARK, place) if text[place : place + 1] in ("!", "&") else None
        place = mark.end() if mark is not None else place
        sign = text[place : place + 1]
        if names.is_cookie_name(name):
            yield from self._cookie_spans(place)
        elif sign in ("(", "[", "{") and not (sign == "{" and text[place + 1 : place + 2] == "{"):
            yield from self._container_spans(start, end, place, name)
        elif sign in ("|", ">") and self._match(_BLOCK, place):
            yield from self._block_spans(start, place, name)
        elif sign in ("\n", "\r", ""):
            yield from self._item_spans(place, name)
        else:
            yield from self._value_at(start, place, name)

    def _value_at(self, start: int, place: int, name: str) -> Iterator[Span]:
        text = self.text
        sign = text[place : place + 1]
        opening = self._match(_OPENING, place) if sign and sign in _OPENINGS else None
        if opening is not None:
            yield from self._string_spans(opening, name)
            return
        if text.startswith("%22", place):
            yield from self.judged(name, place + 3, self.ends.find("%22", place + 3), True)
            return
        if self._is_source:
            yield from self._in_source(start, place, name)
            return
        scheme = self._match(SCHEME, place) if sign.isalpha() else None
        begin = scheme.end() if scheme is not None else place
        phrase = self._match(_PHRASE, begin) if self._is_long_name(name) else None
        if phrase is not None:
            spans = list(self.judged(name, begin, phrase.end(), True))
            if spans:
                yield from spans
                return
        end = self.ends.bare(begin)
        while end > begin and text[end - 1] in ".,;:!" and (end == len(text) or text[end].isspace()):
            end -= 1
        spans = list(self.judged(name, begin, end, False))
        if not spans and self._is_refused_too_often(end):
            spans = [(begin, end, kind_of(name))]
        yield from spans
        if not spans and text[end : end + 1] in ("(", "[", '"', "'", " "):
            yield from self._literal_in_call(place, name)

    def _is_refused_too_often(self, end: int) -> bool:
        """Say whether so many names in the run that stops at *end* had no secret that nobody means any of them."""
        self._refused = (end, self._refused[1] + 1 if self._refused[0] == end else 1)
        return self._refused[1] > _MOST_REFUSED

    def _is_long_name(self, name: str) -> bool:
        return names.is_phrase(name) or names.is_password(name)

    def _string_spans(self, opening: Match[str], name: str) -> Iterator[Span]:
        """Yield a quoted value, and what is joined to it by standing next to it."""
        slashes, quote = opening.group(1), opening.group(2)
        start = opening.end()
        if slashes or len(quote) == 3:
            yield from self.judged(name, start, self.ends.find(slashes + quote, start), True)
            return
        end = self.ends.quoted(quote, start)
        found = list(self.judged(name, start, end, True))
        yield from found
        for _ in range(100 if found else 0):
            match = self._match(_CONTINUED, end + 1)
            if match is None:
                break
            start, end = match.end(), self.ends.quoted(match.group(1), match.end())
            if self.text[end + 1 : end + 2] == ":" or end <= start:
                break
            yield start, end, kind_of(name)

    def _literal_in_call(self, place: int, name: str) -> Iterator[Span]:
        """Yield strings in `SecretStr("V")` or `getenv("N", "V")`, where the value is an expression."""
        near = self.text[place : place + 140]
        match = self._match(_OTHERWISE, place) if '"' in near or "'" in near else None
        if match is not None and self._is_telling(match.group(1)):
            yield from self.judged(name, match.start(1), match.end(1), True)
        opening = self.text.find("(", place, place + 60)
        if opening < 0 or "\n" in self.text[place:opening]:
            return
        for match in self._pattern(_STRING).finditer(self.text, opening, min(opening + 300, self.ends.line(opening))):
            group = match.lastindex or 1
            if self._is_telling(match.group(group)):
                yield from self.judged(name, match.start(group), match.end(group), True)

    def _is_telling(self, value: str) -> bool:
        """Say whether *value* is more than a word or a name of something: no name promises it."""
        body = value.strip(" .,;:!?()").replace("_", "").replace("-", "").replace(".", "")
        return not looks.is_plain_word(value) and not body.isalpha() and len(body) > 3

    def _in_source(self, start: int, place: int, name: str) -> Iterator[Span]:
        """Yield a value without quotes in a comment or in a string; elsewhere it is an expression."""
        before = self.text[max(0, start - 300) : start].rpartition("\n")[2]
        is_text = "#" in before or before.lstrip().startswith("//")
        if is_text or before.count('"') % 2 or before.count("'") % 2:
            scheme = self._match(SCHEME, place)
            begin = scheme.end() if scheme is not None else place
            end = self.ends.bare(begin)
            if self._is_telling(self.text[begin : min(end, begin + 400)]):
                yield from self.judged(name, begin, end, False)
                return
        yield from self._literal_in_call(place, name)

    def _beside(self, start: int, end: int, sign: str) -> Iterator[Span]:
        """Yield the value of a name that no `=` or `:` follows."""
        text = self.text
        name = text[start:end]
        before, tag, inside = text[max(0, start - 80) : start].rpartition("<")
        if tag and inside[:1] == "/":
            return  # the end of an element: what follows is none of it
        if sign in "<> \"'" and tag:
            match = self._match(_TAG, end) or self._match(_NEXT_TAG, end)
            if match is not None:
                yield from self.judged(name, match.start(1), match.end(1), True)
                return
        if sign in "\"'\\":
            if self._pattern(_NAME_FIELD).search(text, max(0, start - 40), start):
                yield from self._field_spans(name, start, end)
                return
            match = self._match(_SECOND, end)
            if match is not None:
                yield from self._second_spans(name, start, end, match)
                return
        elif sign in " \n\r" and self._pattern(_NAME_FIELD).search(text, max(0, start - 40), start):
            yield from self._field_spans(name, start, end)
        if self._is_source or sign not in " \t":
            return
        before = text[start - 1 : start]
        if before == "-":
            match = self._match(_FLAG_VALUE, end)
            if match is not None:
                group = 2 if match.group(1) else 3
                yield from self.judged(name, match.start(group), match.end(group), group == 2)
            return
        match = self._match(_QUOTED_AFTER, end)
        if match is not None:
            if self._is_telling(match.group(2)) and " " not in match.group(2):
                yield from self.judged(name, match.start(2), match.end(2), True)
            return
        match = self._match(_PLAIN_LINE, end) if self._starts_line(start) else None
        if match is not None and self._is_telling(match.group(1)):
            yield from self.judged(name, match.start(1), match.end(1), False)
            return
        match = self._match(_PROSE, end)
        if match is not None and looks.looks_random(match.group(1)):
            yield from self.judged(name, match.start(1), match.end(1), False)

    def _starts_line(self, start: int) -> bool:
        before = self.text[max(0, start - 40) : start].rpartition("\n")
        return (bool(before[1]) or start <= 40) and before[2].strip(" \t-|") in ("", "set", "export")

    def _second_spans(self, name: str, start: int, end: int, match: Match[str]) -> Iterator[Span]:
        """Yield the second of `("Authorization", "Bearer V")`, of a list's flag, of a call's two words."""
        text = self.text
        slashes, quote = match.group(1), match.group(2)
        place = match.end()
        close = self.ends.find(slashes + quote, place) if slashes else self.ends.quoted(quote, place)
        if names.is_cookie_name(name):
            yield from self._cookie_spans(place - len(quote))
            return
        value = text[place : min(close, place + 400)]
        after = text[close + len(slashes) + 1 : close + len(slashes) + 3].lstrip()
        is_flag = text[start - 1 : start] == "-"
        opened = text[max(0, start - 12) : start].rstrip("\"'\\bu").rstrip()[-1:]
        is_pair = opened in ("(", "[") and after[:1] in (")", "]") and not value.isidentifier()
        begin = self._judge.without_scheme(value)
        is_first = opened != ","  # in the middle of a list the next word is a neighbour rather than a value
        if is_flag or is_pair or begin or (self._is_telling(value) if is_first else looks.looks_random(value)):
            yield from self.judged(name, place, close, True)

    def _field_spans(self, name: str, start: int, end: int) -> Iterator[Span]:
        """Yield the value of `{"name": "N", "value": "V"}`, whichever comes first."""
        match = self._match(_VALUE_FIELD, end)
        if match is not None:
            yield from self._value_at(start, match.end(), name)
            return
        match = self._pattern(_VALUE_BEFORE).search(self.text, max(0, start - 500), start)
        if match is not None:
            group = 1 if match.group(1) else 2
            yield from self.judged(name, match.start(group), match.end(group), True)

    # -- values of several parts ----------------------------------------------------------------------------------

    def _container_spans(self, start: int, end: int, place: int, name: str) -> Iterator[Span]:
        """Yield the strings of a short list under a secret name, or the second of `auth=(user, password)`."""
        text = self.text
        match = self._match(_AUTH_TUPLE, end)
        is_plural = names.words(name)[-1] in ("secrets", "passwords", "keys", "tokens", "codes")
        if match is not None and not is_plural:
            yield match.start(3), match.end(3), "password"
            return
        inner = self._match(_INNER_VALUE, place) if text[place] == "{" else None
        if inner is not None:
            yield from self._value_at(start, inner.end(), name)
            return
        if self._strength(name) < names.TOKEN or (text[place] == "{" and not is_plural):
            return
        is_sure = self._strength(name) == names.STRONG
        close = min(self.ends.find({"[": "]", "(": ")", "{": "}"}[text[place]], place), place + _LONGEST_CONTAINER)
        begin = max(place, self._container)
        self._container = max(self._container, close)
        is_quoted = False
        for match in self._pattern(_STRING).finditer(text, begin, close):
            is_quoted = True
            group = match.lastindex or 1
            if text[match.end() : match.end() + 1] != ":" and (is_sure or self._is_telling(match.group(group))):
                yield from self.judged(name, match.start(group), match.end(group), True)
        if not is_quoted and text[place] == "[" and not self._is_source:
            for match in self._pattern(r"[^\s,\[\]]{4,400}").finditer(text, begin, close):
                if self._is_telling(match.group()):
                    yield from self.judged(name, match.start(), match.end(), False)

    def _block_spans(self, start: int, place: int, name: str) -> Iterator[Span]:
        """Yield the lines of a YAML block: all that are further in than the name."""
        text = self.text
        begin = text.rfind("\n", max(0, start - 200), start) + 1
        margin = len(text[begin:start]) - len(text[begin:start].lstrip(" -"))
        at = self.ends.line(place) + 1
        while at < len(text):
            end = self.ends.line(at)
            line = text[at:end]
            inner = len(line) - len(line.lstrip(" \t"))
            if line.strip():
                if inner <= margin:
                    break
                yield at + inner, end, kind_of(name)
            at = end + 1

    def _item_spans(self, place: int, name: str) -> Iterator[Span]:
        """Yield what stands on the lines below a name: `codes:` and then `- V`, or one value further in."""
        at = self.ends.line(place) + 1
        if at < self._items:
            return
        match = self._match(r"[ \t]{1,200}([^\s\"'#:\-][^\s\"'#:]{5,400})[ \t]{0,40}(?:\n|\r|$)", at)
        if match is not None and self._is_telling(match.group(1)):
            yield from self.judged(name, match.start(1), match.end(1), False)
            return
        is_plural = names.words(name)[-1] in ("secrets", "passwords", "keys", "tokens", "credentials")
        for _ in range(200):
            match = self._match(_ITEM, at) or (self._match(_CHILD, at) if is_plural else None)
            if match is None:
                return
            if match.re.pattern == _ITEM or self._is_telling(match.group(1)):
                yield from self.judged(name, match.start(1), match.end(1), True)
            at = self._items = self.ends.line(match.end()) + 1

    def _cookie_spans(self, place: int) -> Iterator[Span]:
        text = self.text
        opening = self._match(_OPENING, place)
        end = self.ends.line(place)
        if opening is not None:
            slashes, quote = opening.group(1), opening.group(2)
            place = opening.end()
            close = self.ends.find(slashes + quote, place) if slashes else self.ends.find(quote[0], place)
            end = min(end, close)
        at = max(place, self._cookies)
        while at < end:
            stop = min(self.ends.find(";", at), end)
            middle = self.ends.find("=", at)
            if middle < stop:
                key = text[max(at, middle - 100) : middle].strip(" \t\"'").lower()
                yield from self._cookie_span(key, middle + 1, stop)
            at = stop + 1
        self._cookies = max(self._cookies, end)

    def _cookie_span(self, key: str, start: int, stop: int) -> Iterator[Span]:
        text = self.text
        match = self._match(r"[^;\"'\s]{4,4096}", start)
        if match is None or key in _COOKIE_ATTRIBUTES:
            return
        end = self.ends.bare(match.end()) if match.end() - start >= 4096 else match.end()
        value = text[start : min(end, stop)]
        if not self._judge.is_number(value[:400]) and "‹redacted:" not in value:
            self.learnt.append((value, "cookie"))
            yield start, min(end, stop), "cookie"

    # -- judging --------------------------------------------------------------------------------------------------

    def judged(self, name: str, start: int, end: int, quoted: bool) -> Iterator[Span]:
        """Yield the value between *start* and *end* if it can be a secret, without `Bearer ` before it."""
        value = self.text[start : min(end, start + 600)]
        if value.startswith("‹redacted:") and "›" in value:
            return
        begin = self._judge.without_scheme(value)
        if self._judge.is_secret(name, value[begin:], quoted):
            yield start + begin, end, kind_of(name)

    def _match(self, pattern: str, place: int) -> Match[str] | None:
        return self._pattern(pattern).match(self.text, place)


def _is_hexadecimal(pair: str) -> bool:
    return len(pair) == 2 and all(sign in "0123456789abcdefABCDEF" for sign in pair)


def kind_of(name: str) -> str:
    """Return a word for the kind of secret that *name* holds."""
    parts = names.words(name)
    if names.is_password(name) or "pass" in parts:
        return "password"
    for word in ("token", "cookie", "key", "secret", "authorization", "signature"):
        if any(part.endswith(word) for part in parts):
            return word
    return "secret"


def _places(lower: str, stems: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where stems stand in the text, each with its length."""
    for stem in stems:
        place = lower.find(stem)
        while place >= 0:
            yield place, len(stem)
            place = lower.find(stem, place + len(stem))
