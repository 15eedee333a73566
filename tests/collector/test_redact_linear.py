"""Redaction costs one pass over a text, whatever the text says again and again."""

from __future__ import annotations

import random
import time

import pytest
import redact_repetitions as repetitions  # type: ignore[import-not-found]  # of this folder
from hypothesis import given, settings
from hypothesis import strategies as st

from aitrack.collector.redact import Redactor

KEY = bytes(range(32))
_FLOOR_S = 0.25  # below it a measurement says nothing
_MOST_GROWTH = 6.0  # for four times the text


def seconds(text: str, way: str) -> float:
    """Return the CPU seconds that it takes to redact *text*."""
    redactor = Redactor(KEY)
    redactor.learn_environment({"DB_PASSWORD": "Zebra-77-crossing", "API_TOKEN": "q8Wd73hdKe92mZx61Lp04Tvb"})
    begun = time.process_time()
    if way == "data":
        redactor.data(text.encode("utf-8", "surrogatepass"))
    elif way == "arguments":
        redactor.arguments(["run", text])
    elif way == "hashes":
        Redactor(KEY, redactor.taints()).text(text)
    else:
        getattr(redactor, way)(text)
    return time.process_time() - begun


def grows_too_fast(piece: str, size: int, way: str = "text") -> bool:
    """Say whether four times as many of *piece* take much more than four times as long."""
    small, large = (piece * (length // len(piece) + 1) for length in (size, 4 * size))
    first = seconds(small, way)
    if first < _FLOOR_S / 5:
        return False  # 24 kilobytes in a twentieth of a second: no megabyte takes minutes
    return seconds(large, way) > max(_FLOOR_S, _MOST_GROWTH * min(first, seconds(small, way)))


@pytest.mark.parametrize("way", ["text", "source", "data", "arguments", "hashes"])
def test_ordinary_texts_take_little(way: str) -> None:
    """A base64 line after `50% done` once took a quarter of a minute."""
    for name, text in repetitions.ordinary(200_000).items():
        assert seconds(text, way) < 1.0, name


def test_no_repetition_of_the_rules_own_words_is_slow() -> None:
    """Each stem, prefix, separator alone: a program may print any of them without end."""
    slow = [piece for piece in repetitions.singles() if grows_too_fast(piece, 12_000)]

    assert slow == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["text", "source", "data", "arguments"])
def test_no_repetition_of_two_of_them_is_slow(way: str) -> None:
    """A name and a separator, a prefix and a letter, again and again; some hundreds of all that there could be."""
    pieces = random.Random(way).sample(list(repetitions.pairs()), 400)

    slow = [piece for piece in pieces if grows_too_fast(piece, 16_000, way)]

    assert slow == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*repetitions.parts(), *repetitions.SEPARATORS, *repetitions.PHRASES]), min_size=1, max_size=5
    )
)
def test_no_mixture_is_slow(pieces: list[str]) -> None:
    """What nobody thought of is tried too."""
    assert not grows_too_fast("".join(pieces), 12_000)


@pytest.mark.parametrize("way", ["text", "source", "data"])
def test_a_secret_longer_than_any_window_is_hidden_to_its_end(way: str) -> None:
    """What bounds the work must not bound what is hidden."""
    secret = "a1B2c3D4" * 20_000
    redactor = Redactor(KEY)

    for text in (f"password='{secret}'", f"password = {secret}", f'{{"api_key": "{secret}"}}'):
        clean = redactor.data(text.encode()).decode() if way == "data" else getattr(redactor, way)(text)

        assert len(clean) < 100 or way == "source"


@pytest.mark.parametrize("limit", [20, 300, 1000])
@pytest.mark.parametrize("before", range(0, 60, 7))
def test_a_text_is_cut_without_leaving_a_part_of_a_secret(limit: int, before: int) -> None:
    """Half a token is known by no rule, and tells most of it."""
    secret = "Zq8Wd73hdKe92mZx61Lp04Tvb9Rt"
    text = "x" * (limit - before) + " token=" + secret + " tail " * 400

    clean = Redactor(KEY).cut(text, limit)

    assert len(clean) <= limit + 60
    assert not any(secret[at : at + 5] in clean for at in range(len(secret) - 5))


def test_a_short_text_is_not_cut() -> None:
    """Only what is too long loses its end."""
    assert Redactor(KEY).cut("all is well", 300) == "all is well"
    assert Redactor(KEY).cut("word " * 100, 12) == "word word wo"
    assert Redactor(KEY).cut("hunter2xyz" + "a" * 400, 300, "password") == "‹redacted:password:410›"
