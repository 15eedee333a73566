"""Secrets that are known by their form alone: tokens of services, keys, credentials in URLs, card numbers.

Each rule has *anchors*, literals of which one must occur (in lower case) before its pattern is tried at all. That
keeps ordinary text cheap: a search for a literal runs at memory speed, a pattern does not.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import Callable, Iterator, Tuple

    Span = Tuple[int, int, str]  # start, end, kind
    Matcher = Callable[[str], Iterator[Span]]

# kind, anchors, pattern. Group 1, where there is one, is the part to hide.
# A token must not go on before or after: `_bounded` looks at the neighbours, since a look-behind in the pattern would
# cost it the literal prefix by which the search is fast.
_TOKENS = (
    ("github", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{30,255}"),
    ("github", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,255}"),
    ("gitlab", ("gl",), r"gl(?:pat|ptt|dt|rt|rtr|cbt|ft|soat|agent|imt|oas|ffct)-[0-9A-Za-z_\-.]{20,300}"),
    ("gitlab", ("gr1348941",), r"GR1348941[0-9A-Za-z_\-]{20,}"),
    ("aws", ("akia", "asia", "abia", "acca"), r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}"),
    ("slack", ("xox",), r"xox[a-z](?:\.xox[a-z])?-[0-9A-Za-z\-]{10,250}"),
    ("slack", ("xapp-",), r"xapp-\d-[0-9A-Za-z\-]{10,250}"),
    ("slack", ("hooks.slack.com/",), r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_\-]{20,})"),
    ("webhook", ("/api/webhooks/",), r"/api/webhooks/\d+/([A-Za-z0-9_\-]{20,})"),
    ("webhook", ("webhook.office.com/",), r"webhook\.office\.com/([A-Za-z0-9@/_\-]{20,})"),
    ("telegram", (":aa",), r"\d{8,10}:AA[A-Za-z0-9_\-]{32,34}"),
    ("stripe", ("sk_live_", "sk_test_", "rk_live_", "rk_test_"), r"[sr]k_(?:live|test)_[0-9A-Za-z]{10,250}"),
    ("stripe", ("whsec_",), r"whsec_[A-Za-z0-9+/]{20,}={0,2}"),
    ("anthropic", ("sk-ant-",), r"sk-ant-[A-Za-z0-9_\-]{16,250}"),
    ("openai", ("sk-",), r"sk-(?=[A-Za-z_\-]*[0-9])(?:[a-z0-9]{2,8}-)*[A-Za-z0-9_\-]{20,300}"),
    ("openai", ("sess-",), r"sess-[A-Za-z0-9]{40}"),
    ("google", ("aiza",), r"AIza[0-9A-Za-z_\-]{35}"),
    ("google", ("ya29.",), r"ya29\.[0-9A-Za-z_\-.]{20,}"),
    ("google", ("gocspx-",), r"GOCSPX-[A-Za-z0-9_\-]{20,}"),
    ("google", ("1//0",), r"1//0[A-Za-z0-9_\-]{30,}"),
    ("npm", ("npm_",), r"npm_[A-Za-z0-9]{36,}"),
    ("pypi", ("pypi-",), r"pypi-Ag[A-Za-z0-9_\-]{30,}"),
    ("rubygems", ("rubygems_",), r"rubygems_[a-f0-9]{48}"),
    ("digitalocean", ("_v1_",), r"do[opr]_v1_[a-f0-9]{64}"),
    ("shopify", ("shp",), r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("sendgrid", ("sg.",), r"SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}"),
    ("mailgun", ("key-",), r"(?<!-)key-[0-9a-f]{32}"),
    ("mailchimp", ("-us",), r"[0-9a-f]{32}-us\d{1,2}"),
    ("twilio", ("sk",), r"SK[0-9a-f]{32}"),
    ("huggingface", ("hf_", "api_org_"), r"(?:hf|api_org)_[A-Za-z0-9]{30,}"),
    ("docker", ("dckr_",), r"dckr_(?:pat|oat)_[A-Za-z0-9_\-]{20,}"),
    ("vault", ("hv",), r"hv[sbr]\.[A-Za-z0-9_\-]{20,}"),
    ("databricks", ("dapi",), r"dapi[a-f0-9]{32}(?:-\d)?"),
    ("newrelic", ("nrak-", "nrjs-", "nrii-"), r"NR(?:AK|JS|II)-[A-Za-z0-9_\-]{19,}"),
    ("sentry", ("sntry",), r"sntry[su]_[A-Za-z0-9_=+/\-]{30,}"),
    ("grafana", ("glsa_", "glc_"), r"gl(?:sa_[A-Za-z0-9]{32}_[a-f0-9]{8}|c_[A-Za-z0-9+/]{32,}={0,2})"),
    ("postman", ("pmak-",), r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    ("figma", ("figd_",), r"figd_[A-Za-z0-9_\-]{30,}"),
    ("sendinblue", ("xkeysib-",), r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("square", ("sq0",), r"sq0(?:atp|csp|idp)-[0-9A-Za-z_\-]{22,50}"),
    ("age", ("age-secret-key-1",), r"AGE-SECRET-KEY-1[0-9A-Za-z]{50,}"),
    ("atlassian", ("atatt3", "atctt3", "atbb"), r"AT(?:ATT3|CTT3|BB)[A-Za-z0-9_=\-]{24,}"),
    ("netlify", ("nfp_",), r"nfp_[A-Za-z0-9]{36,}"),
    ("linear", ("lin_api_", "lin_oauth_"), r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ("pulumi", ("pul-",), r"pul-[a-f0-9]{40}"),
    ("replicate", ("r8_",), r"r8_[A-Za-z0-9]{37}"),
    ("groq", ("gsk_",), r"gsk_[A-Za-z0-9]{40,}"),
    ("xai", ("xai-",), r"xai-[A-Za-z0-9]{40,}"),
    ("perplexity", ("pplx-",), r"pplx-[A-Za-z0-9]{30,}"),
    ("nvidia", ("nvapi-",), r"nvapi-[A-Za-z0-9_\-]{40,}"),
    ("langsmith", ("lsv2_",), r"lsv2_[a-z]{2}_[a-f0-9]{32}_[a-f0-9]{10}"),
    ("artifactory", ("akcp",), r"AKCp[A-Za-z0-9]{60,}"),
    ("notion", ("secret_", "ntn_"), r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,})"),
    ("airtable", ("pat",), r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("terraform", (".atlasv1.",), r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{60,}"),
    ("doppler", ("dp.",), r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.\-]{40,}"),
    ("supabase", ("sbp_", "sb_secret_"), r"sb(?:p|_secret)_[A-Za-z0-9_\-]{24,}"),
    ("planetscale", ("pscale_",), r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=\-]{32,}"),
    ("azure", ("8q~", "7q~"), r"[A-Za-z0-9_.~\-]{3}[78]Q~[A-Za-z0-9_.~\-]{31,34}"),
    ("alibaba", ("ltai",), r"LTAI[A-Za-z0-9]{12,20}"),
    ("facebook", ("eaa",), r"EAA[A-Z][A-Za-z0-9]{60,}"),
    ("fly", ("fm1r_", "fm2_", "flyv1"), r"fm(?:1r|2)_[A-Za-z0-9+/=,_]{40,}"),
    ("onepassword", ("ops_eyj",), r"ops_eyJ[A-Za-z0-9+/_\-]{100,}={0,2}"),
    ("dynatrace", ("dt0c01.",), r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("jwt", ("eyj",), r"eyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{6,}(?:\.[A-Za-z0-9_\-]*){1,3}"),
)
_OTHERS = (
    ("password", (" for ", " of "),
     r"(?i)(?:password|passphrase|passcode|secret|token) (?:for|of) [^:\n]{1,60}:[ \t]*(?=\S*[0-9])(\S{6,})"),
    ("password", ("identified ",), r"(?i)identified (?:with \S+ )?by ['\"]([^'\"\n]+)['\"]"),
    ("password", ("sshpass",), r"sshpass[ \t]+-p[ \t]*['\"]?([^\s'\"]+)"),
    ("password", ("mysql", "mariadb"), r"(?:mysql\w*|mariadb\w*)\b[^\n|;]{0,200}?[ \t]-p['\"]?([^\s'\"]{4,})"),
    ("password", ("curl",),
     r"curl\b[^\n|;]{0,300}?[ \t](?:-u|-U|--user|--proxy-user)[ \t=]*['\"]?[^\s:'\"]+:([^\s'\"]+)"),
    ("bearer", ("bearer", "basic", "negotiate"),
     r"(?i:bearer|basic|negotiate)(?:[ \t]|%20|\+)+([A-Za-z0-9_\-.~+/]{8,}={0,2})"),
    ("signature", ("sig=", "signature="),
     r"(?i)[?&;](?:sig|signature|x-(?:amz|goog|oss|ms)-signature)=([A-Za-z0-9%+/=_\-.]{16,})"),
    ("url-key", ("key=", "code="),
     r"(?i)[?&](?:key|apikey|code|subscription-key)=((?=[A-Za-z_\-%+/=]*[0-9])[A-Za-z0-9_\-%+/=]{20,})"),
    ("credentials", ("://",), r"://[^\s/:@\"'<>?#]*:((?!\d{1,5}(?:[/?#\s\"'>),;]|$))[^\s/\"'<>]*)@"),
    ("credentials", ("://",), r"://[^\s/:@\"'<>?#]*:((?!\d{1,5}(?:[/?#\s\"'>),;]|$))[^\s\"'<>@]+)@"),
    ("credentials", ("://",), r"://((?=[A-Za-z_\-]*[0-9])[A-Za-z0-9_\-]{16,})@"),
    ("netrc", ("machine ", "login "), r"(?:machine\s+\S+\s+)?login\s+\S+\s+password\s+(\S+)"),
)  # fmt: skip
_FIXED_WORDS = ("xxxx", "placeholder", "redacted", "your-", "your_", "****", "....")

_BEGIN = "-----begin "
_PEM = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"
# The beginning may have been cut off: lines of base64 before an END.
_PEM_TAIL = r"((?:^|[\s\"'])(?:[A-Za-z0-9+/=]{16,}(?:\\n|\\r|\s)+)+[A-Za-z0-9+/=]*\s*)-----END [A-Z0-9 ]*PRIVATE KEY"
_CARD = r"[2-6][0-9](?:[ \-]?[0-9]){11,17}"
_BASE64 = r"[A-Za-z0-9+/_\-]{24,}={0,2}"


class Formats:
    """The compiled rules; each pattern is compiled when its anchor is first seen."""

    __slots__ = ("_compile", "_patterns")

    def __init__(self, compile_pattern: Callable[[str, int], Pattern[str]]) -> None:
        self._compile = compile_pattern
        self._patterns: dict[str, Pattern[str]] = {}

    def pattern(self, text: str, flags: int = 0) -> Pattern[str]:
        """Return *text* as a compiled pattern."""
        found = self._patterns.get(text)
        if found is None:
            found = self._patterns[text] = self._compile(text, flags)
        return found

    def spans(self, text: str, lower: str) -> list[Span]:
        """Return what in *text* has the form of a secret; *lower* is the text in lower case."""
        found: list[Span] = []
        for kind, anchors, pattern in _TOKENS:
            if _any_in(anchors, lower):
                found.extend(_bounded(text, kind, self.pattern(pattern)))
        for kind, anchors, pattern in _OTHERS:
            if _any_in(anchors, lower):
                found.extend(_grouped(text, kind, self.pattern(pattern)))
        if "private key" in lower:
            found.extend(_grouped(text, "private-key", self.pattern(_PEM, 16)))  # 16 = re.DOTALL
            found.extend(_grouped(text, "private-key", self.pattern(_PEM_TAIL, 8)))  # 8 = re.MULTILINE
        found.extend(self.cards(text))
        return found

    def cards(self, text: str) -> Iterator[Span]:
        """Yield card numbers that pass Luhn's test, an issuer's prefix and its length."""
        for match in self.pattern(_CARD).finditer(text):
            start, end = match.span()
            if _stands_alone(text, start, end) and is_card(match.group()):
                yield start, end, "card"

    def base64_runs(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places in *text* that could be base64."""
        for match in self.pattern(_BASE64).finditer(text):
            yield match.span()


