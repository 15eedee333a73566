"""Every row of the table of tokens is found wherever such a token may stand, and what resembles it is left alone."""

from __future__ import annotations

import json
import random

import pytest

from aitrack.collector.redact import Redactor

from .tokens import FORMS, run, signs, token

KEY = bytes(range(32))
PLACES = {
    "bare": "{}",
    "in a sentence": "the service refused {} today",
    "at the end of a sentence": "The value was {}.",
    "in quotes": "got '{}' from the client",
    "in double quotes": 'got "{}" from the client',
    "after an equals sign": "value={}",
    "after an equals sign, in a list": "a=1,value={},b=2",
    "in a URL's path": "GET https://api.example.com/v1/{}/items",
    "in a URL's query": "GET https://api.example.com/v1?v={}&page=2",
    "in JSON": '{{"v": "{}", "n": 1}}',
    "in brackets": "rejected ({}): 401",
    "in colours": "\x1b[31m{}\x1b[0m",
    "after a written line end": "two lines\\n{}\\nthree",
    "in a tag": "<v>{}</v>",
    "in back quotes": "the value `{}` is refused",
}
IDS = [f"{kind} {form} {number}" for number, (kind, form, _mark) in enumerate(FORMS)]


@pytest.mark.parametrize(("kind", "form", "mark"), FORMS, ids=IDS)
def test_a_token_is_found_wherever_it_stands(kind: str, form: str, mark: str) -> None:
    """A token without a name beside it is known by its form alone."""
    redactor = Redactor(KEY)
    for seed in range(3):
        secret = token(form, mark, random.Random(f"{form} {seed}"))
        for place, text in PLACES.items():
            clean = redactor.text(text.format(secret))
            assert secret not in clean, place
            assert longest_part(secret, clean) < 12, (place, clean)


def longest_part(secret: str, clean: str) -> int:
    """Return how many signs of the end of *secret* are left in *clean*."""
    size = 0
    while size < len(secret) and secret[len(secret) - size - 1 :] in clean:
        size += 1
    return size


EXACT = [(kind, form, mark) for kind, form, mark in FORMS if mark in ("!", "=")]


@pytest.mark.parametrize(("kind", "form", "mark"), EXACT, ids=[f"{row[0]} {row[1]} {n}" for n, row in enumerate(EXACT)])
def test_what_nearly_has_an_ordinary_form_is_left_alone(kind: str, form: str, mark: str) -> None:
    """A form that begins like an ordinary name is a token only with its exact length, and on its own."""
    redactor = Redactor(KEY)
    secret = token(form, mark, random.Random(form))
    short = secret[:-1] if form.count("{") == 1 and "-" not in form.rpartition("{")[2] else secret[:6]
    for text in (f"the module {short} is", f"see word{secret}", f"see {secret}_suffix"):
        if "." not in form and "=" not in secret and "/" not in secret:
            assert short not in text or redactor.text(text) == text, text


def test_a_github_token_is_known_by_its_checksum_even_glued_to_a_word() -> None:
    """A token that is printed right behind a word is still a token when its last signs say so."""
    chance = random.Random(7)
    good = token("ghp_{A30}", "#", chance)
    redactor = Redactor(KEY)

    assert good not in redactor.text(f"using{good} now")
    assert "ghp_" + run("A", 36, chance) not in redactor.text("ghp_" + run("A", 36, random.Random(8)))


def test_all_alphabets_have_signs() -> None:
    """A class of a pattern that matches nothing would hide nothing."""
    from aitrack.collector.redact_tokens import ALPHABETS

    assert all(len(signs(alphabet)) >= 10 for alphabet in ALPHABETS)


NAMED = [
    ("datadog: {}", "h", 32),
    ("the Datadog agent uses key {}", "h", 32),
    ("DATADOG = {}", "h", 32),
    ("algolia admin key {}", "h", 32),
    ("sent to deepgram with token {}", "h", 40),
    ("fastly auth {}", "u", 32),
    ("the heroku token {} is old", "g", 36),
    ("okta: {}", "A", 42),
]


