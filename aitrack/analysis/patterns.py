"""Patterns: the groups of failures, what was decided of them by hand, and what can be told of each.

The groups were decided when the runs ended (stored fingerprints); a report is
a walk over the index that adds up counts.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aitrack.analysis.grouping import Group, Part, Place, grouped, short
from aitrack.analysis.suspects import from_stack
from aitrack.store import decisions

if TYPE_CHECKING:
    from aitrack.store.index import SqliteIndex

_DAYS = 14
_SORTED = 200_000  # ids are sorted up to here; beyond they stay in the order of days


@dataclass(frozen=True)
class Window:
    """Which sessions a report is about."""

    after: float | None = None
    script: str | None = None
    environment: str | None = None


@dataclass
class Pattern:
    """Failures that share a kind."""

    id: str
    groups: list[Group] = field(default_factory=list[Group])
    sites: list[int] = field(default_factory=list[int])
    templates: Counter[int] = field(default_factory=Counter[int])
    count: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    ever_first: float = float("inf")
    chunks: list[tuple[int, str]] = field(default_factory=list["tuple[int, str]"])  # (day, ids joined by commas)
    days: Counter[int] = field(default_factory=Counter[int])
    scripts: Counter[int] = field(default_factory=Counter[int])
    environments: Counter[int] = field(default_factory=Counter[int])
    reason: str = ""
    confidence: str = "high"

    @property
    def ids(self) -> list[str]:
        """Its id, and those of what it was merged of."""
        return [self.id, *(name for group in self.groups for name in (group.id, *group.merged))]

    @property
    def sessions(self) -> list[str]:
        """All members, newest first."""
        names = [name for _, chunk in sorted(self.chunks, reverse=True) for name in chunk.split(",")]
        return sorted(names, reverse=True) if len(names) <= _SORTED else names


class Report:
    """All patterns of a window, and what is needed to describe them."""

    def __init__(self, index: SqliteIndex, home: str, window: Window | None = None, session: str | None = None) -> None:
        """Read the patterns of *window*; with *session* only the one that it is a member of."""
        self.index = index
        self.home = home
        self.decided = decisions.read(home)
        sites = index.query("SELECT id, key, label, category, kind, source, stack FROM site")
        self.sites = {row[0]: row[1:] for row in sites}
        self._full = same_places({number: (row[1], row[5]) for number, row in self.sites.items()})
        self._only = self._sites_of(session) if session else None
        self._ids = _distinct_ids({number: row[0] for number, row in self.sites.items()})
        self._groups = self._grouped()
        self.newest_day = index.query("SELECT MAX(day) FROM failure")[0][0] or 0
        self.patterns = self._collect(window or Window())
        recovery = index.query("SELECT site, COUNT(*), SUM(helped) FROM recovery GROUP BY site")
        self.recovery = {site: (retried, helped) for site, retried, helped in recovery}
        self._words: dict[int, str] = {}
        self._handled: dict[int, list[tuple[float, str]]] = {}
        sql = "SELECT f.template, f.started, f.id FROM handled h JOIN failure f ON f.id = h.id"
        for template, started, name in index.query(sql):
            self._handled.setdefault(template, []).append((started, name))

    def _sites_of(self, session: str) -> list[int] | None:
        """Return the sites to read for *session*: few mostly; with merges by hand all must be read."""
        if self.decided["merges"]:
            return None
        found: set[int] = {row[0] for row in self.index.query("SELECT site FROM failure WHERE id = ?", (session,))}
        names = ",".join(map(str, found)) or "-1"
        sql = (
            "SELECT site FROM template WHERE origin != '' AND origin IN"
            f" (SELECT origin FROM template WHERE site IN ({names}))"
        )
        found |= {row[0] for row in self.index.query(sql)}
        homes: set[int] = {self._full.get(site, site) for site in found}
        return [*homes, *(brief for brief, full in self._full.items() if full in homes)]

    def _grouped(self) -> dict[tuple[int, int], Group]:
        """Return the group of each (site, template), from the whole history."""
        only = "" if self._only is None else f"WHERE f.site IN ({','.join(map(str, self._only))})"
        sql = (
            "SELECT f.site, f.template, t.said, t.origin, f.count, f.first FROM"
            f" (SELECT site, template, COUNT(*) AS count, MIN(started) AS first FROM failure f {only}"
            " GROUP BY site, template) f JOIN template t ON t.id = f.template"
        )
        rows: list[tuple[int, int, str, str, int, float]] = self.index.query(sql)
        parts = [
            Part((site, template), self._full.get(site, site), said, origin, count, first)
            for site, template, said, origin, count, first in rows
        ]
        places = {part.site: Place(self._ids[part.site], self.sites[part.site][1]) for part in parts}
        groups = grouped(parts, places, self.decided["splits"], self.decided["apart"])
        return {part.key: group for group in groups for part in group.parts}

    def _pattern_of(self, group: Group) -> str:
        """Return the pattern that *group* was merged into by hand, else itself."""
        name, base = group.id, self._ids[group.parts[0].site]
        merges: dict[str, Any] = self.decided["merges"]
        for _ in range(len(merges) + 1):
            target = merges.get(name, merges.get(base))
            if not isinstance(target, str) or target == name:
                break
            name = base = target
        return name

    def _collect(self, window: Window) -> list[Pattern]:
        where, values = _conditions(window)
        if self._only is not None:
            where, values = f"WHERE site IN ({','.join('?' * len(self._only))})", list(self._only)
        sql = (
            "SELECT site, template, script, environment, day, COUNT(*), MIN(started), MAX(started), group_concat(id)"
            f" FROM failure f {where} GROUP BY site, template, script, environment, day"
        )
        found: dict[str, Pattern] = {}
        for site, template, script, environment, day, count, first, last, ids in self.index.base.execute(sql, values):
            group = self._groups[site, template]
            name = self._pattern_of(group)
            pattern = found.get(name)
            if pattern is None:
                pattern = found[name] = Pattern(name)
            if group not in pattern.groups:
                pattern.groups.append(group)
            if site not in pattern.sites:
                pattern.sites.append(site)
            pattern.count += count
            pattern.first, pattern.last = min(pattern.first, first), max(pattern.last, last)
            pattern.ever_first = min(pattern.ever_first, group.first)
            pattern.templates[template] += count
            pattern.scripts[script] += count
            pattern.environments[environment] += count
            pattern.days[day] += count
            pattern.chunks.append((day, ids))
        for pattern in found.values():
            self._trust(pattern)
        return sorted(found.values(), key=lambda pattern: (-pattern.count, -pattern.last, pattern.id))

    def _trust(self, pattern: Pattern) -> None:
        """Say how well the members agree."""
        pattern.reason = pattern.groups[0].reason
        if len(pattern.groups) > 1:
            labels = [self.sites[site][1] for site in pattern.sites]
            pattern.reason = f"merged by hand: {len(labels)} sites ({'; '.join(labels[:3])})"
            pattern.confidence = "low"
        elif any(self.sites[site][4] in ("stderr", None) for site in pattern.sites):
            pattern.confidence = "medium" if self.sites[pattern.sites[0]][4] == "stderr" else "low"
        elif pattern.groups[0].merged or len({part.said for part in pattern.groups[0].parts}) > 1:
            pattern.confidence = "medium"

    def is_ignored(self, pattern: Pattern) -> bool:
        """Whether somebody decided that this pattern is none."""
        return pattern.id in self.decided["ignored"]

    def title(self, pattern: Pattern) -> str:
        """Return the name given by hand, else the most common wording and its place."""
        named = self.decided["names"].get(pattern.id)
        if isinstance(named, str) and named:
            return named
        (template, _), *_ = pattern.templates.most_common(1)
        sql = "SELECT wording, site FROM template WHERE id = ?"
        ((wording, site),) = self.index.query(sql, (template,))
        _, at, place = self.sites[site][1].partition(" at ")
        return f"{wording}{at}{place}" if at and place not in wording else str(wording)

    def recovered(self, pattern: Pattern) -> dict[str, int]:
        """Return how often its failures were retried, and how often that helped."""
        pairs = [self.recovery.get(site, (0, 0)) for site in pattern.sites]
        return {"retried": sum(pair[0] for pair in pairs), "helped": sum(pair[1] or 0 for pair in pairs)}

    def handled(self, pattern: Pattern) -> int:
        """Return in how many sessions the script handled it, and passed."""
        ids = {
            name
            for template in pattern.templates
            for started, name in self._handled.get(template, ())
            if pattern.first <= started <= pattern.last
        }
        return len(ids)

    def trend(self, pattern: Pattern) -> dict[str, Any]:
        """Return failures of each of the last fourteen days of the store, and the direction."""
        daily = [pattern.days[day] for day in range(self.newest_day - _DAYS + 1, self.newest_day + 1)]
        earlier, recent = sum(daily[: _DAYS // 2]), sum(daily[_DAYS // 2 :])
        if pattern.ever_first // 86400 > self.newest_day - _DAYS // 2:
            direction = "new"
        elif recent > 1.5 * earlier:
            direction = "rising"
        else:
            direction = "falling" if recent * 1.5 < earlier else "steady"
        return {"daily": daily, "direction": direction}

    def suspects(self, pattern: Pattern) -> list[dict[str, Any]]:
        """Return the probable places, from the stack of the newest member."""
        return from_stack(json.loads(self.sites[pattern.sites[0]][5]))

    def names(self, numbers: Counter[int]) -> list[str]:
        """Return the words behind interned numbers, most common first."""
        ordered = [number for number, _ in numbers.most_common(900)]
        unknown = [number for number in ordered if number not in self._words]
        if unknown:
            sql = f"SELECT id, text FROM word WHERE id IN ({','.join('?' * len(unknown))})"
            self._words.update(self.index.query(sql, unknown))
        return [self._words[number] for number in ordered if self._words.get(number)]

    def as_json(
        self, pattern: Pattern, changes: list[dict[str, Any]], suspects: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Return a pattern as `patterns --json` prints it."""
        site = self.sites[pattern.sites[0]]
        return {
            "id": pattern.id,
            "title": self.title(pattern),
            "count": pattern.count,
            "sessions": pattern.sessions,
            "scripts": self.names(pattern.scripts),
            "environments": self.names(pattern.environments),
            "first_seen": pattern.first,
            "last_seen": pattern.last,
            "trend": self.trend(pattern),
            "recovery": self.recovered(pattern),
            "handled": self.handled(pattern),
            "category": site[2],
            "kind": site[3],
            "confidence": pattern.confidence,
            "reason": pattern.reason,
            "suspects": suspects,
            "changes": changes,
            "sites": [self.sites[number][1] for number in pattern.sites],
            "ignored": self.is_ignored(pattern),
        }

    def newest_sessions(self) -> dict[int, float]:
        """Return when each script ran last, by its interned number."""
        return dict(self.index.query("SELECT script, MAX(started) FROM session GROUP BY script"))

    def members(self, pattern: Pattern, most: int = 500) -> list[dict[str, Any]]:
        """Return the summaries of the newest members."""
        names = pattern.sessions[:most]
        return list(self.index.rows(f"s.id IN ({','.join('?' * len(names))})", names))

    def of_session(self, session: str) -> Pattern | None:
        """Return the pattern that a session is a member of."""
        rows = self.index.query("SELECT site, template FROM failure WHERE id = ?", (session,))
        group = self._groups.get(rows[0]) if rows else None
        if group is None:
            return None
        name = self._pattern_of(group)
        return next((pattern for pattern in self.patterns if pattern.id == name), None)


