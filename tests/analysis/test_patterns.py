"""Grouping: what is one pattern, what is two, and what people decide by hand."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.analysis.grouping import is_split
from aitrack.analysis.history import current_index
from aitrack.analysis.patterns import Pattern, Report, Window
from tests.bundles import NOW, Store, failure
from tests.cli.command import aitrack, schema

DAY = 86400.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def at(site: str, wording: str = "w", **more: object) -> dict[str, object]:
    """Return a failure at *site* that says *wording*."""
    print_ = {
        "l0": "",
        "l1": f"{site:0<16}",
        "l2": f"{wording:0<16}",
        "version": 1,
        "site": f"KeyError at {site}.py in f",
    }
    return failure(message=wording, fingerprint=print_, source="collector", **more)


def patterns(store: Store, window: Window | None = None) -> list[Pattern]:
    """Return the patterns of the store."""
    with current_index(str(store.home)) as index:
        return Report(index, str(store.home), window).patterns


def document(store: Store, *words: str) -> list[dict[str, object]]:
    """Return what `patterns --json` prints, checked against its schema."""
    done = aitrack(store.home, "patterns", "--json", *words)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    jsonschema.validate(found, schema("patterns"))
    return list(found["patterns"])


def test_one_site_is_one_pattern_and_two_are_two(store: Store) -> None:
    """The place groups; passing runs are in none."""
    first, second = store.session("failed", failure=at("a")), store.session("failed", failure=at("a"))
    store.session("passed")
    other = store.session("failed", failure=at("b"))

    found = document(store)

    assert [(one["count"], one["sessions"]) for one in found] == [(2, [second.name, first.name]), (1, [other.name])]


def test_a_site_with_two_repeated_wordings_is_two_patterns(store: Store) -> None:
    """500 and 503 at one call are two problems."""
    for wording in ("500", "503", "500", "503", "500"):
        store.session("failed", failure=at("a", wording))

    assert [one.count for one in patterns(store)] == [3, 2]


def test_volatile_wordings_stay_together(store: Store) -> None:
    """Messages that are never the same again say nothing about the kind."""
    for number in range(7):
        store.session("failed", failure=at("a", f"{number}"))

    assert [one.count for one in patterns(store)] == [7]


@given(st.lists(st.integers(1, 50), min_size=1))
def test_the_rule_for_splitting(counts: list[int]) -> None:
    """Two repeated wordings that cover four fifths; stated the other way round."""
    repeated = [count for count in counts if count > 1]
    rare = sum(count for count in counts if count == 1)

    assert is_split(counts) == (len(repeated) > 1 and rare <= 0.25 * sum(repeated) + 1e-9)


def test_a_failure_without_a_record_is_grouped_by_how_it_ended(store: Store) -> None:
    """No failing session is in no pattern."""
    store.session("failed", exit_code=3, script="a.sh")
    store.session("failed", exit_code=3, script="a.sh")
    store.session("failed", exit_code=4, script="a.sh")

    assert sorted(one.count for one in patterns(store)) == [1, 2]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("wxyz")), max_size=12))
def test_every_failing_session_is_in_exactly_one_pattern(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[tuple[str, str]]
) -> None:
    """Whatever is split or merged."""
    store = Store(tmp_path_factory.mktemp("home"))
    names = {store.session("failed", failure=at(site, wording)).name for site, wording in kinds}
    store.session("passed")

    members = [name for one in patterns(store) for name in one.sessions]

    assert sorted(members) == sorted(names)


def test_windows_narrow_members_and_keep_ids(store: Store) -> None:
    """An id means the same with and without a filter."""
    for number, script in enumerate(("x/a.py", "x/b.py", "x/a.py")):
        store.session("failed", at=NOW + number * DAY, script=script, failure=at("a"), environment="ci")
    everything = patterns(store)[0].id

    for window, count in ((Window(script="a.py"), 2), (Window(after=NOW + DAY), 2), (Window(environment="ci"), 3)):
        (one,) = patterns(store, window)
        assert (one.id, one.count) == (everything, count)
    assert patterns(store, Window(environment="production")) == []


def test_recovery_counts_retries_and_those_that_helped(store: Store) -> None:
    """ "A retry helped 1 of 2 times" decides whether to retry at all."""
    failed = {"exit_code": 1, "failure": at("a")}
    store.session("failed", attempts=[dict(failed), dict(failed)])
    store.session("passed", attempts=[dict(failed), {"exit_code": 0}], recovered=True)

    (one,) = document(store)

    assert one["recovery"] == {"retried": 2, "helped": 1}
    assert one["count"] == 1


def test_merges_hold_for_new_failures_and_can_be_taken_back(store: Store) -> None:
    """Decisions by hand are kept, and reversible."""
    for site in "aabbb":
        store.session("failed", failure=at(site))
    b, a = (one.id for one in patterns(store))

    assert aitrack(store.home, "patterns", "merge", a, b).returncode == 0
    store.session("failed", failure=at("b"))
    (one,) = document(store)
    assert (one["id"], one["count"], one["confidence"]) == (a, 6, "low")
    assert "2 sites" in str(one["reason"])

    assert aitrack(store.home, "patterns", "split", a).returncode == 0
    assert sorted(one.count for one in patterns(store)) == [2, 4]


def test_a_split_by_hand_and_back(store: Store) -> None:
    """Where counts do not split, people may."""
    for wording in "xyz":
        store.session("failed", failure=at("a", wording))
    (one,) = patterns(store)

    aitrack(store.home, "patterns", "split", one.id)
    assert len(patterns(store)) == 3
    aitrack(store.home, "patterns", "unsplit", one.id)
    assert len(patterns(store)) == 1


def test_names_and_ignores(store: Store) -> None:
    """A name replaces the title; an ignored pattern leaves the table and the gate, not the JSON."""
    store.session("failed", failure=at("a"))
    (one,) = patterns(store)

    aitrack(store.home, "patterns", "rename", one.id, "missing column")
    aitrack(store.home, "patterns", "ignore", one.id)

    assert document(store)[0]["title"] == "missing column"
    assert document(store)[0]["ignored"] is True
    assert "missing column" not in aitrack(store.home, "patterns").stdout
    assert aitrack(store.home, "patterns", "--fail-on-new").returncode == 0
    aitrack(store.home, "patterns", "ignore", one.id, "--undo")
    assert "missing column" in aitrack(store.home, "patterns").stdout


def test_fail_on_new_is_for_the_pattern_that_no_earlier_session_had(store: Store) -> None:
    """The gate of a CI job: known trouble passes, new trouble does not."""
    store.session("failed", at=NOW, failure=at("a"))
    store.session("failed", at=NOW + 1, failure=at("a"))
    assert aitrack(store.home, "patterns", "--fail-on-new").returncode == 0

    store.session("failed", at=NOW + 2, failure=at("b"))
    done = aitrack(store.home, "patterns", "--fail-on-new")
    assert done.returncode == 1
    assert done.stderr.startswith("new pattern p-")

    store.session("failed", at=NOW + 3, failure=at("a"))
    assert aitrack(store.home, "patterns", "--fail-on-new").returncode == 0


def test_fail_on_new_judges_the_newest_run_of_each_script(store: Store) -> None:
    """One job of CI runs several; the first of them may have brought what is new."""
    store.session("failed", script="a.py", at=NOW, failure=at("a"))
    store.session("failed", script="b.py", at=NOW + 1, failure=at("new"))
    store.session("failed", script="a.py", at=NOW + 2, failure=at("a"))
    assert aitrack(store.home, "patterns", "--fail-on-new").returncode == 1

    store.session("passed", script="b.py", at=NOW + 3)
    assert aitrack(store.home, "patterns", "--fail-on-new").returncode == 0


def test_a_session_that_failed_nowhere_is_in_no_pattern(store: Store) -> None:
    """A script that went down to a cached answer by itself ends with 0 and tells of no failure."""
    store.session("degraded")

    assert document(store) == []


def test_a_method_seen_without_its_class_is_the_same_place(store: Store) -> None:
    """A traceback that crossed a process as text names the method alone."""

    def of(function: str, **frame: object) -> dict[str, object]:
        site = f"KeyError at a.py in {function}"
        print_ = {"l0": "", "l1": f"{len(function):0<16}", "l2": "1" * 16, "version": 1, "site": site}
        place = {"file": "/work/a.py", "line": 1, "function": "run", "in_app": True, **frame}
        return failure(fingerprint=print_, source="collector", blame=None, frames=[place])

    full = store.session("failed", failure=of("Loader.run", qualname="Loader.run"))
    short = store.session("failed", failure=of("run"))

    (pattern,) = document(store)
    assert pattern["sessions"] == sorted([full.name, short.name], reverse=True)
    assert json.loads(aitrack(store.home, "inspect", short.name, "--json").stdout)["pattern"]["count"] == 2

    store.session("failed", failure=of("Another.run", qualname="Another.run"))
    assert len(document(store)) == 3, "two methods of that name: nobody knows which"


def test_a_title_is_an_example_of_its_own_place(store: Store) -> None:
    """Two programs fail with one wording; the values of one say nothing about the other."""
    for site, message in (("a", "'price'"), ("b", "'cost'")):
        record = at(site)
        store.session("failed", failure={**record, "message": message})

    assert {str(one["title"]).partition(" at ")[0] for one in document(store)} == {
        "KeyError: 'price'",
        "KeyError: 'cost'",
    }


def test_markdown_cannot_be_broken_out_of(store: Store) -> None:
    """A message becomes a cell, whatever is in it."""
    store.session("failed", failure=at("a", "| evil | `x` <img src=x> [l](http://x) \n# head"))

    lines = aitrack(store.home, "patterns", "--md").stdout.splitlines()

    assert len(lines) == 3
    assert "<img" not in lines[2]
    assert lines[2].replace("\\|", "").count("|") == 7


def test_detail_of_a_pattern(store: Store) -> None:
    """Members, messages, places: what one needs to decide."""
    folder = store.session("failed", failure=at("a"))
    store.session("failed", failure=at("b"))
    name = next(one.id for one in patterns(store) if folder.name in one.sessions)

    shown = aitrack(store.home, "patterns", name[:6]).stdout

    assert "load.py:88" in shown
    assert "stack order only" in shown
    assert folder.name[-6:] in shown
    assert aitrack(store.home, "patterns", "p-zzzz").returncode == 1


def test_inspect_says_what_history_knows(store: Store) -> None:
    """ "Seen 3 times": the first screen of a new failure."""
    for number in range(3):
        store.session("failed", at=NOW + number, failure=at("a"))

    shown = aitrack(store.home, "inspect").stdout
    found = json.loads(aitrack(store.home, "inspect", "--json").stdout)

    assert "seen       3 times" in shown
    assert found["pattern"]["count"] == 3
    assert found["suspects"][0]["function"] == "parse_row"
