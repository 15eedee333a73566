"""Forms of secrets that are no tokens: URLs, keys, headers, files of settings; and that every rule is linear."""

from __future__ import annotations

import base64
import itertools
import random
import re
import time

import pytest

from aitrack.collector.redact import Redactor
from aitrack.collector.redact_formats import RULES, Formats
from aitrack.collector.redact_tokens import TABLE, beside, rows
from aitrack.collector.redact_tools import NAMES

from .tokens import run

KEY = bytes(range(32))
CHANCE = random.Random(5)
A = "".join(run("A", 40, CHANCE))
HEX = run("h", 64, CHANCE)
B64 = base64.b64encode(CHANCE.randbytes(48)).decode()
LINES = "\n".join(base64.b64encode(CHANCE.randbytes(48)).decode() for _ in range(6))
S = "pX7q2Lm9wRt"

# The secret, the text, and what must survive.
FORMS = [
    (f"5123456789:AA{A[:33]}", "POST https://api.telegram.org/bot{}/sendMessage failed", ["https://api.telegram.org/bot", "/sendMessage"]),
    (A, "https://discord.com/api/webhooks/123456789012345678/{}", ["https://discord.com/api/webhooks/123456789012345678/"]),
    (f"a{HEX[:8]}@b/IncomingWebhook/{HEX}/c", "https://acme.webhook.office.com/{}", ["https://acme.webhook.office.com/"]),
    (A[:24], "https://hooks.zapier.com/hooks/catch/123456/{}", ["https://hooks.zapier.com/"]),
    (A, "https://prod-01.westeurope.logic.azure.com/workflows/x?api-version=1&sig={}&x=1", ["logic.azure.com", "&x=1"]),
    (A, "https://a.b.environment.api.powerplatform.com/powerautomate/x?sp=%2Ftriggers&sig={}", ["powerplatform.com"]),
    (A, "https://chat.googleapis.com/v1/spaces/X/messages?key=abc&token={}", ["https://chat.googleapis.com/v1/spaces/X/messages"]),
    (A, "https://open.feishu.cn/open-apis/bot/v2/hook/{}", ["https://open.feishu.cn/"]),
    (S, "postgres://u:{}@h:5432/db", ["postgres://u:", "@h:5432/db"]),
    ("p/w'x", "connect to postgres://u:{}@h:5432/db failed", ["@h:5432/db failed"]),
    ("p@s#w?r:d", "connect to postgres://u:{}@h:5432/db failed", ["@h:5432/db failed"]),
    ("p#w9x", "'mysql://u:{}@db.example.com/shop'", ["@db.example.com/shop'"]),
    ("1234/x", "redis://:{}@cache:6379/0", ["@cache:6379/0"]) if False else (S, "redis://:{}@cache:6379/0", ["@cache:6379/0"]),
    (S, "a://u:{}@h/x b://v:otherpw99@k/y", ["@h/x", "@k/y"]),
    (S, "a://u:otherpw99@h/x,b://v:{}@k/y", ["@h/x", "@k/y"]),
    (S, "mongodb://u:{}@h1:27017,h2:27017/db?replicaSet=r", ["@h1:27017,h2:27017/db?replicaSet=r"]),
    (S, "https://u:{}@h.example.com/x?email=bob@example.com", ["@h.example.com/x?email=bob@example.com"]),
    (S, "pip install git+https://u:{}@github.com/org/repo.git@v1.2.3", ["@github.com/org/repo.git@v1.2.3"]),
    (A, "https://{}:x-oauth-basic@github.com/o/r", [":x-oauth-basic@github.com/o/r"]),
    (A, "https://x-access-token:{}@github.com/o/r", ["https://x-access-token:", "@github.com/o/r"]),
    (A, "https://oauth2:{}@gitlab.com/o/r", ["https://oauth2:", "@gitlab.com/o/r"]),
    (A, "https://{}@github.com/o/r", ["@github.com/o/r"]),
    (HEX[:32], "https://{}@o123.ingest.sentry.io/456", ["ingest.sentry.io/456"]),
    ("p;w=x}}y", "Driver={{ODBC}};Server=db;UID=bob;PWD={{{}}};Database=app", ["Server=db;UID=bob;", ";Database=app"]),
    (S, "Server=db;Uid=bob;Pwd={};Database=app", ["Server=db;Uid=bob;Pwd=", ";Database=app"]),
    (S, "db.example.com:5432:app:bob:{}", ["db.example.com:5432:app:bob:"]),
    (S, "*:*:*:bob:{}", ["*:*:*:bob:"]),
    (S, "machine h.example.com login bob password {}", ["machine h.example.com login bob password "]),
    (S, "machine h.example.com\n  login bob\n  password {}\nmachine k", ["h.example.com", "login bob", "machine k"]),
    (S, "default login bob password {}", ["login bob"]),
    (A, '{{"kty": "OKP", "crv": "Ed25519", "d": "{}", "x": "abc"}}', ['"kty": "OKP"', '"x": "abc"']),
    (A, '{{"k":"{}","alg":"HS256","kty":"oct"}}', ['"alg":"HS256"']),
    (A, '{{\\"kty\\":\\"oct\\",\\"k\\":\\"{}\\"}}', ["kty"]),
    (B64, "Authorization: Basic {}", ["Authorization: Basic "]),
    (A, "Authorization: Bearer {}", ["Authorization: Bearer "]),
    (A, "Authorization: ApiKey {}", ["Authorization: ApiKey "]),
    (A, "Authorization: Token {}", ["Authorization: Token "]),
    (A, "Authorization: token={}", []),
    (HEX[:32], 'Authorization: Digest username="bob", realm="r", nonce="n", response="{}"', ["Authorization: "]),
    (HEX, "Authorization: AWS4-HMAC-SHA256 Credential=x/20261201/eu/s3/aws4_request, SignedHeaders=host, Signature={}", ["Authorization: "]),
    (B64, "Authorization: SharedKey account:{}", []),
    (HEX, "https://b.s3.amazonaws.com/k?X-Amz-Credential=x&X-Amz-Signature={}&y=1", ["amazonaws.com/k", "&y=1"]),
    (HEX, "https://storage.googleapis.com/b/k?X-Goog-Signature={}", ["storage.googleapis.com/b/k"]),
    (B64.replace("/", "%2F").replace("+", "%2B"), "https://s.blob.core.windows.net/c?sv=2022&se=x&sig={}", ["blob.core.windows.net/c?sv=2022"]),
    (B64, '{{"auths": {{"r.example.com": {{"auth": "' + base64.b64encode(b"bob:" + S.encode() * 3).decode() + '"}}}}}}{0:.0}', ["r.example.com"]),
    (A, "//registry.npmjs.org/:_authToken={}", ["//registry.npmjs.org/:_authToken="]),
    (B64, "_auth={}", ["_auth="]),
    ("JBSWY3DPEHPK3PXP", "otpauth://totp/Acme:bob?secret={}&issuer=Acme", ["otpauth://totp/Acme:bob?", "issuer=Acme"]),
    (B64, "client-key-data: {}", ["client-key-data: "]),
    (base64.b64encode(bytes(range(32))).decode(), "[Interface]\nPrivateKey = {}\nAddress = 10.0.0.1/24", ["Address = 10.0.0.1/24"]),
    (LINES, "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\nafter", ["-----END RSA PRIVATE KEY-----\nafter"]),
    (LINES, "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----", []),
    (LINES, "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{}\n-----END PGP PRIVATE KEY BLOCK-----", []),
    (LINES, "-----BEGIN PRIVATE KEY-----\n{}", []),
    (LINES, "-----BEGIN PRIVATE KEY-----\n{}\n\nthe log goes on: all is well", ["the log goes on: all is well"]),
    (LINES, "tail of a file\n{}\n-----END PRIVATE KEY-----", ["tail of a file"]),
    (LINES.replace("\n", "\\n"), "'{}\\n-----END PRIVATE KEY-----\\n'", []),
    (LINES.replace("\n", "\\n"), '{{"key": "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n", "n": 1}}', ['"n": 1']),
    (LINES, "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 6\n{}\nPrivate-MAC: x", ["PuTTY-User-Key-File-3"]),
    ("$2b$12$" + A + A[:13], "hash {} of bob", ["of bob"]),
    ("$6$saltsalt$" + A + A + "ab.", "bob:{}:19000:0", ["bob:", ":19000:0"]),
    ("$argon2id$v=19$m=65536,t=3,p=4$" + A[:22] + "$" + A, "hash {} of bob", ["of bob"]),
    (HEX[:32] + "-us12", "mailchimp said {} is wrong", ["is wrong"]),
    (A[:14] + ".atlasv1." + A + A[:27], "credentials {} refused", ["refused"]),
    (A[:3] + "8Q~" + A[:34], "client secret {} refused", ["refused"]),
    (A + A[:36] + "AZDO" + A[:4], "the PAT {} expired", ["expired"]),
    (A, "aws_secret_access_key = {}", ["aws_secret_access_key = "]),
    (A, "AWS secret key: {}", []),
    (B64, "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=core", ["AccountName=x;", ";EndpointSuffix=core"]),
    ("eyJhbGciOiJIUzI1NiJ9." + A + "." + A, "jwt {} expired.", [" expired."]),
]  # fmt: skip


