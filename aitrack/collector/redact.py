"""The one owner of what is secret: by name, by form, and by value once seen.

Only the value is hidden, by `‹redacted:KIND:len›`; the name, the host, the flag and the rest of the line stay.
Importing this is cheap (no `re`); the patterns are compiled when a text first needs them.
"""

from __future__ import annotations

from . import redact_looks as looks
from . import redact_names as names
from .plain import plainly_clean as plainly_clean
from .redact_encoded import blocks, opened_base64, percent_runs
from .redact_formats import Formats
from .redact_judge import Judge
from .redact_taints import Taints, encoded, keyed_hash
from .redact_tools import argument_spans
from .redact_values import LETTERS, Values
from .redact_values import kind_of as _kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import Callable, Iterable, Iterator, Mapping

    from .redact_formats import Span
    from .redact_taints import Taint


RULES_VERSION = 2
OVER_READ = 4096  # signs looked at beyond a cut, so that a secret that begins before it is seen whole
_MARK = "‹redacted:"
_DEEPEST = 2  # levels of base64 or percent form that are opened


class Redactor:
    """Hides secrets in text, streams, argument lists and named values.

    *key* is the store's, for hashes by which runs are compared; *taint_key* is for those by which the processes of
    one run tell each other what they know, and is forgotten with the run.

    Of *safe_keys* and *extra*, names that are secret or not beyond the rules, *extra* may hold `*` and `?`.
    """

    __slots__ = ("_extra", "_formats", "_judge", "_key", "_pending", "_safe", "_stems", "_taints", "counts")

    def __init__(
        self,
        key: bytes,
        taints: Iterable[Taint] = (),
        safe_keys: Iterable[str] = (),
        extra: Iterable[str] = (),
        taint_key: bytes = b"",
    ) -> None:
        self._key = key
        self._taints = Taints(taint_key or key, taints)
        self._safe = frozenset(name.lower() for name in safe_keys)
        self._extra = tuple(pattern.lower() for pattern in extra)
        self._stems = tuple([word for word in map(longest_word, self._extra) if word])
        self._formats: Formats | None = None
        self._judge = Judge(self._pattern, self._strength)
        self._pending: list[str] = []
        self.counts: dict[str, int] = {}

    # -- learning -------------------------------------------------------------------------------------------------

    def learn_environment(self, environment: Mapping[str, str]) -> None:
        """Remember the values of variables whose names are secret, and credentials inside the others."""
        for name, value in environment.items():
            self.learn(name, value)

    def learn_arguments(self, arguments: Iterable[str]) -> None:
        """Remember the values of secret flags."""
        if self._extra or not all(plainly_clean(argument) for argument in arguments):
            for text, start, end, kind in self._argument_spans(list(arguments)):
                self._taints.learn(text[start:end], kind)

    def learn(self, name: str, value: str) -> None:
        """Remember *value* if *name* makes it a secret, or what in it has the form of one."""
        if len(value) > looks.LONGEST_OPENED:
            value = value[: looks.LONGEST_OPENED]
        if self._strength(name) and self._is_secret_value(name, value, True):
            self._taints.learn(self._without_scheme(value), _kind(name))
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

    def spans(self, text: str) -> list[Span]:
        """Return where in *text* secrets stand, for whoever hides them by `hide` in a longer text."""
        return self._spans(text, False)

    def hide(self, text: str, spans: Iterable[Span]) -> str:
        """Return *text* without what stands at *spans*."""
        return self._apply(text, spans)

    def known(self, text: str) -> str:
        """Return *text*, in which other rules have been applied already, without the secrets known by value."""
        if self._pending:
            self._learn_pending()
        runs = set(self._pattern(LETTERS).findall(_lower(text)))
        return self._apply(text, self._taints.spans(text, runs)) if len(text) > 3 else text

    def cut(self, text: str, limit: int, name: str = "") -> str:
        """Return the beginning of *text*, which stood under *name*, with its secrets hidden.

        The first *limit* signs are kept. A secret that begins among them is hidden whole: cut first and hidden then,
        it would leave a part that no rule knows any more.
        """
        if len(text) <= limit:
            return self.named(name, text) if name else self.text(text)
        seen = text[: limit + OVER_READ]
        spans = self._spans_under(name, seen) if name else self._spans(seen, False)
        return self._apply(seen, spans, limit)

    def cut_source(self, text: str, limit: int) -> str:
        """Return the first *limit* signs of source code with its secrets hidden."""
        seen = text[: limit + OVER_READ]
        return self._apply(seen, self._spans(seen, True), limit) if len(text) > 3 else text

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
        if not self._extra and all(plainly_clean(argument) for argument in arguments):
            return list(arguments)
        clean = list(arguments)
        whole: dict[int, list[Span]] = {}
        for index, start, end, kind in argument_spans(arguments, self._named_argument):
            if index and _MARK in arguments[index - 1]:
                continue  # its flag has its value already
            whole.setdefault(index, []).append((start, end, kind))
        for index, argument in enumerate(arguments):
            spans = list(self._spans(argument, False)) if len(argument) > 3 else []
            spans = [span for span in spans if not _is_told(argument, span, whole.get(index, []))]
            spans.extend(whole.get(index, []))
            clean[index] = self._apply(argument, spans)
        return clean

    def named(self, name: str, value: str) -> str:
        """Return *value*, which stood under *name*, with its secrets hidden; what is hidden is remembered."""
        return self._apply(value, self._spans_under(name, value)) if len(value) > 2 else value

    def _spans_under(self, name: str, value: str) -> list[Span]:
        if self._strength(name):
            if names.is_cookie_name(name) and "=" in value:
                return self._spans(name + ": " + value, False, shift=len(name) + 2)
            if self._is_secret_value(name, value, True):
                self.learn(name, value)
                return [(len(value) - len(self._without_scheme(value)), len(value), _kind(name))]
        return self._spans(value, False) if len(value) > 3 else []

    # -- how ------------------------------------------------------------------------------------------------------

    def _apply(self, text: str, spans: Iterable[Span], limit: int = -1) -> str:
        """Return *text* with *spans* hidden; when there is a *limit*, what begins before it and no more."""
        limit = len(text) if limit < 0 else limit
        found = sorted(spans, key=_by_place)
        if not found:
            return text[:limit]
        pieces: list[str] = []
        done = 0
        for start, end, kind in _merged(found):
            if start >= limit:
                break
            pieces.append(text[done:start])
            pieces.append(f"‹redacted:{kind}:{end - start}›")
            self.counts[kind] = self.counts.get(kind, 0) + 1
            done = end
        pieces.append(text[done:limit])
        return "".join(pieces)

    def _strength(self, name: str) -> int:
        if self._safe or self._extra:
            lower = name.strip("-").lower()
            if lower in self._safe:
                return names.NONE
            if any(matches(pattern, lower) for pattern in self._extra):
                return names.STRONG
        return names.strength(name)

    def _rules(self) -> Formats:
        if self._formats is None:
            self._formats = Formats(_compiler())
        return self._formats

    def _pattern(self, text: str) -> Pattern[str]:
        return self._rules().pattern(text)

    def _spans(self, text: str, is_source: bool, depth: int = 0, shift: int = 0) -> list[Span]:
        if self._pending:
            self._learn_pending()
        lower = _lower(text)
        found = self._known_forms(text, lower)
        runs = set(self._pattern(LETTERS).findall(lower))
        found.extend(self._taints.spans(text, runs))
        told = list(self._rules().told) if len(text) >= 12 else []
        stems = {stem for run in runs for stem in names.stems_of(run)}
        stems.update(stem for stem in self._stems if stem in lower)
        if stems:
            values = Values(text, is_source, self._judge, self._rules().pattern, self._strength)
            found.extend(span for span in values.spans(lower, stems) if not told or not _is_told(text, span, told))
            for value, kind in values.learnt:
                self._taints.learn(value, kind)
        if depth < _DEEPEST and len(text) >= 12:
            found.extend(self._opened_spans(text, depth))
        if _MARK in text:
            found = list(_outside_marks(text, found))
        return [(start - shift, end - shift, kind) for start, end, kind in found if start >= shift] if shift else found

    def _known_forms(self, text: str, lower: str) -> list[Span]:
        if len(text) < 12:
            return []
        return self._rules().spans(text, lower)

    def _opened_spans(self, text: str, depth: int) -> Iterator[Span]:
        """Find secrets inside base64 and percent form."""
        runs = list(self._rules().base64_runs(text))
        for start, end in runs:
            for begin, stop, opened in opened_base64(text, start, end):
                if self._spans(opened, False, depth + 1):
                    yield begin, stop, "encoded"
        for joined, places in blocks(text, runs, self._pattern) if "\n" in text or "\\n" in text else ():
            if self._holds_secret(joined, depth):
                yield places[0], places[-1], "encoded"
        if "%" in text:
            yield from self._percent_spans(text, depth)

    def _holds_secret(self, joined: str, depth: int) -> bool:
        """Say whether base64 that was broken into lines holds a secret."""
        runs = set(self._pattern(LETTERS).findall(joined.lower()))
        if any(True for _ in self._taints.spans(joined, runs)):
            return True
        return any(self._spans(text, False, depth + 1) for _, _, text in opened_base64(joined, 0, len(joined)))

    def _percent_spans(self, text: str, depth: int) -> Iterator[Span]:
        for begin, stop in percent_runs(text, self._pattern):
            opened, places = looks.open_percent(text[begin:stop])
            for start, end, kind in self._spans(opened, False, depth + 1):
                if len(places) > len(opened):  # sign by sign: only the secret's own part is hidden
                    yield begin + places[start], begin + places[end], kind
                else:
                    yield begin, stop, "encoded"

    def _is_secret_value(self, name: str, value: str, quoted: bool) -> bool:
        """Say whether *value* can be the secret that *name* promises."""
        return self._judge.is_secret(name, self._without_scheme(value), quoted)

    def _without_scheme(self, value: str) -> str:
        return value[self._judge.without_scheme(value) :]

    def _named_argument(self, name: str, value: str) -> tuple[int, str] | None:
        """Return where in the *value* of a flag or setting the secret begins that its *name* promises, and its kind."""
        if self._strength(name) and self._is_secret_value(name, value, True):
            return len(value) - len(self._without_scheme(value)), _kind(name)
        return None

    def _argument_spans(self, arguments: list[str]) -> Iterator[tuple[str, int, int, str]]:
        for index, start, end, kind in argument_spans(arguments, self._named_argument):
            yield arguments[index], start, end, kind
        for argument in arguments:
            if not plainly_clean(argument):
                for start, end, kind in self._known_forms(argument, _lower(argument)):
                    yield argument, start, end, kind


