"""From evidence to failure: which witness is believed, and what is found out."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from aitrack.diagnose.failure import Evidence, diagnose
from aitrack.diagnose.record import failure as a_failure


def frame(function: str, file: str = "/srv/app/a.py") -> dict[str, Any]:
    """Return a frame of the user's own."""
    return {"file": file, "line": 3, "function": function, "in_app": True}


def said(where: str, type_: str, message: str = "x", at: int = 1, **more: Any) -> dict[str, Any]:
    """Return what a collector wrote about one failure."""
    return {
        "where": where,
        "at_ns": at,
        "failure": {**a_failure(type_, message, [frame("f")], **more), "source": "collector"},
    }


def process(pid: int, *failures: dict[str, Any], ppid: int = 1, argv: list[str] | None = None) -> dict[str, Any]:
    """Return one process of the tree."""
    return {"pid": pid, "ppid": ppid, "argv": argv or ["python", "x.py"], "failures": list(failures), "raised": []}


def test_the_collector_is_believed_before_the_text() -> None:
    """It has the values."""
    text = 'Traceback (most recent call last):\n  File "b.py", line 1, in g\nTypeError: printed\n'

    failure, errors = diagnose(
        Evidence(exit_code=1, processes=[process(10, said("main", "KeyError"))], target_pid=10, stderr_tail=text)
    )

    assert failure is not None
    assert (failure["type"], failure["source"], errors) == ("KeyError", "collector", [])


def test_a_record_is_complete() -> None:
    """Readers find everything that policies and patterns need in one place."""
    failure, _ = diagnose(
        Evidence(exit_code=1, processes=[process(10, said("main", "KeyError", "'a'"))], target_pid=10, cwd="/srv/app")
    )

    assert failure is not None
    assert (failure["category"], failure["kind"], failure["confidence"]) == ("bug", "missing_key", 0.9)
    assert failure["verdict"]["reason"] == "type KeyError"
    assert failure["fingerprint"]["site"] == "KeyError at a.py in f"
    assert failure["blame"]["function"] == "f"
    assert failure["template"] == "‹str›"
    json.dumps(failure, allow_nan=False)


def test_text_is_read_when_no_collector_spoke() -> None:
    """`-S`, 3.6, node."""
    text = 'Traceback (most recent call last):\n  File "/srv/app/b.py", line 1, in g\nTypeError: printed\n'

    failure, _ = diagnose(Evidence(exit_code=1, stderr_tail=text))

    assert failure is not None
    assert (failure["type"], failure["source"], failure["category"]) == ("TypeError", "stderr", "bug")


def test_a_status_alone_is_a_failure_with_the_last_telling_line() -> None:
    """A program may fail without any form."""
    failure, _ = diagnose(
        Evidence(exit_code=3, stderr_tail="INFO start\ndisk 7 is odd\nDEBUG bye\n", argv=["/usr/bin/backup"])
    )

    assert failure is not None
    assert (failure["type"], failure["message"], failure["program"]) == (
        "ExitStatus",
        "exit status 3: disk 7 is odd",
        "backup",
    )
    assert failure["frames"] == []


@pytest.mark.parametrize(
    ("evidence", "type_", "category"),
    [
        ({"signal": {"number": 11, "name": "SIGSEGV", "core": False}}, "SIGSEGV", "crash"),
        ({"signal": {"number": 9, "name": "SIGKILL", "core": False}, "oom_kill": True}, "SIGKILL", "resource"),
        (
            {"signal": {"number": 15, "name": "SIGTERM", "core": False}, "timed_out": True, "duration_s": 5.0},
            "Timeout",
            "timeout",
        ),
        ({"exit_code": 0, "timed_out": True}, "Timeout", "timeout"),
        ({"exit_code": 137}, "ExitStatus", "killed"),
    ],
)
def test_ends_without_words(evidence: dict[str, Any], type_: str, category: str) -> None:
    """Signals and timeouts have types of their own."""
    failure, _ = diagnose(Evidence(**evidence))

    assert failure is not None
    assert (failure["type"], failure["category"]) == (type_, category)


