"""A driver of the loop for tests: a clock that only waits move, and ends that are told in advance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aitrack.policy import loop
from aitrack.policy.ended import Ended
from aitrack.policy.retry import History

OK = Ended(ok=True, duration_s=1.0)


def failed(
    category: str = "transient", kind: str = "refused", *, retry_after: float | None = None, **more: Any
) -> Ended:
    """Return the end of an attempt that failed after a second."""
    verdict: dict[str, Any] = {"retry_after_s": retry_after, **({"rule": more.pop("rule")} if "rule" in more else {})}
    failure = {
        "type": more.pop("type", "ConnectionRefusedError"), "message": more.pop("message", "no"), "category": category, "kind": kind,
        "verdict": verdict, "fingerprint": {"l1": more.pop("fingerprint", "f1")},
    }  # fmt: skip
    return Ended(ok=False, failure=failure, exit_code=1, duration_s=more.pop("duration_s", 1.0), **more)


class Driver:
    """Carries requests out on paper, and keeps them."""

    def __init__(self, ends: Sequence[Ended], **replies: Callable[[Any], Any]) -> None:
        self.ends = list(ends)
        self.replies = replies
        self.now = 0.0
        self.requests: list[Any] = []

    def run(self, plan: loop.Plan, **more: Any) -> loop.Finish:
        """Drive one session to its end."""
        steps = loop.session(plan, elapsed=lambda: self.now, random=more.pop("random", lambda: 0.5), **more)
        request = next(steps)
        while not isinstance(request, loop.Finish):
            self.requests.append(request)
            request = steps.send(self.carry_out(request))
        self.requests.append(request)
        assert next(steps, None) is None
        return request

    def carry_out(self, request: Any) -> Any:
        """Return the reply to one request."""
        name = type(request).__name__
        if name in self.replies:
            return self.replies[name](request)
        if isinstance(request, loop.Start):
            ended = self.ends.pop(0) if self.ends else failed()
            limit = request.limit_s
            self.now += ended.duration_s if limit is None else min(ended.duration_s, limit)
            return ended
        if isinstance(request, loop.Wait):
            self.now += request.seconds
            return True
        defaults = {
            "Admit": loop.Admitted(),
            "Record": "",
            "Recall": History(),
            "TakeBudget": True,
            "Heal": loop.Healed(True),
            "TryFallback": True,
        }
        return defaults.get(name)

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the requests of one kind, in order."""
        return [request for request in self.requests if type(request) is kind]

    @property
    def order(self) -> list[str]:
        """The names of all requests."""
        return [type(request).__name__ for request in self.requests]
