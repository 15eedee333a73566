"""Output is stored redacted, in steps that keep nobody waiting."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from aitrack.collector.redact import Redactor
from aitrack.supervise import output
from aitrack.supervise.output import Redaction

SECRET = "Kx7mQ2vB9pLw4TzR"


def redactor() -> Redactor:
    made = Redactor(b"k" * 32)
    made.learn("DB_PASSWORD", SECRET)
    return made


def whole(data: bytes) -> bytes:
    """Return *data* as all steps leave it."""
    redaction = Redaction(redactor(), data)
    while redaction.step():
        pass
    return redaction.result()


def noise(size: int) -> str:
    chance = random.Random(7)
    return "".join(chance.choice(string.ascii_lowercase + " \n") for _ in range(size))


@given(st.integers(0, 3 * output._WINDOW))
def test_a_secret_is_hidden_wherever_the_steps_meet(place: int) -> None:
    """A step sees beyond its window, so no secret is cut in two halves that nobody knows."""
    text = NOISE[:place] + " " + SECRET + " " + NOISE[place:]

    found = whole(text.encode())

    assert SECRET.encode() not in found
    assert found == text.replace(SECRET, f"‹redacted:password:{len(SECRET)}›").encode()


NOISE = noise(3 * output._WINDOW)


@given(st.binary(max_size=300))
def test_bytes_that_hold_no_secret_stay_as_they_are(data: bytes) -> None:
    """Whatever it is, text or not."""
    assert whole(data) == data


def test_the_newest_text_comes_first() -> None:
    """What is left out for want of time is the oldest, and how much of it is said."""
    text = NOISE + "the reason"
    redaction = Redaction(redactor(), text.encode())

    redaction.step()

    found = redaction.result().decode()
    missing = len(text) - output._WINDOW
    assert found == f"‹not redacted in time: {-(-missing // 1024)} KiB left out›\n{text[-output._WINDOW :]}"


def test_what_was_not_looked_at_is_never_stored() -> None:
    """Not even the half of a secret over which the last step ended."""
    for place in range(output._WINDOW - 40, output._WINDOW + 40):
        text = NOISE + SECRET + "x" * 0 + " " + NOISE[:place]
        redaction = Redaction(redactor(), text.encode())

        redaction.step()

        found = redaction.result().decode()
        assert not any(SECRET[at : at + 6] in found for at in range(len(SECRET) - 6))


def test_text_of_two_bytes_a_sign_is_looked_at_as_such() -> None:
    """A Windows tool under Wine prints so."""
    for codec in ("utf-16-le", "utf-16-be"):
        found = whole(f"login with {SECRET}\n".encode(codec))

        assert SECRET.encode(codec) not in found


def test_a_step_is_short(cpu: Callable[[], float]) -> None:
    """The pump, signals and limits wait for one step at most."""
    for text in ("50% done\n" + "A1b2" * 40_000, "passwords=['" * 20_000, "://" * 60_000, "4" * 200_000):
        redaction = Redaction(redactor(), text.encode())
        redaction.step()
        begun = cpu()

        redaction.step()

        assert cpu() - begun < 0.3
