"""Classification: which evidence decides, for failures of every layer."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose import known
from aitrack.diagnose.category import classify
from aitrack.diagnose.failure import Evidence, diagnose
from aitrack.diagnose.record import failure as a_failure

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def judged(type_: str = "", message: str = "", **known_more: Any) -> tuple[str, str]:
    """Return (category, kind) of an exception that ended a program with exit 1."""
    evidence = Evidence(exit_code=known_more.pop("exit_code", 1), stderr_tail=known_more.pop("stderr", ""))
    verdict = classify(evidence, a_failure(type_, message, **known_more) if type_ else None)
    return verdict["category"], verdict["kind"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, ("overload", "rate_limit")), (503, ("overload", "unavailable")), (529, ("overload", "unavailable")),
        (408, ("transient", "timeout")), (425, ("transient", "unavailable")), (500, ("transient", "server_error")),
        (502, ("transient", "server_error")), (504, ("transient", "timeout")), (400, ("permanent", "bad_request")),
        (401, ("permanent", "auth")), (403, ("permanent", "auth")), (404, ("permanent", "not_found")),
        (409, ("permanent", "bad_request")), (501, ("permanent", "server_error")), (505, ("permanent", "bad_request")),
    ],
)  # fmt: skip
def test_http_statuses(status: int, expected: tuple[str, str]) -> None:
    """The same number means the same in every client library."""
    assert judged("requests.exceptions.HTTPError", "x", facts={"http_status": status}) == expected
    assert judged("urllib.error.HTTPError", f"HTTP Error {status}: words") == expected
    assert judged("requests.exceptions.HTTPError", f"{status} Client Error: words for url: http://x/") == expected


def test_a_spent_quota_is_no_rate_limit() -> None:
    """Waiting does not fill an account."""
    message = "Error code: 429 - {'error': {'code': 'insufficient_quota'}}"

    assert judged("openai.RateLimitError", message, facts={"http_status": 429}) == ("permanent", "quota")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ECONNREFUSED, ("transient", "refused")), (errno.ECONNRESET, ("transient", "reset")), (errno.EPIPE, ("transient", "reset")),
        (errno.EHOSTUNREACH, ("transient", "unreachable")), (errno.ETIMEDOUT, ("transient", "timeout")), (errno.EAGAIN, ("transient", "busy")),
        (errno.ENOSPC, ("resource", "disk_full")), (errno.ENOMEM, ("resource", "out_of_memory")), (errno.EMFILE, ("resource", "too_many_files")),
        (errno.EADDRINUSE, ("resource", "address_in_use")), (errno.ENOENT, ("permanent", "missing_file")),
        (errno.EACCES, ("permanent", "permission")), (errno.EISDIR, ("permanent", "is_directory")),
    ],
)  # fmt: skip
def test_errno_by_fact_and_by_text(number: int, expected: tuple[str, str]) -> None:
    """A blind interpreter leaves `[Errno N]` in the message only."""
    assert judged("OSError", "x", facts={"errno": number}) == expected
    assert judged("OSError", f"[Errno {number}] words") == expected


def test_a_lookup_that_may_work_later_is_told_from_one_that_never_will() -> None:
    """EAI_AGAIN and EAI_NONAME are numbers of their own."""
    assert judged("socket.gaierror", "x", facts={"errno": -3}) == ("transient", "dns")
    assert judged("socket.gaierror", "[Errno -2] Name or service not known") == ("permanent", "dns")


def test_the_errno_of_tls_is_no_errno() -> None:
    """`ssl.SSLError` puts 1 into `errno`, which is EPERM elsewhere."""
    message = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"

    assert judged("ssl.SSLCertVerificationError", message, facts={"errno": 1}) == ("permanent", "tls")
    assert judged("ssl.SSLError", message, facts={"errno": 1}) == ("permanent", "tls")


def test_a_lock_that_is_held_and_a_folder_that_is_missing() -> None:
    """Remedies ask for these kinds."""
    frame = {"file": "a.py", "line": 1, "function": "f", "in_app": True, "code": "open('out/x.csv', 'w')"}

    assert judged("FileExistsError", "[Errno 17] File exists: '/run/job.lock'") == ("permanent", "lock_held")
    assert judged("FileExistsError", "[Errno 17] File exists: '/run/data'") == ("permanent", "exists")
    assert judged("FileNotFoundError", "[Errno 2] No such file: 'out/x.csv'", frames=[frame]) == (
        "permanent",
        "missing_directory",
    )
    assert judged("FileNotFoundError", "[Errno 2] No such file: 'in.csv'") == ("permanent", "missing_file")


def test_the_intent_to_write_may_stand_in_a_later_line() -> None:
    """A formatter breaks long calls."""
    context = {
        "start": 8,
        "lines": ["def save(path):", "    with open(", "        path,", '        "w",', "    ) as file:"],
    }
    frame = {
        "file": "a.py",
        "line": 9,
        "end_line": 12,
        "function": "save",
        "in_app": True,
        "code": "with open(",
        "context": context,
    }

    assert judged("FileNotFoundError", "[Errno 2] No such file: 'out/x.csv'", frames=[frame])[1] == "missing_directory"


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("KeyError", ("bug", "missing_key")), ("json.decoder.JSONDecodeError", ("bug", "invalid_json")), ("ModuleNotFoundError", ("permanent", "missing_module")),
        ("MemoryError", ("resource", "out_of_memory")), ("requests.exceptions.ConnectTimeout", ("transient", "timeout")),
        ("httpx.ReadTimeout", ("transient", "timeout")), ("psycopg.errors.DeadlockDetected", ("transient", "deadlock")),
        ("java.net.SocketTimeoutException", ("transient", "timeout")), ("java.lang.NullPointerException", ("bug", "null")),
        ("openai.APITimeoutError", ("transient", "timeout")), ("http.client.RemoteDisconnected", ("transient", "reset")),
        ("AssertionError", ("bug", "assertion")), ("SyntaxError", ("permanent", "syntax")), ("KeyboardInterrupt", ("abort", "interrupted")),
    ],
)  # fmt: skip
def test_types_by_name(type_: str, expected: tuple[str, str]) -> None:
    """No library is imported to know its names."""
    assert judged(type_, "words") == expected


def test_a_subclass_is_judged_by_its_nearest_known_base() -> None:
    """Programs have types of their own."""
    assert judged("app.Refused", "x", bases=["builtins.ConnectionRefusedError", "builtins.ConnectionError"]) == (
        "transient",
        "refused",
    )
    assert judged("app.Odd", "x", bases=["RuntimeError"]) == ("unknown", "unknown")


def test_a_generic_exception_passes_the_question_to_its_cause() -> None:
    """`raise RuntimeError("fetch failed") from error` says nothing by itself."""
    refused = {"relation": "cause", **a_failure("ConnectionRefusedError", "[Errno 111] Connection refused")}

    assert judged("RuntimeError", "fetch failed", chain=[refused]) == ("transient", "refused")
    assert judged("requests.exceptions.ConnectionError", "x", chain=[refused]) == ("transient", "refused")


def test_a_bug_stops_the_question() -> None:
    """A TypeError in the handler of a refused connection is a TypeError."""
    refused = {"relation": "context", **a_failure("ConnectionRefusedError", "[Errno 111]")}

    assert judged("TypeError", "x", chain=[refused]) == ("bug", "type")


def test_a_group_is_as_bad_as_its_worst_member() -> None:
    """One bug among timeouts is not healed by waiting."""
    members = [a_failure("TimeoutError", ""), a_failure("KeyError", "'a'"), a_failure("ConnectionResetError", "")]

    assert judged("ExceptionGroup", "many (3 sub-exceptions)", exceptions=members) == ("bug", "missing_key")


def test_the_program_has_the_word() -> None:
    """`aitrack_category`, and the server's own `x-should-retry`."""
    assert judged("KeyError", "x", facts={"declared": "transient"})[0] == "transient"
    assert judged("x.E", "x", facts={"http_status": 500, "headers": {"X-Should-Retry": "false"}})[0] == "permanent"
    assert judged("x.E", "x", facts={"http_status": 409, "headers": {"x-should-retry": "true"}})[0] == "transient"


