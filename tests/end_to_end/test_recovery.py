"""Retry, breaker, fallback, remedies and locks around real processes."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.end_to_end.conftest import is_alive, needs, until

FAILS_TWICE = """
import os, sys
n = int(os.environ["AITRACK_ATTEMPT"])
print("attempt", n, flush=True)
if n < 3: raise ConnectionResetError(104, "Connection reset by peer")
"""


def test_without_options_nothing_is_retried_and_no_database_is_opened(lab: Any) -> None:
    """A wrapper that repeats what nobody asked it to repeat is dangerous."""
    lab.script("flaky.py", FAILS_TWICE)

    assert lab.run("flaky.py").stdout == b"attempt 1\n"
    assert not (lab.home / "state.db").exists()


def test_a_transient_failure_is_retried_until_it_passes(lab: Any) -> None:
    """Status 0, one line per retry, and the session is marked as recovered."""
    lab.script("flaky.py", FAILS_TWICE)

    result = lab.run("--retries", "3", "--delay", "20ms", "flaky.py")

    assert (result.status, result.stdout) == (0, b"attempt 1\nattempt 2\nattempt 3\n")
    assert [line.split(b";")[0] for line in result.stderr.splitlines() if line.startswith(b"aitrack: attempt")] == [
        b"aitrack: attempt 1/4 failed: ConnectionResetError (transient)",
        b"aitrack: attempt 2/4 failed: ConnectionResetError (transient)",
    ]
    assert (result.session["status"], result.session["recovered"]) == ("passed", True)
    attempts = result.inspected["attempts"]
    assert [attempt["n"] for attempt in attempts] == [1, 2, 3]
    assert attempts[1]["delay_reason"] == "backoff" and 0 <= attempts[1]["delay_before_s"] <= 0.02


@pytest.mark.parametrize(
    "failure",
    ["raise TypeError('bug')", "import missing_module_x", "raise SystemExit(1)", "raise PermissionError(13, 'no')"],
)
def test_what_a_retry_cannot_help_is_not_retried(lab: Any, failure: str) -> None:
    """A bug stays a bug."""
    lab.script("bug.py", f"print('once', flush=True)\n{failure}\n")

    result = lab.run("--retries", "5", "--delay", "0", "bug.py")

    assert (result.status, result.stdout) == (1, b"once\n")
    assert result.session["reason"].startswith("not retried")


def test_when_all_attempts_fail_the_status_is_the_last_ones(lab: Any) -> None:
    """Exit 75 says `try again`; the last attempt's status is the session's."""
    lab.script("never.py", "import os, sys; sys.exit(75 if os.environ['AITRACK_ATTEMPT'] != '3' else 69)")

    result = lab.run("--retries", "2", "--delay", "0", "never.py")

    assert result.status == 69
    assert b"aitrack: gave up after 3 attempts" in result.stderr


def test_the_environment_tells_the_program_about_its_attempts(lab: Any) -> None:
    """One idempotency key for all attempts, and a hint from the second one on."""
    lab.script(
        "env.py",
        "import json, os, sys\nprint(json.dumps({k: v for k, v in os.environ.items() if k.startswith('AITRACK_')}))\n"
        "if 'AITRACK_HINT_FILE' in os.environ: print(json.dumps(json.load(open(os.environ['AITRACK_HINT_FILE']))))\n"
        "raise TimeoutError('slow \\x1b[31m day')\n",
    )

    lines = [json.loads(line) for line in lab.run("--retries", "1", "--delay", "0", "env.py").stdout.splitlines()]
    first, second, hint = lines

    assert (first["AITRACK_ATTEMPT"], second["AITRACK_ATTEMPT"], second["AITRACK_MAX_ATTEMPTS"]) == ("1", "2", "2")
    assert first["AITRACK_IDEMPOTENCY_KEY"] == second["AITRACK_IDEMPOTENCY_KEY"]
    assert "AITRACK_HINT" not in first and "TimeoutError" in second["AITRACK_HINT"]
    assert (hint["attempt"], hint["failure"]["category"]) == (2, "transient")
    assert "\x1b" not in json.dumps(hint)


def test_a_written_commit_file_is_a_point_of_no_return(lab: Any) -> None:
    """What has been paid must not be paid again, nor replaced."""
    lab.script(
        "pay.py",
        "import os\nopen(os.environ['AITRACK_COMMIT_FILE'], 'w').write('paid')\nprint('paid', flush=True)\nraise TimeoutError()\n",
    )

    result = lab.run("--retries", "3", "--delay", "0", "--fallback", "echo other", "pay.py")

    assert (result.status, result.stdout) == (1, b"paid\n")
    assert result.session["committed"] is True


def test_piped_stdin_is_replayed(lab: Any) -> None:
    """The second attempt reads what the first one has read."""
    lab.script(
        "read.py",
        "import os, sys\ndata = sys.stdin.read()\nprint(len(data), flush=True)\nsys.exit(75 if os.environ['AITRACK_ATTEMPT'] == '1' else 0)",
    )

    result = lab.run("--retries", "1", "--delay", "0", "read.py", input=b"x" * 300_000)

    assert (result.status, result.stdout) == (0, b"300000\n300000\n")


def test_stdin_from_a_file_is_read_again_from_where_it_was(lab: Any) -> None:
    """The offset of the caller counts, not the beginning."""
    lab.script(
        "read.py",
        "import os, sys\nprint(sys.stdin.read(), flush=True)\nsys.exit(75 if os.environ['AITRACK_ATTEMPT'] == '1' else 0)",
    )
    path = lab.script("input", "skipped|kept")

    with path.open("rb") as stream:
        os.lseek(stream.fileno(), 8, os.SEEK_SET)
        result = lab.run("--retries", "1", "--delay", "0", "read.py", stdin=stream)

    assert result.stdout == b"kept\nkept\n"


def test_more_stdin_than_the_limit_means_no_retry(lab: Any) -> None:
    """All of it is passed on; what cannot be replayed is not repeated."""
    lab.script("read.py", "import sys\nprint(len(sys.stdin.buffer.read()), flush=True)\nsys.exit(75)")

    result = lab.run("--retries", "3", "--delay", "0", "--stdin-limit", "100K", "read.py", input=b"x" * 200_000)

    assert (result.status, result.stdout) == (75, b"200000\n")


@pytest.mark.parametrize(("output", "expected"), [("stream", b"1\n2\n"), ("last", b"2\n"), ("success", b"")])
def test_output_says_whose_stdout_is_shown(lab: Any, output: str, expected: bytes) -> None:
    """`last`: only the final attempt's; `success`: nothing unless it passed."""
    lab.script("out.py", "import os, sys; print(os.environ['AITRACK_ATTEMPT'], flush=True); sys.exit(75)")

    assert lab.run("--retries", "1", "--delay", "0", "--output", output, "out.py").stdout == expected


