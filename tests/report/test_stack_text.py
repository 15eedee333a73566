"""The recorded failure as Python prints one."""

from __future__ import annotations

from typing import Any

import msgspec

from aitrack.model import Failure
from aitrack.report.stack_text import stack_text
from tests.bundles import failure
from tests.report import hostile


def _failure(record: dict[str, Any]) -> Failure:
    return msgspec.convert(record, Failure)


def test_it_reads_as_a_traceback() -> None:
    """Tools find places by this form."""
    assert stack_text(_failure(failure())).split("\n") == [
        "Traceback (most recent call last):",
        '  File "/work/load.py", line 88, in parse_row',
        "    total += row['price'] * row['qty']",
        "             ^^^^^^^^^^^^",
        "KeyError: 'price'",
    ]


def test_causes_stand_first_and_suppressed_ones_not_at_all() -> None:
    """As Python prints them."""
    chain = [
        {"type": "OSError", "message": "near", "relation": "cause"},
        {"type": "EOFError", "message": "far", "relation": "context"},
        {"type": "IndexError", "message": "hidden", "relation": "context", "suppressed": True},
    ]
    lines = stack_text(_failure(failure(chain=chain, notes=["a note"]))).split("\n")

    told = [
        line
        for line in lines
        if line.startswith(("OSError", "EOFError", "IndexError", "KeyError", "The above", "During"))
    ]
    assert [line.split(" ")[0] for line in told] == ["EOFError:", "During", "OSError:", "The", "KeyError:"]
    assert lines[-1] == "a note"


def test_hostile_text_is_bounded_and_harmless() -> None:
    """A message of megabytes must not make the export one."""
    text = stack_text(_failure(hostile.failure(message="x" * 10_000_000)))

    assert len(text) < 70_000 and hostile.harmless(text)
