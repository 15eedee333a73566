"""A secret that was seen once is found again in whatever form it is written."""

from __future__ import annotations

import base64
import html
import json
import quopri
import shlex
import urllib.parse

import pytest

from aitrack.collector.redact import Redactor

KEY = bytes(range(32))
SECRETS = (
    "p@ss w/rd+&9\"x\\y'z",
    "Zq8Wd73hdKe92mZx61Lp04Tvb",
    "gärtner-77/Öl&9",
    "3f78a6850e387550fdab836e",
    "tab\there-99-x",
)
FORMS = {
    "plain": lambda value: value,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 behind one": lambda value: base64.b64encode(b"x" + value.encode() + b"tail").decode(),
    "base64 behind two": lambda value: base64.b64encode(b"xy" + value.encode() + b"tail").decode(),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(b"u:" + value.encode()).decode(),
    "base64 in lines": lambda value: base64.encodebytes(b"l" * 50 + value.encode() + b"t" * 60).decode(),
    "percent": lambda value: urllib.parse.quote(value, safe=""),
    "percent with slashes": lambda value: urllib.parse.quote(value),
    "percent and plus": lambda value: urllib.parse.quote_plus(value),
    "small percent": lambda value: "".join(f"%{byte:02x}" if byte > 127 or not chr(byte).isalnum() else chr(byte) for byte in value.encode()),
    "hexadecimal": lambda value: value.encode().hex(),
    "HEXADECIMAL": lambda value: value.encode().hex().upper(),
    "repr": repr,
    "repr of bytes": lambda value: repr(value.encode()),
    "JSON": json.dumps,
    "JSON with slashes": lambda value: json.dumps(value).replace("/", "\\/"),
    "JSON unescaped": lambda value: json.dumps(value, ensure_ascii=False),
    "HTML": html.escape,
    "reversed": lambda value: value[::-1],
    "UTF-16 repr": lambda value: repr(value.encode("utf-16-le")),
    "UTF-16 as Latin-1": lambda value: value.encode("utf-16-le").decode("latin-1"),
    "UTF-16 in base64": lambda value: base64.b64encode(value.encode("utf-16-le")).decode(),
    "mail": lambda value: quopri.encodestring(value.encode()).decode(),
    "shell": shlex.quote,
    "in a URL": lambda value: "https://bob:" + urllib.parse.quote(value, safe="") + "@x.example/",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_hidden_in_each_form(secret: str, form: str) -> None:
    """Who sends a password encodes it first."""
    redactor = Redactor(KEY)
    redactor.learn_environment({"DB_PASSWORD": secret})
    written = FORMS[form](secret)

    clean = redactor.text(f"sent {written} today")

    assert "‹redacted:" in clean
    assert written not in clean
    assert clean.startswith("sent ") and clean.endswith(" today")


@pytest.mark.parametrize("form", ["plain", "base64", "percent", "hexadecimal", "repr", "JSON", "reversed"])
@pytest.mark.parametrize("secret", SECRETS)
def test_another_process_knows_it_in_the_same_forms(secret: str, form: str) -> None:
    """The supervisor redacts the output with hashes of what the child learnt."""
    child = Redactor(KEY)
    child.learn("password", secret)
    written = FORMS[form](secret)

    assert written not in Redactor(KEY, child.taints()).text(f"sent {written} today")


def test_hashes_of_an_older_version_still_count() -> None:
    """A store keeps taints that have no hash of the beginning."""
    child = Redactor(KEY)
    child.learn("api_token", "Zebra-77-crossing")
    older = [(length, digest[: 17 if digest[0] == "~" else 16], kind) for length, digest, kind in child.taints()]

    assert "Zebra" not in Redactor(KEY, older).text("said 'Zebra-77-crossing' and left")


@pytest.mark.parametrize("secret", ["3f78a6850e387550fdab836e", "DEADBEEF00112233AA55"])
def test_a_hexadecimal_secret_is_hidden_in_either_case(secret: str) -> None:
    """Some tools print keys in capitals."""
    redactor = Redactor(KEY)
    redactor.learn("api_key", secret)

    assert secret.upper() not in redactor.text(f"key {secret.upper()}")
    assert secret.lower() not in redactor.text(f"key {secret.lower()}")


@pytest.mark.parametrize("part", [slice(0, 12), slice(0, 17), slice(-12, None), slice(-15, None)])
def test_either_end_of_a_long_secret_is_hidden(part: slice) -> None:
    """Libraries print a part of a key to be helpful."""
    redactor = Redactor(KEY)
    redactor.learn("API_KEY", "q8Wd73hdKe92mZx61Lp04Tvb9R")

    assert "q8Wd73hdKe92mZx61Lp04Tvb9R"[part] not in redactor.text(
        "key " + "q8Wd73hdKe92mZx61Lp04Tvb9R"[part] + " refused"
    )


def test_utf_16_streams_are_searched() -> None:
    """A Windows tool prints two bytes a letter."""
    redactor = Redactor(KEY)
    data = "user bob password=Zq8Wd73hdKe9 ok".encode("utf-16-le")

    clean = redactor.data(data)

    assert "Zq8Wd73hdKe9".encode("utf-16-le") not in clean
    assert "user bob".encode("utf-16-le") in clean