def test_cron_stays_silent_on_success_only_when_it_recovers(lab: Any) -> None:
    """`--cron` shows the output of a run that passed and nothing of attempts that failed."""
    lab.script("flaky.py", FAILS_TWICE)

    assert lab.run("--cron", "--retries", "3", "--delay", "0", "flaky.py").stdout == b"attempt 3\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_a_wait_ends_the_run_at_once(lab: Any, number: int) -> None:
    """Within 100 ms, by that signal, without a fallback."""
    lab.script("down.py", "raise ConnectionRefusedError(111, 'Connection refused')")
    process = lab.start("--retries", "1", "--delay", "60s", "--backoff", "constant", "--fallback", "echo no", "down.py")
    while b"retrying in" not in (line := process.stderr.readline()):
        assert line

    begun = time.monotonic()
    process.send_signal(number)
    stdout, _ = process.communicate()

    assert process.returncode == -number
    assert time.monotonic() - begun < 0.5
    assert stdout == b""
    assert lab.record()["status"] == "aborted"


def test_the_deadline_ends_the_running_attempt(lab: Any) -> None:
    """Attempts and waits together do not outlast it."""
    lab.script("slow.py", "import time; print('up', flush=True); time.sleep(30)")

    begun = time.monotonic()
    result = lab.run("--retries", "5", "--deadline", "1s", "--kill-after", "0.5", "slow.py")

    assert result.status == 124
    assert time.monotonic() - begun < 3


