"""A page about a script, written from its history: what nobody writes down and everybody asks."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from aitrack.analysis.profile import quantile
from aitrack.report.markdown import block, code, table
from aitrack.report.patterns import recovery_text
from aitrack.report.text import ago, moment, plural, seconds, size

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from aitrack.analysis.profile import Profile

_MOST = 12


def script_page(profile: Profile) -> str:
    """Return the page as Markdown; all that programs had a hand in stands in code spans."""
    parts = [
        f"# {code(os.path.basename(profile.script.rstrip('/')) or profile.script)}",
        _opening(profile),
        *_section("How it is called", _calls(profile)),
        *_section("Time and memory", _needs(profile)),
        *_section("Inputs", _counted(profile.inputs, profile.read)),
        *_section("Outputs", _counted(profile.outputs, profile.read)),
        *_section("Hosts it talks to", _counted(profile.hosts, profile.read)),
        *_section("Commands it starts", _counted(profile.commands, profile.read)),
        *_section("Environment", _environment(profile)),
        *_section("How it fails", _failures(profile)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, body: Iterable[str]) -> list[str]:
    found = list(body)
    return [f"## {title}", *found] if found else []


def _opening(profile: Profile) -> str:
    passed = profile.statuses["passed"]
    share = f"{100 * passed / profile.runs:.0f} %"
    text = (
        f"{plural(profile.runs, 'run')} from {moment(profile.first)} to {moment(profile.last)} ({ago(profile.last)}): "
    )
    text += f"{passed} passed ({share})"
    if profile.recovered:
        text += f", {profile.recovered} of them after a retry"
    others = [f"{count} {name}" for name, count in profile.statuses.most_common() if name != "passed"]
    return (
        text
        + "".join(f", {other}" for other in others)
        + f". Files, hosts and memory are those of the newest {profile.read}."
    )


def _calls(profile: Profile) -> list[str]:
    return (
        [block(" ".join(_quoted(word) for word in call) for call, _ in profile.calls.most_common(8))]
        if profile.calls
        else []
    )


def _quoted(word: str) -> str:
    return shlex.quote(word)


def _needs(profile: Profile) -> list[str]:
    rows: list[tuple[str, ...]] = []
    if profile.durations:
        values = [quantile(profile.durations, share) for share in (0.5, 0.95)] + [profile.durations[-1]]
        rows.append(("time of a good run", *(seconds(value) for value in values)))
    if profile.memory:
        peaks = [quantile(profile.memory, share) for share in (0.5, 0.95)] + [profile.memory[-1]]
        rows.append(("peak memory", *(size(value) for value in peaks)))
    return [table(("", "usual", "95 %", "most"), rows)] if rows else []


def _counted(counts: Counter[str], runs: int) -> list[str]:
    lines = [
        f"- {code(name)}" + ("" if count == runs else f" ({count} of {runs} runs)")
        for name, count in counts.most_common(_MOST)
    ]
    more = len(counts) - _MOST
    return ["\n".join([*lines, *([f"- and {more} more"] if more > 0 else [])])] if lines else []


def _environment(profile: Profile) -> list[str]:
    lines = (
        [f"- Python {', '.join(code(name) for name, _ in profile.pythons.most_common(4))}"] if profile.pythons else []
    )
    places = ", ".join(f"{code(name)} {count}" for name, count in profile.environments.most_common(4))
    lines += [f"- runs in {places}"] if places else []
    for name, count in sorted(profile.variables.items()):
        told = (
            "set in every run"
            if count == profile.read
            else f"set in {count} of {profile.read} runs"
            if count
            else "never set"
        )
        lines.append(f"- variable {code(name)}: {told}")
    if profile.packages:
        named = ", ".join(code(f"{name} {version}") for name, version in sorted(profile.packages.items())[:40])
        lines.append(f"- packages {named}")
    return ["\n".join(lines)] if lines else []


def _failures(profile: Profile) -> list[str]:
    rows = [
        (
            str(one["count"]),
            code(one["title"], 160),
            ago(one["last_seen"]),
            recovery_text(one["recovery"]) or "never retried",
            code(one["id"]),
        )
        for one in profile.patterns
    ]
    exits = ", ".join(f"{code(name)} {count}" for name, count in profile.exits.most_common(6) if name != "0")
    found = [table(("count", "what", "last", "what helped", "pattern"), rows)] if rows else []
    return found + ([f"Ends other than 0: {exits}"] if exits else [])
