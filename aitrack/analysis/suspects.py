"""Where the cause probably is: functions ranked by what failing runs did and passing runs did not.

The score of a function is the best Ochiai of its lines plus 0.2 times the
mean of 1/rank on the stack of the exception to blame.  Without anything to
compare with it is the order of the stack, and says so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

Place = tuple[str, str]  # file, function
_SHOWN = 5
_STACK_WEIGHT = 0.2
_CHANGED_WEIGHT = 0.15  # a prior: suggested by practice, not measured
_ORIGIN_WEIGHT = 0.25  # above the innermost frame: who met a None is not who made it
_GAVE_WEIGHT = 0.6  # known rather than guessed by names
ONLY_STACK = "stack order only"


@dataclass(frozen=True)
class Trace:
    """One run as far as suspects need it: executed lines, and the stack of a failing one, innermost first."""

    lines: dict[Place, frozenset[int]] = field(default_factory=dict[Place, "frozenset[int]"])
    stack: tuple[tuple[str, str, int | None], ...] = ()
    after_raise: frozenset[tuple[str, int]] = frozenset()  # lines that ran because it failed: handlers, `raise`


@dataclass(frozen=True)
class Giver:
    """The function that returned the None which was met, and where."""

    place: Place
    line: int | None


def rank(
    failing: list[Trace],
    passing: list[Trace],
    changed: frozenset[Place] = frozenset(),
    origins: frozenset[str] = frozenset(),
    giver: Giver | None = None,
) -> list[dict[str, Any]]:
    """Return at most five suspects, best first, each with its evidence.  Pure.

    Where *giver* is not known, *origins* are names of functions that may have given the None that was met.
    """
    with_lines = [trace for trace in failing if trace.lines]
    compared = [trace for trace in passing if trace.lines]
    if not with_lines or not compared:
        return _from_stacks(failing, changed, giver)
    consequences = _consequences(with_lines, compared)
    scored: list[tuple[float, int, int, dict[str, Any]]] = []
    stacks = _stack_shares(failing, giver)
    for place in {place for trace in with_lines for place in trace.lines} | set(stacks):
        best, line, hits, misses = _best_line(place, with_lines, compared, consequences)
        share, stack_line = stacks.get(place, (0.0, None))
        gave = not giver and best > 0 and not share and place[1].rpartition(".")[2] in origins
        prior, known = _prior(place, share, changed, giver)
        score = best + prior + (_ORIGIN_WEIGHT * best if gave else 0.0)
        if score <= 0:
            continue
        evidence = [f"failing {hits}/{len(with_lines)}, passing {misses}/{len(compared)}"]
        evidence += ["on the stack"] if share else []
        evidence += known + (["named where None was met"] if gave else [])
        suspect = _suspect(place, stack_line or line, score, ", ".join(evidence))
        scored.append((-score, misses, place not in changed, suspect))
    scored.sort(key=lambda entry: (*entry[:3], entry[3]["file"], entry[3]["function"]))
    return [suspect for *_, suspect in scored[:_SHOWN]]


def from_stack(stack: list[dict[str, Any]], giver: Giver | None = None) -> list[dict[str, Any]]:
    """Return suspects from one stored stack, innermost first: all that is known without other runs."""
    places = tuple((str(frame.get("file")), str(frame.get("function") or "?"), frame.get("line")) for frame in stack)
    return _from_stacks([Trace(stack=places)], frozenset(), giver)


def _from_stacks(failing: list[Trace], changed: frozenset[Place], giver: Giver | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place, (share, line) in _stack_shares(failing, giver).items():
        score, known = _prior(place, share, changed, giver)
        evidence = [ONLY_STACK, *known] if share else known
        found.append(_suspect(place, line, score, ", ".join(evidence)))
    return sorted(found, key=lambda suspect: -suspect["score"])[:_SHOWN]


def _prior(place: Place, share: float, changed: frozenset[Place], giver: Giver | None) -> tuple[float, list[str]]:
    """Return the score of a function before runs are compared, and the words for what is not the stack."""
    score, known = _STACK_WEIGHT * share, list[str]()
    if place in changed:
        score, known = score + _CHANGED_WEIGHT, [*known, "changed since the last success"]
    if giver is not None and place == giver.place:
        score, known = score + _GAVE_WEIGHT, [*known, "returned the None that was met"]
    return score, known


def _suspect(place: Place, line: int | None, score: float, evidence: str) -> dict[str, Any]:
    return {"file": place[0], "function": place[1], "line": line, "score": round(score, 4), "evidence": evidence}


def _stack_shares(failing: list[Trace], giver: Giver | None) -> dict[Place, tuple[float, int | None]]:
    """Return the mean of 1/rank of each function over the failing stacks, and its line there; *giver* with its line."""
    sums: dict[Place, float] = defaultdict(float)
    lines: dict[Place, int | None] = {}
    stacks = [trace.stack for trace in failing if trace.stack]
    for stack in stacks:
        seen: set[Place] = set()
        for file, function, line in stack:
            place = (file, function)
            if place not in seen:
                seen.add(place)
                sums[place] += 1 / len(seen)
                lines.setdefault(place, line)
    found = {place: (total / len(stacks), lines[place]) for place, total in sums.items()}
    if giver is not None:
        found[giver.place] = (found.get(giver.place, (0.0, None))[0], giver.line)
    return found


def _consequences(failing: list[Trace], passing: list[Trace]) -> set[tuple[str, int]]:
    """Return lines that only failing runs executed, and only because they failed."""
    late = set[tuple[str, int]].intersection(*(set(trace.after_raise) for trace in failing))
    files = {file for file, _ in late}
    usual = {
        (file, line) for trace in passing for (file, _), lines in trace.lines.items() if file in files for line in lines
    }
    return late - usual


def _best_line(
    place: Place, failing: list[Trace], passing: list[Trace], consequences: set[tuple[str, int]]
) -> tuple[float, int | None, int, int]:
    """Return (Ochiai, line, failing runs that executed it, passing ones) of the most suspicious line."""
    hits: dict[int, int] = defaultdict(int)
    misses: dict[int, int] = defaultdict(int)
    for counts, traces in ((hits, failing), (misses, passing)):
        for trace in traces:
            for line in trace.lines.get(place, ()):
                counts[line] += 1
    best: tuple[float, int | None, int, int] = (0.0, None, 0, 0)
    for line, count in sorted(hits.items()):
        if (place[0], line) in consequences:
            continue
        score = ochiai(count, misses[line], len(failing))
        if score > best[0]:
            best = (score, line, count, misses[line])
    return best


def ochiai(failing: int, passing: int, all_failing: int) -> float:
    """Return failing / sqrt(all_failing * (failing + passing)): how well a line tells the two apart."""
    return failing / sqrt(all_failing * (failing + passing)) if failing else 0.0