def test_a_logged_traceback_does_not_explain_a_kill() -> None:
    """The out-of-memory killer leaves old words behind."""
    text = 'Traceback (most recent call last):\n  File "b.py", line 1, in g\nTypeError: logged\n'

    failure, _ = diagnose(Evidence(signal={"number": 9, "name": "SIGKILL", "core": False}, stderr_tail=text))

    assert failure is not None
    assert failure["type"] == "SIGKILL"


def test_an_assertion_explains_an_abort() -> None:
    """SIGABRT is how a C assertion ends."""
    failure, _ = diagnose(
        Evidence(
            signal={"number": 6, "name": "SIGABRT", "core": True},
            stderr_tail="prog: file.c:12: main: Assertion `x > 0' failed.\n",
        )
    )

    assert failure is not None
    assert (failure["type"], failure["frames"][0]["line"]) == ("Assertion", 12)


def test_a_child_that_a_parent_reports_is_linked_and_blamed() -> None:
    """The parent's words stay the failure, the child is the root."""
    child = process(11, said("main", "KeyError", "'price'", at=1), ppid=10, argv=["python", "worker.py", "--fast"])
    other = process(12, said("main", "OSError", "noise", at=0), ppid=10, argv=["python", "other.py"])
    report = said(
        "main",
        "CalledProcessError",
        "Command '['python', 'worker.py', '--fast']' returned non-zero exit status 1.",
        at=5,
    )

    failure, errors = diagnose(Evidence(exit_code=1, processes=[process(10, report), child, other], target_pid=10))

    assert failure is not None
    assert failure["type"] == "CalledProcessError"
    assert [(link["relation"], link["type"], link["process"]["pid"]) for link in failure["chain"]] == [
        ("child", "KeyError", 11)
    ]
    assert failure["blame"]["type"] == "KeyError"
    assert failure["fingerprint"]["site"].startswith("KeyError at")
    assert failure["category"] == "bug"
    assert [error["type"] for error in errors] == ["KeyError", "OSError"]


def test_grandchildren_are_followed() -> None:
    """A report of a report."""
    tree = [
        process(10, said("main", "CalledProcessError", at=9)),
        process(11, said("main", "CalledProcessError", at=8), ppid=10),
        process(12, said("main", "ZeroDivisionError", at=7), ppid=11),
    ]

    failure, _ = diagnose(Evidence(exit_code=1, processes=tree, target_pid=10))

    assert failure is not None
    assert failure["blame"]["type"] == "ZeroDivisionError"


def test_a_child_without_a_collector_is_read_from_the_text() -> None:
    """node under Python: its words come before the parent's."""
    text = (
        "Error: boom\n    at f (/srv/x.js:3:9)\n\nTraceback (most recent call last):\n"
        "  File \"/srv/app/a.py\", line 3, in f\nsubprocess.CalledProcessError: Command 'x' returned non-zero exit status 1.\n"
    )

    failure, _ = diagnose(
        Evidence(
            exit_code=1, processes=[process(10, said("main", "CalledProcessError"))], target_pid=10, stderr_tail=text
        )
    )

    assert failure is not None
    assert (failure["blame"]["type"], failure["blame"]["line"]) == ("Error", 3)


def test_a_python_child_of_a_shell_script_is_the_failure() -> None:
    """bash leaves with its child's status and says nothing."""
    failure, errors = diagnose(
        Evidence(
            exit_code=1,
            processes=[process(11, said("main", "KeyError"), ppid=10)],
            target_pid=10,
            argv=["bash", "run.sh"],
        )
    )

    assert failure is not None
    assert (failure["type"], failure["process"]["pid"], errors) == ("KeyError", 11, [])


def test_what_was_handled_before_exit_is_the_failure() -> None:
    """`except KeyError: sys.exit(1)` hides it from every other tool."""
    failure, _ = diagnose(
        Evidence(
            exit_code=1,
            processes=[process(10, said("handled", "KeyError", at=3), said("handled", "OSError", at=1))],
            target_pid=10,
        )
    )

    assert failure is not None
    assert (failure["type"], failure["handled"]) == ("KeyError", True)


