"""Where a session belongs among failures."""

from __future__ import annotations

from pathlib import Path

from aitrack.store.bundle import Bundle
from aitrack.store.facts import facts_of, root_of, stack_of
from tests.bundles import Store, failure


def test_a_failure_belongs_to_its_stored_site(tmp_path: Path) -> None:
    """Grouping was decided when the run ended; readers only count."""
    folder = Store(tmp_path).session("failed", failure=failure())

    mark = facts_of(Bundle(str(folder))).mark

    assert mark is not None
    assert (mark.site, mark.template, mark.wording) == ("KeyError@load.py:parse_row", "KeyError", "KeyError: 'price'")
    assert mark.stack == [{"file": "/work/load.py", "function": "parse_row", "line": 88, "short": True}]


def test_a_failure_without_a_record_belongs_to_how_it_ended(tmp_path: Path) -> None:
    """No failing session is in no pattern."""
    mark = facts_of(Bundle(str(Store(tmp_path).session("failed", exit_code=3, script="a.sh")))).mark

    assert mark is not None
    assert mark.site == "status:exit 3:a.sh"


def test_good_sessions_belong_nowhere(tmp_path: Path) -> None:
    """No passing session in any pattern; what it overcame counts as recovery."""
    attempts = [{"exit_code": 1, "failure": failure()}, {"exit_code": 0}]
    facts = facts_of(Bundle(str(Store(tmp_path).session("passed", recovered=True, attempts=attempts))))

    assert facts.mark is None
    assert [(mark.site, helped) for mark, helped in facts.retried.values()] == [("KeyError@load.py:parse_row", True)]


def test_the_root_is_where_the_blame_leads() -> None:
    """The frames of the cause, not of its messenger."""
    cause = failure("OSError")
    whole = {"type": "RuntimeError", "frames": [], "chain": [cause], "blame": {"path": ["chain", 0]}}

    assert root_of(whole) is cause
    assert root_of({**whole, "blame": {"path": ["chain", 7]}})["type"] == "RuntimeError"
    assert stack_of(whole)[0]["function"] == "parse_row"


def test_a_fallback_is_no_retry(tmp_path: Path) -> None:
    """It is another command: what it does says nothing about trying again."""
    attempts = [
        {"exit_code": 1, "failure": failure()},
        {"exit_code": 1, "role": "fallback", "failure": failure("OSError")},
    ]
    facts = facts_of(Bundle(str(Store(tmp_path).session("degraded", attempts=attempts))))

    assert facts.retried == {}
    assert facts.summary["attempts"] == 1
    assert facts.summary["title"] == "KeyError: 'price'"
