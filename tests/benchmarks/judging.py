"""How a grouping of failures is judged against the true causes, and the rules that other tools group by.

The rules are written after the public documents of each tool; they get the
frames, types and messages that were recorded, which is all that they would see.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Any

Failure = dict[str, Any]


def agreement(truth: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> tuple[float, float, float]:
    """Return (pair F1, adjusted Rand index, groups per true cause)."""
    true, given = Counter(truth.values()), Counter(found.values())
    together = _pairs(Counter((truth[name], found[name]) for name in truth))
    all_pairs = len(truth) * (len(truth) - 1) / 2
    by_chance = _pairs(true) * _pairs(given) / all_pairs
    rand = (together - by_chance) / ((_pairs(true) + _pairs(given)) / 2 - by_chance)
    return 2 * together / (_pairs(true) + _pairs(given)), rand, len(given) / len(true)


def precision(truth: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> float:
    """Return the share of pairs put together that have one cause."""
    together = _pairs(Counter((truth[name], found[name]) for name in truth))
    return together / (_pairs(Counter(found.values())) or 1)


def _pairs(counts: Counter[Any]) -> float:
    return sum(count * (count - 1) / 2 for count in counts.values())


def sentry_like(failure: Failure) -> Hashable:
    """Every exception of the chain: its type and its in-app frames as file, function and source line."""
    found: list[Hashable] = []
    for one in _chain(failure):
        frames = _in_app(one) or one.get("frames") or []
        lines = [(_name(frame), frame.get("function"), frame.get("code") or frame.get("line")) for frame in frames]
        found.append((one.get("type"), *lines) if lines else (one.get("type"), _masked(one)))
    return tuple(found)


def bugsnag_like(failure: Failure) -> Hashable:
    """The class of the innermost cause, and file and line of its top frame in the project."""
    root = _chain(failure)[-1]
    frames = _in_app(root) or root.get("frames") or []
    return (root.get("type"), *((frames[-1].get("file"), frames[-1].get("line")) if frames else ()))


def datadog_like(failure: Failure) -> Hashable:
    """Type, message without numbers, and the functions of the escaping exception's stack."""
    frames = _in_app(failure) or failure.get("frames") or []
    return (failure.get("type"), _masked(failure), *[(_name(frame), frame.get("function")) for frame in frames])


RULES: dict[str, Callable[[Failure], Hashable]] = {
    "Sentry-like": sentry_like,
    "Bugsnag-like": bugsnag_like,
    "Datadog-like": datadog_like,
    "type and message": lambda failure: (failure.get("type"), failure.get("message")),
}


def drain(messages: Mapping[str, str]) -> dict[str, Hashable] | None:
    """Return the clusters of Drain3 over *messages*, or None where it is not installed."""
    try:
        from drain3 import TemplateMiner  # type: ignore[import-not-found,unused-ignore]  # optional
    except ImportError:
        return None
    miner = TemplateMiner()
    return {name: miner.add_log_message(text)["cluster_id"] for name, text in messages.items()}


def _chain(failure: Failure) -> list[Failure]:
    """Return the exceptions of one process, outermost first: another process's are another event to these tools."""
    links = [link for link in failure.get("chain") or [] if link.get("relation") != "child"]
    return [failure, *links]


def _in_app(failure: Failure) -> list[dict[str, Any]]:
    return [frame for frame in failure.get("frames") or [] if _is_own(frame)]


def _is_own(frame: dict[str, Any]) -> bool:
    told = frame.get("in_app")
    if told is not None:
        return bool(told)
    file = str(frame.get("file"))
    return "/site-packages/" not in file and "/lib/python3" not in file


def _name(frame: dict[str, Any]) -> str:
    """Return what stands for a module's name: checkouts in other folders do not count."""
    return "/".join(str(frame.get("file")).split("/")[-2:])


def _masked(failure: Failure) -> str:
    return re.sub(r"\d+", "#", str(failure.get("message") or ""))
