"""Says whether a value can be the secret that its name promises: most things beside `token` are words and numbers."""

from __future__ import annotations

from . import redact_looks as looks
from . import redact_names as names
from .redact_formats import is_placeholder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import Callable

    Compiler = Callable[[str], Pattern[str]]
    Strength = Callable[[str], int]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOOKED_AT = 400  # signs of a value by which it is judged
SCHEME = (
    r"(?i:(?:bearer|basic|token|apikey|api-key|negotiate|digest|aws4-hmac-sha256|sso-key|key|signature"
    r"|hawk)(?:[ \t]{1,20}|%20|\+))"
)
_CODE = (
    r"(?:await )?(?:[A-Za-z_]\w{0,80}(?:(?:\.|::|->)[A-Za-z_]\w{0,80}){0,8}[(\[]"
    r"|(?:self|this|cls|os|args|config|settings|cfg|conf|opts?|options|env"
    r"|environ|params|kwargs|request|req|data|user|process|ctx|context|secrets|vault|var|local|module)\.\w)"
)
_VARIABLE = (
    r"\$(?:[A-Z_][A-Z0-9_]*|[a-z_]+|\d|\{[^}]*\}?|\{\{.*|\([^)]*\)?)|%[A-Z_]+%|%\(\w+\)s|%[srd]|:[a-z_]+|\?"
    r"|\{[\w.!:]*\}?|\{\{.*|<\|?[\w .:/-]*\|?>?|\[[A-Za-z_ ]*\]?|\(?[a-z]+\)|\.\.\.|…|ENC\[.*|arn:aws:.*|!\w+"
)
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_VERSION = r"[A-Za-z]{2,20}[-_.]?\d{1,4}(?:\.\d{1,4}){0,3}"
_NUMBER = (
    r"[-+]?(?:\d{1,6}(?:\.\d{1,6}){1,3}|\d[\d_,]*(?:\.\d*)?(?:[eE][-+]?\d+)?|0x[0-9a-fA-F]{1,8})"
    r"(?:ms|s|m|h|d|%|[kKMG]i?B?)?"
)
_ORDINARY = _words(
    "none null nil true false yes no on off required optional missing invalid incorrect expired wrong empty unset "
    "set hidden masked changed not is was for has from the and or with in of to string str int float bytes bool "
    "any object dict list type undefined default unknown error failed ok denied redacted secret password token "
    "rejected accepted revoked refreshed valid must should cannot could prompt field header basic bearer digest "
    "self sslmode auto prompted given found nan disabled enabled disable enable prefer require allow same-origin "
    "include too short long weak contains does did already only never now here there please enter this that it its "
    "your my our their use using used see check checked verify verified verification reset sent be a an at by as "
    "if when while then but matches match mismatch does-not-match passwords tokens credentials key keys auth "
    "authentication authorization unauthorized forbidden ignored unsupported supported ready "
    "created deleted updated loaded saved skipped testing tested pass passed fail success succeeded "
    "username user email name login omit n/a tbd todo yaml json toml text hash hashed plain plaintext md5 sha1 "
    "sha256 bcrypt argon2 scrypt hs256 rs256 es256 cookie session oauth oauth2 saml ldap kerberos passphrase pin "
    "static dynamic env environment vault file stdin keyring manual generate generated random"
)
_PROSE = _words(
    "is must not the be your a an to field required please enter cannot should at least characters of for has been "
    "was were are and or this that may can with in on if it will does only from when no than too short match"
)


class Judge:
    """Judges values; the patterns are compiled when they are first needed."""

    __slots__ = ("_pattern", "_strength")

    def __init__(self, pattern: Compiler, strength: Strength) -> None:
        self._pattern = pattern
        self._strength = strength

    def is_secret(self, name: str, value: str, quoted: bool) -> bool:
        """Say whether *value* can be the secret that *name* promises."""
        stripped = value[:LOOKED_AT].strip()
        if len(stripped) < 3 or stripped.lower() in _ORDINARY or is_placeholder(stripped):
            return False
        strength = self._strength(name)
        if stripped[0] in "0123456789+-" and self._is_whole(_NUMBER, stripped):
            return strength == names.STRONG and _is_secret_number(name, stripped)
        if (stripped[0] in "$%{<[.…(:?!Ea" and self._is_whole(_VARIABLE, stripped)) or (
            not quoted and self.is_expression(name, stripped)
        ):
            return False
        if looks.is_path_or_url(stripped) or (names.is_hash_name(name) and looks.is_hexadecimal(stripped)):
            return False
        if strength == names.WEAK:
            return (
                " " not in stripped
                and looks.looks_random(stripped)
                and not self._is_whole(_UUID, stripped)
                and not looks.is_own_id(stripped)
                and not self._is_whole(_VERSION, stripped)
            )
        if strength == names.TOKEN:
            return not looks.is_plain_word(stripped)
        return names.is_phrase(name) or not _is_prose(stripped)

    def is_expression(self, name: str, value: str) -> bool:
        """Say whether an unquoted *value* is an expression rather than a secret: `password=args.password`."""
        if self._pattern(_CODE).match(value):
            return True
        if (
            value.isidentifier()
            and names.words(value)[-1:] == names.words(name)[-1:]
            and not any(sign.isdigit() for sign in value)
        ):
            return True
        return value.startswith(("Optional[", "Union[", "typing.", "lambda"))

    def is_number(self, value: str) -> bool:
        """Say whether *value* is a number."""
        return self._is_whole(_NUMBER, value)

    def without_scheme(self, value: str) -> int:
        """Return where the secret begins in *value*: after `Bearer ` and the like."""
        head = value[:40]
        if " " not in head and "\t" not in head and "%20" not in head and "+" not in head:
            return 0
        match = self._pattern(SCHEME).match(head)
        return match.end() if match is not None and match.end() < len(value) else 0

    def _is_whole(self, pattern: str, value: str) -> bool:
        return self._pattern(pattern).fullmatch(value) is not None


def _is_secret_number(name: str, value: str) -> bool:
    digits = sum(sign.isdigit() for sign in value)
    if "." in value or not value[-1].isdigit():
        return False
    if names.is_code(name):
        return digits >= (3 if value.isdigit() and names.words(name)[-1][:2] == "cv" else 4)
    return names.is_password(name) and digits >= 4


def _is_prose(value: str) -> bool:
    """Say whether *value* is a sentence about a secret: `This field is required.`"""
    if " " not in value:
        return False
    parts = [word.strip(".,;:!?'\"()").lower() for word in value.split()]
    if not all(word.replace("'", "").replace("-", "").isalpha() or len(word) < 3 for word in parts):
        return False
    known = sum(word in _PROSE or word in _ORDINARY for word in parts)
    return known >= 2 and known * 3 >= len(parts)
