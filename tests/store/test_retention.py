"""What goes when the store is full or sessions are old, and what never does."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aitrack.store import decisions, liveness
from aitrack.store.bundle import session_folders
from aitrack.store.retention import Candidate, Limits, candidates, choose, remove, tidy
from tests.bundles import NOW, Store, failure

DAY = 86400.0


def one(name: str, age: float, status: str = "passed", size: int = 10, site: str = "") -> Candidate:
    """Return a candidate that began *age* seconds before NOW."""
    return Candidate(name, NOW - age, status, size, site)


def names(going: list[Candidate]) -> str:
    """Return the folders in the order of their going."""
    return " ".join(candidate.folder for candidate in going)


def test_good_sessions_go_first_oldest_first() -> None:
    """A failure explains more than any number of good runs."""
    found = [one("old-failure", 9, "failed"), one("young", 1), one("old", 5)]

    assert names(choose(found, Limits(max_size=15), NOW)) == "old young"


def test_failures_with_newer_samples_go_before_those_without() -> None:
    """The last samples of each pattern are what suspects and changes are found from."""
    common = [one(f"common{n}", 100 - n, "failed", site="A") for n in range(4)]
    found = [one("rare", 200, "failed", site="B"), *common]

    going = choose(found, Limits(max_size=30, keep_samples=2), NOW)

    assert names(going) == "common0 common1"


def test_the_size_holds_even_when_every_failure_is_rare() -> None:
    """A disk must not fill up because each failure is unlike the others."""
    found = [one(f"f{n}", 100 - n, "failed", site=f"S{n}") for n in range(5)]

    assert names(choose(found, Limits(max_size=20), NOW)) == "f0 f1 f2"


def test_age_takes_good_sessions_and_covered_failures() -> None:
    """Thirty days; a failure that nothing newer stands for is kept while there is room."""
    covered = [one(f"c{n}", (40 - n) * DAY, "failed", site="A") for n in range(6)]
    found = [one("good", 31 * DAY), one("rare", 99 * DAY, "failed", site="B"), *covered]

    assert names(choose(found, Limits(max_age=30 * DAY, keep_samples=5), NOW)) == "good c0"


@given(
    st.lists(
        st.tuples(
            st.floats(0, 90 * DAY), st.sampled_from(["passed", "failed"]), st.integers(0, 50), st.sampled_from("AB")
        )
    ),
    st.integers(0, 300),
)
def test_what_is_kept_fits_and_nothing_goes_twice(facts: list[tuple[float, str, int, str]], room: int) -> None:
    """For any store: the limit holds afterwards, and each session goes at most once."""
    found = [one(str(n), age, status, size, site) for n, (age, status, size, site) in enumerate(facts)]

    going = choose(found, Limits(max_size=room), NOW)

    assert len({candidate.folder for candidate in going}) == len(going)
    assert sum(c.size for c in found) - sum(c.size for c in going) <= room


def test_pinned_and_running_sessions_are_no_candidates(tmp_path: Path) -> None:
    """`aitrack pin` holds whatever the limits say, and a writer's folder is its own."""
    store = Store(tmp_path)
    pinned, gone = store.session("passed"), store.session("failed", failure=failure())
    start = int(Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()[19])
    store.session("running", supervisor={"pid": os.getpid(), "start": start, "boot_id": liveness.boot_id()})
    with decisions.changing(str(tmp_path)) as decided:
        decided["pins"].append(pinned.name)

    found = candidates(str(tmp_path))

    assert [candidate.folder for candidate in found] == [str(gone)]
    assert found[0].site == "KeyError@load.py:parse_row"


def test_a_removed_session_leaves_no_empty_folders(tmp_path: Path) -> None:
    """A year of nightly runs must not leave 365 empty folders."""
    folder = Store(tmp_path).session("passed")

    assert remove(str(folder))
    assert list(session_folders(str(tmp_path))) == []
    assert not folder.parent.exists()


def test_tidying_happens_once_a_day(tmp_path: Path) -> None:
    """Readers pay for it after their answer, and not each time."""
    store = Store(tmp_path)
    store.session("passed", at=NOW)
    late = NOW + 40 * DAY

    assert tidy(str(tmp_path), Limits, late) == 1
    store.session("passed", at=NOW)
    assert tidy(str(tmp_path), Limits, late + 3600) == 0
    assert tidy(str(tmp_path), Limits, late + 2 * DAY) == 1