@pytest.mark.parametrize(("secret", "text", "kept"), FORMS, ids=[row[1][:50] + f" {n}" for n, row in enumerate(FORMS)])
def test_a_form_is_hidden_and_what_is_around_it_stays(secret: str, text: str, kept: list[str]) -> None:
    """The host, the user and the parameter are what explains the failure."""
    clean = Redactor(KEY).text(text.format(secret))

    for line in [secret, *secret.replace("\\n", "\n").split("\n")]:
        assert line not in clean, clean
    assert "‹redacted:" in clean
    assert all(piece in clean for piece in kept), clean


def compiled() -> Formats:
    """Return the rules with patterns of `re`."""
    return Formats(re.compile)


def literals() -> list[str]:
    """Return each rule's own beginnings, and what their runs are made of."""
    found = {anchor for _kind, anchors, _back, _pattern in RULES for anchor in anchors}
    found |= {form.partition("{")[0].replace("(", "").split("|")[0] for _kind, form, _mark in rows()}
    found |= set(NAMES) | set(beside())
    found |= {"://", "://a:", "eyJ", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", '"kty"', '"auth":"',
              "card", "4539", "4 5 3 9 ", "MIIEvQIBADA", "\\n", "%41", "\x1b[31m"}  # fmt: skip
    return sorted(found - {""})