def raised(type_: str, message: str, at: int, handler: int | None = None, function: str = "f") -> dict[str, Any]:
    """Return what a collector tells of an exception that did not escape."""
    failure = a_failure(type_, message, [frame(function)])
    handled = (
        None
        if handler is None
        else {"file": "/srv/app/a.py", "line": handler, "function": function, "code": "except KeyError:"}
    )
    return {"at_ns": at, "handled": handled, "count": 1, "failure": failure}


def left(code: int, *entries: dict[str, Any], stderr: str = "") -> dict[str, Any]:
    """Return the failure of a program that caught *entries* and left by *code*."""
    target = {**process(10), "raised": list(entries)}
    failure, _ = diagnose(Evidence(exit_code=code, processes=[target], target_pid=10, stderr_tail=stderr))
    assert failure is not None
    return failure


def test_the_exception_in_whose_handler_the_program_left_is_the_failure() -> None:
    """Even when others were raised and survived, before or after."""
    failure = left(
        1, raised("KeyError", "'a'", 1, handler=2), raised("OSError", "x", 2, 500), raised("SystemExit", "1", 3)
    )

    assert (failure["type"], failure["handled"], failure["where"]) == ("KeyError", True, "handled")
    assert failure["caught_at"]["line"] == 2


def test_the_exception_whose_message_was_printed_is_the_failure() -> None:
    """`print(f"error: {e}"); return 1`."""
    failure = left(
        1,
        raised("ValueError", "row 7 is bad", 1, 9, "g"),
        raised("OSError", "noise", 2, 9, "h"),
        stderr="error: row 7 is bad\n",
    )

    assert failure["type"] == "ValueError"


def test_a_probe_for_a_module_is_no_reason_to_leave() -> None:
    """`try: import ujson` stands in half of all programs; the place of the exit is what is known."""
    failure = left(3, raised("ModuleNotFoundError", "No module named 'ujson'", 1, 500), raised("SystemExit", "3", 9))

    assert (failure["type"], failure["frames"][-1]["function"]) == ("ExitStatus", "f")
    assert failure["fingerprint"]["site"] == "ExitStatus at app/a.py in f"


def test_who_catches_and_leaves_by_75_has_said_what_it_means() -> None:
    """EX_TEMPFAIL after a bug is still the program's word; a plain 1 is none."""
    caught = raised("ValueError", "x", 1, 2)

    assert left(75, caught)["category"] == "transient"
    assert left(1, caught)["category"] == "bug"
    assert left(1, raised("ConnectionResetError", "x", 1, 2))["category"] == "transient"


def test_ctrl_c_shows_where_the_program_was() -> None:
    """KeyboardInterrupt has frames; the category says who wanted it."""
    failure, _ = diagnose(
        Evidence(
            exit_code=130, aborted=True, processes=[process(10, said("main", "KeyboardInterrupt", ""))], target_pid=10
        )
    )
    killed, _ = diagnose(Evidence(signal={"number": 15, "name": "SIGTERM", "core": False}, aborted=True))

    assert failure is not None
    assert killed is not None
    assert (failure["type"], failure["category"]) == ("KeyboardInterrupt", "abort")
    assert (killed["type"], killed["category"]) == ("SIGTERM", "abort")


def test_a_hang_is_placed_where_the_program_stood() -> None:
    """The stacks were written before the end; the main thread counts."""
    threads = [
        {"name": "T", "main": False, "frames": [frame("other")]},
        {"name": "M", "main": True, "frames": [frame("main"), frame("wait_for")]},
    ]
    hung = {**process(10), "stacks": {"threads": threads}}

    failure, _ = diagnose(Evidence(timed_out=True, duration_s=5, processes=[hung], target_pid=10))

    assert failure is not None
    assert failure["blame"]["function"] == "wait_for"
    assert failure["fingerprint"]["site"] == "Timeout at app/a.py in wait_for"
    assert len(failure["threads"]) == 2