def test_words_of_cloud_and_database_libraries() -> None:
    """One type for everything: the code in its message decides."""
    aws = "An error occurred (Throttling) when calling the X operation"

    assert judged("botocore.exceptions.ClientError", aws) == ("overload", "rate_limit")
    assert judged("grpc._channel._InactiveRpcError", "status = StatusCode.UNAVAILABLE\n details") == (
        "transient",
        "unavailable",
    )
    assert judged("sqlite3.OperationalError", "database is locked") == ("transient", "busy")
    assert judged("sqlite3.OperationalError", "no such table: x")[0] not in ("transient", "overload")


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("SIGSEGV", 11, ("crash", "segfault")), ("SIGKILL", 9, ("killed", "killed")), ("SIGTERM", 15, ("killed", "terminated")),
        ("SIGXCPU", 24, ("resource", "cpu_limit")), ("SIGPIPE", 13, ("abort", "broken_pipe")), ("SIGINT", 2, ("abort", "interrupted")),
    ],
)  # fmt: skip
def test_signals_also_by_their_shell_number(name: str, number: int, expected: tuple[str, str]) -> None:
    """`sh -c` turns a signal into 128+n."""
    by_signal = classify(Evidence(signal={"number": number, "name": name, "core": False}), None)
    by_code = classify(Evidence(exit_code=128 + number), None)

    assert (by_signal["category"], by_signal["kind"]) == expected
    assert by_code["category"] == expected[0]


