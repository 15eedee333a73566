"""Which failures are one pattern, decided by counts: pure, and the same whenever it is asked.

A place is one pattern.  It is split by what was said, or by which function gave
the None that was met there, where at least two of them come again and cover
most of it.  Places that met a None of one function are one pattern: its use
fails in many places, and is mended in one.

Places are not merged by the lines that only their failing runs executed: of 27
pairs of places of one cause (`tests.benchmarks.grouping`) one had such lines in
common to four fifths, since other inputs run other lines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

_COVERED = 0.8


@dataclass(frozen=True)
class Part:
    """Failures of one place that said one thing, and whose None came from one function ("" where that is not known)."""

    key: tuple[int, int]  # site and template, as they are stored
    site: int  # the place; other than in `key` where one place has two names
    said: str
    origin: str
    count: int
    first: float


@dataclass(frozen=True)
class Group:
    """What becomes a pattern, unless somebody decides otherwise."""

    id: str
    reason: str
    first: float
    parts: tuple[Part, ...]
    merged: tuple[str, ...] = ()  # ids of the groups that it was made of


@dataclass(frozen=True)
class Place:
    """A site as people and reports name it."""

    id: str
    label: str


def grouped(
    parts: Iterable[Part],
    places: Mapping[int, Place],
    split_by_hand: Collection[str] = (),
    kept_apart: Collection[str] = (),
) -> list[Group]:
    """Return the groups of *parts*; *split_by_hand* are ids of places, *kept_apart* of groups not to be merged."""
    by_site: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        by_site[part.site].append(part)
    fixed: list[Group] = []
    free: list[Group] = []
    for site, members in by_site.items():
        by_hand = places[site].id in split_by_hand
        (fixed if by_hand else free).extend(_split(members, places[site], by_hand))
    return fixed + _merged(free, kept_apart)


def _split(parts: list[Part], place: Place, by_hand: bool) -> list[Group]:
    """Return the groups of one place."""
    wordings: Counter[str] = Counter()
    for part in parts:
        wordings[part.said] += part.count
    if by_hand or is_split(wordings.values()):
        reason = f"the same place ({place.label}), split by what was said" + (" by hand" if by_hand else "")
        chosen = _by(parts, lambda part: part.said)
        return [
            group
            for said, members in chosen.items()
            for group in _split_by_origin(members, place, f"{place.id}-{short(said, 4)}", reason)
        ]
    varying = f"; {len(wordings)} wordings that vary" if len(wordings) > 1 else ""
    return _split_by_origin(parts, place, place.id, f"the same place: {place.label}{varying}")


def _split_by_origin(parts: list[Part], place: Place, name: str, reason: str) -> list[Group]:
    origins = _origins(parts)
    if not is_split(origins.values()):
        return [_group(name, reason, parts)]
    usual = origins.most_common(1)[0][0]
    return [
        _group(
            f"{name}-{short(origin, 4)}",
            f"the same place ({place.label}), split by what gave the None: {origin}",
            members,
        )
        for origin, members in _by(parts, lambda part: part.origin or usual).items()
    ]


def _merged(groups: list[Group], kept_apart: Collection[str]) -> list[Group]:
    """Join the groups whose None came from one function; the oldest gives its id."""
    found: list[Group] = []
    alike: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        origin = _origin(group)
        if origin:
            alike[origin].append(group)
        else:
            found.append(group)
    for origin, members in alike.items():
        members.sort(key=lambda group: (group.first, group.id))
        if len(members) == 1 or members[0].id in kept_apart:
            found += members
            continue
        labels = f"{len(members)} places that met a None of {origin}"
        parts = [part for group in members for part in group.parts]
        found.append(_group(members[0].id, labels, parts, tuple(group.id for group in members)))
    return found


def _origin(group: Group) -> str:
    """Return the function that gave the None of a group, where its members agree."""
    origins = _origins(group.parts)
    if not origins:
        return ""
    ((origin, count),) = origins.most_common(1)
    return origin if count >= _COVERED * origins.total() else ""


def _origins(parts: Iterable[Part]) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in parts:
        if part.origin:
            found[part.origin] += part.count
    return found


def is_split(counts: Collection[int]) -> bool:
    """Whether something is several patterns: two or more kinds of it come again, and they cover most of it.

    Otherwise what differs is volatile, and belongs together.
    """
    repeated = [count for count in counts if count >= 2]
    return len(repeated) >= 2 and sum(repeated) >= _COVERED * sum(counts)


def short(key: str, signs: int) -> str:
    """Return *signs* hexadecimal digits that stand for *key*."""
    if len(key) == 16 and set(key) <= set("0123456789abcdef"):
        return key[:signs]
    return blake2b(key.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()[:signs]


def _group(name: str, reason: str, parts: list[Part], merged: tuple[str, ...] = ()) -> Group:
    return Group(name, reason, min(part.first for part in parts), tuple(parts), merged)


def _by(parts: Iterable[Part], key: Callable[[Part], str]) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        found[key(part)].append(part)
    return found