def same_places(sites: dict[int, tuple[str, str]]) -> dict[int, int]:
    """Return which sites are others seen without the class of their function: {short: full}.

    A traceback that crossed a process as text, or came from an old interpreter, names
    a method alone.  It is the method of that name in that file when there is only one.
    """
    full: dict[str, list[int]] = {}
    for number, (label, _) in sites.items():
        place, within, function = label.rpartition(" in ")
        if within and "." in function:
            full.setdefault(f"{place} in {function.rpartition('.')[2]}", []).append(number)
    found: dict[int, int] = {}
    for number, (label, stack) in sites.items():
        named = full.get(label, [])
        if len(named) == 1 and '"short":true' in stack.replace(" ", ""):
            found[number] = named[0]
    return found


def pattern_id(key: str) -> str:
    """Return the id of the pattern at a site: the same whenever the index is made again."""
    return f"p-{short(key, 8)}"


def _distinct_ids(keys: dict[int, str]) -> dict[int, str]:
    """Return the pattern id of each site; the rare two that would share one keep their whole keys."""
    counts = Counter(pattern_id(key) for key in keys.values())
    return {
        number: name if counts[name := pattern_id(key)] == 1 else f"p-{short(key, 16)}" for number, key in keys.items()
    }


def _conditions(window: Window) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if window.after is not None:
        conditions.append("f.day >= ? AND f.started >= ?")
        values += [int(window.after // 86400), window.after]
    if window.script is not None:
        conditions.append("f.script IN (SELECT id FROM word WHERE text = ? OR text LIKE ? ESCAPE '\\')")
        plain = window.script.removeprefix("./")
        values += [window.script, "%/" + plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")]
    if window.environment is not None:
        conditions.append("f.environment IN (SELECT id FROM word WHERE text = ?)")
        values.append(window.environment)
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), values