def test_a_parent_that_waits_for_a_hanging_child_is_not_the_place() -> None:
    """The child is."""
    waiting = [frame("main"), {**frame("wait", "/usr/lib/python3.13/subprocess.py"), "in_app": False}]
    parent = {**process(10), "stacks": {"threads": [{"main": True, "frames": waiting}]}}
    child = {**process(11, ppid=10), "stacks": {"threads": [{"main": True, "frames": [frame("spin")]}]}}

    failure, _ = diagnose(Evidence(timed_out=True, processes=[parent, child], target_pid=10))

    assert failure is not None
    assert failure["blame"]["function"] == "spin"


def test_a_native_crash_is_placed_by_its_dump() -> None:
    """The private file of `faulthandler`, never the program's stderr."""
    dump = 'Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f (most recent call first):\n  File "/srv/app/x.py", line 3 in crash\n  File "/srv/app/x.py", line 4 in <module>\n\nThread 0x1 (most recent call first):\n  File "y.py", line 1 in z\n'

    failure, _ = diagnose(Evidence(signal={"number": 11, "name": "SIGSEGV", "core": False}, native=dump))

    assert failure is not None
    assert (failure["type"], failure["blame"]["function"], failure["blame"]["line"]) == ("SIGSEGV", "crash", 3)


def test_failures_of_threads_are_errors_beside_the_end() -> None:
    """They did not end the run, and they matter."""
    failure, errors = diagnose(
        Evidence(
            exit_code=1, processes=[process(10, said("thread", "KeyError"), said("main", "ValueError"))], target_pid=10
        )
    )

    assert failure is not None
    assert failure["type"] == "ValueError"
    assert [(error["type"], error["where"], error["category"]) for error in errors] == [("KeyError", "thread", "bug")]


def test_a_success_has_no_failure_but_may_have_errors() -> None:
    """A thread may die while the program passes."""
    failure, errors = diagnose(
        Evidence(exit_code=0, processes=[process(10, said("thread", "KeyError"))], target_pid=10)
    )

    assert failure is None
    assert [error["type"] for error in errors] == ["KeyError"]


def test_a_timeout_is_the_failure_and_what_was_raised_then_is_beside_it() -> None:
    """TERM makes programs raise; that is not why they were slow."""
    failure, errors = diagnose(
        Evidence(
            exit_code=1,
            timed_out=True,
            duration_s=2.0,
            processes=[process(10, said("main", "SystemExit"))],
            target_pid=10,
        )
    )

    assert failure is not None
    assert (failure["type"], failure["message"]) == ("Timeout", "timed out after 2s")
    assert [error["type"] for error in errors] == ["SystemExit"]


def test_a_workers_traceback_that_crossed_as_text_is_read() -> None:
    """`concurrent.futures` sends it as the message of `_RemoteTraceback`."""
    remote = {
        "relation": "cause",
        **a_failure(
            "_RemoteTraceback",
            '\n"""\nTraceback (most recent call last):\n  File "/srv/app/w.py", line 7, in work\n    1/0\nZeroDivisionError: division by zero\n"""',
        ),
    }
    failure, _ = diagnose(
        Evidence(exit_code=1, processes=[process(10, said("main", "ZeroDivisionError", chain=[remote]))], target_pid=10)
    )

    assert failure is not None
    assert (failure["blame"]["function"], failure["blame"]["line"]) == ("work", 7)


def test_a_text_of_its_own_is_taken_from_what_was_printed() -> None:
    """The collector never calls a program's `__str__`; Python just has."""
    text = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\napp.Odd: nice words\n'
    odd = said("main", "app.Odd", "('raw', 1)", custom_str=True)

    failure, _ = diagnose(Evidence(exit_code=1, processes=[process(10, odd)], target_pid=10, stderr_tail=text))

    assert failure is not None
    assert (failure["message"], failure["message_source"]) == ("nice words", "stderr")