def test_a_kill_for_memory_is_told_from_a_kill() -> None:
    """Only the kernel's counter knows."""
    kill = {"number": 9, "name": "SIGKILL", "core": False}

    assert classify(Evidence(signal=kill, oom_kill=True), None)["kind"] == "out_of_memory"
    assert classify(Evidence(signal=kill, memory_fraction=0.95), None)["kind"] == "out_of_memory"
    assert classify(Evidence(signal=kill), None)["kind"] == "killed"


@pytest.mark.parametrize(
    ("code", "category"),
    [(75, "transient"), (69, "transient"), (64, "permanent"), (78, "permanent"), (2, "permanent"), (126, "permanent"), (127, "permanent"),
     (124, "timeout"), (130, "abort"), (137, "killed"), (139, "crash"), (1, "unknown"), (3, "unknown"), (0, "ok")],
)  # fmt: skip
def test_exit_codes(code: int, category: str) -> None:
    """sysexits, the shell's own, and the plain 1 that says nothing."""
    assert classify(Evidence(exit_code=code), None)["category"] == category


def test_the_wrapper_knows_best_what_it_did() -> None:
    """A timeout of ours is no SIGTERM of somebody else."""
    term = {"number": 15, "name": "SIGTERM", "core": False}

    assert classify(Evidence(signal=term, timed_out=True), None)["category"] == "timeout"
    assert classify(Evidence(signal=term, aborted=True), None)["category"] == "abort"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("curl: (7) Failed to connect to x port 80: Connection refused", ("transient", "refused")),
        ("ssh: Could not resolve hostname x: Temporary failure in name resolution", ("transient", "dns")),
        ("psql: error: FATAL: password authentication failed", ("permanent", "auth")),
        ("OSError: [Errno 28] No space left on device", ("resource", "disk_full")),
        ("npm ERR! 429 Too Many Requests", ("overload", "rate_limit")),
        ("HTTP 503 for /x", ("overload", "unavailable")),
        ("upstream: 502 Bad Gateway", ("transient", "server_error")),
        ("read tcp: i/o timed out", ("transient", "timeout")),
        ("cat: x: No such file or directory", ("permanent", "missing_file")),
        ("all is well", ("unknown", "unknown")),
        ("the timeout must be a number", ("unknown", "unknown")),
        ("port 429 is open", ("unknown", "unknown")),
    ],
)
def test_words_on_stderr_when_nothing_else_speaks(text: str, expected: tuple[str, str]) -> None:
    """The weakest evidence is still evidence."""
    assert judged(stderr=text + "\n") == expected


def test_a_logged_refusal_does_not_hide_a_bug() -> None:
    """Words count only without exception evidence, and information never."""
    assert judged("TypeError", "x", stderr="WARNING Connection refused, trying again\n") == ("bug", "type")
    assert judged(stderr="INFO connection refused earlier, recovered\n") == ("unknown", "unknown")


def test_git_is_judged_by_its_words() -> None:
    """128 is all that git says by number."""
    away = "fatal: unable to access 'https://x/': Could not resolve host: x\n"

    assert judged(exit_code=128, stderr=away) == ("transient", "dns")
    assert judged(exit_code=128, stderr="fatal: repository 'x' not found\n")[0] == "permanent"
    assert judged(exit_code=128, stderr="fatal: odd\n")[0] == "permanent"


