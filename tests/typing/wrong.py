"""What the type checkers must refuse: one mistake a line, each marked with the rule that mypy names."""

from __future__ import annotations

import aitrack


@aitrack.track
def plain(a: int) -> float:
    return a


@aitrack.retry(retries=1)
def fetch(url: str) -> str:
    return url


plain("x")  # arg-type
fetch(url=3)  # arg-type
fetch("u", 3)  # call-arg
aitrack.retry(retires=3)  # call-overload
aitrack.event(3)  # arg-type
aitrack.session("x", environment=3)  # arg-type