@pytest.mark.parametrize(("text", "alphabet", "size"), NAMED)
def test_a_token_without_a_beginning_is_known_beside_its_service(text: str, alphabet: str, size: int) -> None:
    """Hexadecimal digits alone are a digest; behind `datadog:` they are a key."""
    secret = run(alphabet, size, random.Random(text))

    assert secret not in Redactor(KEY).text(text.format(secret))


LOOK_ALIKES = [
    "sk-learn 1.3 and sk-lf words, sk-circle-fade-dot sk-chase-dot",
    "re_compile_pattern_cached_by_flags re_pattern re_ is the module",
    "class='fc-event fc-daygrid-day fc-header-toolbar'",
    "fw_version=1.2.3 fw_update fw_download_complete",
    "pa-system pa-announcements-2024 as-if ak-47 as-needed",
    "hf_hub_download(repo_id='x') hf_transfer hf_home=/data",
    "sgp_value sgp_total_amount = 3",
    "sl.append(x); s.startswith('x'); b.decode(); r.text; dp.pt.x",
    "jina_client api_org_name key_error key_prefix_for_the_cache",
    "npm_config_registry npm_lifecycle_event npm_package_version",
    "test_something_is_done_well live_reload_enabled test_abcdefghijklmnopqrstuvwxyz",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b by bob",
    "bitbucket commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "github.com/org/repo/commit/3f786850e387550fdab836ed7e6dc881de23001b",
    "image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "docker://ubuntu:22.04@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "id 550e8400-e29b-41d4-a716-446655440000 pk_user_id pk_1 pk_orders_2024",
    "order 4539148803436467 shipped",
    "tracking id 4539148803436467",
    "invoice number: 4539148803436467",
    "isbn 978-3-16-148410-0 and 9783161484100",
    "phone +49 30 1234 5678 90",
    "2026-11-23 12:00:01 1732363201123 20261123120001",
    "numpy==1.26.4 torch-2.1.0+cu121-cp311-cp311-linux_x86_64.whl",
    "/usr/lib/python3.13/site-packages/_pytest/assertion/rewrite.py",
    "AKIAB is short, ASIA/Tokyo, ACCA certificate",
    "function(e,t,n){return e.key_||t.sk-n.pk_}",
    "eyJhbG is the beginning, sentry.io and grafana.net",
    "https://example.com:8080/@user/post and https://medium.com/@user/x:y@z",
    "git@github.com:org/repo.git and ssh://git@github.com:22/org/repo.git",
    "git+https://github.com/org/repo.git@v1.2.3#egg=x",
    "http://localhost:8000/a?b=c@d.com",
    "the basic idea of bearer documents",
    "M.N.O.P is a name and MongoDB.Driver.Core.Connections",
    "xai-org/grok groq-sdk pplx-api e2b_code_interpreter",
    "dapi_client dapiVersion dockerhub dckr",
    "SG.Utilities SG.Common.Helpers",
    "AQ.Label and AQIndex2024Report",
    "cs_test cs_live pi_controller seti_project",
    "su_wheel-group rnd_state nf_conntrack nfs_mount",
    "$1$ and $2 and $6 for each",
    "MIIC is how certificates begin",
    "tr_dev_x tr_prod tk_root tk_interp",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_look_alike_survives(text: str) -> None:
    """What only begins like a token explains the failure, and stays."""
    assert Redactor(KEY).text(text) == text


CARDS = ["card 4539148803436467", "4539 1488 0343 6467", "4539-1488-0343-6467", '{"pan": "4539148803436467"}',
         "visa: 4539148803436467", "cardNumber=4539148803436467", "charge 4539148803436467 was declined",
         "paid with amex 378282246310005", "3782 822463 10005", "card number 4539148803436467",
         "cc 4539148803436467 exp 12/29", "Payment of 12.00 with 4539148803436467"]  # fmt: skip


@pytest.mark.parametrize("text", CARDS)
def test_a_card_number_is_known_by_its_groups_or_its_name(text: str) -> None:
    """Sixteen digits may be an order; in groups of four, or called a card, they are a card."""
    clean = Redactor(KEY).text(text)

    assert "‹redacted:card:" in clean and "6467" not in clean and "0005" not in clean


def test_the_places_are_valid() -> None:
    """A place that is no JSON would prove nothing about JSON."""
    assert json.loads(PLACES["in JSON"].format("x")) == {"v": "x", "n": 1}
