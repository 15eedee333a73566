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
    "pass", "pwd", "pswd", "secret", "token", "key", "cred", "auth", "bearer", "cookie", "jwt", "sess", "hmac", "salt",
    "cvv", "cvc", "mnemonic", "seed", "saml", "assertion", "phrase", "signature", "fernet", "csrf", "xsrf",
    "recovery", "backup", "verification", "verifier", "security", "pepper", "device", "nsec", "encryption", "signing",
    "kennwort", "geheim", "schluessel", "schlüssel", "motdepasse", "jeton", "contrase", "clave", "secreto",
    "palabra", "senha", "segredo", "chave", "parola", "segreto", "chiave", "wachtwoord", "sleutel", "hasło",
    "haslo", "klucz", "heslo", "lösenord", "losenord", "salasana",
    "парол", "секрет", "ключ",
    "токен", "密码", "密碼", "密钥", "密鑰",
    "口令", "令牌", "パスワード", "暗証番号",
    "秘密鍵", "비밀번호", "รหัสผ่าน",
)  # fmt: skip
# The same, where they end a run of letters, or begin one like `pincode`: elsewhere they are nothing (`mapping`).
SHORT_STEMS = ("pw", "psw", "pin", "otp", "mfa", "psk", "sid", "ssn", "sig", "pat", "mdp", "cle", "clé")