LETTERS = [
    "a",
    "A",
    "7",
    "f0",
    "-",
    "_",
    ".",
    "/",
    ":",
    "@",
    "=",
    " ",
    "\n",
    "'",
    '"',
    "\\",
    "$",
    "a1B-",
    "aB3/",
    " -p",
    "x y ",
]
SMALL, LARGE = 4_000, 16_000


def cost(formats: Formats, piece: str, size: int) -> float:
    """Return the CPU seconds for *size* signs made of *piece*, the better of two."""
    text = (piece * (size // len(piece) + 1))[:size]
    lower = text.lower()
    best = 9.0
    for _ in range(2):
        begun = time.process_time()
        formats.spans(text, lower)
        best = min(best, time.process_time() - begun)
    return best


def assert_linear(formats: Formats, piece: str) -> None:
    """Fail when four times the text costs much more than four times the time, and is slow at that."""
    large = cost(formats, piece, LARGE)
    if large > LARGE / 1_000_000:  # slower than 1 MB/s: then it must at least not grow faster than the text
        for _ in range(3):
            ratio = cost(formats, piece, LARGE) / max(cost(formats, piece, SMALL), 1e-4)
            if ratio < 6:
                break
        assert ratio < 6, f"{piece!r}: {ratio:.1f} for four times the text"
        assert large < LARGE / 200_000, f"{piece!r}: {LARGE / large / 1e6:.2f} MB/s"


def test_each_rule_is_linear_on_its_own_beginnings() -> None:
    """A repetition of a rule's own prefix, or of the letters of its run, is what makes a pattern quadratic."""
    formats = compiled()
    for piece in [*literals(), *LETTERS]:
        assert_linear(formats, piece)


@pytest.mark.slow
def test_each_pair_of_a_beginning_and_a_letter_is_linear() -> None:
    """`sk-a1sk-a1` and `://a:://a:` are slow where neither part alone is."""
    formats = compiled()
    chance = random.Random(3)
    pairs = [first + second for first, second in itertools.product(literals(), LETTERS)]
    for piece in chance.sample(pairs, 2_000):
        assert_linear(formats, piece)
    for first in chance.sample(literals(), 40):  # a beginning, and then one long run
        for letter in ("a1B", "f0", "7", "a1B-", "aB3/"):
            text = first + letter * (300_000 // len(letter))
            begun = time.process_time()
            formats.spans(text, text.lower())
            assert time.process_time() - begun < 1, (first, letter)


def test_ordinary_text_is_read_quickly() -> None:
    """The whole output of a failed run is read before a word is said."""
    line = "2026-11-23 12:00:01,123 INFO app.module processed row %d in 3.2 ms path=/data/file_%d.csv user=bob\n"
    text = "".join(line % (number, number) for number in range(11_000))
    formats = compiled()
    formats.spans(text[:1000], text[:1000])

    begun = time.process_time()
    assert formats.spans(text, text.lower()) == []

    assert len(text) / (time.process_time() - begun) > 6_000_000  # 12 MB a second on an idle machine


def test_each_row_says_where_it_is_from() -> None:
    """A form that nobody can look up again cannot be mended."""
    assert all(source and re.fullmatch(r"20\d\d-\d\d", taken) and text.strip() for source, taken, text in TABLE)
