"""Resources, environment, policy, redactions: the parts around a failure."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aitrack.report.surroundings import sparkline
from tests.bundles import Store, failure
from tests.cli.command import aitrack


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=300), st.integers(1, 60))
def test_a_sparkline_fits_and_shows_its_peak(numbers: list[float], columns: int) -> None:
    """The peak is the tallest bar, whatever the share."""
    line = sparkline(numbers, columns)

    assert len(line) <= columns
    assert max(numbers) == 0 or "█" in line


def test_every_section_shows_what_was_recorded(tmp_path: Path) -> None:
    """Asked for by name, a section is complete."""
    store = Store(tmp_path / "home")
    samples = [[0.2, 50.0, 1000, 1, 1, 3], [0.4, 50.0, 9000, 1, 1, 3]]
    attempt = {
        "exit_code": 1,
        "resources": {"cpu_user_s": 1.5, "max_rss_bytes": 2048},
        "samples": samples,
        "output": {"stdout": {"bytes": 5, "lines": 1, "gap": 7}, "stderr": {"same_as": "stdout"}},
        "processes": [{"pid": 7, "ppid": 1, "argv": ["python", "x"], "exit_code": 1}],
        "failure": failure(notes=["look here"]),
    }
    folder = store.session(
        "failed",
        attempts=[attempt],
        git={"commit": "abc", "branch": "main", "dirty": True},
        packages={"numpy": "1.0"},
        privacy={"mode": "standard", "redactions": {"password": 2}},
        remedies=[{"name": "utf8", "ok": True}],
        idempotency_key="k-1",
    )
    (folder / "attempts/1/stdout.log").write_text("hello\n")

    shown = aitrack(store.home, "inspect", "--all").stdout

    for words in (
        "peak memory      2.0 KiB",
        "abc main (changed files)",
        "numpy 1.0",
        "password         2",
        "remedy name utf8, ok True",
        "k-1",
        "stdout: 5 B, 1 lines, 7 B left out",
        "| hello",
        "in one channel with stdout",
        "note: look here",
        "exit 1  python x",
    ):
        assert words in shown, words
