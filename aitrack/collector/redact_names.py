"""Says which names are names of secrets.

A name is cut into words (`apiKey` -> api, key) and words are compared, never substrings, so that `author`,
`keyboard`, `tokenizer` and `secretary` are no hits.
"""

from __future__ import annotations

NONE = 0  # an ordinary name
WEAK = 1  # a secret only when the value itself looks like one (long and mixed)
TOKEN = 2  # a secret unless the value is a plain word: parsers have tokens too
STRONG = 3  # whatever stands there is a secret, unless it cannot be one (number, path, variable)

# If none of these occurs in a lower-case text, no name in it can be secret: a test by `in`, before anything slower.
STEMS = (
    "pass", "pwd", "secret", "token", "key", "cred", "auth", "bearer", "cookie", "jwt", "otp", "sig", "cvv", "cvc",
    "mnemonic", "seed", "saml", "assertion", "phrase", "sessid", "session", "hmac", "salt", "pat", "kennwort",
)  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PASSWORDS = _words(
    "password passwords passwd passwds pwd passphrase passphrases passcode passcodes mnemonic passwort kennwort"
)
_STRONG = _PASSWORDS | _words(
    "secret secrets credential credentials cred creds authorization bearer jwt totp cvv cvc apikey apikeys "
    "apitoken accesskey secretkey privatekey signingkey encryptionkey phpsessid jsessionid samlresponse sshpass "
    "pgpass"
)
_WEAK = _words("auth signature sig pass cookie cookies otp sessionid sessid hmac salt seed assertion pat")
_ENDINGS = ("password", "passwd", "passphrase", "secret", "apikey", "secretkey", "privatekey", "accesskey")
_KEY_OWNERS = _words(
    "api access secret private encryption encrypt decryption decrypt signing sign master account storage shared "
    "session ssh gpg pgp service app application auth client consumer hmac aes rsa dsa webhook deploy bot admin "
    "root security subscription function functions license licence write crypto cipher wallet server integration "
    "ingest"
)
_PASS_OWNERS = _words(
    "db database user smtp imap mysql postgres postgresql pg sql root admin mail email ftp sftp proxy redis ldap "
    "mongo mongodb rabbitmq amqp wifi login my sudo account vault oracle broker basic http"
)
_TOKEN_OWNERS = _words("api access auth refresh id session bearer bot user personal secret deploy csrf xsrf oauth")
# A name that ends in one of these speaks about a secret and does not hold it.
_BENIGN_LAST = _words(
    "count counts counter limit limits length len size sizes type types name names url urls uri path paths file "
    "files filename dir directory folder ttl expiry expires expiration lifetime timeout budget usage index idx "
    "position pos offset version policy required enabled disabled valid invalid algorithm alg header headers "
    "field fields prefix suffix format endpoint env var variable class kind status manager provider store hint "
    "min max rate ratio cost price stream arn label sha sha1 sha256 sha512 md5 digest commit etag checksum "
    "fingerprint age time date seconds minutes days attempts retries strength score reset mode scheme source "
    "backend func function callback method regex pattern text vector embedding span tag lemma error errors exists "
    "present missing prompt validator generator encoder parser ids expired rotation bucket region used issuer "
    "audience at id num total budget"
)
_HASH_WORDS = _words("sha sha1 sha256 sha512 md5 digest commit etag checksum fingerprint revision rev hash")
_CACHE_LIMIT = 4000
_cache: dict[str, int] = {}


def words(name: str) -> list[str]:
    """Return the words of *name*, lower case: `X-APIKeyOld2` -> x, api, key, old."""
    found: list[str] = []
    start = -1
    previous = ""
    for index, sign in enumerate(name):
        if not sign.isalpha():
            if start >= 0:
                found.append(name[start:index].lower())
            start = -1
        elif start < 0:
            start = index
        elif (
            sign.isupper()
            and (previous.islower() or (previous.isupper() and index + 1 < len(name) and name[index + 1].islower()))
            and (index > start + 1 or previous.islower())
        ):
            found.append(name[start:index].lower())
            start = index
        previous = sign
    if start >= 0:
        found.append(name[start:].lower())
    return found


def strength(name: str) -> int:
    """Return how surely a value under *name* is a secret: NONE, WEAK, TOKEN or STRONG."""
    known = _cache.get(name)
    if known is None:
        known = _strength(words(name[-100:]))
        if len(_cache) < _CACHE_LIMIT:
            _cache[name] = known
    return known


def _strength(parts: list[str]) -> int:
    if not parts or (parts[-1] in _BENIGN_LAST and len(parts) > 1 and not _is_id_of_a_secret(parts)):
        return NONE
    best = NONE
    for index, word in enumerate(parts):
        before = parts[index - 1] if index else ""
        best = max(best, _word_strength(word, before, len(parts)))
    return best


def _is_id_of_a_secret(parts: list[str]) -> bool:
    """Vault's `secret_id` is the secret itself; so is the id of a session."""
    return parts[-1] == "id" and parts[-2] == "secret"


def _word_strength(word: str, before: str, count: int) -> int:
    if word in _STRONG or word.endswith(_ENDINGS):
        return STRONG
    if word == "key" or word == "keys":
        return STRONG if before in _KEY_OWNERS else NONE
    if word == "token" or word.endswith("token"):
        return STRONG if before in _TOKEN_OWNERS or word != "token" else TOKEN
    if word == "tokens":
        return TOKEN if before in _TOKEN_OWNERS and before != "id" else NONE
    if word == "pass":
        return STRONG if before in _PASS_OWNERS else WEAK
    if word in _WEAK:
        return WEAK
    return STRONG if word == "phrase" and before in ("seed", "secret", "pass", "recovery") else NONE


def is_password(name: str) -> bool:
    """Say whether *name* is one under which even digits alone are secret."""
    return any(word in _PASSWORDS or word.endswith("password") for word in words(name[-100:]))


def is_hash_name(name: str) -> bool:
    """Say whether hexadecimal digits under *name* are a public digest."""
    return any(word in _HASH_WORDS for word in words(name[-100:]))


def is_cookie_name(name: str) -> bool:
    """Say whether *name* is the header that carries cookies."""
    return name.lower().replace("_", "-").endswith("cookie")
