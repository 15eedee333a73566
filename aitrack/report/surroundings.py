"""The parts of `inspect` about what a run had around it: resources, environment, policy, redactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.report.text import cut, safe, seconds, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Session
    from aitrack.report.output import Output

# packages whose calls are followed where the interpreter allows it
_FOLLOWED = ("openai", "anthropic", "google_genai", "google-genai", "litellm", "httpx", "requests")
_BARS = "▁▂▃▄▅▆▇█"


def resources(explanation: Explanation, out: Output) -> list[str]:
    """Return what each attempt used, and the warnings."""
    lines: list[str] = []
    for attempt in explanation.bundle.attempts:
        used = attempt.resources
        facts = [
            ("time", seconds(attempt.duration_s) if attempt.duration_s is not None else None),
            ("cpu", _cpu(used.cpu_user_s, used.cpu_sys_s)),
            ("peak memory", size(used.max_rss_bytes) if used.max_rss_bytes is not None else None),
            ("read", size(used.io_read_bytes) if used.io_read_bytes is not None else None),
            ("written", size(used.io_write_bytes) if used.io_write_bytes is not None else None),
            ("switches", used.ctx_switches),
            ("children", used.children),
        ]
        lines.append(f"  attempt {attempt.n}")
        lines += _facts(facts)
        memory = [sample[2] for sample in attempt.samples if len(sample) > 2 and sample[2] is not None]
        if len(memory) > 1:
            lines.append(f"    {'memory':<16} {sparkline(memory, 40)}  up to {size(max(memory))}")
    return lines + [f"  warning  {safe(warning.text)}" for warning in explanation.bundle.session.warnings]


def sparkline(numbers: list[float], columns: int) -> str:
    """Return *numbers* as a line of bars, each the largest of its share."""
    share = max(1, -(-len(numbers) // columns))
    peaks = [max(numbers[at : at + share]) for at in range(0, len(numbers), share)]
    top = max(peaks) or 1
    return "".join(_BARS[min(7, max(0, int(peak / top * 7.999)))] for peak in peaks)


def _cpu(user: float | None, system: float | None) -> str | None:
    if user is None and system is None:
        return None
    return f"{seconds(user or 0)} user, {seconds(system or 0)} system"


def left_out(session: Session, *, in_full: bool = False) -> list[str]:
    """Return which settings of which file did not hold, a line for each file; *in_full* with its whole path."""
    by_file: dict[tuple[str, str], list[str]] = {}
    for one in session.settings.left_out:
        by_file.setdefault((one.file, one.why), []).append(one.key)
    lines: list[str] = []
    for (file, why), keys in by_file.items():
        shown = keys if in_full else keys[:3]
        more = f" and {len(keys) - len(shown)} more" if len(keys) > len(shown) else ""
        name = file if in_full else file.rpartition("/")[2]
        lines.append(f"left out of {safe(name)}: {safe(', '.join(shown))}{more} ({safe(why)})")
    return lines


def environment(explanation: Explanation, out: Output) -> list[str]:
    """Return where and with what the session ran."""
    session = explanation.bundle.session
    python, git, host = session.python, session.git, session.host
    dirty = "" if git is None or not git.dirty else " (changed files)"
    facts: list[tuple[str, object]] = [
        ("command", " ".join(session.command.argv) or None),
        ("folder", session.command.cwd),
        ("environment", session.environment),
        ("labels", " ".join(f"{name}={value}" for name, value in session.labels.items()) or None),
        ("settings", "; ".join(left_out(session, in_full=True)) or None),
        ("user", session.user.name or None),
        ("python", " ".join(part for part in (python.version, python.executable) if part) if python else None),
        ("git", f"{git.commit} {git.branch or ''}{dirty}" if git and git.commit else None),
        ("host", " ".join(part for part in (host.os, host.arch) if part) or None),
        ("cpus", host.cpus),
        ("memory", size(host.memory) if host.memory else None),
        ("aitrack", session.supervisor.version or None),
    ]
    lines = [cut(line, out.columns) for line in _facts(facts)]
    lines += [cut(f"    {safe(name)}={safe(value)}", out.columns) for name, value in sorted(session.env.kept.items())]
    hidden = sorted(session.env.hidden)
    if hidden:
        lines.append(f"    and {len(hidden)} variables without their values:")
        lines += _flowed(hidden, out.columns)
    packages = [f"{name} {version}" for name, version in sorted(session.packages.items())]
    return lines + (["    packages:", *_flowed(packages, out.columns)] if packages else [])


def untracked(session: Session) -> str:
    """Return what to say of libraries whose calls this interpreter does not let anybody follow."""
    version = (session.python.version or "" if session.python else "").split(".")[:2]
    used = [name for name in _FOLLOWED if name in session.packages]
    if not used or not all(map(str.isdigit, version)) or len(version) < 2 or tuple(map(int, version)) >= (3, 12):
        return ""
    here = f"calls of {', '.join(used)} are not seen on Python {'.'.join(version)}"
    return f"{here}: that needs 3.12, or a decorator (`@aitrack.track`)"


def policy(explanation: Explanation, out: Output) -> list[str]:
    """Return what decided over retries, fallbacks and breakers."""
    bundle = explanation.bundle
    record = bundle.record
    names = ("reason", "breaker", "budget", "fallback", "idempotency_key", "committed", "waits_s")
    facts: list[tuple[str, object]] = [(name, _flat(record.get(name))) for name in names]
    lines = _facts([(name, value) for name, value in facts if value not in (None, "")])
    for raw in bundle.attempt_records:
        told = _flat(raw.get("policy"))
        if told or raw.get("reason"):
            lines.append(cut(f"    attempt {raw['n']}: {safe(str(raw.get('reason') or ''))} {safe(told)}", out.columns))
    for remedy in bundle.session.remedies:
        lines.append(cut(f"    remedy {safe(_flat(remedy))}", out.columns))
    return lines


def redactions(explanation: Explanation, out: Output) -> list[str]:
    """Return what was hidden, by kind."""
    privacy = explanation.bundle.session.privacy
    facts: list[tuple[str, object]] = [("mode", privacy.mode), ("rules", privacy.rules_version)]
    facts += sorted(privacy.redactions.items())
    return _facts(facts)


def _facts(facts: Iterable[tuple[str, object]]) -> list[str]:
    return [f"    {safe(label):<16} {safe(str(value))}" for label, value in facts if value is not None]


def _flat(value: Any) -> str:
    """Return a small record as words: `name db, state open`."""
    if value is None or value == {}:
        return ""
    if is_object(value):
        return ", ".join(f"{name} {_flat(part)}" for name, part in value.items() if part is not None)
    if is_list(value):
        return " ".join(_flat(part) for part in value)
    return str(value)


def _flowed(words: list[str], columns: int) -> list[str]:
    lines = [""]
    for word in words:
        text = safe(word)
        if lines[-1] and len(lines[-1]) + 2 + len(text) > columns - 6:
            lines.append("")
        lines[-1] += ("  " if lines[-1] else "") + text
    return [f"      {cut(line, columns - 6)}" for line in lines]