def test_a_wait_that_would_cross_the_deadline_is_not_begun(lab: Any) -> None:
    """Better to tell now than to sleep in vain."""
    lab.script("down.py", "raise ConnectionRefusedError(111, 'Connection refused')")

    begun = time.monotonic()
    result = lab.run("--retries", "5", "--delay", "60s", "--backoff", "constant", "--deadline", "10s", "down.py")

    assert (result.status, time.monotonic() - begun < 5) == (1, True)
    assert result.session["reason"] == "deadline"


def test_a_run_inside_of_another_keeps_the_outer_deadline(lab: Any) -> None:
    """Retries within retries would multiply, and outlast what was promised."""
    lab.script("down.py", "raise ConnectionRefusedError(111, 'Connection refused')")
    inner = [str(word) for word in lab.command("--retries", "9", "--delay", "20s", "--backoff", "constant", "down.py")]

    begun = time.monotonic()
    result = lab.run("--retries", "1", "--deadline", "10s", "--delay", "0", "--retry-on", "transient", "--", *inner)

    assert result.status == 1
    assert time.monotonic() - begun < 8


class Service(http.server.BaseHTTPRequestHandler):
    """Refuses twice with 429 and a Retry-After, then serves."""

    seen: ClassVar[list[float]] = []
    asks = "1"

    def do_GET(self) -> None:
        type(self).seen.append(time.monotonic())
        busy = len(self.seen) < 3
        self.send_response(429 if busy else 200)
        if busy:
            self.send_header("Retry-After", self.asks)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[str]:
    Service.seen = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_retry_after_is_never_shortened(lab: Any, service: str) -> None:
    """A server that asks for a second gets at least a second, from plain urllib."""
    lab.script("get.py", f"import urllib.request as u; print(u.urlopen('{service}').read())")

    result = lab.run("--retries", "3", "--delay", "1ms", "get.py")

    assert (result.status, result.stdout) == (0, b"b'ok'\n")
    gaps = [later - earlier for earlier, later in zip(Service.seen, Service.seen[1:], strict=False)]
    assert all(gap >= 1.0 for gap in gaps)
    assert result.inspected["attempts"][1]["delay_reason"] == "retry_after"
    assert result.inspected["attempts"][0]["failure"]["category"] == "overload"


def test_a_retry_after_beyond_the_limit_stops_at_once(lab: Any, service: str) -> None:
    """Neither slept nor cut short: the fallback answers."""
    lab.script("get.py", f"import urllib.request as u; print(u.urlopen('{service}').read())")

    result = lab.run("--retries", "3", "--max-retry-after", "500ms", "--fallback-text", "from the shelf", "get.py")

    assert (result.status, result.stdout) == (0, b"from the shelf\n")
    assert len(Service.seen) == 1
    assert result.session["status"] == "degraded"


def test_a_breaker_opens_refuses_and_probes_again(lab: Any) -> None:
    """75 and no target while it is open; one probe afterwards; closed when that passes."""
    lab.script("db.py", "import os, sys; print('ran'); sys.exit(0 if os.path.exists('up') else 75)")
    options = ["--breaker", "db", "--breaker-window", "4", "--breaker-min-calls", "2", "--breaker-open-for", "600ms"]

    assert [lab.run(*options, "db.py").status for _ in range(2)] == [75, 75]
    refused = lab.run(*options, "db.py")
    assert (refused.status, refused.stdout) == (75, b"")
    assert refused.stderr.startswith(b'aitrack: breaker "db" is open (2 of 2 failed')
    assert (refused.session["status"], refused.inspected["attempts"]) == ("rejected", [])

    (lab.folder / "up").touch()
    time.sleep(0.7)
    assert lab.run(*options, "db.py").status == 0
    shown = json.loads(lab.ask("breaker", "show", "db", "--json").stdout)
    assert shown["state"] == "closed"
    assert [step["to"] for step in shown["transitions"]] == ["open", "half_open", "closed"]


def test_quiet_still_says_why_no_program_ran(lab: Any) -> None:
    """Nobody should look for a program that was never started."""
    lab.ask("breaker", "trip", "db", "--reason", "maintenance")

    result = lab.run("--quiet", "--breaker", "db", "--", "true")

    assert (result.status, result.stderr.count(b"\n")) == (75, 1)


