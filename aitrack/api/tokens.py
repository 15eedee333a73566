"""Tokens and model of an answer, read by its shape: OpenAI, Anthropic, Gemini, LiteLLM, or a plain dictionary.

Only raw fields are read, never a property: recording runs no code of the program.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from aitrack.collector.values import fields
from aitrack.config.values import is_table as is_object
from aitrack.policy.prices import cost_of, price_of

# names of the numbers in an answer's usage: OpenAI chat, OpenAI responses and Anthropic, Gemini, its JSON
_INPUT = ("prompt_tokens", "input_tokens", "prompt_token_count", "promptTokenCount")
_OUTPUT = ("completion_tokens", "output_tokens", "candidates_token_count", "candidatesTokenCount")
_EXTRA_INPUT = ("cache_read_input_tokens", "cache_creation_input_tokens")  # Anthropic counts them apart
_EXTRA_OUTPUT = ("thoughts_token_count", "thoughtsTokenCount")  # Gemini counts them apart
_USAGE = ("usage", "usage_metadata", "usageMetadata")


class Usage:
    """What one call took: tokens, the model that answered, and its price when that is known."""

    __slots__ = ("cost", "input_tokens", "model", "output_tokens")

    def __init__(
        self, input_tokens: int = 0, output_tokens: int = 0, model: str = "", cost: float | None = None
    ) -> None:
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.model = model
        self.cost = cost

    def __repr__(self) -> str:
        inside = f"input_tokens={self.input_tokens}, output_tokens={self.output_tokens}, model={self.model!r}"
        return f"Usage({inside}, cost={self.cost})"

    def __add__(self, other: Usage) -> Usage:
        costs = [part.cost for part in (self, other) if part.cost is not None]
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            other.model or self.model,
            sum(costs) if costs else None,
        )

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input_tokens + self.output_tokens

    def as_fields(self) -> dict[str, Any]:
        """Return what is stored of it."""
        found: dict[str, Any] = {"input_tokens": self.input_tokens, "output_tokens": self.output_tokens}
        if self.model:
            found["model"] = self.model[:100]
        if self.cost is not None:
            found["cost"] = self.cost
        return found


def raw(value: object, *names: str) -> Any:
    """Return the first of the raw fields *names* that *value* has and that is not None."""
    if value is None or type(value) in (str, int, float, bool, list, tuple, bytes):
        return None
    if is_object(value):
        held: dict[str, Any] = value
    else:
        held = _fields(value)
        extra = held.get("__pydantic_extra__")
        if is_object(extra):
            held = {**extra, **held}
    return next((held[name] for name in names if held.get(name) is not None), None)


def _fields(value: object) -> dict[str, Any]:
    """Return the raw fields of an object; those of a simple namespace stand in a slot of its own."""
    found: dict[str, Any] = _namespace_dict(value) if type(value) is SimpleNamespace else fields(value)
    return found


_namespace_dict = SimpleNamespace.__dict__["__dict__"].__get__


def usage_of(answer: object) -> Usage | None:
    """Return what *answer* says that it took, priced; None when it says nothing."""
    told = raw(answer, *_USAGE)
    if told is None:
        told = raw(raw(answer, "message", "response"), *_USAGE)  # events of Anthropic's and of OpenAI's streams
    if told is None:
        return None
    given, taken = raw(told, *_INPUT), raw(told, *_OUTPUT)
    if given is None and taken is None:
        return None
    model = model_of(answer)
    found = Usage(
        _number(given) + sum(_number(raw(told, name)) for name in _EXTRA_INPUT),
        _number(taken) + _number(raw(told, *_EXTRA_OUTPUT)),
        model,
    )
    return priced(found)


def model_of(answer: object) -> str:
    """Return the model that *answer* names, or an empty string."""
    found = raw(answer, "model", "model_version", "modelVersion")
    if found is None:
        found = raw(raw(answer, "message", "response"), "model")
    return found if type(found) is str else ""


def _number(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def priced(usage: Usage) -> Usage:
    """Return *usage* with its cost where the user's table has the model; no price is invented."""
    if usage.cost is not None:
        return usage
    price = _price(usage.model)
    if price is not None:
        usage.cost = cost_of(price, usage.input_tokens, usage.output_tokens)
    return usage


@cache
def _price(model: str) -> tuple[float, float] | None:
    """Return the price of *model* in the user's table; looked up once per model."""
    from aitrack.api.place import settings

    return price_of(settings().value("prices"), model)


def forget_prices() -> None:
    """Read the table of prices again at the next question; for tests."""
    _price.cache_clear()