def test_a_users_rule_goes_first_and_its_conditions_all_hold() -> None:
    """`[[retry.rule]]` is for what only the user knows."""
    rules = [
        {
            "match": {"exception": "botocore.exceptions.ClientError", "message": "Slow"},
            "category": "overload",
            "delay": 5.0,
        },
        {"match": {"exit": [42, "50-59"]}, "category": "transient", "max": 2},
        {"match": {"stderr": "("}, "category": "transient"},
    ]
    client_error = a_failure("botocore.exceptions.ClientError", "Slow down")

    by_exception = classify(Evidence(exit_code=1, rules=rules), client_error)
    by_code = classify(Evidence(exit_code=55, rules=rules), None)
    other = classify(Evidence(exit_code=1, rules=rules), a_failure("botocore.exceptions.ClientError", "No"))

    assert (by_exception["category"], by_exception["rule"]) == ("overload", {"delay": 5.0, "index": 0})
    assert (by_code["category"], by_code["rule"]["max"], by_code["source"]) == ("transient", 2, "rule")
    assert other["source"] != "rule"


def test_each_meaning_is_a_category() -> None:
    """A typing error in a table would be a category that nobody asks for."""
    tables = (
        known.STATUS,
        known.ERRNO,
        known.GAI,
        known.TYPES,
        known.WRAPPERS,
        known.CODES,
        known.GRPC,
        known.SIGNALS,
        known.EXITS,
    )

    assert {category for table in tables for category, _ in table.values()} <= set(known.CATEGORIES)
    assert {category for _, category, _ in known.PHRASES} <= set(known.CATEGORIES)


@pytest.mark.parametrize(
    ("message", "stderr", "expected"),
    [
        ("Command '['curl', '-f', 'http://x/']' returned non-zero exit status 28.", "", ("transient", "timeout")),
        ("Command 'exit 75' returned non-zero exit status 75.", "", ("transient", "temporary")),
        ("Command '['x']' died with <Signals.SIGSEGV: 11>.", "", ("crash", "segfault")),
        (
            "Command '['pg_dump']' returned non-zero exit status 1.",
            "pg_dump: error: Connection refused\n",
            ("transient", "refused"),
        ),
        ("Command '['x']' returned non-zero exit status 1.", "", ("unknown", "unknown")),
    ],
)
def test_a_reported_command_is_judged_by_its_own_status_and_words(
    message: str, stderr: str, expected: tuple[str, str]
) -> None:
    """It is no Python and left no record; its parent's traceback is not its words."""
    traceback = "Traceback (most recent call last):\n  File 'x: timed out'\nsubprocess.CalledProcessError: x\n"

    assert judged("subprocess.CalledProcessError", message, stderr=stderr + traceback) == expected


def test_the_tables_can_be_read_by_people() -> None:
    """`aitrack explain overload` lists what is overload."""
    listed = known.meanings()

    assert ("HTTP 429", "overload", "rate_limit") in listed
    assert ("errno ECONNREFUSED", "transient", "refused") in listed
    assert len(listed) == len(set(listed))


@given(JSON, JSON, st.integers(0, 255) | st.none())
def test_hostile_records_get_a_verdict(one: Any, other: Any, code: int | None) -> None:
    """A spool may be damaged or from a newer version."""
    failure: dict[str, Any] = {
        "type": one,
        "message": other,
        "chain": one,
        "frames": other,
        "facts": one,
        "exceptions": [one, other],
    }
    process = {
        "pid": 1,
        "failures": [{"where": "main", "failure": {**failure, "type": "ValueError"}}, one, {"failure": other}],
    }

    verdict = classify(Evidence(exit_code=code), failure)
    found, errors = diagnose(
        Evidence(exit_code=code, processes=[process], target_pid=1, rules=[{"match": {"exit": one}}])
    )

    assert verdict["category"] in known.CATEGORIES
    assert (found is None) == (code == 0)
    assert isinstance(errors, list)


@given(st.integers(100, 599))
def test_only_error_statuses_mean_something(status: int) -> None:
    """A redirection is no failure of the other side."""
    assert (known.of_status(status) is not None) == (status >= 400)
