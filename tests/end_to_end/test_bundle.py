"""The bundle: there before the program, readable after any death, and never a reason for a run to fail."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import needs, until


def test_a_bundle_exists_before_the_program_starts(lab: Any) -> None:
    """The program finds its own session."""
    lab.script("look.py", "import os; print(sorted(os.listdir(os.environ['AITRACK_SPOOL'] + '/../..')))")

    assert b"session.json" in lab.run("look.py").stdout


def test_folders_and_files_are_the_users_alone(lab: Any) -> None:
    """0700 and 0600, whatever the umask."""
    lab.run("-c", "{}['x']", umask=0)

    modes = {oct(path.stat().st_mode & 0o777) for path in lab.home.rglob("*") if path.is_file()}
    folders = {oct(path.stat().st_mode & 0o777) for path in [lab.home, *lab.home.rglob("*")] if path.is_dir()}

    assert (modes, folders) == ({"0o600"}, {"0o700"})


@pytest.mark.parametrize("victim", ["wrapper", "program"])
def test_kill_minus_nine_at_any_moment_leaves_a_readable_bundle(lab: Any, victim: str) -> None:
    """Every file parses, and `inspect`, `list` and `path` answer."""
    lab.script(
        "busy.py", "import time\nfor n in range(100): print('x' * 999, flush=True); time.sleep(0.001)\n{}['x']\n"
    )
    chance = random.Random(victim)
    lab.run("-c", "pass")
    for _ in range(12):
        process = lab.start("busy.py", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.random() * 0.3)
        if victim == "wrapper":
            process.kill()
        else:
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        process.wait()

    for path in lab.home.rglob("*.json"):
        json.loads(path.read_bytes())
    listed = json.loads(lab.ask("list", "--json").stdout)["sessions"]
    statuses = {session["status"] for session in listed}
    assert len(listed) >= 2 and statuses <= {"passed", "failed", "interrupted"}
    for session in listed:
        assert lab.ask("inspect", session["id"], "--json").returncode == 0


def test_a_store_that_cannot_be_made_costs_the_record_only(lab: Any) -> None:
    """One line on stderr, none with `--quiet`; output and status as without."""
    lab.env["AITRACK_HOME"] = "/dev/null/store"

    result = lab.run("--", "sh", "-c", "echo out; exit 3")
    quiet = lab.run("--quiet", "--", "sh", "-c", "echo out; exit 3")

    assert (result.status, result.stdout) == (3, b"out\n")
    assert [line for line in result.stderr.splitlines() if b"not recorded" in line] != []
    assert (quiet.status, quiet.stdout, quiet.stderr) == (3, b"out\n", b"")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
def test_another_users_store_is_not_written(lab: Any) -> None:
    """Under sudo with HOME kept, root must not lock the owner out."""
    lab.home.mkdir(mode=0o777)
    os.chown(lab.home, 12345, 12345)

    result = lab.run("--", "true")

    assert result.status == 0
    assert not list(lab.home.iterdir())
    assert b"another user" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to mount")
def test_a_full_disk_changes_nothing_for_the_program(lab: Any) -> None:
    """What fits is readable, the rest is lost, and nobody waits."""
    needs("mount")
    lab.home.mkdir(mode=0o700)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "none", str(lab.home)], capture_output=True
    ).returncode:
        pytest.skip("no right to mount")
    try:
        lab.script(
            "fail.py", "import sys\nfor n in range(20000): print('line', n)\nvalues = list(range(100))\n{}['key']\n"
        )
        for _ in range(6):
            result = lab.run("fail.py")
            assert result.status == 1
            assert result.stdout.count(b"\n") == 20000
            assert b"KeyError: 'key'" in result.stderr
        assert lab.ask("list").returncode == 0
    finally:
        subprocess.run(["umount", str(lab.home)], check=True)


def test_no_room_for_descriptors_is_survived(lab: Any) -> None:
    """`ulimit -n` of a few is enough for the program, so it must be for us."""
    lab.script("fail.py", "print('out'); {}['key']")
    words = " ".join(map(str, lab.command("fail.py")))

    done = subprocess.run(
        ["sh", "-c", f"ulimit -n 12; {words}"], cwd=lab.folder, env=lab.env, capture_output=True, timeout=30
    )

    assert (done.returncode, done.stdout) == (1, b"out\n")
    assert b"KeyError: 'key'" in done.stderr and b"recording failed" not in done.stderr


def test_fifty_at_once_have_fifty_bundles(lab: Any) -> None:
    """The first runs of a store, all together."""
    running = [
        lab.start("--", "sh", "-c", f"exit {n % 3}", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for n in range(50)
    ]
    statuses = [process.wait() for process in running]

    assert statuses == [n % 3 for n in range(50)]
    listed = json.loads(lab.ask("list", "--json").stdout)["sessions"]
    assert len(listed) == len({session["id"] for session in listed}) == 50
    assert sum(session["status"] == "failed" for session in listed) == sum(1 for n in range(50) if n % 3)
    assert len((lab.home / "key").read_bytes()) == 32


def test_facts_of_the_session(lab: Any) -> None:
    """Name, labels, environment, revision, limits, parent: what tells one run from another."""
    needs("git")
    subprocess.run(["git", "init", "-q", "-b", "trunk"], cwd=lab.folder, check=True)
    lab.script("job.py", "1 / 0\n")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "add", "."], cwd=lab.folder, check=True)
    subprocess.run([*git, "commit", "-qm", "first"], cwd=lab.folder, check=True)
    lab.script("job.py", "1 / 0  # changed\n")

    result = lab.run(
        "--name",
        "nightly",
        "--tag",
        "team=data",
        "--tag",
        "tier=1",
        "--environment",
        "staging",
        "job.py",
        env={"CI": "true"},
    )
    session = result.session

    assert (session["name"], session["labels"], session["environment"]) == (
        "nightly",
        {"team": "data", "tier": "1"},
        "staging",
    )
    assert (session["git"]["branch"], session["git"]["dirty"]) == ("trunk", True)
    assert len(session["git"]["commit"]) == 40
    assert session["limits"]["RLIMIT_NOFILE"].isdigit()
    assert session["python"]["version"].startswith("3.")
    assert session["command"]["cwd"] == str(lab.folder)
    assert session["started_at"] <= session["ended_at"] and session["duration_s"] > 0
    assert session["host"]["cpus"] >= 1 and session["ci"]["provider"] == "unknown"


def test_the_environment_name_is_found_out(lab: Any) -> None:
    """By the usual variables, by CI, else `development`."""
    assert lab.run("--", "true").session["environment"] == "development"
    assert lab.run("--", "true", env={"CI": "1"}).session["environment"] == "ci"
    assert (
        lab.run("--", "true", env={"CI": "1", "AITRACK_ENVIRONMENT": "production"}).session["environment"]
        == "production"
    )


def test_a_nested_run_knows_its_parent(lab: Any) -> None:
    """`make` under aitrack that calls aitrack."""
    lab.run("--", *map(str, lab.command("--", "true")))
    inner, outer = sorted(
        (json.loads((folder / "session.json").read_bytes()) for folder in lab.sessions()),
        key=lambda s: s["parent"] is None,
    )

    assert inner["parent"]["session"] == outer["id"]


def test_samples_and_warnings_describe_a_longer_run(lab: Any) -> None:
    """CPU, memory, threads, processes and files over time."""
    lab.script(
        "work.py",
        "import subprocess, time\np = subprocess.Popen(['sleep', '1'])\nx = bytearray(80 << 20)\ntime.sleep(0.8); p.wait(); 1 / 0\n",
    )

    attempt = lab.run("work.py").attempt

    assert len(attempt["samples"]) >= 3
    assert max(row[2] for row in attempt["samples"]) > 80 << 20
    assert max(row[4] for row in attempt["samples"]) == 2
    assert attempt["resources"]["max_rss_bytes"] > 80 << 20
    assert any(process.get("argv", [""])[0] == "sleep" for process in attempt["processes"])


def test_two_runs_share_a_store_that_is_purged(lab: Any) -> None:
    """`purge` never takes a running session or a pinned one."""
    running = lab.start("--", "sleep", "20")
    until(lambda: lab.sessions())
    pinned = lab.run("--", "false").session["id"]
    lab.run("--", "true")
    lab.ask("pin", pinned)

    done = lab.ask("purge", "--older-than", "0s")

    left = {json.loads((folder / "session.json").read_bytes())["id"] for folder in lab.sessions()}
    assert done.returncode == 0, done.stderr
    assert pinned in left and len(left) == 2
    running.send_signal(signal.SIGTERM)
    running.communicate()


def test_an_unreadable_key_or_a_folder_in_its_place_is_survived(lab: Any) -> None:
    """Whatever is broken in the store, the program runs."""
    lab.home.mkdir(mode=0o700)
    (lab.home / "key").mkdir()

    result = lab.run("--", "sh", "-c", "echo out; exit 3")

    assert (result.status, result.stdout) == (3, b"out\n")


def test_a_moved_home_is_used(lab: Any, tmp_path: Path) -> None:
    """A relative AITRACK_HOME counts from the working folder."""
    lab.env["AITRACK_HOME"] = "store"

    lab.run("--", "true")

    assert list((lab.folder / "store").glob("sessions/*/*/*/*/session.json"))


def test_of_thousands_of_interpreters_some_leave_a_file_and_the_rest_are_counted(lab: Any) -> None:
    """One file for each would fill the store of whoever runs a large `make`."""
    lab.script(
        "many.py",
        """
import multiprocessing, os, subprocess, sys
folder = os.environ["AITRACK_SPOOL"]
for number in range(255):
    open(f"{folder}/spool-{10_000_000 + number}", "w").close()
for _ in range(3):
    subprocess.run([sys.executable, "-c", "1/0"], stderr=subprocess.DEVNULL)
for _ in range(2):
    if os.fork() == 0:
        raise KeyError("child")
    os.wait()
raise ValueError("mine")
""",
    )

    result = lab.run("many.py", stderr=subprocess.DEVNULL)

    folder = lab.sessions()[0] / "attempts/1"
    assert len(list(folder.glob("spool-*"))) == 256
    assert (folder / "left-out").stat().st_size >= 3
    assert result.failure["message"] == "mine"
    assert "more processes left no record" in result.attempt["collector"]["reason"]
