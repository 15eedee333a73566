"""Secrets in many notations are hidden, and what only looks like one survives."""

from __future__ import annotations

import pytest
import secrets_corpus as corpus  # type: ignore[import-not-found]  # of this folder

from aitrack.collector.redact import Redactor

KEY = bytes(range(32))


@pytest.mark.parametrize("shape", corpus.SHAPES)
@pytest.mark.parametrize("template", corpus.entries(corpus.TEXTS))
def test_a_secret_in_a_text_is_hidden(template: str, shape: str) -> None:
    """Whatever the notation, the name beside it tells."""
    secret = corpus.secret(shape)

    clean = Redactor(KEY).text(template.replace("§", secret))

    assert secret not in clean
    assert secret[4:] not in clean


@pytest.mark.parametrize("shape", corpus.SHAPES)
@pytest.mark.parametrize("template", corpus.entries(corpus.LINES))
def test_a_secret_in_a_line_of_source_is_hidden(template: str, shape: str) -> None:
    """Source is stored with each frame."""
    secret = corpus.secret(shape)

    assert secret not in Redactor(KEY).source(template.replace("§", secret))


@pytest.mark.parametrize("text", corpus.CODES)
def test_digits_are_secret_under_some_names(text: str) -> None:
    """A PIN has four digits and no letter."""
    assert "‹redacted:" in Redactor(KEY).text(text)


@pytest.mark.parametrize("text", corpus.PHRASES)
def test_a_phrase_is_hidden_to_its_end(text: str) -> None:
    """The words of a passphrase are all of it."""
    clean = Redactor(KEY).text(text)

    assert not any(word in clean for word in ("horse", "staple", "ocean", "mango"))


@pytest.mark.parametrize("text", corpus.entries(corpus.LOOK_ALIKES))
def test_a_look_alike_is_kept(text: str) -> None:
    """A report whose words are hidden explains nothing."""
    assert Redactor(KEY).text(text) == text
    assert Redactor(KEY).source(text) == text


@pytest.mark.parametrize(("template", "kept"), corpus.NEIGHBOURS)
@pytest.mark.parametrize("shape", corpus.SHAPES)
def test_what_stands_beside_a_secret_is_kept(template: str, kept: str, shape: str) -> None:
    """The user, the host and the flag after a password explain the failure."""
    secret = corpus.secret(shape)

    clean = Redactor(KEY).text(template.replace("§", secret))

    assert secret not in clean
    assert kept in clean


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    """A rule that suits ten texts suits no program."""
    assert len(corpus.entries(corpus.TEXTS)) + len(corpus.entries(corpus.LINES)) >= 150
    assert len(corpus.entries(corpus.LOOK_ALIKES)) >= 150


@pytest.mark.parametrize("template", [*corpus.entries(corpus.TEXTS), *corpus.entries(corpus.LINES)])
def test_what_was_hidden_stays_as_it_is(template: str) -> None:
    """Records are read by today's rules again, when they are packed and when they are scrubbed."""
    redactor = Redactor(KEY)
    once = redactor.text(template.replace("§", corpus.secret(corpus.SHAPES[0])))

    assert redactor.text(once) == once
