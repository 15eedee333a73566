"""Secrets that are known by their form alone: tokens of services, keys, credentials in URLs, card numbers.

Every rule is linear in the text, whatever the text. It begins at a literal that a search finds at memory speed, reads
a bounded number of signs or one run that nothing reads again, and goes on after what it has read.
"""

from __future__ import annotations

from .redact_forms import Forms
from .redact_forms import is_placeholder as is_placeholder
from .redact_tools import NAMES, line_spans
from .redact_urls import credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Match, Pattern
    from typing import Callable, Iterator, Tuple

    Span = Tuple[int, int, str]  # start, end, kind

_Q = r"(?:\\{0,3}[\"'])?"  # a quote of JSON, also of JSON in a string
_TO = _Q + r"[ \t]{0,9}(?:=>|[:=])[ \t]{0,9}" + _Q
_B64 = r"[A-Za-z0-9+/]"

# kind, anchors in lower case, how many signs before an anchor the pattern begins, the pattern.
# Group 1 is the part to hide. A pattern reads a bounded number of signs, but for a run at its very end.
RULES = (
    ("slack", ("hooks.slack.com/",), 0, r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_\-]{20,})"),
    ("webhook", ("/api/webhooks/", "/api/v"), 0, r"/api(?:/v\d{1,2})?/webhooks/\d{1,25}/([A-Za-z0-9_\-]{20,})"),
    ("webhook", ("webhook.office.com/",), 0, r"webhook\.office\.com/([A-Za-z0-9@/_\-]{20,})"),
    ("webhook", ("outlook.office.com/webhook",), 0, r"outlook\.office\.com/webhook/([A-Za-z0-9@/_\-]{20,})"),
    ("webhook", ("hooks.zapier.com/",), 0, r"hooks\.zapier\.com/hooks/catch/([A-Za-z0-9/]{8,})"),
    ("webhook", ("hook.",), 0, r"hook\.[a-z0-9.]{0,20}(?:make|integromat)\.com/([A-Za-z0-9]{20,})"),
    ("webhook", ("maker.ifttt.com/",), 0, r"maker\.ifttt\.com/[a-z0-9_/\-]{0,99}/key/([A-Za-z0-9_\-]{16,})"),
    ("webhook", ("qyapi.weixin.qq.com", "oapi.dingtalk.com"), 0,
     r"[a-z.]{17,20}[^\s?]{0,80}\?(?:key|access_token)=([A-Za-z0-9\-]{20,})"),
    ("webhook", ("open.feishu.cn/", "open.larksuite.com/"), 0,
     r"open\.[a-z.]{8,14}/open-apis/bot/v2/hook/([A-Za-z0-9\-]{20,})"),
    ("webhook", ("discord.com/", "discordapp.com/"), 0,
     r"discord(?:app)?\.com/api/webhooks/\d{1,25}/([A-Za-z0-9_\-]{20,})"),
    ("telegram", (":aa",), 12, r"(?<!\d)(\d{8,10}:AA[A-Za-z0-9_\-]{32,34})(?![A-Za-z0-9])"),
    ("telegram", ("/bot",), 0, r"/bot(\d{5,12}(?::|%3[aA])[A-Za-z0-9_\-]{20,})"),
    ("azure", ("8q~", "7q~"), 3, r"([A-Za-z0-9_.~\-]{3}[78]Q~[A-Za-z0-9_.~\-]{31,37})(?![A-Za-z0-9])"),
    ("azure-devops", ("azdo",), 76, r"([A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9])"),
    ("azure", ("acdb",), 43, r"([A-Za-z0-9+/]{33,42}(?:ACDb|ASt|AzC)[A-Za-z0-9+/]{5,6}={0,2})"),
    ("azure", ("+ast",), 76, r"([A-Za-z0-9+/]{76}\+ASt[A-Za-z0-9+/]{6}==)"),
    ("terraform", (".atlasv1.",), 14, r"([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{60,})"),
    ("mailchimp", ("-us",), 32, r"(?<![0-9a-f])([0-9a-f]{32}-us\d{1,2})(?![A-Za-z0-9])"),
    ("maxmind", ("_mmk",), 36, r"([A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk)(?![A-Za-z0-9])"),
    ("sidekiq", (".contribsys.com",), 30, r".{0,12}?([0-9a-f]{8}:[0-9a-f]{8})@(?:gems|enterprise)\.contribsys"),
    ("newrelic", ("nral",), 36, r"(?<![A-Za-z0-9])([0-9a-z]{36}NRAL)(?![A-Za-z0-9])"),
    ("password", (" for ", " of "), 12,
     r"(?i)[^\n]{0,12}?\b(?:password|passphrase|passcode|secret|token) (?:for|of) [^:\n]{1,60}:[ \t]{0,9}"
     r"(?=\S{0,64}[0-9])(\S{6,})"),
    ("password", ("identified ",), 0,
     r"(?i)identified (?:with \S{1,40} )?(?:by|as) (?:password )?['\"]([^'\"\n]{1,4096})['\"]"),
    ("password", ("requirepass ", "masterauth "), 0, r"(?i)(?:requirepass|masterauth) {1,9}\"?([^\s\"]{3,}[^\s\"\]])"),
    ("password", ("pwd", "password"), 2,
     r"(?i);[ ]?(?:pwd|password)[ \t]{0,4}=[ \t]{0,4}\{((?:[^}\n]|\}\}){1,128})\}"),
    ("password", ("pwd={", "password={"), 0, r"(?i)(?:pwd|password)=\{((?:[^}\n]|\}\}){1,128})\}(?=;)"),
    ("password", ("pwd=",), 2, r"(?i);[ ]?pwd=([^;\"'{}$\s][^;\"'\s]{2,})"),
    ("password", ("pwd=",), 0, r"(?i)pwd=([^;\"'{}$\s][^;\"'\s]{2,128})(?=;)"),
    ("bearer", ("bearer", "basic", "negotiate"), 0,
     r"(?i:bearer|basic|negotiate)(?:[ \t]|%20|\+){1,9}([A-Za-z0-9_\-.~+/]{8,}={0,2})"),
    ("authorization", ("authorization",), 0,
     r"(?i:authorization)" + _TO + r"(?i:apikey|api-key|token|ntlm|hawk|sharedkey"
     r"|sharedaccesssignature|key|gitlab|oauth|sso-key|geniekey|splunk|bot)"
     r"[ \t]{1,9}(?:token=|key=)?\"?([A-Za-z0-9_\-.~+/:]{8,}={0,2})"),
    ("signature", ("response=",), 0, r"(?i:response)=\"([0-9a-fA-F]{32,64})\""),
    ("signature", ("sig=", "signature="), 14,
     r"(?i)[\w\-]{0,14}?(?<![A-Za-z0-9])(?:sig|signature|x-(?:amz|goog|oss|ms|cos)-signature)="
     r"([A-Za-z0-9%+/=_\-.]{16,})"),
    ("signature", ("mac=",), 0, r"mac=\"([A-Za-z0-9+/=]{20,})\""),
    ("token", ("x-amz-security-token=", "x-goog-credential-token="), 0,
     r"(?i:x-[a-z\-]{10,20})=([A-Za-z0-9%+/=_\-.]{16,})"),
    ("url-key", ("key=", "code=", "apikey="), 17,
     r"(?i)[\w\-]{0,17}?[?&](?:key|api_?key|code|subscription-key)=([A-Za-z0-9_\-%+/=]{20,})"),
    ("netrc", ("machine ", "machine\\t", "machine\\n"), 0,
     r"machine\s{1,20}\S{1,256}\s{1,20}(?:login\s{1,20}\S{1,256}\s{1,20})?(?:account\s{1,20}\S{1,256}\s{1,20})?"
     r"password\s{1,20}(\S+)"),
    ("netrc", ("login ",), 0,
     r"login\s{1,20}[\w.@+\"\-]{2,256}\s{1,20}password\s{1,20}(?=\S{0,64}[^a-z\s]|\S{12})(\S+)"),
    ("pgpass", (":5432:", ":5433:", ":5434:", ":6432:", ":6543:", ":*:"), 0,
     r":(?:\d{4}|\*):[^:\s\"']{1,63}:[^:\s\"']{1,63}:((?:\\:|\\\\|[^\s:\"'\\]){3,})(?=\s|[\"']|$)"),
    ("key", ("private-lines",), 0, r"Private-Lines: \d{1,4}((?:(?:\r?\n|\\r?\\n|\\n)[A-Za-z0-9+/=]{4,100})+)"),
    ("key", ("client-key-data", "client_key_data"), 0,
     r"(?i:client[_\-]key[_\-]data)" + _TO + r"(" + _B64 + r"{20,}={0,2})"),
    ("key", ("privatekey", "presharedkey", "private-key", "preshared-key"), 0,
     r"(?i:private-?key|preshared-?key)" + _TO + r"(" + _B64 + r"{42}[A-Za-z0-9+/=]=)(?![A-Za-z0-9])"),
    ("key", ("_authtoken", "_auth", "_password"), 0,
     r"(?<![A-Za-z0-9])_(?:authToken|auth|password)[ \t]{0,4}=[ \t]{0,4}\"?([^\s\"'$]{6,})"),
    ("key", ("otpauth://",), 0, r"otpauth://[^\s?]{1,200}\?[^\s]{0,200}?secret=([A-Za-z2-7=%]{8,})"),
    ("key", ("aws_secret", "secret_access", "secretaccesskey", "aws"), 0,
     r"(?i:aws[\w .\-]{0,20}?(?:secret|key)|secret_?access_?key)[\w .\-]{0,24}?" + _TO
     + r"(" + _B64 + r"{40})(?![A-Za-z0-9+/=])"),
    ("hash", ("{ssha", "{sha", "{smd5"), 0, r"\{S(?:SHA|HA|MD5)(?:256|384|512)?\}(" + _B64 + r"{20,}={0,2})"),
    ("hash", ("$apr1$",), 0, r"(\$apr1\$[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{20,})"),
    ("credentials", ("cloudinary://",), 0, r"cloudinary://\d{5,20}:([A-Za-z0-9_\-]{10,})"),
    ("key", ("accountkey=", "sharedaccesskey="), 0, r"(?i:AccountKey|SharedAccessKey)=(" + _B64 + r"{20,}={0,2})"),
    ("algolia", ("algolia.net",), 0, r"algolia\.net[^\n]{0,100}?api-key(?:=|: )([0-9a-f]{32})"),
)  # fmt: skip
_MISSED_ENDS = 65536  # signs from the begin of a key to its end

