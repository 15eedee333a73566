"""`run` is parsed by the supervisor and described here: both must know the same options."""

from __future__ import annotations

from aitrack.cli.run import RUN
from aitrack.config import values
from aitrack.config.keys import KEYS
from aitrack.supervise import arguments


def test_every_described_option_is_parsed_with_or_without_a_value_alike() -> None:
    """What the help shows can be typed."""
    for option in RUN.options:
        words = arguments.split([option.name, *(["x"] if option.metavar else []), "job.py"])
        assert words.name == "job.py", option.name


def test_every_setting_with_an_option_is_described() -> None:
    """No option is a secret; flags may be taken back by `--no-`."""
    described = {option.name for option in RUN.options}
    accepted = {
        word
        for word, (_, key) in arguments.options().items()
        if not (word.startswith("--no-") and key.kind is values.flag)
    }

    assert accepted <= described
    assert {f"--{key.option}" for key in KEYS.values() if key.option} <= described