@pytest.mark.parametrize("probes", [1, 3])
def test_of_fifty_at_once_exactly_the_probes_run(lab: Any, probes: int) -> None:
    """A half-open breaker lets exactly N targets through, whoever comes first."""
    options = [
        "--breaker",
        "db",
        "--breaker-window",
        "2",
        "--breaker-min-calls",
        "1",
        "--breaker-open-for",
        "300ms",
        "--breaker-probes",
        str(probes),
    ]
    lab.run(*options, "--", "sh", "-c", "exit 75")
    time.sleep(0.4)

    processes = [lab.start(*options, "--", "sh", "-c", "echo $$ >> ran; sleep 8; exit 75") for _ in range(50)]
    until(lambda: sum(process.poll() == 75 for process in processes) == 50 - probes, 60)
    ran = (lab.folder / "ran").read_text().split()
    for process in processes:
        process.kill()
        process.communicate()

    assert len(ran) == probes


def test_a_killed_probe_gives_its_permit_back(lab: Any) -> None:
    """After `kill -9` of the prober the next one is admitted."""
    options = ["--breaker", "db", "--breaker-window", "2", "--breaker-min-calls", "1", "--breaker-open-for", "200ms"]
    lab.run(*options, "--", "sh", "-c", "exit 75")
    time.sleep(0.3)
    prober = lab.start(*options, "--", "sh", "-c", "echo $$; exec sleep 30")
    pid = int(prober.stdout.readline())
    assert lab.run(*options, "--", "true").status == 75

    prober.kill()
    prober.communicate()
    until(lambda: not is_alive(pid))

    assert lab.run(*options, "--", "true").status == 0


def test_fallbacks_are_tried_in_order_by_category(lab: Any) -> None:
    """A prefix filters; the first that ends with 0 answers."""
    lab.script("down.py", "raise ConnectionRefusedError(111, 'refused')")

    result = lab.run(
        "--fallback", "permanent: echo a", "--fallback", "transient: false", "--fallback", "echo c", "down.py"
    )

    assert (result.status, result.stdout) == (0, b"c\n")
    assert result.session["fallback"]["index"] == 2
    assert [attempt["role"] for attempt in result.inspected["attempts"]] == ["primary", "fallback", "fallback"]


def test_when_all_fallbacks_fail_the_primarys_status_stays(lab: Any) -> None:
    """The fallback's failure is not what the caller asked about."""
    result = lab.run("--fallback", "sh -c 'exit 9'", "--", "sh", "-c", "exit 4")

    assert result.status == 4
    assert result.session["status"] == "failed"


def test_a_fallback_with_other_arguments_runs_the_same_target(lab: Any) -> None:
    """`--fallback-args` and `--fallback-env` change only what they name."""
    lab.script(
        "job.py",
        "import os, sys; print(sys.argv[1:], os.environ.get('SMALL')); sys.exit('--small' not in sys.argv and not os.environ.get('SMALL'))",
    )

    assert (
        lab.run("--fallback-args", "--small 1", "job.py", "--big").stdout == b"['--big'] None\n['--small', '1'] None\n"
    )
    assert lab.run("--fallback-env", "SMALL=yes", "job.py", "--big").stdout == b"['--big'] None\n['--big'] yes\n"


def test_the_last_good_output_is_kept_byte_for_byte(lab: Any) -> None:
    """A failure shows what the last success said, unless that is too old."""
    lab.script(
        "job.py",
        "import os, sys\nif os.path.exists('down'): print('torn'); sys.exit(1)\nos.write(1, bytes(range(256)))",
    )

    good = lab.run("--fallback-cached", "1h", "job.py").stdout
    (lab.folder / "down").touch()
    cached = lab.run("--fallback-cached", "1h", "job.py")
    stale = lab.run("--fallback-cached", "0s", "job.py")

    assert good == bytes(range(256)) == cached.stdout
    assert (cached.status, stale.status, stale.stdout) == (0, 1, b"")


