"""Programs whose command line carries a secret: which flag, which place, and which part of the word.

The same table serves an argument list and a line of text: a log, a trace of a shell, a list that Python printed.
"""

from __future__ import annotations

from . import redact_names as names
from .redact_commands import tools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import Callable, Iterator, Tuple

    Span = Tuple[int, int, str]  # start, end, kind
    Word = Tuple[int, int]  # start and end in the text
    Found = Tuple[int, int, int, str]  # index of the word, start and end in it, kind
    Rule = Tuple[Tuple[str, ...], str]  # the words of the subcommand, the part of the word

# A word of a shell: quotes may begin it or stand in it; one that seems to close what was opened before ends it all.
_WORD = (
    r"(?:\\?\"(?:[^\"\\\n]|\\[^\"\n]|\\\"(?=[^\"\n]*\"))*\\?\"|'[^'\n]*')?"
    r"(?:[^\s\"'\\|;&`]|&(?=[^\s&])|\\[^\n\"]|\\\"(?!\s)(?:[^\"\\\n]|\\[^\"\n])*\\\""
    r"|\"(?![\s,;)\]}]|$)[^\"\n]*\"|'(?![\s,;)\]}]|$)[^'\n]*')*"
)
_BLANKS = r"(?:[ \t]|\\\r?\n)+"
_ITEM = r"[ \t]{0,9},\s{0,20}[bu]?(\\{0,3}[\"'])((?:(?!\1)[^\n])*)\1"
# What reads a password from what is piped into it.
_PIPE = (
    r"[\"'\s]*\|\s*(?:sudo\s+(?:-n\s+)?)?(?:chpasswd|passwd\b[^|\n]*--stdin|sudo\s+(?:-\w+\s+)*-S|cryptsetup|kinit"
    r"|-S\b|[^|\n]*(?:--password-stdin|--with-token|--passphrase-fd|--pass-stdin|--stdin-password))"
)
_LONGEST_LINE = 4096
_MOST_WORDS = 200
_MOST_TOOLS = 4  # in one command: `sudo docker exec db mysql`
_SENTENCE = """
is to for and or the a an with in on flag option was not of from that which will can must should if as by at it failed
failure error succeeded successful successfully ok denied again first required command page method via into using
prompt password token secret key user username your
"""
_PROSE = frozenset(_SENTENCE.split())
_VARIABLE_BEGINS = ("$", "%(", "{{", "<", "@", "%{")


class _Tool:
    """The rules of one tool, by what begins them."""

    __slots__ = ("glued", "places", "takes", "words")

    def __init__(self, pieces: list[str]) -> None:
        self.words: dict[str, list[Rule]] = {}  # flag or keyword -> rules
        self.glued: list[tuple[str, Rule]] = []
        self.places: list[tuple[str, Rule]] = []
        self.takes: set[str] = set()
        scope: tuple[str, ...] = ()
        for piece in pieces:
            if piece[0] == "[":
                scope = tuple(piece[1:-1].split(",")) if len(piece) > 2 else ()
                continue
            where, _tilde, part = piece.partition("~")
            rule = (scope, part)
            if where[0] == "@":
                self.places.append((where[1:], rule))
            elif where[-1] == ".":
                self.takes.add(where[:-1])
            elif where[-1] in "*=:":
                self.glued.append((where.rstrip("*"), rule))
            else:
                flag = where.rstrip("+")
                self.words.setdefault(flag, []).append(rule)
                if where[-1] == "+":
                    self.glued.append((flag, rule))


_RULES = tools()
_ready: dict[str, _Tool] = {}
NAMES = frozenset(_RULES)


def tool_of(word: str) -> str:
    """Return the name of the tool that *word* calls, by whatever path, or nothing."""
    base = word.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    if base in NAMES:
        return base
    base = base.lower()
    for ending in (".exe", ".cmd", ".bat", ".jar", ".sh", ".py"):
        if base.endswith(ending):
            base = base[: -len(ending)]
    return base if base in NAMES else ""


