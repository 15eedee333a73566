"""What is secret is hidden wherever it stands, and what only looks like it stays."""

from __future__ import annotations

import base64
import json
import time
import urllib.parse

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aitrack.collector.redact import Redactor, matches, plainly_clean

KEY = bytes(range(32))
HEX = "0123456789abcdef"


def spread(length: int, alphabet: str = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYz") -> str:
    """Return signs that look random, the same ones each time."""
    return "".join(alphabet[(index * 7 + index * index) % len(alphabet)] for index in range(length))


SECRETS = {
    "aws key id": "AKIAZ7QX3MPLK9RTVWCB",
    "github classic": "ghp_" + spread(36),
    "github fine": "github_pat_" + spread(22) + "_" + spread(59),
    "gitlab": "glpat-" + spread(20),
    "slack bot": "xoxb-123456789012-1234567890123-" + spread(24),
    "slack hook": "T0001AAA/B0002BBB/" + spread(24),
    "stripe": "sk_live_" + spread(24),
    "stripe restricted": "rk_test_" + spread(24),
    "openai": "sk-" + spread(48),
    "openai project": "sk-proj-" + spread(48),
    "anthropic": "sk-ant-api03-" + spread(60),
    "google": "AIza" + spread(35),
    "google oauth": "ya29." + spread(60),
    "npm": "npm_" + spread(36),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + spread(60),
    "jwt": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + spread(43),
    "sendgrid": "SG." + spread(22) + "." + spread(43),
    "huggingface": "hf_" + spread(34),
    "twilio": "SK" + spread(32, HEX),
    "digitalocean": "dop_v1_" + spread(64, HEX),
    "vault": "hvs." + spread(24),
    "shopify": "shpat_" + spread(32, HEX),
    "databricks": "dapi" + spread(32, HEX),
    "telegram": "123456789:AA" + spread(33),
    "card": "4111 1111 1111 1111",
    "card without spaces": "card 5500005555555559",
    "card amex": "card 378282246310005",
}
PLACES = {
    "alone": "{}",
    "in a sentence": "could not use {} for this request",
    "in json": '{{"value": "{}", "n": 1}}',
    "in a repr": "{{'value': '{}'}}",
    "in escaped json": '{{\\"value\\": \\"{}\\"}}',
    "in a call": "client.fetch(value='{}', n=1)",
    "in a log": "2026-11-23 12:00:01,123 ERROR app request failed value={} status=401",
    "at the end of a line": "value: {}\nnext line",
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("place", PLACES)
def test_a_known_form_is_hidden_wherever_it_stands(name: str, place: str) -> None:
    """A token of a service is recognised without any name beside it."""
    secret = SECRETS[name]
    prefix = "https://hooks.slack.com/services/" if name == "slack hook" else ""

    clean = Redactor(KEY).text(PLACES[place].format(prefix + secret))

    assert secret not in clean
    assert "‹redacted:" in clean


NAMED = [
    "password=hunter2xyz",
    "password: hunter2xyz",
    "PASSWORD = 'hunter2xyz'",
    "{'password': 'hunter2xyz', 'user': 'bob'}",
    '{"dbPassword":"hunter2xyz"}',
    '{\\"password\\": \\"hunter2xyz\\"}',
    "<password>hunter2xyz</password>",
    "export DB_PASS=hunter2xyz",
    "PGPASSWORD=hunter2xyz psql",
    "--password hunter2xyz --verbose",
    "--db-password=hunter2xyz",
    "postgres://bob:hunter2xyz@db.example.com:5432/app",
    "redis://:hunter2xyz@cache:6379/0",
    "amqp://bob:hunter2xyz@mq/%2f",
    "host=db user=bob password=hunter2xyz dbname=app",
    "Server=db;User Id=bob;Password=hunter2xyz;Database=app",
    "AccountName=x;AccountKey=hunter2xyz0123456789==;EndpointSuffix=core",
    "machine h login bob password hunter2xyz",
    "Authorization: Bearer hunter2xyz",
    "{'Authorization': 'Bearer hunter2xyz'}",
    "[('Authorization', 'Basic hunter2xyz')]",
    "Proxy-Authorization: Basic hunter2xyz",
    "X-API-Key: hunter2xyz",
    "Cookie: theme=dark1; sessionid=hunter2xyz",
    "Set-Cookie: sid=hunter2xyz; Path=/; HttpOnly",
    "client_secret=hunter2xyz&grant_type=client_credentials",
    "https://api.example.com/v1?api_key=hunter2xyz&page=2",
    "https://api.example.com/v1?access_token=hunter2xyz",
    "auth=('bob', 'hunter2xyz')",
    "Config(host='db', password='hunter2xyz', port=5432)",
    "apiKey: hunter2xyz",
    "aws_secret_access_key = hunter2xyz0123456789abcdefghijklmnopqrst",
    "passphrase: hunter2xyz and more words",
    "invalid token hunter2xyz9Ab for bob",
    "-----BEGIN PRIVATE KEY-----\nhunter2xyz\n-----END PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\\nhunter2xyz\\n-----END OPENSSH PRIVATE KEY-----",
    "b'password=hunter2xyz'",
    'SECRET_KEY = "hunter2xyz"',
    "password: str = 'hunter2xyz'",
    "('password', 'hunter2xyz')",
    "token => hunter2xyz",
    "https://store.blob.core.windows.net/c/f?sv=2022&sig=hunter2xyz0123456789%3D",
    "Password for user 'bob': hunter2xyz",
    "sshpass -p hunter2xyz ssh host",
    "curl -u bob:hunter2xyz https://x",
    "ALTER USER bob IDENTIFIED BY 'hunter2xyz'",
    '{\n  "password":\n    "hunter2xyz"\n}',
    "- name: DB_PASSWORD\n  value: hunter2xyz",
    '{"name": "API_TOKEN", "value": "hunter2xyz"}',
    "SECRETS = ('hunter2xyz', 'x1y2z3w4q5')",
    "https://s3.amazonaws.com/b/k?X-Amz-Signature=hunter2xyz0123456789abcdef",
]


@pytest.mark.parametrize("text", NAMED)
def test_a_value_under_a_secret_name_is_hidden(text: str) -> None:
    """Only the value goes; the name beside it stays, so that the line can still be understood."""
    clean = Redactor(KEY).text(text)

    assert "hunter2xyz" not in clean
    assert "‹redacted:" in clean


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgres://bob:hunter2xyz@db.example.com:5432/app", ["postgres://bob:", "@db.example.com:5432/app"]),
        ("host=db password=hunter2xyz dbname=app", ["host=db password=", " dbname=app"]),
        ("Server=db;Password=hunter2xyz;Database=app", ["Server=db;Password=", ";Database=app"]),
        ("GET /x?api_key=hunter2xyz&page=2", ["GET /x?api_key=", "&page=2"]),
        ("Authorization: Bearer hunter2xyz", ["Authorization: Bearer "]),
    ],
)
def test_the_rest_of_the_line_stays(text: str, kept: list[str]) -> None:
    """The host, the table and the flag are what explains the failure."""
    clean = Redactor(KEY).text(text)

    assert all(piece in clean for piece in kept)


