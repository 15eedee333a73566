"""Remedies: which fits, and what it would change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.policy.ended import Ended
from aitrack.policy.remedy import Remedy, choose, from_table, parse, shrunk


def failed(kind: str, message: str = "", category: str = "permanent") -> Ended:
    """Return the end of an attempt that failed in one way."""
    return Ended(ok=False, failure={"type": "X", "message": message, "category": category, "kind": kind})


@pytest.mark.parametrize(
    ("option", "ended", "action", "target"),
    [
        ("mkdir:out", failed("missing_directory", "[Errno 2] No such file or directory: 'out/a/x.csv'"), "mkdir", "out/a"),
        ("stale-lock:/run/job.lock", failed("lock_held", "File exists: '/run/job.lock'"), "rename", "/run/job.lock"),
        ("port:PORT", failed("address_in_use"), "port", "PORT"),
        ("port:wait", failed("address_in_use"), "wait", ""),
        ("utf8", failed("encoding"), "env", ""),
        ("shrink:BATCH:2:8", failed("out_of_memory"), "env", "BATCH"),
        ("install:yaml=pyyaml==6.0,requests", failed("missing_module", "No module named 'yaml'"), "install", "pyyaml==6.0"),
        ("install:requests", failed("missing_module", "No module named 'requests.adapters'"), "install", "requests"),
        ("free-disk:/tmp/x*.log:7d", failed("disk_full"), "delete", "/tmp/x*.log"),
        ("proxy:HTTPS_PROXY", failed("refused"), "proxy", "HTTPS_PROXY"),
        ("run:systemctl restart db", failed("refused"), "run", "systemctl restart db"),
    ],
)  # fmt: skip
def test_each_remedy_fits_its_failure(option: str, ended: Ended, action: str, target: str) -> None:
    """One line of the table each."""
    chosen = choose([parse(option)], ended, {}, {"BATCH": "64"})

    assert chosen is not None
    assert (chosen[1].action, chosen[1].target) == (action, target)


@pytest.mark.parametrize(
    "option",
    ["mkdir:out", "stale-lock:/x", "port:P", "utf8", "shrink:B:2:8", "install:yaml", "free-disk:/x:1d", "proxy:P"],
)
def test_no_remedy_fits_another_failure(option: str) -> None:
    """A bug is not healed."""
    assert choose([parse(option)], failed("missing_key", "'out/x'", "bug"), {}, {"B": "64"}) is None


def test_install_never_takes_what_is_not_listed() -> None:
    """A typing error must not fetch somebody's package."""
    assert choose([parse("install:yaml")], failed("missing_module", "No module named 'yamll'"), {}, {}) is None


def test_each_acts_once_and_shrink_until_its_minimum() -> None:
    """The limit of remedies."""
    shrink = parse("shrink:BATCH:2:8")
    environ = {"BATCH": "65"}
    values: list[str] = []
    used: dict[int, int] = {}
    while (chosen := choose([shrink], failed("out_of_memory", category="resource"), used, environ)) is not None:
        value = chosen[1].env["BATCH"]
        assert value is not None
        values.append(value)
        environ["BATCH"] = value
        used[0] = used.get(0, 0) + 1

    assert values == ["32", "16", "8"]
    assert choose([parse("utf8")], failed("encoding"), {0: 1}, {}) is None


@given(st.integers(1, 10**9), st.floats(1.01, 100), st.floats(0, 10**6))
def test_a_shrunk_number_is_whole_smaller_and_not_below_the_minimum(value: int, factor: float, minimum: float) -> None:
    """Whole numbers stay whole."""
    smaller = shrunk(str(value), factor, minimum)

    if smaller is not None:
        assert minimum <= int(smaller) < value


@pytest.mark.parametrize("value", ["", "many", "nan", "inf", "8", "7"])
def test_what_is_no_number_or_small_enough_is_left_alone(value: str) -> None:
    """Nothing is invented."""
    assert shrunk(value, 2, 8) is None


@pytest.mark.parametrize(
    "option", ["magic", "mkdir", "shrink:B:x", "shrink", "shrink:B:1:1", "install:", "free-disk", "run:"]
)
def test_wrong_remedies_are_refused(option: str) -> None:
    """With the words that are known."""
    with pytest.raises(ValueError, match="heal"):
        parse(option)


@pytest.mark.parametrize(
    ("table", "option"),
    [
        ({"use": "shrink", "var": "BATCH", "factor": 2.0, "min": 8.0}, "shrink:BATCH:2:8"),
        ({"use": "mkdir", "root": "out"}, "mkdir:out"),
        ({"use": "stale-lock", "path": "/x", "age": 3600.0}, "stale-lock:/x:age=1h"),
        ({"run": "a b"}, "run:a b"),
    ],
)
def test_tables_and_options_say_the_same(table: dict[str, Any], option: str) -> None:
    """`[[heal]]` and `--heal`."""
    assert from_table(table) == parse(option)


def test_a_remedy_does_not_change() -> None:
    """Policies are values."""
    with pytest.raises(AttributeError):
        Remedy("utf8").name = "run"
