"""What tokens cost: by the user's own table, and by nothing else. No price is invented."""

from __future__ import annotations

from aitrack.config.values import is_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_PER = 1_000_000  # tokens that a price is for
_ENDS = "-@:"  # what may follow a model's name in the name of one of its versions


def price_of(table: Mapping[str, Any], model: str) -> tuple[float, float] | None:
    """Return (input, output) per million tokens: of the model itself, else of the longest name that it begins with.

    >>> price_of({"m-1": {"input": 2.0, "output": 8.0}}, "m-1-2026-01-01")
    (2.0, 8.0)
    """
    names = [name for name in table if model == name or (model.startswith(name) and model[len(name)] in _ENDS)]
    for name in sorted(names, key=len, reverse=True):
        found = table[name]
        if is_table(found):
            given, taken = found.get("input"), found.get("output")
            if isinstance(given, (int, float)) and isinstance(taken, (int, float)):
                return float(given), float(taken)
    return None


def cost_of(price: tuple[float, float], input_tokens: int, output_tokens: int) -> float:
    """Return what the tokens cost."""
    return (input_tokens * price[0] + output_tokens * price[1]) / _PER