_SHORT_ENDINGS = ("code", "codes", "hash", "value", "number", "num", "s", "old", "new")
_BEGINNINGS = frozenset([stem[:3] for stem in STEMS + SHORT_STEMS])


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PASSWORDS = _words(
    "password passwords passwd passwds passwort passphrase passphrases passcode passcodes pwd pswd passw psw pw "
    "mnemonic kennwort motdepasse mdp contrasena contraseña senha wachtwoord parola haslo hasło heslo "
    "losenord lösenord salasana requirepass masterauth "
    "пароль пароля 密码 密碼 口令 "
    "パスワード 暗証番号 비밀번호 "
    "รหัสผ่าน"
)
# Of a few digits, and secret all the same.
_CODES = _words(
    "pin otp totp cvv cvc ssn pincode mfacode otpcode totpcode passcode passcodes verificationcode securitycode "
    "recoverycode recoverycodes backupcode backupcodes onetimecode authcode twofactorcode "
    "暗証番号"
)
_STRONG = (
    _PASSWORDS
    | _CODES
    | _words(
        "secret secrets credential credentials cred creds authorization bearer jwt apikey apikeys "
        "apitoken accesskey secretkey privatekey signingkey encryptionkey fernetkey phpsessid jsessionid samlresponse "
        "cleapi cléapi claveapi sshpass pgpass psk presharedkey mfa pwdhash passhash "
        "recoveryphrase seedphrase masterkey codeverifier devicecode securityanswer secretanswer nsec "
        "authorizationcode "
        "geheimnis secreto secreta segredo segreto tajne "
        "секрет 密钥 密鑰 秘密鍵"
    )
)
_TOKENS = _words(
    "pepper schluessel schlüssel cle clé clave chiave sleutel klucz jeton chave authheader ключ токен 令牌"
)
_WEAK = _words(
    "auth signature sig pass cookie cookies sessionid sessid sid session hmac salt seed assertion pat csrf xsrf "
    "csrfmiddleware"
)
# Secret as the last word of a name alone: `pin_memory`, `pw_rule` and `mfa_issuer` hold none.
_LAST_ALONE = _words("pin pw psw otp mfa psk ssn sid mdp cle clé clave session")
_ENDINGS = (
    "password", "passwd", "passphrase", "secret", "apikey", "secretkey", "privatekey", "accesskey", "passwort",
    "kennwort", "wachtwoord", "contrasena", "contraseña", "pwd", "dbpass", "userpass",
    "пароль", "密码", "密碼", "密钥", "口令",
    "パスワード", "暗証番号", "秘密鍵", "비밀번호",
)  # fmt: skip
_TOKEN_ENDINGS = ("schluessel", "schlüssel", "令牌", "トークン")
_KEY_OWNERS = _words(
    "api access secret private encryption encrypt enc decryption decrypt signing sign master account storage shared "
    "session ssh gpg pgp service app application auth client consumer hmac aes rsa dsa webhook deploy bot admin "
    "root security subscription function functions license licence write crypto cipher wallet server integration "
    "ingest fernet preshared psk wireguard jwt cookie activation recovery "
    "openai anthropic mistral cohere groq gemini huggingface hf replicate perplexity deepseek xai grok fireworks "
    "openrouter together voyage pinecone weaviate qdrant langsmith langchain langfuse elevenlabs deepgram assemblyai "
    "tavily serper serpapi exa jina wandb nvidia stability stripe twilio sendgrid mailgun mailchimp datadog newrelic "
    "sentry algolia mapbox github gitlab aws azure gcp cloudflare digitalocean heroku supabase firebase slack "
    "discord telegram elastic paypal square shopify plaid postmark resend segment amplitude mixpanel"
)
# `sort_key`, `primary-key`, `cache-key`: what stands there finds something and opens nothing.
_PLAIN_KEY_OWNERS = _words(
    "primary foreign sort partition cache public row natural unique dict lookup group routing idempotency object "
    "hot composite surrogate candidate super range hash index map redis record entity item message event context "
    "state storage_class by json yaml config registry lock job task node column order filter search answer press "
    "arrow shortcut enter escape translation locale i18n message msg feature flag metric trace build s3 blob file"
)
_PASS_OWNERS = _words(
    "db database user smtp imap mysql postgres postgresql pg sql root admin mail email ftp sftp proxy redis ldap "
    "mongo mongodb rabbitmq amqp wifi login my sudo account vault oracle broker basic http"
)
_TOKEN_OWNERS = _words(
    "api access auth refresh id session bearer bot user personal secret deploy csrf xsrf oauth jwt github gitlab "
    "slack conda pypi npm vault hf huggingface service security reset activation registration push device webhook"
)
# Tokens of a tokenizer: `eos_token`.
_PLAIN_TOKEN_OWNERS = _words("eos bos pad unk sep cls mask stop special eot eod fim image next first last unexpected")
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
    "audience at id num total budget checked banner memory help placeholder title form widget link button message "
    "description changed updated created reused ok success failed failure failures attempt rule rules requirements "
    "requirement history entropy ref refs selector holder owner uid settings column columns table schema template "
    "domain secure samesite httponly scope scopes style language locale engine driver plugin module package handler "
    "middleware filter processor strategy by state action event check checks test tests spec doc docs comment note "
    "notes question labels caption hidden visible view page screen dialog icon stats usd left remaining allowed "
    "estimate location setting option options kwarg param parameter attribute attr property constant getter setter "
    "alias renewal revoked supported verified verifier verify hasher encoding notice notification popup consent"
)
_HASH_WORDS = _words("sha sha1 sha256 sha512 md5 digest commit etag checksum fingerprint revision rev hash")
_CACHE_LIMIT = 4000
_MOST_RUNS = 50_000
_cache: dict[str, int] = {}
_parts: dict[str, tuple[str, ...]] = {}
_stems: dict[str, tuple[str, ...]] = {}


def words(name: str) -> tuple[str, ...]:
    """Return the words of *name*, lower case: `X-APIKeyOld2` -> x, api, key, old."""
    known = _parts.get(name)
    if known is None:
        known = tuple(_words_of(name))
        if len(_parts) < _CACHE_LIMIT and len(name) <= 100:
            _parts[name] = known
    return known


def _words_of(name: str) -> list[str]:
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


def stems_of(run: str) -> tuple[str, ...]:
    """Return the stems that a *run* of lower-case letters holds: without one it is no part of a secret's name."""
    known = _stems.get(run)
    if known is None:
        known = _stems_of(run) if _may_hold_stem(run) else ()
        if len(_stems) < _MOST_RUNS and len(run) < 40:
            _stems[run] = known
    return known


def _may_hold_stem(run: str) -> bool:
    """Say whether some three letters of *run* begin a stem: base64 has runs without number, and few of them do."""
    if not run.isascii() or run.endswith(("pw", "pws")):
        return True
    return any(run[at : at + 3] in _BEGINNINGS for at in range(len(run) - 2))


def _stems_of(run: str) -> tuple[str, ...]:
    found = [stem for stem in STEMS if stem in run]
    for stem in SHORT_STEMS:
        if run.endswith(stem) or (run.startswith(stem) and run[len(stem) :] in _SHORT_ENDINGS):
            found.append(stem)
    return tuple(found)