def argument_spans(arguments: list[str], named: Callable[[str, str], tuple[int, str] | None]) -> Iterator[Found]:
    """Yield index, start, end and kind of what a flag, or its tool, makes a secret in an argument list.

    *named* says where in a value the secret begins that its name promises, and of which kind it is.
    """
    tools = 0
    told: set[int] = set()  # the words that a tool's own rule has judged
    for index, argument in enumerate(arguments):
        tool = tool_of(argument) if tools < _MOST_TOOLS else ""
        if tool:
            tools += 1
            for place, start, end, kind in _secrets(tool, arguments[index + 1 :], False):
                told.add(index + 1 + place)
                yield index + 1 + place, start, end, kind
        following = arguments[index + 1] if index + 1 < len(arguments) else ""
        if argument.startswith("-") and "=" not in argument and following[:2] != "--":
            found = named(argument, following)
            if found is not None and index + 1 not in told:
                yield index + 1, found[0], len(following), found[1]
        name, equals, value = argument.partition("=")
        found = named(name, value) if equals else None
        if found is not None and index not in told:
            yield index, len(name) + 1 + found[0], len(argument), found[1]


def line_spans(
    text: str, start: int, tool: str, pattern: Callable[[str], Pattern[str]], limit: int = -1
) -> tuple[list[Span], int]:
    """Return the secrets of the command that names *tool* at *start*, and where the command ends."""
    place = start + len(tool)
    if text.startswith((".exe", ".cmd", ".jar"), place):
        place += 4
    words, end = _words(text, place, pattern, limit if limit >= 0 else min(len(text), place + _LONGEST_LINE))
    found: list[Span] = []
    if limit < 0:
        for first, last in words:  # `sh -c "mysql -pX"`
            if " " in text[first:last]:
                found.extend(_spans_within(text, first, last, pattern))
    tools = 0
    values = [text[first:last] for first, last in words]
    if tool in ("echo", "printf"):
        piped = bool(words) and pattern(_PIPE).match(text, end, end + 200) is not None
        first, last = words[-1] if words else (0, 0)
        colon = text.find(":", first, last) if pattern(r"[^|]*\|[^|]*chpasswd").match(text, end, end + 200) else -1
        return ([(max(first, colon + 1), last, "password")] if piped and text[first] != "$" else []), end
    name = tool
    for index in range(-1, len(words)):
        if index >= 0:
            name = tool_of(values[index]) if tools < _MOST_TOOLS else ""
        if name:
            tools += 1
            for number, first, last, kind in _secrets(name, values[index + 1 :], True):
                begin = words[index + 1 + number][0]
                first, last = _unquoted(text, begin + first, begin + last)
                found.append((first, _without_bracket(text, first, last), kind))
    return [span for span in found if span[1] > span[0]], end


def _spans_within(text: str, first: int, last: int, pattern: Callable[[str], Pattern[str]]) -> Iterator[Span]:
    """Yield the secrets of the commands within one quoted word."""
    done = first
    for match in pattern(r"[^\s\"'|;&]+").finditer(text, first, last):
        tool = tool_of(match.group()) if match.start() >= done else ""
        if tool and match.group().endswith(tool):
            spans, done = line_spans(text, match.end() - len(tool), tool, pattern, last)
            yield from spans


def _words(text: str, place: int, pattern: Callable[[str], Pattern[str]], limit: int) -> tuple[list[Word], int]:
    """Return the words that follow *place* up to the end of the command, without their quotes, and that end."""
    found: list[Word] = []
    if text[place : place + 1] in ("'", '"') or text.startswith('\\"', place):
        item = pattern(_ITEM)
        begin = place + (2 if text[place] == "\\" else 1)
        match = item.match(text, begin, limit)
        while match is not None and len(found) < _MOST_WORDS:
            found.append(match.span(2))
            begin = match.end()
            match = item.match(text, begin, limit)
        return found, begin if found else place
    blanks, word = pattern(_BLANKS), pattern(_WORD)
    match = blanks.match(text, place, limit)
    while match is not None and len(found) < _MOST_WORDS:
        place = match.end()
        match = word.match(text, place, limit)
        if match is None or match.end() == place:
            break
        start, end = _unquoted(text, place, match.end())
        found.append((start, end))
        place = match.end()
        if _without_bracket(text, start, end) < end and text[place - 1] not in "'\"":
            break
        match = blanks.match(text, place, limit)
    return found, place


