"""What changed since the last success: found, ranked, and noise told apart."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aitrack.analysis.changes import Facts, Run, differences, rank
from tests.bundles import NOW, Store, failure
from tests.cli.command import aitrack


def first(failing: Facts, success: Facts, history: list[Run], words: str = "") -> str:
    """Return the name of the change that is ranked first."""
    return str(rank(failing, success, history, words)[0]["name"])


def test_what_differs_between_passing_runs_is_noise() -> None:
    """A build number is new each time; the changed mode is the news."""
    passing = [{("variable", "BUILD"): str(n), ("variable", "MODE"): "a"} for n in range(5)]
    failing = {("variable", "BUILD"): "99", ("variable", "MODE"): "b"}

    found = rank(failing, passing[0], [Run(facts, False) for facts in passing[1:]])

    assert [change["name"] for change in found] == ["MODE", "BUILD"]
    assert "passing runs too" in found[1]["evidence"]
    assert not found[1]["decisive"]


def test_a_value_that_passed_before_is_not_decisive() -> None:
    """It was there when all was well."""
    success = {("argument", "1"): "a", ("package", "numpy"): "1.0"}
    failing = {("argument", "1"): "b", ("package", "numpy"): "2.0"}
    history = [Run({("argument", "1"): "b", ("package", "numpy"): "1.0"}, False), Run(success, False)]

    assert first(failing, success, history) == "numpy"


def test_what_the_failure_speaks_of_comes_first() -> None:
    """The message names the variable: that is the one."""
    success = {("variable", "AAA_URL"): "x", ("variable", "REGION"): "eu"}
    failing = {("variable", "AAA_URL"): "y", ("variable", "REGION"): "mars-1"}

    found = rank(failing, success, [], "no such region: mars-1")

    assert found[0]["name"] == "REGION"
    assert found[0]["decisive"]
    assert "speaks of it" in found[0]["evidence"]


def test_failing_runs_that_have_it_raise_it() -> None:
    """Lift over history, with a prior so that one run proves little."""
    success = {("package", "a"): "1", ("package", "b"): "1"}
    failing = {("package", "a"): "2", ("package", "b"): "2"}
    history = [Run({("package", "a"): "1", ("package", "b"): "2"}, True) for _ in range(4)]
    history += [Run(success, False) for _ in range(4)]

    assert first(failing, success, history) == "b"


def test_what_a_run_did_not_look_at_is_no_change() -> None:
    """Packages are recorded at a failure: a passing run without any has not lost them all."""
    assert differences({("variable", "A"): "1"}, {("variable", "A"): "1", ("package", "numpy"): "1"}) == []


_FACTS = st.dictionaries(
    st.tuples(st.sampled_from(["argument", "variable", "file"]), st.sampled_from("abc")), st.text(max_size=4)
)


@given(_FACTS, _FACTS, st.lists(st.builds(Run, _FACTS, st.booleans())), st.text())
def test_every_difference_is_told_once(failing: Facts, success: Facts, history: list[Run], words: str) -> None:
    """Ranking loses nothing and invents nothing."""
    found = rank(failing, success, history, words)

    assert sorted((c["what"], c["name"]) for c in found) == sorted(key for key, *_ in differences(success, failing))


def test_inspect_and_diff_compare_with_the_nearest_success(tmp_path: Path) -> None:
    """Same script, before the failure, the same arguments where there are such."""
    store = Store(tmp_path / "home")
    env = {"kept": {"LANG": "C"}, "hidden": {"MODE": "aaaa"}}
    store.session("passed", at=NOW, script="other.py", env=env)
    store.session("passed", at=NOW + 1, env=env)
    store.session(
        "failed",
        at=NOW + 2,
        failure=failure(message="bad LANG"),
        env={"kept": {"LANG": "xx"}, "hidden": {"MODE": "aaaa"}},
    )
    store.session("passed", at=NOW + 3, env=env)
    name = json.loads(aitrack(store.home, "list", "--json").stdout)["sessions"][1]["id"]

    found = json.loads(aitrack(store.home, "inspect", name, "--json").stdout)["changes"]
    shown = aitrack(store.home, "diff", name)

    assert [(c["what"], c["name"], c["before"], c["after"], c["decisive"]) for c in found] == [
        ("variable", "LANG", "C", "xx", True)
    ]
    assert "variable LANG C -> xx" in shown.stdout
    assert "✓ job.py" in shown.stdout.splitlines()[0]


def test_diff_without_any_success_says_so(tmp_path: Path) -> None:
    """Not found is exit 1, with what to do."""
    store = Store(tmp_path / "home")
    store.session("failed", failure=failure())

    done = aitrack(store.home, "diff", "last")

    assert done.returncode == 1
    assert "no earlier run" in done.stderr


def test_diff_shows_differing_variables_of_the_common_frame(tmp_path: Path) -> None:
    """Two failures at one place: what was different there."""
    store = Store(tmp_path / "home")
    other = failure()
    other["frames"][0]["locals"][2]["value"] = "99.0"
    store.session("failed", at=NOW, failure=failure())
    store.session("failed", at=NOW + 1, failure=other)
    names = [row["id"] for row in json.loads(aitrack(store.home, "list", "--json").stdout)["sessions"]]

    shown = aitrack(store.home, "diff", *names).stdout

    assert "- total = 812.5" in shown
    assert "+ total = 99.0" in shown