def may_be_secret(lower: str) -> bool:
    """Say whether *lower*, lower-case ASCII, may hold the name of a secret; quick, and unsure to the safe side."""
    if any(stem in lower for stem in STEMS):
        return True
    return any(_begins_or_ends(lower, stem) for stem in SHORT_STEMS if stem in lower)


def _begins_or_ends(lower: str, stem: str) -> bool:
    place = lower.find(stem)
    while place >= 0:
        end = place + len(stem)
        if not lower[place - 1 : place].isalpha() or not lower[end : end + 1].isalpha():
            return True
        place = lower.find(stem, place + 1)
    return False


def strength(name: str) -> int:
    """Return how surely a value under *name* is a secret: NONE, WEAK, TOKEN or STRONG."""
    known = _cache.get(name)
    if known is None:
        known = _strength(words(name[-100:]), name)
        if len(_cache) < _CACHE_LIMIT:
            _cache[name] = known
    return known


def _strength(parts: tuple[str, ...], name: str) -> int:
    if not parts or parts[0] == "aitrack":
        return NONE
    pair = "".join(parts[-2:])
    if parts[-1] in ("id", "ids"):
        return STRONG if pair == "secretid" else WEAK if pair == "sessionid" else NONE
    if pair == "authheader" or pair in _STRONG or "".join(parts[-3:]) in _STRONG:
        return TOKEN if pair == "authheader" else STRONG
    if parts[-1] in _BENIGN_LAST and len(parts) > 1:
        return NONE
    best = NONE
    for index, word in enumerate(parts):
        before = parts[index - 1] if index else ""
        best = max(best, _word_strength(word, before, index == len(parts) - 1))
    if best == NONE and parts[-1:] == ("key",) and name.isupper() and len(parts) > 1:
        return NONE if parts[-2:-1][0] in _PLAIN_KEY_OWNERS else WEAK  # a variable of the environment: VENDOR_KEY
    return best


def _word_strength(word: str, before: str, is_last: bool) -> int:
    if word in _LAST_ALONE and not is_last:
        return NONE
    if word in _STRONG or word.endswith(_ENDINGS) or before + word in _STRONG:
        return STRONG
    if word == "key" or word == "keys":
        return STRONG if before in _KEY_OWNERS else NONE
    if word == "token" or word.endswith("token"):
        if before in _PLAIN_TOKEN_OWNERS:
            return NONE
        return STRONG if before in _TOKEN_OWNERS or word != "token" else TOKEN
    if word == "tokens":
        return TOKEN if before in _TOKEN_OWNERS and before != "id" else NONE
    if word in _TOKENS or word.endswith(_TOKEN_ENDINGS):
        return TOKEN
    if word == "pass":
        return STRONG if before in _PASS_OWNERS else WEAK
    if word == "passe":
        return STRONG if before == "de" else NONE
    if word in _WEAK:
        return WEAK
    return STRONG if word == "phrase" and before in ("seed", "secret", "pass", "recovery") else NONE


def is_code(name: str) -> bool:
    """Say whether *name* is one under which three or four digits are secret: a PIN, a code of a second factor."""
    parts = words(name[-100:])
    return bool(parts) and (parts[-1] in _CODES or "".join(parts[-2:]) in _CODES or "".join(parts[-3:]) in _CODES)


def is_phrase(name: str) -> bool:
    """Say whether several words may stand under *name*."""
    parts = words(name[-100:])
    return "mnemonic" in parts or any(part.endswith(("phrase", "phrases")) for part in parts)


def is_password(name: str) -> bool:
    """Say whether *name* is one under which even digits alone are secret."""
    parts = words(name[-100:])
    return any(word in _PASSWORDS or word.endswith(_ENDINGS[:3]) for word in parts) or "".join(parts) in _PASSWORDS


def is_hash_name(name: str) -> bool:
    """Say whether hexadecimal digits under *name* are a public digest."""
    return any(word in _HASH_WORDS for word in words(name[-100:]))


def is_cookie_name(name: str) -> bool:
    """Say whether *name* is the header that carries cookies."""
    return name.lower().replace("_", "-").endswith("cookie")
