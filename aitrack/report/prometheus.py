"""A session as Prometheus text, for the textfile collector of node_exporter or a push gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitrack.report.terminal import name_of
from aitrack.report.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.analysis.explanation import Explanation
    from aitrack.store.bundle import Bundle

Sample = tuple[dict[str, str], float]
_STATUSES = ("running", "passed", "failed", "degraded", "rejected", "aborted", "interrupted")


def prometheus(explanation: Explanation) -> str:
    """Return the metrics of the last run of a script: gauges, because each run replaces the one before."""
    bundle = explanation.bundle
    lines: list[str] = []
    for name, told, samples in _metrics(bundle):
        if samples:
            lines += [f"# HELP aitrack_{name} {told}", f"# TYPE aitrack_{name} gauge"]
            lines += [f"aitrack_{name}{{{_labels(labels)}}} {_number(value)}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _metrics(bundle: Bundle) -> list[tuple[str, str, list[Sample]]]:
    session = bundle.session
    base = {"script": name_of(session), "environment": session.environment or ""}
    attempt = bundle.last_failed
    failure = attempt.failure if attempt and bundle.status != "passed" else None
    kind = {
        **base,
        "category": (failure.category if failure else "") or "",
        "kind": (failure.kind if failure else "") or "",
    }
    rows: list[tuple[str, str, list[tuple[dict[str, str], float | None]]]] = [
        ("run_status", "1 for the status of the last run.", _one_hot(base, bundle.status)),
        ("run_start_timestamp_seconds", "When the last run started.", [(base, session.started_at)]),
        ("run_end_timestamp_seconds", "When the last run ended.", [(base, session.ended_at)]),
        ("run_duration_seconds", "How long the last run took.", [(base, session.duration_s)]),
        ("run_exit_code", "The exit status of the last run.", [(base, session.exit_code)]),
        ("run_recovered", "1 when the last run passed after a failed attempt.", [(base, float(session.recovered))]),
        ("run_attempts", "Attempts of the last run.", [(base, len(bundle.attempts))]),
        ("run_failure", "The kind of the failure of the last run.", [(kind, 1.0)] if failure else []),
        *_used(bundle, base),
    ]
    return [(name, told, [(labels, float(v)) for labels, v in pairs if v is not None]) for name, told, pairs in rows]


def _one_hot(base: dict[str, str], status: str) -> list[tuple[dict[str, str], float | None]]:
    return [({**base, "status": name}, float(name == status)) for name in _STATUSES]


def _used(bundle: Bundle, base: dict[str, str]) -> Iterator[tuple[str, str, list[tuple[dict[str, str], float | None]]]]:
    """Yield the metrics that each attempt has."""
    used = [(one, {**base, "attempt": str(one.n)}) for one in bundle.attempts]
    yield "attempt_duration_seconds", "How long an attempt took.", [(at, one.duration_s) for one, at in used]
    for name, field, told in (
        ("cpu_user_seconds", "cpu_user_s", "CPU time in the program."),
        ("cpu_system_seconds", "cpu_sys_s", "CPU time in the kernel."),
        ("max_rss_bytes", "max_rss_bytes", "The most memory that was resident."),
    ):
        yield f"attempt_{name}", told, [(at, getattr(one.resources, field)) for one, at in used]


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return safe(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