def matches(pattern: str, name: str) -> bool:
    """Say whether *name* is *pattern*, in which `*` stands for anything and `?` for one sign."""
    at = begin = 0
    star, mark = -1, 0
    while begin < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, mark, at = at, begin, at + 1
        elif at < len(pattern) and pattern[at] in ("?", name[begin]):
            at, begin = at + 1, begin + 1
        elif star >= 0:  # let the last `*` take one sign more
            mark += 1
            at, begin = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def longest_word(pattern: str) -> str:
    """Return the longest run of letters and digits in *pattern*, by which a name is found in a text."""
    pieces = "".join([sign if sign.isalnum() else " " for sign in pattern]).split()
    return max(pieces, key=len, default="")


def _compiler() -> Callable[[str, int], Pattern[str]]:
    """Return what compiles a pattern: `re`, or inside the target the collector's cache of programs."""
    if __package__ == "_aitrack_collector":
        from .patterns import compile as compile_pattern

        return compile_pattern
    import re

    return re.compile


def before_mark(clean: str, limit: int) -> str:
    """Return the first *limit* signs of a text that is *clean* already; a mark is never cut in two."""
    if len(clean) <= limit:
        return clean
    mark = clean.rfind("‹redacted:", 0, limit)
    if mark >= 0 and clean.find("›", mark) >= limit:
        return clean[:mark]
    return clean[:limit]


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


def _outside_marks(text: str, spans: list[Span]) -> Iterator[Span]:
    """Yield *spans* without those that begin inside a mark of ours: `‹redacted:token:12›` names a token itself."""
    marks: list[tuple[int, int]] = []
    start = text.find(_MARK)
    while start >= 0:
        end = text.find("›", start, start + 60) + 1
        marks.append((start, end or start + len(_MARK)))
        start = text.find(_MARK, start + len(_MARK))
    at = 0
    for span in sorted(spans, key=_by_place):
        while at < len(marks) and marks[at][1] <= span[0]:
            at += 1
        if at == len(marks) or span[0] < marks[at][0]:
            yield span


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