def test_groups_in_groups_without_an_end_are_survived() -> None:
    """A damaged record may nest deeper than any program."""
    deep = a_failure("ExceptionGroup", "x", [frame("f")])
    for _ in range(900):
        deep = a_failure("ExceptionGroup", "x", [frame("f")], exceptions=[deep])

    failure, _ = diagnose(
        Evidence(exit_code=1, processes=[process(10, {"where": "main", "failure": deep})], target_pid=10)
    )

    assert failure is not None
    assert failure["type"] == "ExceptionGroup"


def test_only_light_modules_are_imported_on_the_way() -> None:
    """Diagnosis happens while somebody waits: 20 ms for all of it."""
    program = (
        "import sys; from aitrack.diagnose.failure import Evidence, diagnose; diagnose(Evidence(exit_code=1, stderr_tail='Error: x: timed out'));"
        "heavy = {'typing', 'dataclasses', 'msgspec', 'pathlib', 'subprocess', 'tomllib', 'sqlite3', 'ast', 'inspect', 'email', 'hashlib'};"
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {sys.path[0]!r}); sys.path[:0] = {sys.path!r}; {program}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == "[]", done.stderr


def test_a_usual_failure_is_diagnosed_in_a_millisecond() -> None:
    """Measured warm; the first one pays for imports."""
    evidence = Evidence(
        exit_code=1,
        processes=[process(10, said("main", "KeyError", "'price'"))],
        target_pid=10,
        stderr_tail="x\n" * 500,
    )
    diagnose(evidence)
    times: list[float] = []
    for _ in range(20):
        begun = time.perf_counter()
        diagnose(evidence)
        times.append(time.perf_counter() - begun)

    assert sorted(times)[10] < 0.005


def test_what_was_survived_long_before_the_end_is_no_reason_to_leave() -> None:
    """Something was caught, then the program worked on for minutes: unsure is better than a guess."""
    entry = raised("ValueError", "x", 1)
    soon = {**process(10), "raised": [entry], "exit": {"at_ns": 1_000_000, "frames": [frame("leave")]}}
    late = {**soon, "exit": {"at_ns": 60_000_000_000, "frames": [frame("leave")]}}

    types = [
        (diagnose(Evidence(exit_code=1, processes=[target], target_pid=10))[0] or {})["type"] for target in (soon, late)
    ]

    assert types == ["ValueError", "ExitStatus"]


def test_a_test_runner_is_not_blamed_on_what_its_tests_raised() -> None:
    """Tests raise on purpose; only what the runner printed says which of it was wrong."""
    target = {
        **process(10, argv=["python", "-m", "unittest", "tests"]),
        "raised": [raised("AssertionError", "1 != 2", 1), raised("ValueError", "on purpose", 2)],
    }

    silent, _ = diagnose(Evidence(exit_code=1, processes=[target], target_pid=10))
    printed, _ = diagnose(Evidence(exit_code=1, processes=[target], target_pid=10, stderr_tail="E: 1 != 2\n"))

    assert silent is not None
    assert printed is not None
    assert (silent["type"], printed["type"]) == ("ExitStatus", "AssertionError")


def test_an_error_of_a_server_that_was_caught_and_printed_keeps_its_status() -> None:
    """Its text is made by a method of its own, which is not called; what was printed is the text."""
    entry = raised("HTTPError", "", 1, 2)

    failure = left(1, entry, raised("SystemExit", "1", 3), stderr="error: HTTP Error 503: Service Unavailable\n")

    assert failure["message"] == "HTTP Error 503: Service Unavailable"


def test_a_message_that_is_empty_stays_empty() -> None:
    """`assert x` says nothing; the end of a worker's traceback, printed below it, is no message."""
    text = 'Traceback (most recent call last):\n  File "b.py", line 1, in g\nAssertionError\n"""\n'

    failure, _ = diagnose(
        Evidence(
            exit_code=1, processes=[process(10, said("main", "AssertionError", ""))], target_pid=10, stderr_tail=text
        )
    )

    assert failure is not None
    assert failure["message"] == ""
