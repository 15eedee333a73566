"""Fingerprints: what makes two failures the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose.fingerprint import VERSION, fingerprint, project_path, site_of
from aitrack.diagnose.record import failure as a_failure


def frame(function: str, line: int = 1, file: str = "/srv/app/load.py", *, in_app: bool = True) -> dict[str, Any]:
    """Return a frame."""
    return {"file": file, "line": line, "function": function, "in_app": in_app}


def of(type_: str, message: str, *frames: dict[str, Any], cwd: str = "/srv/app") -> dict[str, Any]:
    """Return the fingerprint of a failure that is its own root."""
    failure = a_failure(type_, message, list(frames))
    return fingerprint(failure, failure, cwd)


def test_an_edit_above_does_not_split_a_group() -> None:
    """Line numbers are no part of the site."""
    before = of("KeyError", "'price'", frame("main", 9), frame("parse", 88))
    after = of("KeyError", "'price'", frame("main", 12), frame("parse", 120))

    assert before["l1"] == after["l1"]
    assert before["l0"] != after["l0"]
    assert before["version"] == VERSION


def test_the_site_is_the_last_line_of_the_users_own() -> None:
    """Where a library raises is the library's business."""
    own = of(
        "ValueError", "x", frame("main"), frame("loads", file="/usr/lib/python3.13/json/__init__.py", in_app=False)
    )

    assert own["site"] == "ValueError at load.py in main"


def test_two_functions_are_two_sites_and_two_types_are_too() -> None:
    """Different failures are different patterns."""
    keys = {
        of("KeyError", "'a'", frame("f"))["l1"],
        of("KeyError", "'a'", frame("g"))["l1"],
        of("TypeError", "a", frame("f"))["l1"],
    }

    assert len(keys) == 3


def test_wordings_at_one_site_are_told_apart_by_the_second_print() -> None:
    """500 and 503 at one call."""
    one = of("HTTPError", "HTTP Error 500: x", frame("f"))
    other = of("HTTPError", "HTTP Error 503: x", frame("f"))

    assert one["l1"] == other["l1"]
    assert one["l2"] != other["l2"]


def test_a_recursion_is_named_by_its_file_alone() -> None:
    """Depth, entry point and the function where it ended differ from run to run."""
    one = of("RecursionError", "x", frame("a"), *[frame("even"), frame("odd")] * 20)
    other = of("RecursionError", "x", frame("b"), *[frame("odd"), frame("even")] * 30, frame("odd"))

    assert one["l1"] == other["l1"]


@pytest.mark.parametrize(
    ("file", "cwd", "expected"),
    [
        ("/srv/app/load.py", "/srv/app", "load.py"),
        ("/srv/app/pkg/load.py", "/srv/app", "pkg/load.py"),
        ("/srv/releases/20261123/load.py", "/", "load.py"),
        ("/tmp/tmpab12cd/load.py", "/tmp", "load.py"),
        ("/home/me/proj/load.py", "/home/me", "proj/load.py"),
        ("/x/site-packages/requests/api.py", "/x", "requests/api.py"),
        ("/usr/lib/python3.13/json/decoder.py", "/srv", "decoder.py"),
        ("load.py", "/srv", "load.py"),
    ],
)
def test_paths_are_named_as_the_project_does(file: str, cwd: str, expected: str) -> None:
    """Checkouts, releases and containers put one file at many places."""
    assert project_path(file, cwd) == expected


def test_a_place_without_a_function_is_told_apart_by_its_words() -> None:
    """Two compile errors in one file are two failures; the same one on another line is not."""
    keys = [
        of("CompileError", message, frame("", line))["l1"]
        for message, line in (("`x` undeclared", 3), ("`x` undeclared", 9), ("expected `;`", 3))
    ]

    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


def test_without_frames_the_program_and_its_words_are_the_site() -> None:
    """`exit status 3: disk 7 is full` of one program is one pattern, whatever the disk."""
    one = site_of(a_failure("ExitStatus", "exit status 3: disk 7 is full", program="backup.sh"))
    other = site_of(a_failure("ExitStatus", "exit status 3: disk 12 is full", program="backup.sh"))
    elsewhere = site_of(a_failure("ExitStatus", "exit status 3: disk 12 is full", program="other.sh"))

    assert one == other
    assert one != elsewhere


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(
    st.fixed_dictionaries(
        {"type": JSON, "message": JSON, "frames": JSON, "chain": JSON, "syntax": JSON, "exceptions": JSON}
    )
)
def test_any_record_has_a_fingerprint(record: dict[str, Any]) -> None:
    """Records come from files that others wrote."""
    found = fingerprint(record, record)

    assert all(len(found[level]) == 16 for level in ("l0", "l1", "l2", "names"))


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("FileNotFoundError", "[Errno 2] No such file or directory: '/tmp/a'", "[Errno 2] No such file or directory"),
        ("SyntaxError", "unmatched ')' (<template>, line 12)", "unmatched ')'"),
        ("ParserError", "('unknown format: %s', 'Thu, 25')", "('unknown format: %s', \"it's\")"),
        ("HTTPError", "HTTP Error 500: Internal Server Error", "HTTP Error 500"),
    ],
)
def test_the_way_that_a_failure_was_seen_does_not_split_it(type_: str, one: str, other: str) -> None:
    """Caught, printed or escaped: the same message is told with more or fewer of its parts."""
    assert of(type_, one, frame("f"))["l2"] == of(type_, other, frame("f"))["l2"]


def test_a_form_and_what_is_put_into_it_are_told_apart() -> None:
    """`ParserError("unknown format: %s", text)`: the values vary, the form is the wording."""
    prints = [
        fingerprint(failure, failure, "/srv/app")
        for text in ("Thu, 25 Sep", "10h36m28.5s")
        for failure in [a_failure("ParserError", f"unknown: {text}", [frame("f")], args=["'unknown: %s'", repr(text)])]
    ]

    assert prints[0]["l2"] == prints[1]["l2"]


def test_the_status_counts_where_the_message_is_missing() -> None:
    """A library's exception keeps it as a number."""
    silent = a_failure("HTTPError", "", [frame("f")], facts={"http_status": 503})

    assert fingerprint(silent, silent, "/srv/app")["l2"] == of("HTTPError", "HTTP Error 503: x", frame("f"))["l2"]