def _any_in(anchors: tuple[str, ...], lower: str) -> bool:
    return any(anchor in lower for anchor in anchors)


def _bounded(text: str, kind: str, pattern: Pattern[str]) -> Iterator[Span]:
    for match in pattern.finditer(text):
        start, end = match.span(match.lastindex or 0)
        if match.start() and _goes_on(text[match.start() - 1]) and not _escape_before(text, match.start()):
            continue
        if not is_placeholder(text[start:end]):
            yield start, end, kind


def _grouped(text: str, kind: str, pattern: Pattern[str]) -> Iterator[Span]:
    for match in pattern.finditer(text):
        start, end = match.span(1)
        if end > start and not is_placeholder(text[start:end]) and not _is_ordinary_word(kind, text[start:end]):
            yield start, end, kind


def _is_ordinary_word(kind: str, value: str) -> bool:
    """`basic authentication` and `bearer capabilities` are prose."""
    return kind == "bearer" and value.isalpha() and (value.islower() or value.istitle()) and len(value) < 20


def _goes_on(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _escape_before(text: str, start: int) -> bool:
    """Say whether the letter before *start* belongs to an escape such as `\\n`, `%3D` or `\\u003d`."""
    before = text[max(0, start - 6) : start].lower()
    return before[-2:] in ("\\n", "\\t", "\\r") or (len(before) >= 3 and before[-3] == "%") or before[:2] == "\\u"


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and (_goes_on(before) or before in ".-#/"):
        return False
    return not (after and (_goes_on(after) or (after in ".-" and text[end + 1 : end + 2].isdigit())))


def is_card(text: str) -> bool:
    """Say whether the digits of *text* are a card number."""
    digits = [ord(sign) - 48 for sign in text if sign.isdigit()]
    return _is_issued(digits) and len(set(digits)) > 1 and _luhn(digits) and _is_grouped_like_a_card(text)


def _is_grouped_like_a_card(text: str) -> bool:
    groups = text.replace("-", " ").split(" ")
    return len(groups) == 1 or all(3 <= len(group) <= 7 for group in groups[:-1])


def _is_issued(digits: list[int]) -> bool:
    count = len(digits)
    two, three, four = digits[0] * 10 + digits[1], 0, 0
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


def is_placeholder(value: str) -> bool:
    """Say whether *value* is obviously not a secret: a mask, a template, one sign repeated, a mark of ours."""
    if "‹redacted:" in value or not value.strip("*.x-_X"):
        return True
    lower = value.lower()
    if any(word in lower for word in _FIXED_WORDS) and len(set(lower)) < 16:
        return True
    body = lower.rsplit("_", 1)[-1].rsplit("-", 1)[-1]
    return len(body) > 7 and len(set(body)) == 1
