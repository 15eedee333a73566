"""Programs that hang, grow or crash, and the second look at what failed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest

from tests.interpreters import VERSIONS, require

HANG = """
import threading, time
def worker(job):
    lock = threading.Lock(); lock.acquire(); lock.acquire()
def wait_for(other):
    patience = 3
    while True: time.sleep(0.02)
threading.Thread(target=worker, args=("job 7",), daemon=True).start()
wait_for("the other side")
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_time_out_leaves_the_stacks_of_all_threads_with_their_values(lab: Any, version: str) -> None:
    """Where it hung, and what it waited for."""
    lab.python = require(version)
    lab.script("hang.py", HANG)

    result = lab.run("--attempt-timeout", "1s", "--kill-after", "1s", "hang.py")

    assert result.status == 124
    told = json.dumps(result.attempt["failure"])
    assert "wait_for" in told and "the other side" in told
    assert "worker" in told and "job 7" in told


def test_a_program_that_does_not_listen_is_not_shot(lab: Any) -> None:
    """The signal would end a blind program: only those that say so get it."""
    lab.script("blind.sh", "trap 'echo terminated; exit 5' TERM\nfor n in 1 2 3 4 5 6 7 8 9; do sleep 0.3; done\n")

    result = lab.run("--attempt-timeout", "600ms", "--", "sh", "blind.sh")

    assert (result.status, result.stdout) == (124, b"terminated\n")


def test_a_program_that_is_stuck_in_c_leaves_bare_lines(lab: Any) -> None:
    """When the interpreter cannot run anything any more, faulthandler still can."""
    lab.script("stuck.py", "import re\ndef search():\n    re.match(r'(a+)+$', 'a' * 40 + 'b')\nsearch()\n")

    result = lab.run("--attempt-timeout", "1s", "--kill-after", "300ms", "stuck.py")

    assert result.status == 124
    assert "search" in json.dumps(result.attempt["failure"])


def test_too_much_memory_ends_the_tree(lab: Any) -> None:
    """As the kernel would, and classified as what it is."""
    lab.script(
        "grow.py",
        "import time\nkeep = []\ndef load():\n    while True: keep.append(bytearray(8 << 20)); time.sleep(0.005)\nload()\n",
    )

    result = lab.run("--max-rss", "150M", "grow.py")

    assert result.status == -signal.SIGKILL
    assert (result.failure["category"], result.failure["kind"]) == ("resource", "out_of_memory")
    assert "load" in json.dumps(result.failure)


def test_quit_to_the_wrapper_notes_where_it_is_and_goes_on_to_the_program(lab: Any) -> None:
    """A dump of at most a second, then the signal."""
    lab.script("hang.py", HANG + "")
    process = lab.start("--attempt-timeout", "60s", "hang.py")
    time.sleep(0.7)

    begun = time.monotonic()
    process.send_signal(signal.SIGQUIT)
    process.communicate()

    assert process.returncode == -signal.SIGQUIT
    assert time.monotonic() - begun < 3
    spools = b"".join(path.read_bytes() for path in lab.home.glob("sessions/*/*/*/*/attempts/1/spool-*"))
    assert b'"kind":"stacks"' in spools and b"the other side" in spools


def test_a_crash_leaves_python_frames_on_the_second_attempt(lab: Any) -> None:
    """Before that, the signal; with `--native`, from the first attempt on."""
    lab.script("crash.py", "import ctypes\ndef poke():\n    ctypes.string_at(0)\npoke()\n")

    first = lab.run("crash.py")
    native = lab.run("--native", "crash.py")

    assert first.status == native.status == -signal.SIGSEGV
    assert first.failure["category"] == "crash"
    assert "poke" in json.dumps(native.attempt["failure"])


def test_a_second_look_shows_how_values_came_about(lab: Any) -> None:
    """`rerun --focus` follows the functions that failed; `inspect` shows each step's changes."""
    lab.script(
        "sum.py",
        "def add(rows):\n    total = 0\n    for row in rows:\n        step = row.get('v')\n        total += step\n    return total\nadd([{'v': 1}, {}])\n",
    )
    lab.run("sum.py")

    again = lab.ask("rerun", "--focus")
    history = lab.ask("inspect", "--section", "history").stdout.decode()

    assert again.returncode == 1
    steps = [line.split()[2:] for line in history.splitlines() if "before line 5" in line]
    assert [step for step in steps if step[1:]] == [["5", "step", "=", "1"], ["5", "step", "=", "None"]]


def test_a_retry_looks_closer_by_itself(lab: Any) -> None:
    """The second attempt follows what failed in the first."""
    lab.script(
        "down.py",
        "def fetch(url):\n    tries = 1\n    tries += 1\n    raise ConnectionResetError(104, 'reset')\nfetch('db')\n",
    )

    lab.run("--retries", "1", "--delay", "0", "down.py")

    assert "tries = 2" in lab.ask("inspect", "--section", "history").stdout.decode()


def test_rerun_repeats_words_folder_and_environment(lab: Any) -> None:
    """And says what is not as it was."""
    lab.script("deep/show.py", "import os, sys; print(sys.argv[1:], os.getcwd(), os.environ.get('LANG'))")
    env = {**lab.env, "LANG": "C.UTF-8", "ONLY_THEN": "x"}
    words = [*map(str, lab.command("show.py", "a b", "--", "-x"))]
    first = subprocess.run(words, cwd=lab.folder / "deep", env=env, capture_output=True)

    again = lab.ask("rerun")

    assert again.stdout == first.stdout != b""
    assert b"ONLY_THEN is not set" in again.stderr


def test_rerun_refuses_what_it_cannot_repeat(lab: Any) -> None:
    """A secret that was typed is not recorded, so it cannot be typed again."""
    lab.run("--", "true", "--password", "hunter2-secret-Word")

    again = lab.ask("rerun")

    assert again.returncode == 2
    assert b"was a secret and is not recorded" in again.stderr


def test_explain_names_the_rule(lab: Any) -> None:
    """Why it was not retried."""
    lab.run("-c", "raise ConnectionResetError(104, 'reset')")

    told = lab.ask("explain", "last").stdout

    assert b"transient" in told and b"decided by" in told
    assert b"HTTP 429" in lab.ask("explain", "overload").stdout
    assert os.path.exists(lab.home)