LOOK_ALIKES = [
    "token_count=512",
    "max_tokens=1000, prompt_tokens=12, total_tokens: 99",
    "author=alice",
    "authors: ['alice', 'bob']",
    "keyboard=us-international",
    "tokenizer=cl100k_base",
    "secretary=ann",
    "monkey=banana",
    "compass=north",
    "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "token_sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "id=550e8400-e29b-41d4-a716-446655440000",
    "request 550e8400e29b41d4a716446655440000 done",
    "password_file=/run/secrets/db",
    "token_url=https://auth.example.com/oauth/token",
    "https://example.com:8080/path?page=2#top",
    "https://example.com/@user/post",
    "git@github.com:org/repo.git",
    "mail bob@example.com",
    "secret=True password=None token=null",
    "password=$DB_PASSWORD",
    "password=${DB_PASSWORD}",
    "password = getpass.getpass()",
    "self.password = config.password",
    "token = tokens[0]",
    "KeyError: 'password'",
    "TypeError: login() missing 1 required positional argument: 'password'",
    "password: required",
    "password must not be empty",
    "the secret to success is patience",
    "primary_key=42 foreign_key=order_id sort_key=created_at",
    "cache_key=user:42:profile",
    "public_key=-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK\n-----END PUBLIC KEY-----",
    "1700000000000 1700000000123456 1732400000.123",
    "version 1.2.3.4 build 20261123120001",
    "order 1234567890123456",
    "basic authentication is required",
    "bearer of bad news",
    "session=k3f9qa",
    "AITRACK_SESSION=0mq3k9f2x7abcdef",
    "/usr/lib/python3.13/site-packages/requests/auth.py:120",
    "module.ClassName.method_name_that_is_long",
    "ghp_notatoken",
    "sk-learn risk-averse task-oriented",
    "pass 12 fail 3 skip 1",
    "test_password_is_hidden PASSED",
    "passed=3 failed=1 bypass=yes passenger=2",
    "signature: (a, b=1) -> int",
    "token=NUMBER value=12",
    "retry-after: 30",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_look_alike_survives(text: str) -> None:
    """A report whose ids and names are hidden explains nothing."""
    clean = Redactor(KEY).text(text)

    assert clean == text


@pytest.mark.parametrize(
    "encode",
    [
        lambda value: base64.b64encode(value.encode()).decode(),
        lambda value: base64.b64encode(f"user:{value}".encode()).decode(),
        lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
        lambda value: urllib.parse.quote(value, safe=""),
        lambda value: urllib.parse.quote_plus(value),
        lambda value: repr(value),
        lambda value: json.dumps(value),
        lambda value: value.encode().hex(),
        lambda value: value,
    ],
)
def test_a_value_once_seen_is_hidden_in_any_form(encode: object) -> None:
    """A password from the environment turns up later in a message, encoded by whoever sends it."""
    redactor = Redactor(KEY)
    secret = "p@ss w/rd+&9\"x\\y'"
    redactor.learn_environment({"DB_PASSWORD": secret})
    form = encode(secret)  # type: ignore[operator]  # one of the lambdas above

    clean = redactor.text(f"failed with {form} today")

    assert form not in clean
    assert "failed with " in clean and " today" in clean


def test_a_secret_of_another_process_is_known_by_its_hash() -> None:
    """The supervisor hides in the output what only a child knew, without ever learning it."""
    child = Redactor(KEY)
    child.learn("api_token", "Zebra-77-crossing")

    clean = Redactor(KEY, child.taints()).text("said 'Zebra-77-crossing' and left")

    assert clean == "said '‹redacted:token:17›' and left"
    assert "Zebra" not in str(child.taints())


def test_a_part_of_a_long_secret_is_hidden() -> None:
    """Libraries print the first signs of a key to be helpful."""
    redactor = Redactor(KEY)
    redactor.learn("API_KEY", "q8Wd73hdKe92mZx61Lp04Tvb")

    clean = redactor.text("key q8Wd73hdKe92mZ... was refused")

    assert "q8Wd73hdKe92" not in clean


def test_arguments_of_well_known_tools_are_hidden() -> None:
    """`mysql -pX` and `curl -u a:b` have no name beside the secret."""
    redactor = Redactor(KEY)

    assert redactor.arguments(["mysql", "-u", "bob", "-phunter2xyz"]) == [
        "mysql",
        "-u",
        "bob",
        "-p‹redacted:password:10›",
    ]
    assert redactor.arguments(["curl", "-u", "bob:hunter2xyz", "https://x/"])[2] == "bob:‹redacted:password:10›"
    assert redactor.arguments(["job", "--token", "hunter2xyz9"])[2] == "‹redacted:token:11›"
    assert redactor.arguments(["job", "--max-tokens", "12"]) == ["job", "--max-tokens", "12"]


def test_named_values_are_hidden_and_remembered() -> None:
    """A local called `password` tells what to hide in the message of the exception."""
    redactor = Redactor(KEY)

    assert redactor.named("password", "hunter2xyz") == "‹redacted:password:10›"
    assert redactor.text("login of bob with hunter2xyz failed") == "login of bob with ‹redacted:password:10› failed"
    assert redactor.named("token_count", "512") == "512"


def test_the_quick_look_never_passes_a_secret() -> None:
    """The run path trusts it and loads nothing else."""
    assert not any(plainly_clean(secret) for secret in SECRETS.values())
    assert all(
        plainly_clean(word) for word in ["job.py", "-m", "pytest", "--verbose", "data/2026-11-23.csv", "-c", "12"]
    )


def test_a_megabyte_of_ordinary_output_takes_little() -> None:
    """The supervisor redacts the whole of a failed run's output before it says a word."""
    line = "2026-11-23 12:00:01,123 INFO app.module processed row %d in 3.2 ms path=/data/file_%d.csv user=bob\n"
    data = "".join(line % (number, number) for number in range(11_000)).encode()
    redactor = Redactor(KEY)
    redactor.data(data[:1000])

    begun = time.process_time()
    clean = redactor.data(data)

    assert clean == data
    assert time.process_time() - begun < 0.6  # 0.12 s on an idle machine


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
@example("password='")
@example("Authorization: ")
@example("://:@")
def test_any_text_is_taken_and_the_second_look_finds_nothing_new(text: str) -> None:
    """Hiding twice is hiding once, whatever the text."""
    redactor = Redactor(KEY)
    clean = redactor.text(text)

    assert redactor.text(clean) == clean


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_taken(data: bytes) -> None:
    """A stream may hold anything; without a secret it comes out as it was."""
    clean = Redactor(KEY).data(data)

    assert clean == data or b"redacted:" in clean


@settings(max_examples=100, deadline=None)
@given(
    st.text(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#%*+-_=?@^~", min_size=10, max_size=40
    ).filter(lambda value: any(c.isdigit() for c in value) and any(c.isalpha() for c in value) and len(set(value)) > 5)
)
def test_any_password_is_hidden_under_its_name_and_after(secret: str) -> None:
    """No sign that a password generator uses lets it slip through."""
    redactor = Redactor(KEY)
    redactor.learn("password", secret)

    assert secret not in redactor.text(f"password={secret}")
    assert secret not in redactor.text(f"it was {secret} indeed")
    assert secret not in redactor.text(json.dumps({"x": [secret]}))


@pytest.mark.parametrize(
    ("pattern", "line", "hidden"),
    [("employee", "employee=otter-17", True), ("employee", "employees=otter-17", False), ("emp*", "employee_id: otter-17", True),
     ("*_ref", "order_ref = 'otter-17'", True), ("*_ref", "refs = 'otter-17'", False), ("acme?", '{"acme1": "otter-17"}', True)],
)  # fmt: skip
def test_a_further_name_is_secret(pattern: str, line: str, hidden: bool) -> None:
    """`[redact] extra` names what the rules cannot know, by a word or with `*` and `?`."""
    redactor = Redactor(KEY, extra=[pattern])

    assert ("otter-17" not in redactor.text(line)) is hidden
    assert redactor.arguments(["job", line.replace(" ", "")])[1] != line.replace(" ", "") or not hidden


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_patterns_are_those_of_a_shell(pattern: str, name: str) -> None:
    """As fnmatch has them."""
    from fnmatch import fnmatchcase

    assert matches(pattern, name) is fnmatchcase(name, pattern)


@pytest.mark.parametrize("tag", ["password", "ns:password", "soap:apiKey"])
def test_what_follows_an_element_is_none_of_it(tag: str) -> None:
    """The end of an element names it again."""
    text = f'<{tag} kind="x">hunter2horse</{tag}> then a sentence, and mysql h < dump.sql'

    assert Redactor(KEY).text(text).endswith(f"</{tag}> then a sentence, and mysql h < dump.sql")
    assert "hunter2horse" not in Redactor(KEY).text(text)
