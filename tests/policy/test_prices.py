"""Prices: the user's own, of the model itself or of the name that it begins with."""

from __future__ import annotations

from aitrack.policy.prices import cost_of, price_of

TABLE = {"m": {"input": 1, "output": 2}, "m-large": {"input": 3, "output": 4}, "broken": {"input": "x"}}


def test_a_version_costs_what_its_model_does() -> None:
    """The longest name wins; a name that merely begins alike is another model."""
    assert price_of(TABLE, "m-large-2026-01-01") == (3.0, 4.0)
    assert price_of(TABLE, "m@latest") == (1.0, 2.0)
    assert price_of(TABLE, "mistral") is None
    assert price_of(TABLE, "broken") is None
    assert price_of({}, "m") is None


def test_prices_are_per_million() -> None:
    """As the providers list them."""
    assert cost_of((3.0, 4.0), 500_000, 250_000) == 2.5