_BEGIN = "-----begin "
_END = "-----end "
_CARD = r"[2-6][0-9](?:[ \-]?[0-9]){11,17}"
_CARD_WORDS = (
    "card", "pan", "visa", "mastercard", "amex", "american express", "discover", "diners", "maestro", "jcb", "unionpay",
    "credit", "debit", "cc", "ccnum", "ccnumber", "cvv", "cvc", "charge", "charged", "declined", "payment",
    "kreditkarte", "carte", "tarjeta",
)  # fmt: skip
_BASE64 = r"[A-Za-z0-9+/_\-]{24,}={0,2}"
_BEARER_PROSE = 20  # signs of a word after `bearer` that is a word


class Formats:
    """The compiled rules; each pattern is compiled when its anchor is first seen."""

    __slots__ = ("_compile", "_forms", "_patterns", "told")

    def __init__(self, compile_pattern: Callable[[str, int], Pattern[str]]) -> None:
        self._compile = compile_pattern
        self._patterns: dict[str, Pattern[str]] = {}
        self._forms: Forms | None = None
        self.told: list[Span] = []  # where the last text's commands and URLs say exactly what is secret

    def pattern(self, text: str, flags: int = 0) -> Pattern[str]:
        """Return *text* as a compiled pattern."""
        found = self._patterns.get(text)
        if found is None:
            found = self._patterns[text] = self._compile(text, flags)
        return found

    def spans(self, text: str, lower: str) -> list[Span]:
        """Return what in *text* has the form of a secret; *lower* is the text in lower case."""
        self.told = []
        found = self._tokens_and_tools(text)
        for kind, anchors, back, pattern in RULES:
            for anchor in anchors:
                if anchor in lower:
                    found.extend(self._anchored(text, lower, kind, anchor, back, pattern))
        if "://" in text:
            self.told.extend(credentials(text, self.pattern))
        if "eyJ" in text:
            found.extend(self._signed(text))
        if "private key" in lower:
            found.extend(_key_blocks(text, lower))
            found.extend(_key_tails(text, lower))
        if '"kty' in lower or "'kty" in lower:
            found.extend(self._web_keys(text, lower))
        if '"auth"' in lower or '\\"auth' in lower:
            found.extend(self._basic_auth(text, lower))
        found.extend(self.cards(text))
        return found + self.told

    def cards(self, text: str) -> Iterator[Span]:
        """Yield card numbers: an issuer's prefix and length, Luhn's test, and a card's groups or a word beside it."""
        for match in self.pattern(_CARD).finditer(text):
            start, end = match.span()
            if not _stands_alone(text, start, end) or not is_card(match.group()):
                continue
            if not match.group().isdigit() or self._is_called_a_card(text, start, end):
                yield start, end, "card"

    def base64_runs(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places in *text* that could be base64."""
        for match in self.pattern(_BASE64).finditer(text):
            yield match.span()

    def _tokens_and_tools(self, text: str) -> list[Span]:
        if self._forms is None:
            self._forms = Forms(self.pattern, NAMES)
        found = list(self._forms.checked(text))
        done = 0
        for start, end, kind in self._forms.spans(text):
            if not kind.startswith("tool:"):
                found.append((start, end, kind))
            elif start >= done:
                spans, done = line_spans(text, start, kind[5:], self.pattern)
                self.told.extend(spans)
        return found

    def _anchored(self, text: str, lower: str, kind: str, anchor: str, back: int, pattern: str) -> Iterator[Span]:
        """Yield what *pattern* finds at each *anchor*; the search goes on after what it read."""
        match_at = self.pattern(pattern).match
        place, done = lower.find(anchor), 0
        while place >= 0:
            match = self._reaching(match_at, text, max(done, place - back), place) if back else match_at(text, place)
            done = place + len(anchor)
            if match is not None:
                start, end = match.span(1)
                done = max(done, match.end())
                if end > start and not is_placeholder(text[start:end]) and _is_no_word(kind, text[start:end]):
                    yield start, end, kind
            place = lower.find(anchor, done)

    def _reaching(
        self, match_at: Callable[[str, int], Match[str] | None], text: str, first: int, place: int
    ) -> Match[str] | None:
        """Return a match that begins at *first* or, where a word begins, between there and *place*."""
        match = match_at(text, first)
        start = first
        while match is None and start < place:
            start += 1
            if not text[start - 1].isalnum() or not text[start].isalnum():
                match = match_at(text, start)
        return match

    def _is_called_a_card(self, text: str, start: int, end: int) -> bool:
        """Say whether a word close before the number, or in the same breath after it, is one of cards.

        The last word before it decides when it is the number's name: the order of a card payment is an order.
        """
        words = self.pattern(r"[a-z]+")
        before = words.findall(_spaced(text[max(0, start - 40) : start]))
        if before and before[-1] in ("order", "invoice", "id", "number", "no", "tracking", "isbn", "account", "ref"):
            before = before[:-1] if before[-1] in ("number", "no") else []
            return bool(before) and before[-1] in _CARD_WORDS
        return any(word in _CARD_WORDS for word in before) or any(
            word in _CARD_WORDS for word in words.findall(_spaced(text[end : end + 40]))
        )

    def _signed(self, text: str) -> Iterator[Span]:
        """Yield JSON web tokens: runs of base64 that dots join, the first of them an object."""
        run = self.pattern(r"[A-Za-z0-9_\-]*")
        place = text.find("eyJ")
        while place >= 0:
            ends: list[int] = []
            end = place - 1
            while len(ends) < 5 and (not ends or text[end : end + 1] == "."):
                match = run.match(text, end + 1)
                end = match.end() if match is not None else end + 1
                ends.append(end)
            size = ends[0] - place
            if len(ends) > 1 and size >= 9 and ends[1] - ends[0] > 6 and any(s.isdigit() for s in text[place:end]):
                yield place, end - (len(ends) == 2 and text[end - 1] == "."), "jwt"
            place = text.find("eyJ", end)

    def _web_keys(self, text: str, lower: str) -> Iterator[Span]:
        """Yield the private members of a JSON web key: what stands near its `kty`."""
        member = self.pattern(r"[\"'](?:d|k|p|q|dp|dq|qi)\\{0,3}[\"']\s{0,9}:\s{0,9}\\{0,3}[\"']([A-Za-z0-9_\-]{10,})")
        place, done = lower.find("kty"), 0
        while place >= 0:
            first, done = max(done, place - 4000), place + 4000
            for match in member.finditer(text, first, done):
                yield match.start(1), match.end(1), "key"
            place = lower.find("kty", done)

    def _basic_auth(self, text: str, lower: str) -> Iterator[Span]:
        """Yield `"auth": "dXNlcjpwYXNz"`, as a registry's configuration has it."""
        from binascii import Error, a2b_base64

        for start, end, kind in self._anchored(
            text, lower, "key", "auth", 0, r"auth\\{0,3}\"\s{0,9}:\s{0,9}\\{0,3}\"([A-Za-z0-9+/_\-]{8,}={0,2})"
        ):
            body = text[start:end].rstrip("=").replace("-", "+").replace("_", "/")
            try:
                if b":" in a2b_base64(body + "=" * (-len(body) % 4)):
                    yield start, end, kind
            except Error:
                continue


def _is_no_word(kind: str, value: str) -> bool:
    """`basic authentication` and `bearer capabilities` are prose, and a variable is no value."""
    has_digit = any(sign.isdigit() for sign in value)
    if kind == "bearer":
        return has_digit or len(value) >= _BEARER_PROSE or value.endswith("=")
    if kind in ("url-key", "signature"):
        return has_digit
    if kind in ("password", "key", "netrc", "pgpass"):
        return not value.startswith(("$", "%(", "{", "<", "os.", "self.")) and "(" not in value[1:]
    return True


def _spaced(text: str) -> str:
    """Return *text* in lower case with the capitals of `cardNumber` as words of their own."""
    return "".join(" " + sign if sign.isupper() else sign for sign in text).lower() + " " + text.lower()


def _key_blocks(text: str, lower: str) -> Iterator[Span]:
    """Yield the body of each private key, to its end, or without one as long as its lines look like a key's."""
    place = lower.find(_BEGIN)
    while place >= 0:
        stop = lower.find("-----", place + len(_BEGIN), place + 80)
        done = place + len(_BEGIN)
        if stop >= 0 and "private key" in lower[place:stop]:
            start = stop + 5
            end = lower.find(_END, start, start + _MISSED_ENDS)
            again = lower.find(_BEGIN, start, start + _MISSED_ENDS)
            if end < 0 or 0 <= again < end:
                end = _end_of_lines(text, start)
            if end > start and text[start:end].strip(" \\nr\r\n\"'"):
                yield start, end, "private-key"
            done = max(done, end)
        place = lower.find(_BEGIN, done)


_KEY_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


def _end_of_lines(text: str, start: int) -> int:
    """Return where the lines of a key that begin at *start* end; `\\n` written out also parts lines."""
    place = end = start
    limit = min(len(text), start + _MISSED_ENDS)
    keyed = False  # whether a line of the key itself was seen: then an empty one ends it
    while place < limit:
        stop = place
        while stop < limit and text[stop] in _KEY_SIGNS:
            stop += 1
        following = text[stop : stop + 1]
        if following in (":", "-") and not keyed:  # a header of the old form: Proc-Type: 4,ENCRYPTED
            stop = text.find("\n", stop, stop + 200)
            if stop < 0:
                break
        elif following and following not in "\r\n\\\"'":
            break
        elif stop > place:
            keyed = True
        end = place = stop
        blanks = 0
        while place < limit and (text[place] in "\r\n \t" or text.startswith(("\\n", "\\r"), place)):
            blanks += text[place] == "\n" or text.startswith("\\n", place)
            place += 2 if text[place] == "\\" else 1
        if place == stop or (keyed and blanks > 1):
            break
    return end


def _key_tails(text: str, lower: str) -> Iterator[Span]:
    """Yield lines of base64 before an end whose begin was cut off."""
    place, done = lower.find(_END), 0
    while place >= 0:
        after = place + len(_END)
        if "private key" in lower[after : after + 40]:
            first = max(done, place - _MISSED_ENDS)
            start = end = place
            while start > first and (text[start - 1] in _KEY_SIGNS or text[start - 1] in "\r\n \t\\"):
                start -= 1
            body = text[start:end]
            lines = body.replace("\\n", "\n").replace("\\r", "\n").split()
            while lines and len(lines[0]) < 16 and len(lines) > 1:  # words of a sentence before it
                start += body.index(lines[0]) + len(lines[0])
                body = text[start:end]
                lines = lines[1:]
            if lines and len(lines[0]) >= 16:
                yield start, end, "private-key"
        done = after
        place = lower.find(_END, done)


def _goes_on(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and (_goes_on(before) or before in ".-#/") and text[start - 2 : start] not in ("\\n", "\\t", "\\r"):
        return False
    return not (after and (_goes_on(after) or (after in ".-" and text[end + 1 : end + 2].isdigit())))


def is_card(text: str) -> bool:
    """Say whether the digits of *text* are a card number."""
    digits = [ord(sign) - 48 for sign in text if sign.isdigit()]
    return _is_issued(digits) and len(set(digits)) > 1 and _luhn(digits) and _is_grouped_like_a_card(text)


def _is_grouped_like_a_card(text: str) -> bool:
    """Groups of four, or an American Express card's 4, 6, 5: other groups are dates and phone numbers."""
    groups = [len(group) for group in text.replace("-", " ").split(" ")]
    return (
        len(groups) == 1
        or groups in ([4, 6, 5], [4, 6, 4])
        or (all(size == 4 for size in groups[:-1]) and groups[-1] in (3, 4))
    )


def _is_issued(digits: list[int]) -> bool:
    count = len(digits)
    two = digits[0] * 10 + digits[1]
    three = two * 10 + digits[2]
    four = three * 10 + digits[3]
    if count == 16:
        return (
            digits[0] == 4
            or 51 <= two <= 55
            or 2221 <= four <= 2720
            or four == 6011
            or two in (65, 35, 62)
            or 644 <= three <= 649
        )
    if count == 15:
        return two in (34, 37)
    if count == 14:
        return two in (36, 38) or 300 <= three <= 305
    return count == 19 and two == 62


def _luhn(digits: list[int]) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        total += digit if index % 2 == 0 else (digit * 2 - 9 if digit > 4 else digit * 2)
    return total % 10 == 0
