"""The page about a script: every section only where something is known, and nothing of a program is markup."""

from __future__ import annotations

from collections import Counter

from aitrack.analysis.profile import Profile
from aitrack.report.script_page import script_page
from tests.report import hostile

_BASE = {"runs": 4, "first": 1e9, "last": 1e9 + 60, "read": 4}


def test_a_page_of_little_is_short() -> None:
    """No heading without something below it."""
    text = script_page(Profile("jobs/load.py", statuses=Counter(passed=4), **_BASE))  # type: ignore[arg-type]

    assert text.startswith("# `load.py`\n\n4 runs from ")
    assert "4 passed (100 %)" in text and "## " not in text


def test_calls_can_be_pasted_into_a_shell() -> None:
    """Words with spaces are quoted."""
    text = script_page(Profile("load.py", calls=Counter({("load.py", "a b"): 1}), **_BASE))  # type: ignore[arg-type]

    assert "load.py 'a b'" in text


def test_what_some_runs_had_says_so() -> None:
    """Always and sometimes are different needs."""
    found = Profile(
        "load.py", inputs=Counter({"a.csv": 4, "b.csv": 1}), variables=Counter({"KEY": 4, "OLD": 0}), **_BASE
    )  # type: ignore[arg-type]
    lines = script_page(found).split("\n")

    assert "- `a.csv`" in lines and "- `b.csv` (1 of 4 runs)" in lines
    assert "- variable `KEY`: set in every run" in lines and "- variable `OLD`: never set" in lines


def test_hostile_names_stay_text() -> None:
    """File names and arguments are chosen by others."""
    bad = hostile.ATTACK
    found = Profile(
        bad,
        calls=Counter({(bad,): 1}),
        inputs=Counter({bad: 1}),
        hosts=Counter({bad: 1}),
        pythons=Counter({bad: 1}),
        packages={bad: bad},
        exits=Counter({bad: 1}),
        **_BASE,
    )  # type: ignore[arg-type]
    text = script_page(found)

    assert hostile.harmless(text)
    assert all(line.count("`") >= 2 for line in text.split("\n") if "<script>" in line and not line.startswith("'"))
