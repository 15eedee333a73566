"""Errors that a passed session handled are members of their patterns."""

from __future__ import annotations

import json
from pathlib import Path

from aitrack.analysis.history import current_index
from aitrack.analysis.patterns import Report
from aitrack.store.bundle import Bundle
from aitrack.store.handled import handled_marks
from aitrack.store.summary import summarise
from tests.bundles import Store, failure


def test_the_pattern_of_a_handled_error_counts_the_session(tmp_path: Path) -> None:
    """An error that is swallowed a thousand times is worth a look, though nothing failed."""
    store = Store(tmp_path)
    store.session("failed", failure=failure())
    folder = store.session("passed")
    error = failure(handled=True, context={"id": "1", "operation": "load"})
    (folder / "attempts/1/errors.json").write_text(json.dumps([error]))

    with current_index(str(tmp_path)) as index:
        report = Report(index, str(tmp_path))
        (pattern,) = report.patterns
        handled = report.as_json(pattern, [], [])["handled"]

    assert (pattern.count, handled) == (2, 1)
    assert folder.name in pattern.sessions


def test_what_a_run_left_in_its_spool_is_found_by_its_mark(tmp_path: Path) -> None:
    """Without the mark no spool is opened: most sessions have handled nothing."""
    folder = Store(tmp_path).session("passed")
    told = {"kind": "failure", "where": "handled", "failure": failure(context={"id": "1"})}
    (folder / "attempts/1/spool-1").write_text('{"wire":1,"kind":"process","pid":1}\n' + json.dumps(told) + "\n")
    bundle = Bundle(str(folder))
    before = handled_marks(bundle, summarise(bundle))
    (folder / "attempts/1/handled").touch()

    (mark,) = handled_marks(bundle, summarise(bundle))

    assert before == []
    assert mark.site == "KeyError@load.py:parse_row"


def test_a_failed_session_stands_for_its_own_failure(tmp_path: Path) -> None:
    """It is not counted a second time for what it had handled before."""
    folder = Store(tmp_path).session("failed", failure=failure())
    (folder / "attempts/1/errors.json").write_text(json.dumps([failure("ValueError", handled=True)]))
    bundle = Bundle(str(folder))

    assert handled_marks(bundle, summarise(bundle)) == []