def test_a_missing_folder_is_made_inside_its_root_only(lab: Any) -> None:
    """`--heal mkdir:out` makes `out/day`, never anything outside."""
    lab.script("write.py", "import sys; open(sys.argv[1], 'w').write('x')")

    healed = lab.run("--heal", "mkdir:out", "write.py", "out/day/report.txt")
    outside = lab.run("--heal", "mkdir:out", "write.py", "out/../other/report.txt")

    assert healed.status == 0 and (lab.folder / "out/day/report.txt").exists()
    assert healed.inspected["remedies"][0]["name"] == "mkdir" or healed.session["remedies"][0]["name"] == "mkdir"
    assert outside.status == 1 and not (lab.folder / "other").exists()


def test_shrink_halves_a_variable_until_it_fits(lab: Any) -> None:
    """Out of memory with 64 becomes a success with 16."""
    lab.script(
        "batch.py", "import os\nif int(os.environ['BATCH']) > 16: raise MemoryError()\nprint(os.environ['BATCH'])"
    )

    result = lab.run("--heal", "shrink:BATCH:2:8", "batch.py", env={"BATCH": "64"})

    assert (result.status, result.stdout) == (0, b"16\n")


def test_a_dry_run_heals_nothing(lab: Any) -> None:
    """It says what it would do."""
    lab.script("write.py", "open('out/x', 'w')")

    result = lab.run("--heal", "mkdir:out", "--heal-dry-run", "write.py")

    assert result.status == 1 and not (lab.folder / "out").exists()
    assert b"would make the folder" in result.stderr


def test_one_run_at_a_time_behind_a_lock(lab: Any) -> None:
    """Refused with 75; with `--lock-wait` the second one waits."""
    first = lab.start("--lock", "nightly", "--", "sh", "-c", "echo in; sleep 1")
    first.stdout.readline()

    refused = lab.run("--lock", "nightly", "--", "echo", "second")
    waited = lab.run("--lock", "nightly", "--lock-wait", "10s", "--", "echo", "second")
    first.communicate()

    assert (refused.status, refused.stdout) == (75, b"")
    assert (waited.status, waited.stdout) == (0, b"second\n")


def test_on_failure_runs_after_the_last_attempt(lab: Any) -> None:
    """It gets the session's path and summary, and its status is ignored."""
    lab.script("tell.sh", '#!/bin/sh\necho "$AITRACK_STATUS $AITRACK_SESSION_PATH" > told; exit 9\n').chmod(0o755)

    result = lab.run("--on-failure", "./tell.sh", "--", "sh", "-c", "exit 3")

    assert result.status == 3
    status, path = (lab.folder / "told").read_text().split()
    assert status == "failed" and Path(path, "session.json").exists()


def test_a_template_is_filled_from_the_last_failure(lab: Any) -> None:
    """Only with `--template`; literal braces are doubled."""
    words = [
        "--retries",
        "1",
        "--delay",
        "0",
        "--template",
        "--",
        "sh",
        "-c",
        'echo "$1"; exit 75',
        "x",
        "{attempt} {{x}} {kind}",
    ]

    lines = lab.run(*words).stdout.splitlines()

    assert lines[0] == b"1 {x} "
    assert lines[1].startswith(b"2 {x} ")


def test_policies_work_for_other_languages(lab: Any) -> None:
    """A bash script that says why on stderr is retried like any other."""
    needs("bash")
    result = lab.run(
        "--retries", "2", "--delay", "0", "--", "bash", "-c",
        "if [ $AITRACK_ATTEMPT = 1 ]; then echo 'curl: (7) Failed to connect to db port 5432: Connection refused' >&2; exit 7; fi; echo ok",
    )  # fmt: skip

    assert (result.status, result.stdout) == (0, b"ok\n")


@pytest.mark.slow
def test_a_storm_of_runs_retries_within_the_shared_budget(lab: Any) -> None:
    """At most max(min, ratio) retries in all, however many processes there are."""
    command = [
        "--retries",
        "3",
        "--delay",
        "0",
        "--budget",
        "api",
        "--budget-min",
        "3",
        "--budget-ratio",
        "0.1",
        "--budget-window",
        "10m",
    ]
    waves = 5
    for _ in range(waves):
        running = [
            lab.start(
                *command,
                "--",
                "sh",
                "-c",
                "echo x >> ran; exit 75",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(40)
        ]
        for process in running:
            process.wait()

    ran = (lab.folder / "ran").read_text().count("x")
    assert ran - 40 * waves <= max(3, 0.1 * 40 * waves)
