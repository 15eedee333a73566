"""How fast redaction is, in MB of text a second of CPU: `python -m tests.benchmarks.redaction [KILOBYTES]`.

Prints ordinary texts first, then the slowest of what is repeated to make a rule slow.
"""

from __future__ import annotations

import random
import sys
import time

from aitrack.collector.redact import Redactor
from tests.collector.redact_repetitions import ordinary, pairs, singles

_SHOWN = 40
_PAIRS = 300  # of tens of thousands, which the slow tests try


def speed(text: str, way: str = "text") -> float:
    """Return the MB of *text* that are redacted in a second of CPU."""
    redactor = Redactor(bytes(32))
    redactor.learn_environment({"DB_PASSWORD": "Zebra-77-crossing", "API_TOKEN": "q8Wd73hdKe92mZx61Lp04Tvb"})
    redactor.text("password=abcdefgh1 " + text[:100])
    begun = time.process_time()
    if way == "data":
        redactor.data(text.encode())
    elif way == "arguments":
        redactor.arguments([text])
    else:
        getattr(redactor, way)(text)
    return len(text) / 1e6 / max(time.process_time() - begun, 1e-6)


def main() -> None:
    """Measure and print."""
    size = int(sys.argv[1]) * 1000 if len(sys.argv) > 1 else 1_000_000
    for name, text in ordinary(size).items():
        print(f"{speed(text):9.1f} MB/s  {name}")
    part = max(20_000, size // 20)
    chance = random.Random(7)
    pieces = [*singles(), *chance.sample(list(pairs()), _PAIRS)]
    found = [(speed((piece * (part // len(piece) + 1))[:part]), piece) for piece in pieces]
    print(f"\n{len(found)} repetitions of {part // 1000} KB, the slowest {_SHOWN}:")
    for rate, piece in sorted(found)[:_SHOWN]:
        print(f"{rate:9.2f} MB/s  {piece!r}")


if __name__ == "__main__":
    main()