def _unquoted(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds without quotes around, or one left over at either side."""
    for _pair in range(2):
        if text.startswith('\\"', start) and start + 2 <= end:
            start += 2
        elif text[start : start + 1] in ("'", '"') and start < end:
            start += 1
        else:
            break
        if text[end - 2 : end] == '\\"' and end - 2 >= start:
            end -= 2
        elif text[end - 1 : end] in ("'", '"') and end > start:
            end -= 1
    return start, end


def _without_bracket(text: str, start: int, end: int) -> int:
    """Return *end* before a bracket that was opened before the command: `[Makefile:12: mysql -pX] Error 1`."""
    last = text[end - 1 : end]
    if last and last in ")]}" and text.count({")": "(", "]": "[", "}": "{"}[last], start, end) == 0:
        return end - 1
    return end


def _secrets(tool: str, words: list[str], is_line: bool) -> Iterator[Found]:
    """Yield index, start, end and kind of the secrets in the *words* after a tool's name."""
    rules = _ready.get(tool)
    if rules is None:
        rules = _ready[tool] = _Tool(_RULES[tool].split())
    plain: list[int] = []  # the words that are neither flags nor the values of flags
    taken = -1
    for index, word in enumerate(words[:_MOST_WORDS]):
        if is_line and index > 0 and word in ("||", "&&", "|", ";"):
            break
        if index == taken:
            continue
        name, equals, _value = word.partition("=")
        if name in rules.takes and not equals:
            taken = index + 1
            continue
        hits = rules.words.get(word) or _cluster(rules, word) or _telling(word)
        following = words[index + 1] if index + 1 < len(words) else ""
        if hits and following and not _is_flag(following):
            for scope, part in hits:
                if _in_scope(scope, words, plain):
                    yield from _part(index + 1, following, 0, part, name, is_line)
                    taken = index + 1
        elif equals and name[:1] in ("-", "/") and name in rules.words:
            for scope, part in rules.words[name]:
                if _in_scope(scope, words, plain):
                    yield from _part(index, word, len(name) + 1, part, name, is_line)
        else:
            for begin, (scope, part) in rules.glued:
                if len(word) > len(begin) and word.startswith(begin) and _in_scope(scope, words, plain):
                    yield from _part(index, word, len(begin), part, begin, is_line)
        if index != taken and (word[:1] != "-" or word.startswith("-----")) and not (word in rules.words and hits):
            plain.append(index)
    for where, (scope, part) in rules.places:
        yield from _placed(where, scope, part, words, plain, is_line)


def _telling(word: str) -> list[Rule]:
    """Return a rule for a flag that any tool may have: `--password S`; `--secret` alone often says what follows."""
    if word[:2] == "--" and "=" not in word and word != "--secret" and names.strength(word) == names.STRONG:
        return [((), "")]
    return []


def _cluster(rules: _Tool, word: str) -> list[Rule]:
    """Return the rules of the last flag in `-sku`."""
    if 2 < len(word) < 7 and word[0] == "-" and word[1:].isalpha() and word[1] != "-":
        return rules.words.get("-" + word[-1], [])
    return []


def _is_flag(word: str) -> bool:
    return (
        word[:2] == "--"
        or (word[0] == "-" and len(word) <= 3 and word[1:].isalpha())
        or word in ("|", "&&", "||", "\\")
    )


def _in_scope(scope: tuple[str, ...], words: list[str], plain: list[int]) -> bool:
    return not scope or _after(scope, words, plain) >= 0


def _after(scope: tuple[str, ...], words: list[str], plain: list[int]) -> int:
    """Return how many plain words there are up to the end of the subcommand *scope*, or -1."""
    if not scope:
        return 0
    said = [words[index] for index in plain[:8]]
    for place in range(len(said) - len(scope) + 1):
        if tuple(said[place : place + len(scope)]) == scope:
            return place + len(scope)
    return -1


def _placed(
    where: str, scope: tuple[str, ...], part: str, words: list[str], plain: list[int], is_line: bool
) -> Iterator[Found]:
    """Yield what stands at a place among the plain words."""
    begin = _after(scope, words, plain)
    if begin < 0:
        return
    rest = plain[begin:]
    if where == "*":
        for index in rest[:_MOST_WORDS]:
            yield from _part(index, words[index], 0, part, "", is_line)
        return
    if where == "unc":
        for number, index in enumerate(rest[:-1]):
            if words[index].startswith("\\\\") and words[rest[number + 1]][0] not in "/*":
                yield rest[number + 1], 0, len(words[rest[number + 1]]), "password"
        return
    if where == "b":
        if any(word[0] == "-" and "b" in word and word[:2] != "--" for word in words if word) and len(rest) > 1:
            yield from _part(rest[-1], words[rest[-1]], 0, part, "", is_line)
        return
    must_be_named = where[-1] == "?"
    number = int(where.rstrip("?")) - 1
    if number >= len(rest):
        return
    if must_be_named:
        said = " ".join(words[index] for index in rest[:number])
        if not (
            names.strength(said.rsplit(":", 1)[-1])
            or "-oauth" in said
            or (number == 2 and "http-basic" in said)
            or "--secret" in words
        ):
            return
    yield from _part(rest[number], words[rest[number]], 0, part, "", is_line and not must_be_named)


def _part(index: int, word: str, start: int, part: str, flag: str, is_line: bool) -> Iterator[Found]:
    """Yield the secret *part* of a word, of which the value begins at *start*."""
    for first, last in _parts(word, start, part):
        if _may_be_secret(word[first:last], is_line, flag):
            yield index, first, last, _kind_of(flag)


def _parts(word: str, start: int, part: str) -> Iterator[tuple[int, int]]:
    end = len(word)
    if part in ("n", "a", "j"):
        pairs = False
        sign = "&" if part == "j" else " " if " " in word and "," not in word else ","
        for first, last in _pieces(word, start, sign):
            name, equals, _value = word[first:last].partition("=")
            pairs = pairs or bool(equals)
            if equals and names.strength(name.replace(".", "_")):
                yield first + len(name) + 1, last
        if part == "a" and not pairs:
            yield start, end
        return
    if part in ("/", "o"):
        slash, at = word.find("/", start), word.rfind("@")
        if slash > start and word[slash : slash + 2] != "//" and (part == "/" or at > slash):
            yield slash + 1, at if at > slash else end
        return
    if part == "h":
        colon = word.find(":", start)
        if colon > 0 and names.strength(word[start:colon]):
            begin = colon + 1 + (len(word) - colon - 1 - len(word[colon + 1 :].lstrip()))
            scheme, blank, _rest = word[begin:].partition(" ")
            yield begin + (len(scheme) + 1 if blank else 0), end
        return
    if part == "g":
        if "extraheader=" in word.lower():
            yield word.rfind(" ") + 1 or word.rfind(":") + 1, end
        return
    if part == "p":
        if word.startswith("pass:", start):
            yield start + 5, end
        return
    sign = {"u": ":", "%": "%", ",": ",", "=": "=", "k": ":", "c": "="}.get(part, "")
    if not sign:
        yield start, end
        return
    found = word.find(sign, start)
    if part == "u" and "://" in word[start:]:
        return  # a URL: its credentials are found by their form
    if found >= 0:
        yield found + 1, end


def _pieces(word: str, start: int, sign: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a list; one without a `=` belongs to the value before it."""
    first = start
    place = word.find(sign, start)
    while place >= 0:
        following = word.find(sign, place + 1)
        if "=" in word[place : following if following >= 0 else len(word)]:
            yield first, place
            first = place + 1
        place = following
    yield first, len(word)


def _may_be_secret(value: str, is_line: bool, flag: str) -> bool:
    """Say whether *value* can be one: no variable, no file that holds it, and in a line no word of a sentence."""
    if not value or value.startswith(_VARIABLE_BEGINS) or "‹redacted:" in value or not value.strip("*.x"):
        return False
    if value.startswith(("env:", "file:", "fd:")) or value in ("-", "''", '""'):
        return False
    if flag in ("private-key", "preshared-key") and value[0] == "/" and value[-1] != "=":
        return False  # the file that holds it
    if is_line:
        bare = value.rstrip(".,:;)")
        if bare.lower() in _PROSE or (not flag and bare.isalpha() and bare.islower() and len(bare) < 16):
            return False
    return True


def _kind_of(flag: str) -> str:
    lower = flag.lower()
    for word in ("token", "cookie", "secret", "key"):
        if word in lower:
            return word
    return "password"
